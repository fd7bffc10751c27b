//! ZCL status codes (2.6.3).

use std::fmt;

use crate::zigbee::wire::{Parsed, Wire};

/// What came of a ZCL command. Unknown codes keep their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Status(pub u8);

macro_rules! statuses {
    ($($(#[$meta:meta])* $name:ident = $code:literal $text:literal)*) => {
        impl Status {
            $($(#[$meta])* pub const $name: Self = Self($code);)*

            /// The specification's name, where there is one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    /// It was done.
    SUCCESS = 0x00 "success"
    /// It was not done.
    FAILURE = 0x01 "failure"
    /// The sender may not do that.
    NOT_AUTHORIZED = 0x7e "not authorized"
    /// The frame is malformed.
    MALFORMED_COMMAND = 0x80 "malformed command"
    /// The cluster has no such command.
    UNSUP_COMMAND = 0x81 "unsupported command"
    /// No such general command (before ZCL 8).
    UNSUP_GENERAL_COMMAND = 0x82 "unsupported general command"
    /// No such manufacturer cluster command (before ZCL 8).
    UNSUP_MANUF_CLUSTER_COMMAND = 0x83 "unsupported manufacturer cluster command"
    /// No such manufacturer general command (before ZCL 8).
    UNSUP_MANUF_GENERAL_COMMAND = 0x84 "unsupported manufacturer general command"
    /// A field of the command is wrong.
    INVALID_FIELD = 0x85 "invalid field"
    /// The attribute does not exist.
    UNSUPPORTED_ATTRIBUTE = 0x86 "unsupported attribute"
    /// The value is out of range.
    INVALID_VALUE = 0x87 "invalid value"
    /// The attribute cannot be written.
    READ_ONLY = 0x88 "read only"
    /// No room.
    INSUFFICIENT_SPACE = 0x89 "insufficient space"
    /// It exists already (before ZCL 8).
    DUPLICATE_EXISTS = 0x8a "duplicate exists"
    /// No such entry.
    NOT_FOUND = 0x8b "not found"
    /// The attribute cannot be reported.
    UNREPORTABLE_ATTRIBUTE = 0x8c "unreportable attribute"
    /// The data type is not the attribute's.
    INVALID_DATA_TYPE = 0x8d "invalid data type"
    /// The selector of a structured attribute is wrong.
    INVALID_SELECTOR = 0x8e "invalid selector"
    /// The attribute cannot be read.
    WRITE_ONLY = 0x8f "write only"
    /// The set is inconsistent.
    INCONSISTENT_STARTUP_STATE = 0x90 "inconsistent startup state"
    /// Defined out of band.
    DEFINED_OUT_OF_BAND = 0x91 "defined out of band"
    /// Not consistent with other values.
    INCONSISTENT = 0x92 "inconsistent"
    /// The action is denied.
    ACTION_DENIED = 0x93 "action denied"
    /// Timed out.
    TIMEOUT = 0x94 "timeout"
    /// OTA: aborted.
    ABORT = 0x95 "abort"
    /// OTA: image invalid.
    INVALID_IMAGE = 0x96 "invalid image"
    /// OTA: wait for data.
    WAIT_FOR_DATA = 0x97 "wait for data"
    /// OTA: no image.
    NO_IMAGE_AVAILABLE = 0x98 "no image available"
    /// OTA: more image needed.
    REQUIRE_MORE_IMAGE = 0x99 "require more image"
    /// Accepted, the outcome follows.
    NOTIFICATION_PENDING = 0x9a "notification pending"
    /// Hardware trouble (before ZCL 8).
    HARDWARE_FAILURE = 0xc0 "hardware failure"
    /// Software trouble (before ZCL 8).
    SOFTWARE_FAILURE = 0xc1 "software failure"
    /// Calibration trouble.
    CALIBRATION_ERROR = 0xc2 "calibration error"
    /// No such cluster.
    UNSUPPORTED_CLUSTER = 0xc3 "unsupported cluster"
}

impl Status {
    /// Whether it was done.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 == Self::SUCCESS.0
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "status {:#04x}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Wire for Status {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        u8::parse(input).map(|(rest, code)| (rest, Self(code)))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
}
