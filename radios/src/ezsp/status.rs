//! One status for every protocol version.
//!
//! From version 14 on the NCP speaks `sl_Status`, four bytes; before, one byte that is an
//! `EmberStatus` or an `EzspStatus`, depending on the command. Inside there is only [`Status`], an
//! `sl_Status`; the bytes of old versions are translated when a frame is read or written. A byte
//! without a counterpart keeps its number in a range of its own, so nothing is lost on the way.

use std::fmt;

/// A status: `sl_Status`, whatever the version of the NCP.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u32);

/// `EzspStatus` bytes without a counterpart are kept as this and the byte.
const EZSP: u32 = 0xe200_0000;
/// `EmberStatus` bytes without a counterpart are kept as this and the byte.
const EMBER: u32 = 0xeb00_0000;

macro_rules! statuses {
    ($($name:ident = $value:literal,)*) => {
        impl Status {
            $(
                #[doc = concat!("`", stringify!($name), "`, ", stringify!($value), ".")]
                pub const $name: Self = Self($value);
            )*
        }

        const NAMES: &[(Status, &str)] = &[$((Status::$name, stringify!($name)),)*];
    };
}

// Ascending: `name` searches.
statuses! {
    OK = 0x0000,
    FAIL = 0x0001,
    INVALID_STATE = 0x0002,
    NOT_READY = 0x0003,
    BUSY = 0x0004,
    IN_PROGRESS = 0x0005,
    ABORT = 0x0006,
    TIMEOUT = 0x0007,
    PERMISSION = 0x0008,
    WOULD_BLOCK = 0x0009,
    IDLE = 0x000a,
    IS_WAITING = 0x000b,
    NONE_WAITING = 0x000c,
    SUSPENDED = 0x000d,
    NOT_AVAILABLE = 0x000e,
    NOT_SUPPORTED = 0x000f,
    INITIALIZATION = 0x0010,
    NOT_INITIALIZED = 0x0011,
    ALREADY_INITIALIZED = 0x0012,
    DELETED = 0x0013,
    ISR = 0x0014,
    NETWORK_UP = 0x0015,
    NETWORK_DOWN = 0x0016,
    NOT_JOINED = 0x0017,
    NO_BEACONS = 0x0018,
    ALLOCATION_FAILED = 0x0019,
    NO_MORE_RESOURCE = 0x001a,
    EMPTY = 0x001b,
    FULL = 0x001c,
    WOULD_OVERFLOW = 0x001d,
    HAS_OVERFLOWED = 0x001e,
    OWNERSHIP = 0x001f,
    IS_OWNER = 0x0020,
    INVALID_PARAMETER = 0x0021,
    NULL_POINTER = 0x0022,
    INVALID_CONFIGURATION = 0x0023,
    INVALID_MODE = 0x0024,
    INVALID_HANDLE = 0x0025,
    INVALID_TYPE = 0x0026,
    INVALID_INDEX = 0x0027,
    INVALID_RANGE = 0x0028,
    INVALID_KEY = 0x0029,
    INVALID_CREDENTIALS = 0x002a,
    INVALID_COUNT = 0x002b,
    INVALID_SIGNATURE = 0x002c,
    NOT_FOUND = 0x002d,
    ALREADY_EXISTS = 0x002e,
    IO = 0x002f,
    IO_TIMEOUT = 0x0030,
    TRANSMIT = 0x0031,
    TRANSMIT_UNDERFLOW = 0x0032,
    TRANSMIT_INCOMPLETE = 0x0033,
    TRANSMIT_BUSY = 0x0034,
    RECEIVE = 0x0035,
    OBJECT_READ = 0x0036,
    OBJECT_WRITE = 0x0037,
    MESSAGE_TOO_LONG = 0x0038,
    EEPROM_MFG_VERSION_MISMATCH = 0x0039,
    EEPROM_STACK_VERSION_MISMATCH = 0x003a,
    FLASH_WRITE_INHIBITED = 0x003b,
    FLASH_VERIFY_FAILED = 0x003c,
    FLASH_PROGRAM_FAILED = 0x003d,
    FLASH_ERASE_FAILED = 0x003e,
    MAC_NO_DATA = 0x003f,
    MAC_NO_ACK_RECEIVED = 0x0040,
    MAC_INDIRECT_TIMEOUT = 0x0041,
    MAC_UNKNOWN_HEADER_TYPE = 0x0042,
    MAC_ACK_HEADER_TYPE = 0x0043,
    MAC_COMMAND_TRANSMIT_FAILURE = 0x0044,
    CLI_STORAGE_NVM_OPEN_ERROR = 0x0045,
    SECURITY_IMAGE_CHECKSUM_ERROR = 0x0046,
    SECURITY_DECRYPT_ERROR = 0x0047,
    COMMAND_IS_INVALID = 0x0048,
    COMMAND_TOO_LONG = 0x0049,
    COMMAND_INCOMPLETE = 0x004a,
    BUS_ERROR = 0x004b,
    CCA_FAILURE = 0x004c,
    MAC_SCANNING = 0x004d,
    MAC_INCORRECT_SCAN_TYPE = 0x004e,
    INVALID_CHANNEL_MASK = 0x004f,
    BAD_SCAN_DURATION = 0x0050,
    MAC_TRANSMIT_QUEUE_FULL = 0x0053,
    TRANSMIT_SCHEDULER_FAIL = 0x0054,
    TRANSMIT_INVALID_CHANNEL = 0x0055,
    TRANSMIT_INVALID_POWER = 0x0056,
    TRANSMIT_ACK_RECEIVED = 0x0057,
    TRANSMIT_BLOCKED = 0x0058,
    NVM3_ALIGNMENT_INVALID = 0x0059,
    NVM3_SIZE_TOO_SMALL = 0x005a,
    NVM3_PAGE_SIZE_NOT_SUPPORTED = 0x005b,
    NVM3_TOKEN_INIT_FAILED = 0x005c,
    NVM3_OPENED_WITH_OTHER_PARAMETERS = 0x005d,
    NVM3_NO_VALID_PAGES = 0x005e,
    NVM3_OBJECT_SIZE_NOT_SUPPORTED = 0x005f,
    NVM3_OBJECT_IS_NOT_DATA = 0x0060,
    NVM3_OBJECT_IS_NOT_A_COUNTER = 0x0061,
    NVM3_WRITE_DATA_SIZE = 0x0062,
    NVM3_READ_DATA_SIZE = 0x0063,
    NVM3_INIT_WITH_FULL_NVM = 0x0064,
    NVM3_RESIZE_PARAMETER = 0x0065,
    NVM3_RESIZE_NOT_ENOUGH_SPACE = 0x0066,
    NVM3_ERASE_COUNT_ERROR = 0x0067,
    NVM3_NVM_ACCESS = 0x0068,
    NVM3_WRITE_TO_NOT_ERASED = 0x006d,
    NVM3_INVALID_ADDR = 0x006e,
    NVM3_KEY_MISMATCH = 0x006f,
    NVM3_SIZE_ERROR = 0x0070,
    NVM3_EMULATOR = 0x0071,
    SECURITY_ENCRYPT_ERROR = 0x0072,
    SECURITY_KEY_ERROR = 0x0073,
    SECURITY_RANDOM_NUM_GEN_ERROR = 0x0074,
    ZIGBEE_PACKET_HANDOFF_DROPPED = 0x0c01,
    ZIGBEE_DELIVERY_FAILED = 0x0c02,
    ZIGBEE_MAX_MESSAGE_LIMIT_REACHED = 0x0c03,
    ZIGBEE_BINDING_IS_ACTIVE = 0x0c04,
    ZIGBEE_ADDRESS_TABLE_ENTRY_IS_ACTIVE = 0x0c05,
    ZIGBEE_MOVE_FAILED = 0x0c06,
    ZIGBEE_NODE_ID_CHANGED = 0x0c07,
    ZIGBEE_INVALID_SECURITY_LEVEL = 0x0c08,
    ZIGBEE_IEEE_ADDRESS_DISCOVERY_IN_PROGRESS = 0x0c09,
    ZIGBEE_APS_ENCRYPTION_ERROR = 0x0c0a,
    ZIGBEE_SECURITY_STATE_NOT_SET = 0x0c0b,
    ZIGBEE_TOO_SOON_FOR_SWITCH_KEY = 0x0c0c,
    ZIGBEE_SIGNATURE_VERIFY_FAILURE = 0x0c0d,
    ZIGBEE_KEY_NOT_AUTHORIZED = 0x0c0e,
    ZIGBEE_BINDING_HAS_CHANGED = 0x0c0f,
    ZIGBEE_TRUST_CENTER_SWAP_EUI_HAS_CHANGED = 0x0c10,
    ZIGBEE_TRUST_CENTER_SWAP_EUI_HAS_NOT_CHANGED = 0x0c11,
    ZIGBEE_INSUFFICIENT_RANDOM_DATA = 0x0c12,
    ZIGBEE_SOURCE_ROUTE_FAILURE = 0x0c13,
    ZIGBEE_MANY_TO_ONE_ROUTE_FAILURE = 0x0c14,
    ZIGBEE_STACK_AND_HARDWARE_MISMATCH = 0x0c15,
    ZIGBEE_PAN_ID_CHANGED = 0x0c16,
    ZIGBEE_CHANNEL_CHANGED = 0x0c17,
    ZIGBEE_NETWORK_OPENED = 0x0c18,
    ZIGBEE_NETWORK_CLOSED = 0x0c19,
    ZIGBEE_RECEIVED_KEY_IN_THE_CLEAR = 0x0c1a,
    ZIGBEE_NO_NETWORK_KEY_RECEIVED = 0x0c1b,
    ZIGBEE_NO_LINK_KEY_RECEIVED = 0x0c1c,
    ZIGBEE_PRECONFIGURED_KEY_REQUIRED = 0x0c1d,
    ZIGBEE_EZSP_ERROR = 0x0c1e,
    ZIGBEE_ID_DISCOVERY_FAILED = 0x0c1f,
    ZIGBEE_NO_APS_ACK = 0x0c20,
    ZIGBEE_APS_MESSAGE_CANCELED = 0x0c21,
    ZIGBEE_ID_DISCOVERY_NOT_ENABLED = 0x0c22,
    ZIGBEE_ID_DISCOVERY_UNDERWAY = 0x0c23,
    ZIGBEE_SEND_UNICAST_ROUTE_DISCOVERY_UNDERWAY = 0x0c24,
    ZIGBEE_SEND_UNICAST_FAILURE = 0x0c25,
    ZIGBEE_SEND_UNICAST_NO_ROUTE = 0x0c26,
    ZIGBEE_BROADCAST_TO_SLEEPY_CHILDREN_TIMEOUT = 0x0c27,
    ZIGBEE_BROADCAST_RELAY_FAILED = 0x0c28,
    EZSP_VERSION_NOT_SET = 0xe200_0030,
    EZSP_INVALID_FRAME_ID = 0xe200_0031,
    EZSP_WRONG_DIRECTION = 0xe200_0032,
    EZSP_TRUNCATED = 0xe200_0033,
    EZSP_OVERFLOW = 0xe200_0034,
    EZSP_OUT_OF_MEMORY = 0xe200_0035,
    EZSP_INVALID_VALUE = 0xe200_0036,
    EZSP_INVALID_ID = 0xe200_0037,
    EZSP_INVALID_CALL = 0xe200_0038,
    EZSP_NO_RESPONSE = 0xe200_0039,
    EZSP_COMMAND_TOO_LONG = 0xe200_0040,
    EZSP_QUEUE_FULL = 0xe200_0041,
    EZSP_COMMAND_FILTERED = 0xe200_0042,
    EZSP_SECURITY_KEY_ALREADY_SET = 0xe200_0043,
    EZSP_SECURITY_TYPE_INVALID = 0xe200_0044,
    EZSP_SECURITY_PARAMETERS_INVALID = 0xe200_0045,
    EZSP_SECURITY_PARAMETERS_ALREADY_SET = 0xe200_0046,
    EZSP_SECURITY_KEY_NOT_SET = 0xe200_0047,
    EZSP_SECURITY_PARAMETERS_NOT_SET = 0xe200_0048,
    EZSP_UNSUPPORTED_CONTROL = 0xe200_0049,
    EZSP_UNSECURE_FRAME = 0xe200_004a,
}

/// `EmberStatus` bytes and what they are. Where several bytes mean one status, the first is what
/// the status is written as.
#[rustfmt::skip]
const EMBER_STATUSES: &[(u8, Status)] = &[
    (0x00, Status::OK),
    (0x02, Status::INVALID_PARAMETER),
    (0x03, Status::NOT_FOUND),
    (0x93, Status::NOT_JOINED),
    (0xb1, Status::INVALID_INDEX),
    (0xb7, Status::INVALID_CONFIGURATION),
    (0x01, Status::FAIL),
    (0x18, Status::ALLOCATION_FAILED),
    (0x19, Status::ZIGBEE_PACKET_HANDOFF_DROPPED),
    (0x21, Status::INVALID_PARAMETER),
    (0x26, Status::EMPTY),
    (0x31, Status::MAC_NO_DATA),
    (0x35, Status::INVALID_CHANNEL_MASK),
    (0x39, Status::MAC_TRANSMIT_QUEUE_FULL),
    (0x3d, Status::MAC_SCANNING),
    (0x40, Status::MAC_NO_ACK_RECEIVED),
    (0x42, Status::MAC_INDIRECT_TIMEOUT),
    (0x66, Status::ZIGBEE_DELIVERY_FAILED),
    (0x6a, Status::INVALID_RANGE),
    (0x6c, Status::INVALID_INDEX),
    (0x70, Status::INVALID_STATE),
    (0x72, Status::ZIGBEE_MAX_MESSAGE_LIMIT_REACHED),
    (0x74, Status::MESSAGE_TOO_LONG),
    (0x75, Status::ZIGBEE_BINDING_IS_ACTIVE),
    (0x76, Status::ZIGBEE_ADDRESS_TABLE_ENTRY_IS_ACTIVE),
    (0x87, Status::TRANSMIT_SCHEDULER_FAIL),
    (0x8a, Status::TRANSMIT_INVALID_CHANNEL),
    (0x8b, Status::TRANSMIT_INVALID_POWER),
    (0x8d, Status::CCA_FAILURE),
    (0x8e, Status::TRANSMIT_BLOCKED),
    (0x90, Status::NETWORK_UP),
    (0x91, Status::NETWORK_DOWN),
    (0x94, Status::NOT_JOINED),
    (0x95, Status::ZIGBEE_INVALID_SECURITY_LEVEL),
    (0x96, Status::ZIGBEE_MOVE_FAILED),
    (0x98, Status::NOT_JOINED),
    (0x99, Status::ZIGBEE_NODE_ID_CHANGED),
    (0x9a, Status::ZIGBEE_PAN_ID_CHANGED),
    (0x9b, Status::ZIGBEE_CHANNEL_CHANGED),
    (0x9c, Status::ZIGBEE_NETWORK_OPENED),
    (0x9d, Status::ZIGBEE_NETWORK_CLOSED),
    (0xa1, Status::BUSY),
    (0xa3, Status::INVALID_PARAMETER),
    (0xa4, Status::ZIGBEE_BINDING_HAS_CHANGED),
    (0xa5, Status::ZIGBEE_INSUFFICIENT_RANDOM_DATA),
    (0xa6, Status::ZIGBEE_APS_ENCRYPTION_ERROR),
    (0xa8, Status::ZIGBEE_SECURITY_STATE_NOT_SET),
    (0xa9, Status::ZIGBEE_SOURCE_ROUTE_FAILURE),
    (0xaa, Status::ZIGBEE_MANY_TO_ONE_ROUTE_FAILURE),
    (0xab, Status::NO_BEACONS),
    (0xac, Status::ZIGBEE_RECEIVED_KEY_IN_THE_CLEAR),
    (0xad, Status::ZIGBEE_NO_NETWORK_KEY_RECEIVED),
    (0xae, Status::ZIGBEE_NO_LINK_KEY_RECEIVED),
    (0xaf, Status::ZIGBEE_PRECONFIGURED_KEY_REQUIRED),
    (0xb0, Status::ZIGBEE_STACK_AND_HARDWARE_MISMATCH),
    (0xb2, Status::INVALID_KEY),
    (0xb3, Status::INVALID_PARAMETER),
    (0xb4, Status::FULL),
    (0xb5, Status::NOT_AVAILABLE),
    (0xb6, Status::NOT_FOUND),
    (0xb8, Status::ZIGBEE_TOO_SOON_FOR_SWITCH_KEY),
    (0xb9, Status::ZIGBEE_SIGNATURE_VERIFY_FAILURE),
    (0xba, Status::IN_PROGRESS),
    (0xbb, Status::ZIGBEE_KEY_NOT_AUTHORIZED),
    (0xbc, Status::ZIGBEE_TRUST_CENTER_SWAP_EUI_HAS_CHANGED),
    (0xbd, Status::INVALID_CONFIGURATION),
    (0xbe, Status::ZIGBEE_IEEE_ADDRESS_DISCOVERY_IN_PROGRESS),
    (0xc8, Status::ZIGBEE_ID_DISCOVERY_FAILED),
    (0xc9, Status::ZIGBEE_NO_APS_ACK),
    (0xca, Status::ZIGBEE_APS_MESSAGE_CANCELED),
    (0xcb, Status::ZIGBEE_ID_DISCOVERY_NOT_ENABLED),
    (0xcc, Status::ZIGBEE_ID_DISCOVERY_UNDERWAY),
    (0xcd, Status::ZIGBEE_SEND_UNICAST_ROUTE_DISCOVERY_UNDERWAY),
    (0xce, Status::ZIGBEE_SEND_UNICAST_FAILURE),
    (0xcf, Status::ZIGBEE_SEND_UNICAST_NO_ROUTE),
    (0xd0, Status::ZIGBEE_BROADCAST_TO_SLEEPY_CHILDREN_TIMEOUT),
    (0xd1, Status::ZIGBEE_BROADCAST_RELAY_FAILED),
    (0xd2, Status::TRANSMIT_INCOMPLETE),
];

/// `EzspStatus` bytes that mean the same as a status of later versions.
const EZSP_STATUSES: &[(u8, Status)] = &[
    (0x00, Status::OK),
    (0x35, Status::NO_MORE_RESOURCE),
    (0x36, Status::INVALID_PARAMETER),
    (0x37, Status::INVALID_INDEX),
    (0x38, Status::INVALID_STATE),
];

/// `EmberStatus` `ERR_FATAL`: what a status without a byte of its own is written as.
const EMBER_ERR_FATAL: u8 = 0x01;
/// `EzspStatus` `ERROR_INVALID_CALL`: likewise.
const EZSP_INVALID_CALL: u8 = 0x38;

impl Status {
    /// Whether it is [`OK`](Self::OK).
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == Self::OK.0
    }

    /// From an `EmberStatus`.
    #[must_use]
    pub fn from_ember(byte: u8) -> Self {
        from_byte(EMBER_STATUSES, byte).unwrap_or(Self(EMBER | u32::from(byte)))
    }

    /// As an `EmberStatus`; `ERR_FATAL` where there is none for it.
    #[must_use]
    pub fn to_ember(self) -> u8 {
        to_byte(EMBER_STATUSES, EMBER, self).unwrap_or(EMBER_ERR_FATAL)
    }

    /// From an `EzspStatus` that is the status of a command.
    #[must_use]
    pub fn from_ezsp(byte: u8) -> Self {
        from_byte(EZSP_STATUSES, byte).unwrap_or(Self(EZSP | u32::from(byte)))
    }

    /// As an `EzspStatus`; `ERROR_INVALID_CALL` where there is none for it.
    #[must_use]
    pub fn to_ezsp(self) -> u8 {
        to_byte(EZSP_STATUSES, EZSP, self).unwrap_or(EZSP_INVALID_CALL)
    }

    /// From the `EzspStatus` of `invalidCommand`, untranslated: [`EZSP_INVALID_FRAME_ID`](Self::EZSP_INVALID_FRAME_ID), …
    #[must_use]
    pub const fn from_reason(byte: u8) -> Self {
        Self(EZSP | byte as u32)
    }

    /// Its name, as the vendor's headers have it.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let at = NAMES.binary_search_by_key(&self, |(status, _)| *status);
        at.ok().and_then(|at| NAMES.get(at)).map(|(_, name)| *name)
    }
}

fn from_byte(table: &[(u8, Status)], byte: u8) -> Option<Status> {
    table.iter().find(|(b, _)| *b == byte).map(|(_, s)| *s)
}

fn to_byte(table: &[(u8, Status)], range: u32, status: Status) -> Option<u8> {
    if status.0 & !0xff == range {
        return Some(status.0.to_le_bytes()[0]);
    }
    table.iter().find(|(_, s)| *s == status).map(|(b, _)| *b)
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None if self.0 & !0xff == EMBER => write!(f, "EmberStatus {:#04x}", self.0 & 0xff),
            None if self.0 & !0xff == EZSP => write!(f, "EzspStatus {:#04x}", self.0 & 0xff),
            None => write!(f, "status {:#06x}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_searched() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(Status::NETWORK_UP.to_string(), "NETWORK_UP");
        assert_eq!(Status::from_reason(0x31), Status::EZSP_INVALID_FRAME_ID);
        assert_eq!(Status(0x1234).to_string(), "status 0x1234");
        assert_eq!(Status::from_ember(0x58).to_string(), "EmberStatus 0x58");
    }

    #[test]
    fn every_byte_survives_the_way_in_and_out() {
        for byte in 0..=255 {
            let ember = Status::from_ember(byte);
            assert_eq!(Status::from_ember(ember.to_ember()), ember);
            let ezsp = Status::from_ezsp(byte);
            assert_eq!(Status::from_ezsp(ezsp.to_ezsp()), ezsp);
            assert_eq!(Status::from_reason(byte).to_ezsp(), byte);
        }
    }

    #[test]
    fn old_bytes_mean_what_new_statuses_mean() {
        for (byte, status) in [
            (0x90, Status::NETWORK_UP),
            (0x91, Status::NETWORK_DOWN),
            (0x93, Status::NOT_JOINED),
            (0x66, Status::ZIGBEE_DELIVERY_FAILED),
            (0x72, Status::ZIGBEE_MAX_MESSAGE_LIMIT_REACHED),
            (0xa1, Status::BUSY),
            (0xb6, Status::NOT_FOUND),
        ] {
            assert_eq!(Status::from_ember(byte), status);
        }
        assert_eq!(Status::NOT_FOUND.to_ember(), 0x03);
        assert_eq!(Status::NOT_JOINED.to_ember(), 0x93);
        assert_eq!(Status::TIMEOUT.to_ember(), EMBER_ERR_FATAL);
        assert_eq!(Status::TIMEOUT.to_ezsp(), EZSP_INVALID_CALL);
    }
}
