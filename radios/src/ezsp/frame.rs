//! EZSP frames: the header, legacy and extended, and what follows it.
//!
//! From version 8 on every frame has the extended header; only the handshake's first `version`
//! command, asked before the NCP's version is known, has the legacy one, and so has its reply.
//! The two are told apart by the third byte: the format version 1 in the one, a frame id in the other.

use nom::bytes::complete::take;
use nom::number::complete::{le_u16, u8};
use nom::{IResult, Parser};

/// The most bytes a frame may have: what fits an ASH data field.
pub const MAX_LENGTH: usize = 220;

/// Which header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Sequence, one byte of control, one byte of id.
    Legacy,
    /// Sequence, two bytes of control, two bytes of id.
    Extended,
}

/// The frame control: low byte and, in the extended header, high byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Control(pub u16);

impl Control {
    const RESPONSE: u16 = 0x80;
    const ASYNCHRONOUS: u16 = 0x10;
    const CALLBACKS_PENDING: u16 = 0x04;
    const TRUNCATED: u16 = 0x02;
    const OVERFLOW: u16 = 0x01;
    const FORMAT_VERSION: u16 = 0x0100;
    const FORMAT_MASK: u8 = 0x03;

    /// Of a command.
    pub const COMMAND: Self = Self(0);
    /// Of a reply.
    pub const REPLY: Self = Self(Self::RESPONSE);
    /// Of a callback that the NCP sends on its own.
    pub const CALLBACK: Self = Self(Self::RESPONSE | Self::ASYNCHRONOUS);

    /// Whether it comes from the NCP.
    #[must_use]
    pub const fn is_from_ncp(self) -> bool {
        self.0 & Self::RESPONSE != 0
    }

    /// Whether it is a callback that belongs to no command.
    #[must_use]
    pub const fn is_asynchronous(self) -> bool {
        self.0 & Self::ASYNCHRONOUS != 0
    }

    /// Whether more callbacks wait in the NCP.
    #[must_use]
    pub const fn has_callbacks_pending(self) -> bool {
        self.0 & Self::CALLBACKS_PENDING != 0
    }

    /// Whether the NCP cut the reply.
    #[must_use]
    pub const fn is_truncated(self) -> bool {
        self.0 & Self::TRUNCATED != 0
    }

    /// Whether the NCP ran out of memory since the last reply.
    #[must_use]
    pub const fn has_overflow(self) -> bool {
        self.0 & Self::OVERFLOW != 0
    }

    /// The same, with the overflow flag.
    #[must_use]
    pub const fn with_overflow(self) -> Self {
        Self(self.0 | Self::OVERFLOW)
    }

    /// The same, with the truncated flag.
    #[must_use]
    pub const fn with_truncated(self) -> Self {
        Self(self.0 | Self::TRUNCATED)
    }
}

/// A frame, its parameters borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The header's form.
    pub header: Header,
    /// The command's number; in a callback that of the last command.
    pub sequence: u8,
    /// Direction and flags.
    pub control: Control,
    /// Frame id.
    pub id: u16,
    /// What follows the header.
    pub parameters: &'a [u8],
}

/// A frame that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The header is cut short.
    #[error("EZSP frame of {0} bytes: the header is cut short")]
    CutShort(usize),
    /// Longer than any frame may be.
    #[error("EZSP frame of {0} bytes: at most {MAX_LENGTH} are allowed")]
    TooLong(usize),
    /// The id does not fit a legacy header.
    #[error("frame id {0:#06x} does not fit a legacy EZSP header")]
    IdTooLarge(u16),
}

impl<'a> Frame<'a> {
    /// Reads a frame of either header.
    ///
    /// # Errors
    /// When it is too short for its header or too long for ASH.
    pub fn parse(input: &'a [u8]) -> Result<Self, FrameError> {
        if input.len() > MAX_LENGTH {
            return Err(FrameError::TooLong(input.len()));
        }
        match frame(input) {
            Ok((_, frame)) => Ok(frame),
            Err(_) => Err(FrameError::CutShort(input.len())),
        }
    }

    /// Writes the frame.
    ///
    /// # Errors
    /// When it is too long for ASH, or its id for a legacy header.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut out = Vec::with_capacity(5 + self.parameters.len());
        let [control_low, control_high] =
            (self.control.0 & !0x0300 | Control::FORMAT_VERSION).to_le_bytes();
        match self.header {
            Header::Legacy => {
                let id = u8::try_from(self.id).map_err(|_| FrameError::IdTooLarge(self.id))?;
                out.extend_from_slice(&[self.sequence, control_low, id]);
            }
            Header::Extended => {
                out.extend_from_slice(&[self.sequence, control_low, control_high]);
                out.extend_from_slice(&self.id.to_le_bytes());
            }
        }
        out.extend_from_slice(self.parameters);
        if out.len() > MAX_LENGTH {
            return Err(FrameError::TooLong(out.len()));
        }
        Ok(out)
    }
}

fn frame(input: &[u8]) -> IResult<&[u8], Frame<'_>> {
    let (rest, (sequence, low, third)) = (u8, u8, u8).parse(input)?;
    let (parameters, header, control, id) = if third & Control::FORMAT_MASK == 1 {
        let (rest, id) = le_u16(rest)?;
        let control = u16::from_le_bytes([low, third]) & !0x0300;
        (rest, Header::Extended, control, id)
    } else {
        (rest, Header::Legacy, u16::from(low), u16::from(third))
    };
    let (rest, parameters) = take(parameters.len())(parameters)?;
    Ok((
        rest,
        Frame {
            header,
            sequence,
            control: Control(control),
            id,
            parameters,
        },
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn legacy(sequence: u8, control: Control, parameters: &[u8]) -> Frame<'_> {
        Frame {
            header: Header::Legacy,
            sequence,
            control,
            id: 0,
            parameters,
        }
    }

    #[test]
    fn the_handshake_begins_with_a_legacy_header() {
        // Host: version(13). NCP: 13, stack type 2, stack 0x7440.
        assert_eq!(
            legacy(0, Control::COMMAND, &[13]).encode(),
            Ok(vec![0, 0, 0, 13])
        );
        assert_eq!(
            Frame::parse(&[0, 0x80, 0, 13, 2, 0x40, 0x74]),
            Ok(legacy(0, Control::REPLY, &[13, 2, 0x40, 0x74]))
        );
        // A version command an NCP before 8 would be asked with: invalidCommand, legacy as well.
        let invalid = Frame::parse(&[1, 0x80, 0x58, 0x30]).unwrap();
        assert_eq!((invalid.header, invalid.id), (Header::Legacy, 0x58));
    }

    #[test]
    fn later_frames_are_extended() {
        let command = Frame {
            header: Header::Extended,
            sequence: 7,
            control: Control::COMMAND,
            id: 0x0103,
            parameters: &[1, 2],
        };
        assert_eq!(command.encode(), Ok(vec![7, 0, 1, 3, 1, 1, 2]));
        let callback = Frame::parse(&[7, 0x95, 0x01, 0x19, 0x00, 0x90]).unwrap();
        assert!(callback.control.is_from_ncp() && callback.control.is_asynchronous());
        assert!(callback.control.has_callbacks_pending() && callback.control.has_overflow());
        assert!(!callback.control.is_truncated());
        assert_eq!((callback.id, callback.parameters), (0x19, &[0x90][..]));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        assert_eq!(Frame::parse(&[]), Err(FrameError::CutShort(0)));
        assert_eq!(Frame::parse(&[1, 0x80, 1, 0]), Err(FrameError::CutShort(4)));
        assert_eq!(Frame::parse(&[0; 221]), Err(FrameError::TooLong(221)));
        let long = [0; 218];
        assert_eq!(
            legacy(0, Control::COMMAND, &long).encode(),
            Err(FrameError::TooLong(221))
        );
    }

    proptest! {
        #[test]
        fn frames_are_read_as_they_were_written(
            sequence: u8, control in 0u16..0x100, id: u16, extended: bool,
            parameters in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            // In a legacy header the id must not look like a format version.
            let header = if extended { Header::Extended } else { Header::Legacy };
            let id = if extended { id } else { id & 0xfc };
            let frame = Frame { header, sequence, control: Control(control), id, parameters: &parameters };
            let bytes = frame.encode().unwrap();
            prop_assert_eq!(Frame::parse(&bytes), Ok(frame));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..240)) {
            let _ = Frame::parse(&bytes);
        }
    }
}
