//! Triones, QHM, LEDBLE, LEDBlue, Dream: seven-byte frames to FFD9, a twelve-byte state from FFD4.
//!
//! `cc 23|24 33` on and off; `56 r g b 00 f0 aa` a colour; `56 00 00 00 w 0f aa` the white channel;
//! `ef 01 77` asks, `66 model 23|24 pattern mode speed r g b w version 99` answers. Brightness is in
//! the channels. (Source: led-ble and what its users saw.)

use nom::Parser as _;
use nom::bytes::complete::{tag, take};
use nom::number::complete::u8 as byte;

use super::{Codec, FrameError, Told, field};
use crate::ble::ServiceUuid;
use crate::ble::gatt::look::{FULL, Look, Tint, from_byte, scaled, share, unscaled};

const ON: u8 = 0x23;
const OFF: u8 = 0x24;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Triones;

const fn uuids<const N: usize>(short: [u16; N]) -> [ServiceUuid; N] {
    let mut all = [ServiceUuid(0); N];
    let mut at = 0;
    while at < N {
        all[at] = ServiceUuid::of(short[at]);
        at += 1;
    }
    all
}

/// Where these lamps and LEDnetWF take frames, in the order in which to look for them.
pub(super) static WRITES: [ServiceUuid; 5] = uuids([0xff01, 0xffd5, 0xffd9, 0xffe9, 0xffe5]);
/// Where they speak.
pub(super) static NOTIFIES: [ServiceUuid; 5] = uuids([0xff02, 0xffd0, 0xffd4, 0xffe0, 0xffe4]);

impl Codec for Triones {
    fn writes(&self) -> &'static [ServiceUuid] {
        &WRITES
    }

    fn notifies(&self) -> &'static [ServiceUuid] {
        &NOTIFIES
    }

    fn frames(&self, wish: &Look, to: &Look) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        if wish.on == Some(true) {
            frames.push(vec![0xcc, ON, 0x33]);
        }
        if wish.brightness.is_some() || wish.tint.is_some() {
            let level = to.brightness.unwrap_or(FULL);
            frames.push(match to.tint {
                Some(Tint::White) => vec![0x56, 0, 0, 0, share(level, 255), 0x0f, 0xaa],
                tint => {
                    let [r, g, b] = scaled(color(tint), level);
                    vec![0x56, r, g, b, 0, 0xf0, 0xaa]
                }
            });
        }
        if wish.on == Some(false) {
            frames.push(vec![0xcc, OFF, 0x33]);
        }
        frames
    }

    fn questions(&self) -> Vec<Vec<u8>> {
        vec![vec![0xef, 0x01, 0x77]]
    }

    fn told(&self, frame: &[u8]) -> Result<Told, FrameError> {
        // Some echo what switches them.
        if let [0xcc, switch, 0x33, ..] = frame {
            return Ok(Told::Part(Look {
                on: Some(power(*switch)?),
                ..Look::default()
            }));
        }
        let (rest, _) = field("head", |i| tag(&[0x66][..])(i), frame)?;
        let (rest, _model) = field("model", byte, rest)?;
        let (rest, on) = field("power", byte, rest)?;
        let (rest, _) = field("pattern, mode, speed", take(3usize), rest)?;
        let (rest, (r, g, b, white)) =
            field("channels", |i| (byte, byte, byte, byte).parse(i), rest)?;
        let (rest, _version) = field("version", byte, rest)?;
        field("tail", |i| tag(&[0x99][..])(i), rest)?;
        let mut look = Look {
            on: Some(power(on)?),
            ..Look::default()
        };
        if let Some((rgb, level)) = unscaled([r, g, b]) {
            (look.tint, look.brightness) = (Some(Tint::Color(rgb)), Some(level));
        } else if white > 0 {
            (look.tint, look.brightness) = (Some(Tint::White), Some(from_byte(white)));
        }
        Ok(Told::Look(look))
    }
}

/// The colour of a tint; white where nothing is known.
pub(super) const fn color(tint: Option<Tint>) -> [u8; 3] {
    match tint {
        Some(Tint::Color(rgb)) => rgb,
        _ => [255; 3],
    }
}

/// 23 is on, 24 is off.
pub(super) const fn power(byte: u8) -> Result<bool, FrameError> {
    match byte {
        ON => Ok(true),
        OFF => Ok(false),
        _ => Err(FrameError("power")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The state frame a lamp would send.
    pub(in crate::ble::gatt) fn state(on: bool, [r, g, b]: [u8; 3], white: u8) -> Vec<u8> {
        let on = if on { ON } else { OFF };
        vec![0x66, 0x04, on, 0x41, 0x20, 0x10, r, g, b, white, 0x03, 0x99]
    }

    fn look(on: bool, brightness: u8, tint: Tint) -> Look {
        Look {
            on: Some(on),
            brightness: Some(brightness),
            tint: Some(tint),
        }
    }

    #[test]
    fn a_red_at_half() {
        let to = look(true, 127, Tint::Color([255, 0, 0]));
        assert_eq!(
            Triones.frames(&to, &to),
            [
                vec![0xcc, 0x23, 0x33],
                vec![0x56, 0x80, 0, 0, 0, 0xf0, 0xaa]
            ]
        );
        assert_eq!(
            Triones.told(&state(true, [0x80, 0, 0], 0)),
            Ok(Told::Look(to))
        );
    }

    #[test]
    fn the_white_channel_and_off() {
        let to = look(false, 254, Tint::White);
        let wish = Look { on: None, ..to };
        assert_eq!(
            Triones.frames(&wish, &to),
            [vec![0x56, 0, 0, 0, 0xff, 0x0f, 0xaa]]
        );
        assert_eq!(Triones.told(&state(false, [0; 3], 255)), Ok(Told::Look(to)));
        let off = Look {
            on: Some(false),
            ..Look::default()
        };
        assert_eq!(Triones.frames(&off, &to), [vec![0xcc, 0x24, 0x33]]);
    }

    #[test]
    fn wrong_frames_name_what_is_wrong() {
        let mut wrong = state(true, [1, 2, 3], 0);
        wrong[2] = 0x99;
        assert_eq!(Triones.told(&wrong), Err(FrameError("power")));
        assert_eq!(Triones.told(&wrong[..1]), Err(FrameError("model")));
        assert_eq!(Triones.told(&[]), Err(FrameError("head")));
        assert_eq!(
            Triones.told(&state(true, [1, 2, 3], 0)[..11]),
            Err(FrameError("tail"))
        );
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_is_told(r: u8, g: u8, b: u8, level in 1u8..=254) {
            let Some((rgb, _)) = unscaled([r, g, b]) else { return Ok(()) };
            let to = look(true, level, Tint::Color(rgb));
            let frames = Triones.frames(&to, &to);
            let [0x56, r, g, b, 0, 0xf0, 0xaa] = frames[1][..] else { panic!("{frames:?}") };
            let Ok(Told::Look(told)) = Triones.told(&state(true, [r, g, b], 0)) else { panic!() };
            prop_assert!(told.resembles(&to), "{told:?} {to:?}");
        }

        #[test]
        fn nothing_makes_it_panic(frame: Vec<u8>) {
            let _ = Triones.told(&frame);
        }
    }
}
