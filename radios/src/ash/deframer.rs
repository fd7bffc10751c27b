//! Finds frames in a stream of bytes, however it is cut up.

use super::frame::{
    CANCEL, ESCAPE, FLAG, Frame, FrameError, MAX_FRAME, SUBSTITUTE, WAKE, XOFF, XON,
};

/// Takes bytes one by one, gives frames. Holds at most one frame's worth of bytes.
#[derive(Clone, Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
    escaped: bool,
    /// Why the bytes up to the next flag are no good, once that is clear.
    spoilt: Option<FrameError>,
    xoffs: u32,
}

/// A frame that came damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFrame {
    /// What is wrong.
    pub error: FrameError,
    /// The first byte, if one came before the damage was clear: probably the control byte.
    pub control: Option<u8>,
}

impl BadFrame {
    /// Whether it looks like a DATA frame, which is worth a NAK.
    #[must_use]
    pub fn looks_like_data(&self) -> bool {
        self.control.is_some_and(|control| control & 0x80 == 0)
    }
}

impl Deframer {
    /// Takes the next byte. A flag ends a frame, good or bad; empty frames are nothing.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame, BadFrame>> {
        match byte {
            FLAG => return self.finish(),
            CANCEL => self.clear(),
            SUBSTITUTE => self.spoil(FrameError::Substitute),
            XON => {}
            XOFF => self.xoffs = self.xoffs.wrapping_add(1),
            WAKE if self.buffer.is_empty() && !self.escaped => {}
            ESCAPE => self.escaped = true,
            _ if self.spoilt.is_some() => {}
            _ if self.buffer.len() == MAX_FRAME => self.spoil(FrameError::Long),
            _ => {
                let inverted = if std::mem::take(&mut self.escaped) {
                    0x20
                } else {
                    0
                };
                if self.buffer.capacity() == 0 {
                    self.buffer.reserve_exact(MAX_FRAME);
                }
                self.buffer.push(byte ^ inverted);
            }
        }
        None
    }

    /// Forgets what came since the last flag.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.escaped = false;
        self.spoilt = None;
    }

    /// How many XOFF bytes came: a flood of them means the other end waits for XON, so flow control
    /// is set wrongly. Wraps.
    #[must_use]
    pub const fn xoffs(&self) -> u32 {
        self.xoffs
    }

    fn spoil(&mut self, error: FrameError) {
        self.spoilt.get_or_insert(error);
    }

    fn finish(&mut self) -> Option<Result<Frame, BadFrame>> {
        let frame = match self.spoilt {
            Some(error) => Err(error),
            None if self.buffer.is_empty() && !self.escaped => return None,
            // An escape with nothing to escape: a byte is missing.
            None if self.escaped => Err(FrameError::Short(self.buffer.len())),
            None => Frame::decode(&self.buffer),
        };
        let control = self.buffer.first().copied();
        self.clear();
        Some(frame.map_err(|error| BadFrame { error, control }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(deframer: &mut Deframer, bytes: &[u8]) -> Vec<Result<Frame, BadFrame>> {
        bytes.iter().filter_map(|&b| deframer.push(b)).collect()
    }

    const ACK1: [u8; 4] = [0x81, 0x60, 0x59, FLAG];
    const GOOD: Result<Frame, BadFrame> = Ok(Frame::Ack {
        ack: 1,
        not_ready: false,
    });

    fn bad(error: FrameError, control: Option<u8>) -> Result<Frame, BadFrame> {
        Err(BadFrame { error, control })
    }

    #[test]
    fn flags_alone_wake_bytes_and_flow_control_are_nothing() {
        let mut deframer = Deframer::default();
        assert_eq!(feed(&mut deframer, &[FLAG, FLAG, WAKE, WAKE, FLAG]), []);
        assert_eq!(feed(&mut deframer, &[WAKE, XON]), []);
        assert_eq!(feed(&mut deframer, &[0x81, XOFF, 0x60, XON, XON, 0x59]), []);
        assert_eq!(feed(&mut deframer, &[FLAG, FLAG]), [GOOD]);
        assert_eq!(deframer.xoffs(), 1);
    }

    #[test]
    fn flow_control_between_escape_and_its_byte_changes_nothing() {
        let wire = Frame::Data {
            number: 1,
            retransmit: false,
            ack: 1,
            payload: vec![1, 2, 3],
        }
        .encode();
        assert_eq!(wire[0], ESCAPE);
        let mut deframer = Deframer::default();
        deframer.push(ESCAPE);
        deframer.push(XOFF);
        assert!(matches!(
            feed(&mut deframer, &wire[1..])[..],
            [Ok(Frame::Data { .. })]
        ));
    }

    #[test]
    fn cancel_drops_what_came_and_all_damage_with_it() {
        let mut deframer = Deframer::default();
        for junk in [
            &[0x25, 0x42, 0x21][..],
            &[0x25, SUBSTITUTE],
            &[ESCAPE],
            &[0; 1000],
        ] {
            assert_eq!(feed(&mut deframer, junk), []);
            assert_eq!(feed(&mut deframer, &[CANCEL]), []);
            assert_eq!(feed(&mut deframer, &ACK1), [GOOD], "{junk:02x?}");
        }
    }

    #[test]
    fn substitute_spoils_up_to_the_next_flag() {
        let mut deframer = Deframer::default();
        let got = feed(
            &mut deframer,
            &[0x25, SUBSTITUTE, 0x21, 0xa8, FLAG, 0x81, 0x60, 0x59, FLAG],
        );
        assert_eq!(got, [bad(FrameError::Substitute, Some(0x25)), GOOD]);
        let got = feed(&mut deframer, &[SUBSTITUTE, 0x25, FLAG]);
        assert_eq!(got, [bad(FrameError::Substitute, None)]);
    }

    #[test]
    fn endless_bytes_without_a_flag_stay_bounded() {
        let mut deframer = Deframer::default();
        for _ in 0..100_000 {
            assert_eq!(deframer.push(0x55), None);
        }
        assert_eq!(deframer.buffer.capacity(), MAX_FRAME);
        assert_eq!(
            feed(&mut deframer, &[FLAG, 0x81, 0x60, 0x59, FLAG]),
            [bad(FrameError::Long, Some(0x55)), GOOD]
        );
    }

    #[test]
    fn an_escape_before_the_flag_is_a_missing_byte() {
        let mut deframer = Deframer::default();
        assert_eq!(
            feed(&mut deframer, &[0x81, 0x60, 0x59, ESCAPE, FLAG]),
            [bad(FrameError::Short(3), Some(0x81))]
        );
        assert_eq!(
            feed(&mut deframer, &[ESCAPE, FLAG]),
            [bad(FrameError::Short(0), None)]
        );
        assert_eq!(feed(&mut deframer, &ACK1), [GOOD]);
    }
}
