//! Govee strips and bulbs: twenty-byte frames, the last the exclusive or of the others.
//!
//! `33 01 0|1` power, `33 04 level` brightness, `33 05 02 r g b` a colour, `33 05 15 01 r g b 00 00 00
//! 00 00 mask u16le` the same of strips with segments; `aa 01`, `aa 04`, `aa 05` ask for each and are
//! answered in kind. `aa 01` every two seconds keeps the connection, which is why it is also the
//! question. (Source: what users of Govee's lamps captured.)

use std::time::Duration;

use nom::Parser as _;
use nom::number::complete::u8 as byte;

use super::triones::color;
use super::{Codec, FrameError, Told, field};
use crate::ble::ServiceUuid;
use crate::ble::gatt::look::{Look, Tint, from_share, share, unscaled};

static WRITES: [ServiceUuid; 1] = [ServiceUuid(0x0001_0203_0405_0607_0809_0a0b_0c0d_2b11)];
static NOTIFIES: [ServiceUuid; 1] = [ServiceUuid(0x0001_0203_0405_0607_0809_0a0b_0c0d_2b10)];

const LENGTH: usize = 20;

/// How a model takes colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colors {
    /// All at once.
    Whole,
    /// By segment; all of them are addressed.
    Segments,
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Govee {
    pub(super) colors: Colors,
    /// The largest brightness: 255, or 100 where it is in per cent.
    pub(super) full: u8,
}

/// A frame of `bytes`, filled up and closed.
fn frame(bytes: &[u8]) -> Vec<u8> {
    let mut frame = bytes.to_vec();
    frame.resize(LENGTH - 1, 0);
    frame.push(exclusive_or(&frame));
    frame
}

fn exclusive_or(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

impl Codec for Govee {
    fn writes(&self) -> &'static [ServiceUuid] {
        &WRITES
    }

    fn notifies(&self) -> &'static [ServiceUuid] {
        &NOTIFIES
    }

    fn frames(&self, wish: &Look, to: &Look) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        if wish.on == Some(true) {
            frames.push(frame(&[0x33, 0x01, 1]));
        }
        if wish.tint.is_some() {
            let [r, g, b] = color(to.tint);
            frames.push(match self.colors {
                Colors::Whole => frame(&[0x33, 0x05, 0x02, r, g, b]),
                Colors::Segments => {
                    frame(&[0x33, 0x05, 0x15, 0x01, r, g, b, 0, 0, 0, 0, 0, 0xff, 0x7f])
                }
            });
        }
        if let Some(brightness) = wish.brightness {
            frames.push(frame(&[0x33, 0x04, share(brightness, self.full)]));
        }
        if wish.on == Some(false) {
            frames.push(frame(&[0x33, 0x01, 0]));
        }
        frames
    }

    fn questions(&self) -> Vec<Vec<u8>> {
        [0x01, 0x04, 0x05].map(|what| frame(&[0xaa, what])).to_vec()
    }

    fn told(&self, data: &[u8]) -> Result<Told, FrameError> {
        let Some((check, body)) = data.split_last().filter(|_| data.len() == LENGTH) else {
            return Err(FrameError("length"));
        };
        if exclusive_or(body) != *check {
            return Err(FrameError("check"));
        }
        let (rest, (head, what)) = field("head", |i| (byte, byte).parse(i), body)?;
        if head != 0xaa {
            return Ok(Told::Other);
        }
        let (rest, value) = field("value", byte, rest)?;
        let mut look = Look::default();
        match what {
            0x01 => look.on = Some(value == 1),
            0x04 if value > 0 => look.brightness = Some(from_share(value, self.full)),
            0x04 => {}
            // Other modes (scenes, music, segments) do not tell one colour.
            0x05 if value == 0x02 => {
                let (_, (r, g, b)) = field("color", |i| (byte, byte, byte).parse(i), rest)?;
                look.tint = unscaled([r, g, b]).map(|(rgb, _)| Tint::Color(rgb));
            }
            0x05 => {}
            _ => return Ok(Told::Other),
        }
        Ok(Told::Look(look))
    }

    fn keep_alive(&self) -> Option<(Duration, Vec<u8>)> {
        Some((Duration::from_secs(2), frame(&[0xaa, 0x01])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ble::advert::from_hex;
    use proptest::prelude::*;

    const STRIP: Govee = Govee {
        colors: Colors::Whole,
        full: 255,
    };
    const SEGMENTS: Govee = Govee {
        colors: Colors::Segments,
        full: 100,
    };

    fn hex(text: &str) -> Vec<u8> {
        from_hex(&text.replace(' ', "")).unwrap()
    }

    /// `head`, zeros, `check`: as captures are written down.
    fn short(head: &str, check: u8) -> Vec<u8> {
        let mut frame = hex(head);
        frame.resize(LENGTH - 1, 0);
        frame.push(check);
        frame
    }

    #[test]
    fn power_brightness_and_keep_alive_as_captured() {
        let wish = Look {
            on: Some(true),
            brightness: Some(36),
            tint: None,
        };
        assert_eq!(
            STRIP.frames(&wish, &wish),
            [short("33 01 01", 0x33), short("33 04 24", 0x13)]
        );
        let off = Look {
            on: Some(false),
            ..Look::default()
        };
        assert_eq!(STRIP.frames(&off, &off), [short("33 01 00", 0x32)]);
        let (every, alive) = STRIP.keep_alive().unwrap();
        assert_eq!(
            (every, alive),
            (Duration::from_secs(2), short("aa 01", 0xab))
        );
    }

    #[test]
    fn colours_whole_and_by_segment() {
        let red = Look {
            tint: Some(Tint::Color([255, 0, 0])),
            ..Look::default()
        };
        assert_eq!(STRIP.frames(&red, &red), [short("33 05 02 ff 00 00", 0xcb)]);
        assert_eq!(
            SEGMENTS.frames(&red, &red),
            [hex(
                "33 05 15 01 ff 00 00 00 00 00 00 00 ff 7f 00 00 00 00 00 5d"
            )]
        );
    }

    #[test]
    fn answers_tell_one_thing_each() {
        let told = |frame: &[u8]| match STRIP.told(frame) {
            Ok(Told::Look(look)) => look,
            other => panic!("{other:?}"),
        };
        assert_eq!(told(&frame(&[0xaa, 1, 1])).on, Some(true));
        assert_eq!(told(&frame(&[0xaa, 4, 255])).brightness, Some(254));
        assert_eq!(
            told(&frame(&[0xaa, 5, 2, 0, 255, 0])).tint,
            Some(Tint::Color([0, 255, 0]))
        );
        assert_eq!(told(&frame(&[0xaa, 5, 4, 9])), Look::default());
        assert_eq!(STRIP.told(&frame(&[0x33, 1, 1])), Ok(Told::Other));
        assert_eq!(STRIP.told(&short("aa 01 01", 0)), Err(FrameError("check")));
        assert_eq!(STRIP.told(&[0xaa]), Err(FrameError("length")));
    }

    proptest! {
        #[test]
        fn brightness_is_told_as_it_was_sent(level in 1u8..=254) {
            for codec in [STRIP, SEGMENTS] {
                let wish = Look { brightness: Some(level), ..Look::default() };
                let sent = codec.frames(&wish, &wish).remove(0);
                let Ok(Told::Look(told)) = codec.told(&frame(&[0xaa, 4, sent[2]])) else { panic!() };
                prop_assert!(told.resembles(&wish));
            }
        }

        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>) {
            let _ = STRIP.told(&bytes);
            let _ = STRIP.told(&frame(&bytes[..bytes.len().min(19)]));
        }
    }
}
