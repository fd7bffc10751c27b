//! One ASH frame: control byte, data field, CRC, and the bytes that keep frames apart.
//!
//! | frame | control | data field |
//! |---|---|---|
//! | DATA | `0 fff r aaa`: frame number, retransmission, ackNum | 3…220 bytes, randomised |
//! | ACK, NAK | `100 0 n aaa`, `101 0 n aaa`: not ready, ackNum | – |
//! | RST | `0xC0` | – |
//! | RSTACK, ERROR | `0xC1`, `0xC2` | protocol version, code |
//!
//! The CRC is CRC-16/CCITT-FALSE over control byte and data field, most significant byte first.
//! Then reserved bytes are escaped and a flag ends the frame. [`Frame::decode`] takes what is left
//! between two flags when that is undone (see [`Deframer`](super::Deframer)).

use nom::Parser;
use nom::bytes::complete::take;
use nom::combinator::all_consuming;
use nom::number::complete::{be_u16, u8 as byte};

/// Ends a frame.
pub const FLAG: u8 = 0x7e;
/// The next byte has bit 5 inverted.
pub const ESCAPE: u8 = 0x7d;
/// Resume sending, for software flow control; never data.
pub const XON: u8 = 0x11;
/// Stop sending, for software flow control; never data.
pub const XOFF: u8 = 0x13;
/// Stands for a byte that the UART received badly.
pub const SUBSTITUTE: u8 = 0x18;
/// Drops what was sent since the last flag.
pub const CANCEL: u8 = 0x1a;
/// Wakes a sleeping NCP; means nothing between frames.
pub const WAKE: u8 = 0xff;

/// The shortest data field of a DATA frame: a legacy EZSP header.
pub const MIN_PAYLOAD: usize = 3;
/// The longest data field of a DATA frame: an extended EZSP header and 215 bytes of parameters.
pub const MAX_PAYLOAD: usize = 220;
/// The longest frame without its flag, before escaping: control byte, data field, CRC.
pub const MAX_FRAME: usize = 1 + MAX_PAYLOAD + 2;
/// The longest frame on the wire: every byte escaped, and the flag.
pub const MAX_ON_WIRE: usize = 2 * MAX_FRAME + 1;
/// The protocol version in RSTACK and ERROR.
pub const PROTOCOL_VERSION: u8 = 2;

const RST: u8 = 0xc0;
const RSTACK: u8 = 0xc1;
const ERROR: u8 = 0xc2;
const NUMBER: u8 = 0b111;
const RETRANSMIT: u8 = 0b1000;
const NOT_READY: u8 = 0b1000;
const ACK: u8 = 0x80;
const NAK: u8 = 0xa0;

/// One frame. Frame and acknowledgement numbers count modulo 8; an `ack` is the number of the frame
/// that is expected next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An EZSP frame.
    Data {
        /// Its number.
        number: u8,
        /// It was sent before.
        retransmit: bool,
        /// Acknowledges all frames before this one.
        ack: u8,
        /// 3…220 bytes of EZSP.
        payload: Vec<u8>,
    },
    /// Frames arrived.
    Ack {
        /// Acknowledges all frames before this one.
        ack: u8,
        /// From the host: hold callbacks back.
        not_ready: bool,
    },
    /// A frame did not arrive: send again from `ack` on.
    Nak {
        /// Acknowledges all frames before this one.
        ack: u8,
        /// From the host: hold callbacks back.
        not_ready: bool,
    },
    /// The host asks the NCP to reset.
    Rst,
    /// The NCP has reset.
    RstAck {
        /// [`PROTOCOL_VERSION`].
        version: u8,
        /// Why, see [`code`](super::code).
        code: u8,
    },
    /// The NCP gave up; only RST helps.
    Error {
        /// [`PROTOCOL_VERSION`].
        version: u8,
        /// Why, see [`code`](super::code).
        code: u8,
    },
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No room for a control byte and a CRC.
    #[error("frame of {0} bytes: too short for control byte and CRC")]
    Short(usize),
    /// More than [`MAX_FRAME`] bytes without a flag.
    #[error("frame longer than {MAX_FRAME} bytes")]
    Long,
    /// The UART marked a byte as badly received.
    #[error("a byte was received badly (substitute byte)")]
    Substitute,
    /// The frame was damaged.
    #[error("CRC {found:#06x}, computed {computed:#06x}")]
    Crc {
        /// As received.
        found: u16,
        /// What the bytes give.
        computed: u16,
    },
    /// The data field does not fit the control byte.
    #[error("data field of {length} bytes after control byte {control:#04x}")]
    DataField {
        /// The control byte.
        control: u8,
        /// The length that was found.
        length: usize,
    },
    /// A control byte that no frame has.
    #[error("unknown control byte {0:#04x}")]
    Control(u8),
}

impl Frame {
    /// Reads a frame from its bytes before escaping, without flag: control byte, data field, CRC.
    ///
    /// # Errors
    /// A [`FrameError`] that names what is wrong; never anything but that, whatever comes in.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (control, data, found) = parts(bytes)?;
        let computed = crc(&bytes[..bytes.len() - 2]);
        if found != computed {
            return Err(FrameError::Crc { found, computed });
        }
        let wrong_length = FrameError::DataField {
            control,
            length: data.len(),
        };
        let bare = |frame| {
            if data.is_empty() {
                Ok(frame)
            } else {
                Err(wrong_length)
            }
        };
        let ack = control & NUMBER;
        let not_ready = control & NOT_READY != 0;
        match control {
            0..=0x7f if (MIN_PAYLOAD..=MAX_PAYLOAD).contains(&data.len()) => Ok(Self::Data {
                number: control >> 4,
                retransmit: control & RETRANSMIT != 0,
                ack,
                payload: randomised(data).collect(),
            }),
            0..=0x7f => Err(wrong_length),
            0x80..=0x9f => bare(Self::Ack { ack, not_ready }),
            0xa0..=0xbf => bare(Self::Nak { ack, not_ready }),
            RST => bare(Self::Rst),
            RSTACK => reason(data)
                .map(|(version, code)| Self::RstAck { version, code })
                .ok_or(wrong_length),
            ERROR => reason(data)
                .map(|(version, code)| Self::Error { version, code })
                .ok_or(wrong_length),
            _ => Err(FrameError::Control(control)),
        }
    }

    /// The frame as it goes on the wire, flag included. Numbers count modulo 8; a payload must have
    /// [`MIN_PAYLOAD`] to [`MAX_PAYLOAD`] bytes, or no receiver will take it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(8);
        match self {
            Self::Data {
                number,
                retransmit,
                ack,
                payload,
            } => encode_data(*number, *retransmit, *ack, payload, &mut out),
            Self::Ack { ack, not_ready } => {
                wrap(ACK | flag(*not_ready) | ack & NUMBER, [], &mut out);
            }
            Self::Nak { ack, not_ready } => {
                wrap(NAK | flag(*not_ready) | ack & NUMBER, [], &mut out);
            }
            Self::Rst => wrap(RST, [], &mut out),
            Self::RstAck { version, code } => wrap(RSTACK, [*version, *code], &mut out),
            Self::Error { version, code } => wrap(ERROR, [*version, *code], &mut out),
        }
        out
    }
}

/// Appends a DATA frame to `out`, for a sender that keeps the payload: see [`Frame::Data`].
pub fn encode_data(number: u8, retransmit: bool, ack: u8, payload: &[u8], out: &mut Vec<u8>) {
    // One byte in 40 needs escaping: room for twice that, so that `out` seldom grows twice.
    out.reserve(payload.len() + payload.len() / 16 + 8);
    let control = (number & NUMBER) << 4 | flag(retransmit) | ack & NUMBER;
    wrap(control, randomised(payload), out);
}

/// Bit 3: retransmission in DATA, not ready in ACK and NAK.
const fn flag(set: bool) -> u8 {
    if set { RETRANSMIT } else { 0 }
}

fn parts(bytes: &[u8]) -> Result<(u8, &[u8], u16), FrameError> {
    let data = bytes.len().saturating_sub(3);
    all_consuming((byte, take(data), be_u16))
        .parse(bytes)
        .map(|(_, parts)| parts)
        .map_err(|_: nom::Err<nom::error::Error<&[u8]>>| FrameError::Short(bytes.len()))
}

fn reason(data: &[u8]) -> Option<(u8, u8)> {
    all_consuming((byte::<_, nom::error::Error<&[u8]>>, byte))
        .parse(data)
        .ok()
        .map(|(_, reason)| reason)
}

fn wrap(control: u8, data: impl IntoIterator<Item = u8>, out: &mut Vec<u8>) {
    let mut crc = crc_step(CRC_START, control);
    stuff(control, out);
    for byte in data {
        crc = crc_step(crc, byte);
        stuff(byte, out);
    }
    for byte in crc.to_be_bytes() {
        stuff(byte, out);
    }
    out.push(FLAG);
}

fn stuff(byte: u8, out: &mut Vec<u8>) {
    if matches!(byte, FLAG | ESCAPE | XON | XOFF | SUBSTITUTE | CANCEL) {
        out.push(ESCAPE);
        out.push(byte ^ 0x20);
    } else {
        out.push(byte);
    }
}

/// The data field with the pseudo-random sequence laid over it; undoes itself.
fn randomised(data: &[u8]) -> impl Iterator<Item = u8> {
    data.iter()
        .zip(RANDOM.iter().cycle())
        .map(|(byte, random)| byte ^ random)
}

/// One period of the sequence: an 8-bit feedback shift register, started afresh for each frame.
const RANDOM: [u8; 255] = {
    let mut sequence = [0; 255];
    let mut register = 0x42;
    let mut i = 0;
    while i < sequence.len() {
        sequence[i] = register;
        register = register >> 1 ^ if register & 1 == 1 { 0xb8 } else { 0 };
        i += 1;
    }
    sequence
};

const CRC_START: u16 = 0xffff;

const CRC_TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u16;
    while byte < 256 {
        let mut crc = byte << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = crc << 1 ^ if crc & 0x8000 != 0 { 0x1021 } else { 0 };
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
};

fn crc_step(crc: u16, byte: u8) -> u16 {
    crc << 8 ^ CRC_TABLE[usize::from(crc.to_be_bytes()[0] ^ byte)]
}

fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(CRC_START, |crc, &b| crc_step(crc, b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ash::Deframer;

    fn data(number: u8, retransmit: bool, ack: u8, payload: &[u8]) -> Frame {
        Frame::Data {
            number,
            retransmit,
            ack,
            payload: payload.to_vec(),
        }
    }

    fn ack(ack: u8, not_ready: bool) -> Frame {
        Frame::Ack { ack, not_ready }
    }

    fn nak(ack: u8, not_ready: bool) -> Frame {
        Frame::Nak { ack, not_ready }
    }

    /// Frames as UG101 prints them and as dongles send them.
    fn vectors() -> Vec<(Frame, &'static [u8])> {
        let rstack = |code| Frame::RstAck { version: 2, code };
        let error = |code| Frame::Error { version: 2, code };
        vec![
            (Frame::Rst, &[0xc0, 0x38, 0xbc, 0x7e]),
            (rstack(0x02), &[0xc1, 0x02, 0x02, 0x9b, 0x7b, 0x7e]),
            (rstack(0x0b), &[0xc1, 0x02, 0x0b, 0x0a, 0x52, 0x7e]),
            (error(0x51), &[0xc2, 0x02, 0x51, 0xa8, 0xbd, 0x7e]),
            (ack(1, false), &[0x81, 0x60, 0x59, 0x7e]),
            (ack(6, true), &[0x8e, 0x91, 0xb6, 0x7e]),
            (nak(6, false), &[0xa6, 0x34, 0xdc, 0x7e]),
            (nak(5, true), &[0xad, 0x85, 0xb7, 0x7e]),
            (
                data(2, false, 5, &[0x00, 0x00, 0x00, 0x02]),
                &[0x25, 0x42, 0x21, 0xa8, 0x56, 0xa6, 0x09, 0x7e],
            ),
        ]
    }

    fn deframe(bytes: &[u8]) -> Vec<Result<Frame, FrameError>> {
        let mut deframer = Deframer::default();
        bytes
            .iter()
            .filter_map(|&b| deframer.push(b))
            .map(|r| r.map_err(|bad| bad.error))
            .collect()
    }

    #[test]
    fn the_vectors_encode_and_decode() {
        for (frame, wire) in vectors() {
            assert_eq!(frame.encode(), wire, "{frame:?}");
            assert_eq!(deframe(wire), [Ok(frame)]);
        }
    }

    #[test]
    fn the_random_sequence_begins_as_printed() {
        assert_eq!(
            RANDOM[..8],
            [0x42, 0x21, 0xa8, 0x54, 0x2a, 0x15, 0xb2, 0x59]
        );
        let mut seen = RANDOM;
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(1..=255), "the full period");
    }

    /// UG101 prints these with a wrong CRC; a decoder that takes them is not checking.
    #[test]
    fn misprinted_examples_are_refused_and_right_ones_taken() {
        assert_eq!(
            Frame::decode(&[0xc2, 0x01, 0x52, 0xfa, 0xbd]),
            Err(FrameError::Crc {
                found: 0xfabd,
                computed: 0xcd8d
            })
        );
        assert_eq!(
            Frame::decode(&[0xc2, 0x01, 0x52, 0xcd, 0x8d]),
            Ok(Frame::Error {
                version: 1,
                code: 0x52
            })
        );
        let mut example = [0x53, 0x42, 0xa1, 0xa8, 0x56, 0x28, 0x04, 0x82, 0x96, 0x23];
        assert_eq!(
            Frame::decode(&example),
            Err(FrameError::Crc {
                found: 0x9623,
                computed: 0x032a
            })
        );
        example[8..].copy_from_slice(&[0x03, 0x2a]);
        assert_eq!(
            Frame::decode(&example),
            Ok(data(
                5,
                false,
                3,
                &[0x00, 0x80, 0x00, 0x02, 0x02, 0x11, 0x30]
            ))
        );
    }

    /// UG101 shows a CRC byte 1A as it is; on the wire it must be escaped, or it cancels the frame.
    #[test]
    fn reserved_bytes_are_escaped_in_the_crc_too() {
        let mut found = 0;
        for number in 0..8 {
            for byte in 0..=255 {
                let frame = data(number, false, 0, &[byte, 0, 0]);
                let wire = frame.encode();
                let (flag, rest) = wire.split_last().unwrap();
                assert_eq!(*flag, FLAG);
                assert!(
                    !rest
                        .iter()
                        .any(|b| [FLAG, XON, XOFF, SUBSTITUTE, CANCEL].contains(b)),
                    "{wire:02x?}"
                );
                found += usize::from(rest.ends_with(&[ESCAPE, CANCEL ^ 0x20]));
                assert_eq!(deframe(&wire), [Ok(frame)]);
            }
        }
        assert!(found > 0, "no CRC ended in 1A, so nothing was tested");
    }

    /// Control byte 0x11 is frame 1 acknowledging 1: reserved, and in the field every day.
    #[test]
    fn reserved_control_bytes_are_escaped() {
        let wire = data(1, false, 1, &[0, 0, 0]).encode();
        assert_eq!(wire[..2], [ESCAPE, 0x31]);
        assert_eq!(deframe(&wire), [Ok(data(1, false, 1, &[0, 0, 0]))]);
    }

    #[test]
    fn lengths_are_checked() {
        for (length, good) in [
            (0, false),
            (2, false),
            (3, true),
            (218, true),
            (220, true),
            (221, false),
            (1000, false),
        ] {
            let wire = data(0, false, 0, &vec![0x55; length]).encode();
            let got = deframe(&wire);
            assert_eq!(got.len(), 1);
            assert_eq!(got[0].is_ok(), good, "{length}: {got:?}");
        }
        let with = |control, data: &[u8]| {
            let mut wire = Vec::new();
            wrap(control, data.iter().copied(), &mut wire);
            deframe(&wire)
        };
        let wrong = |control, length| [Err(FrameError::DataField { control, length })];
        assert_eq!(with(ACK, &[0]), wrong(ACK, 1));
        assert_eq!(with(NAK, &[0]), wrong(NAK, 1));
        assert_eq!(with(RST, &[2]), wrong(RST, 1));
        assert_eq!(with(RSTACK, &[2]), wrong(RSTACK, 1));
        assert_eq!(with(ERROR, &[2, 0x51, 0]), wrong(ERROR, 3));
        assert_eq!(with(0xc3, &[]), [Err(FrameError::Control(0xc3))]);
        assert_eq!(Frame::decode(&[]), Err(FrameError::Short(0)));
        assert_eq!(Frame::decode(&[0xc0, 0x38]), Err(FrameError::Short(2)));
    }

    #[test]
    fn the_longest_frame_fits_the_bound() {
        // Whatever the payload, nothing on the wire is longer than twice its bytes and a flag.
        let worst: Vec<u8> = randomised(&[FLAG; MAX_PAYLOAD]).collect();
        let wire = data(1, false, 1, &worst).encode();
        assert!(wire.len() <= MAX_ON_WIRE);
        assert!(wire.len() >= MAX_ON_WIRE - 2);
        assert_eq!(deframe(&wire), [Ok(data(1, false, 1, &worst))]);
    }

    fn any_frame() -> impl Strategy<Value = Frame> {
        let payload = prop::collection::vec(any::<u8>(), MIN_PAYLOAD..=MAX_PAYLOAD);
        prop_oneof![
            (0..8u8, any::<bool>(), 0..8u8, payload).prop_map(|(number, retransmit, ack, p)| {
                Frame::Data {
                    number,
                    retransmit,
                    ack,
                    payload: p,
                }
            }),
            (0..8u8, any::<bool>()).prop_map(|(a, n)| ack(a, n)),
            (0..8u8, any::<bool>()).prop_map(|(a, n)| nak(a, n)),
            Just(Frame::Rst),
            any::<(u8, u8)>().prop_map(|(version, code)| Frame::RstAck { version, code }),
            any::<(u8, u8)>().prop_map(|(version, code)| Frame::Error { version, code }),
        ]
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(frame in any_frame()) {
            let wire = frame.encode();
            prop_assert!(wire.len() <= MAX_ON_WIRE);
            prop_assert_eq!(deframe(&wire), [Ok(frame)]);
        }

        #[test]
        fn what_is_decoded_encodes_to_the_same(frame in any_frame(), junk in 0..256usize) {
            // Bit 4 of ACK and NAK is reserved and ignored; all else is one to one.
            let mut wire = frame.encode();
            let at = junk % wire.len();
            wire[at] ^= 1 << (junk / 32);
            for other in deframe(&wire).into_iter().flatten() {
                prop_assert_eq!(deframe(&other.encode()), [Ok(other)]);
            }
        }

        #[test]
        fn one_flipped_bit_is_always_noticed(frame in any_frame(), at: usize, bit in 0..8) {
            let wire = frame.encode();
            let mut bytes = Vec::new();
            let mut escaped = false;
            for &b in &wire[..wire.len() - 1] {
                if b == ESCAPE { escaped = true; continue }
                bytes.push(if std::mem::take(&mut escaped) { b ^ 0x20 } else { b });
            }
            prop_assert_eq!(Frame::decode(&bytes), Ok(frame));
            let at = at % bytes.len();
            bytes[at] ^= 1u8 << bit;
            let noticed = matches!(Frame::decode(&bytes), Err(FrameError::Crc { .. }));
            prop_assert!(noticed);
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = Frame::decode(&bytes);
            let _ = deframe(&bytes);
        }
    }
}
