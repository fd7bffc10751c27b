//! LEDnetWF: frames to FF01 within an envelope, answers from FF02.
//!
//! The envelope is `00 count 80 00 | length u16be | length+1 | 0b, or 0a where an answer is wanted`,
//! then the frame, which ends in the sum of its bytes. Adverts tell the version of the protocol: from
//! 5 on `3b` frames carry power (`23`, `24`), a colour (`a1`: hue 9 bits, saturation 7 bits, value,
//! in per cent) and a white (`b1`: temperature and brightness in per cent); before, `71` is power and
//! `31` the channels. `81 8a 8b 96` asks for the state of both; the answer may be in JSON.
//! (Source: what users of lednetwf_ble and flux_led found.)

use nom::Parser as _;
use nom::bytes::complete::{tag, take};
use nom::number::complete::u8 as byte;

use super::triones::{NOTIFIES, WRITES, color, power};
use super::{Codec, FrameError, Told, field, sum, summed};
use crate::ble::ServiceUuid;
use crate::ble::gatt::look::{FULL, Look, Tint, from_share, scaled, share, unscaled};

/// Coolest and warmest white, in mired: 6500 K and 2700 K.
pub(super) const WHITES: (u16, u16) = (154, 370);

/// See the [module](self).
#[derive(Debug)]
pub(super) struct LedNetWf {
    /// `3b` frames, else `31` and `71`.
    pub(super) modern: bool,
    /// Channels for warm and cold white: `31` frames are a byte longer.
    pub(super) two_whites: bool,
}

impl LedNetWf {
    fn power(&self, on: bool) -> Vec<u8> {
        let on = if on { 0x23 } else { 0x24 };
        summed(if self.modern {
            vec![0x3b, on, 0, 0, 0, 0, 0, 0, 0, 0x32, 0, 0]
        } else {
            vec![0x71, on, 0x0f]
        })
    }

    fn light(&self, to: &Look) -> Vec<u8> {
        let level = to.brightness.unwrap_or(FULL);
        let percent = share(level, 100);
        summed(match (to.tint, self.modern) {
            (Some(Tint::Temperature(mireds)), true) => {
                vec![
                    0x3b,
                    0xb1,
                    0,
                    0,
                    0,
                    coolness(mireds),
                    percent,
                    0,
                    0,
                    0,
                    0,
                    0,
                ]
            }
            (Some(Tint::White), true) => vec![0x3b, 0xb1, 0, 0, 0, 100, percent, 0, 0, 0, 0, 0],
            (tint, true) => {
                let (hue, saturation) = crate::devices::color::rgb_to_hs(color(tint));
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0…359, 0…100
                let [high, low] = ((hue as u16) << 7 | saturation as u16).to_be_bytes();
                vec![0x3b, 0xa1, high, low, percent, 0, 0, 0, 0, 0, 0, 0]
            }
            (Some(Tint::Temperature(mireds)), false) => {
                let full = u16::from(share(level, 255));
                let cold = full * u16::from(coolness(mireds)) / 100;
                let [warm, cold] = [full - cold, cold].map(|part| part.to_le_bytes()[0]);
                vec![0x31, 0, 0, 0, warm, cold, 0x0f, 0x0f]
            }
            (Some(Tint::White), false) if self.two_whites => {
                vec![0x31, 0, 0, 0, share(level, 255), 0, 0x0f, 0x0f]
            }
            (Some(Tint::White), false) => vec![0x31, 0, 0, 0, share(level, 255), 0x0f, 0x0f],
            (tint, false) => {
                let [r, g, b] = scaled(color(tint), level);
                let mut frame = vec![0x31, r, g, b, 0, 0xf0, 0x0f];
                if self.two_whites {
                    frame.insert(4, 0);
                }
                frame
            }
        })
    }
}

/// 0 is the warmest, 100 the coolest white.
fn coolness(mireds: u16) -> u8 {
    let (coolest, warmest) = WHITES;
    let kelvin = |mireds: u16| 1_000_000 / u32::from(mireds.clamp(coolest, warmest));
    let (least, most) = (kelvin(warmest), kelvin(coolest));
    let percent = (100 * (kelvin(mireds) - least) + (most - least) / 2) / (most - least);
    u8::try_from(percent).unwrap_or(100)
}

/// The way back.
fn mireds(coolness: u8) -> u16 {
    let (coolest, warmest) = WHITES;
    let (least, most) = (
        1_000_000 / u32::from(warmest),
        1_000_000 / u32::from(coolest),
    );
    let kelvin = least + (most - least) * u32::from(coolness.min(100)) / 100;
    u16::try_from((1_000_000 + kelvin / 2) / kelvin).unwrap_or(warmest)
}

impl Codec for LedNetWf {
    fn writes(&self) -> &'static [ServiceUuid] {
        &WRITES
    }

    fn notifies(&self) -> &'static [ServiceUuid] {
        &NOTIFIES
    }

    fn frames(&self, wish: &Look, to: &Look) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        if wish.on == Some(true) {
            frames.push(self.power(true));
        }
        if wish.brightness.is_some() || wish.tint.is_some() {
            frames.push(self.light(to));
        }
        if wish.on == Some(false) {
            frames.push(self.power(false));
        }
        frames
    }

    fn questions(&self) -> Vec<Vec<u8>> {
        vec![summed(vec![0x81, 0x8a, 0x8b])]
    }

    fn wrap(&self, frame: Vec<u8>, count: u8) -> Vec<u8> {
        let wants_answer = frame.first() == Some(&0x81);
        // Frames are made here; none is longer than a byte can say.
        let length = u8::try_from(frame.len()).unwrap_or(u8::MAX - 1);
        let kind = if wants_answer { 0x0a } else { 0x0b };
        let mut out = vec![0, count, 0x80, 0, 0, length, length.wrapping_add(1), kind];
        out.extend(frame);
        out
    }

    fn told(&self, frame: &[u8]) -> Result<Told, FrameError> {
        // Out of its envelope, where it has one: byte 2 says that it is whole.
        let body = match frame {
            [_, _, 0x80, 0, _, _, _, _, body @ ..] => body,
            bare => bare,
        };
        if body.first() == Some(&b'{') {
            let text = std::str::from_utf8(body).map_err(|_| FrameError("json"))?;
            let json: serde_json::Value = serde_json::from_str(text.trim_end_matches('\0'))
                .map_err(|_| FrameError("json"))?;
            let Some(payload) = json["payload"].as_str() else {
                return Ok(Told::Other);
            };
            let bytes = crate::ble::advert::from_hex(payload).ok_or(FrameError("payload"))?;
            return state(&bytes);
        }
        state(body)
    }
}

/// `81 model 23|24 mode sub value r g b warm version cool . sum`
fn state(frame: &[u8]) -> Result<Told, FrameError> {
    if frame.first().is_some_and(|head| *head != 0x81) {
        return Ok(Told::Other);
    }
    let whole = frame.get(..14).ok_or(FrameError("length"))?;
    let (rest, _) = field("head", |i| tag(&[0x81][..])(i), whole)?;
    let (rest, (_, on, mode, sub, value)) =
        field("mode", |i| (byte, byte, byte, byte, byte).parse(i), rest)?;
    let (rest, (r, g, b)) = field("channels", |i| (byte, byte, byte).parse(i), rest)?;
    let (rest, (warm, _, cool)) = field("whites", |i| (byte, byte, byte).parse(i), rest)?;
    let (rest, _) = field("reserved", take(1usize), rest)?;
    let (_, told) = field("sum", byte, rest)?;
    if sum(whole.get(..13).unwrap_or_default()) != told {
        return Err(FrameError("sum"));
    }
    let mut look = Look {
        on: Some(power(on)?),
        ..Look::default()
    };
    match (mode, sub) {
        (0x61, 0x0f) if value > 0 => {
            look.brightness = Some(from_share(value, 100));
            look.tint = Some(Tint::Temperature(mireds(warm)));
        }
        (0x61, 0x0f) => {
            let whites = u16::from(warm) + u16::from(cool);
            if whites > 0 {
                let level = u8::try_from(whites).unwrap_or(255);
                look.brightness = Some(from_share(level, 255));
                let coolness = u32::from(cool) * 100 / u32::from(whites);
                look.tint = Some(Tint::Temperature(mireds(
                    u8::try_from(coolness).unwrap_or(100),
                )));
            }
        }
        (0x61, _) => {
            if let Some((rgb, level)) = unscaled([r, g, b]) {
                (look.tint, look.brightness) = (Some(Tint::Color(rgb)), Some(level));
            }
        }
        // An effect runs: its bytes are no channels.
        _ => {}
    }
    Ok(Told::Look(look))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ble::advert::from_hex;
    use proptest::prelude::*;

    const MODERN: LedNetWf = LedNetWf {
        modern: true,
        two_whites: true,
    };
    const OLD: LedNetWf = LedNetWf {
        modern: false,
        two_whites: true,
    };

    fn on(brightness: u8, tint: Tint) -> Look {
        Look {
            on: Some(true),
            brightness: Some(brightness),
            tint: Some(tint),
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        from_hex(&text.replace(' ', "")).unwrap()
    }

    #[test]
    fn power_as_captured_from_the_app() {
        for (on, count, frame) in [
            (
                true,
                4,
                "00 04 80 00 00 0d 0e 0b 3b 23 00 00 00 00 00 00 00 32 00 00 90",
            ),
            (
                false,
                0x5b,
                "00 5b 80 00 00 0d 0e 0b 3b 24 00 00 00 00 00 00 00 32 00 00 91",
            ),
        ] {
            assert_eq!(MODERN.wrap(MODERN.power(on), count), hex(frame));
        }
        assert_eq!(OLD.power(true), hex("71 23 0f a3"));
        let question = MODERN.questions().remove(0);
        assert_eq!(
            MODERN.wrap(question, 1),
            hex("00 01 80 00 00 04 05 0a 81 8a 8b 96")
        );
    }

    #[test]
    fn colours_and_whites_of_the_new_frames() {
        // Hue 240, saturation 100: 240 << 7 | 100 = 7864.
        let blue = on(254, Tint::Color([0, 0, 255]));
        assert_eq!(
            MODERN.light(&blue),
            hex("3b a1 78 64 64 00 00 00 00 00 00 00 1c")
        );
        let cool = on(127, Tint::Temperature(154));
        assert_eq!(
            MODERN.light(&cool),
            hex("3b b1 00 00 00 64 32 00 00 00 00 00 82")
        );
    }

    #[test]
    fn channels_of_the_old_frames() {
        let red = on(254, Tint::Color([255, 0, 0]));
        assert_eq!(OLD.light(&red), hex("31 ff 00 00 00 00 f0 0f 2f"));
        let one = LedNetWf {
            two_whites: false,
            ..OLD
        };
        assert_eq!(one.light(&red), hex("31 ff 00 00 00 f0 0f 2f"));
        assert_eq!(
            one.light(&on(254, Tint::White)),
            hex("31 00 00 00 ff 0f 0f 4e")
        );
        let warm = on(254, Tint::Temperature(370));
        assert_eq!(OLD.light(&warm), hex("31 00 00 00 ff 00 0f 0f 4e"));
    }

    /// Answers recorded from a ring light, in their JSON.
    #[test]
    fn states_as_captured() {
        for (payload, look) in [
            (
                "811D2361F000FF00000002003043",
                on(254, Tint::Color([255, 0, 0])),
            ),
            (
                "811D2361F0000000FF0002003043",
                on(254, Tint::Color([0, 0, 255])),
            ),
            (
                "811D23610F316432FF640200308D",
                on(124, Tint::Temperature(154)),
            ),
            (
                "811D23610F316432FF0002003029",
                on(124, Tint::Temperature(370)),
            ),
        ] {
            let mut frame = hex("04 5e 80 00 00 33 34 0a");
            frame.extend(format!(r#"{{"code":0,"payload":"{payload}"}}"#).bytes());
            assert_eq!(MODERN.told(&frame), Ok(Told::Look(look)), "{payload}");
        }
        let effect = Look {
            on: Some(true),
            ..Look::default()
        };
        assert_eq!(
            MODERN.told(&hex("811D232501006432FF00020030AE")),
            Ok(Told::Look(effect))
        );
        assert_eq!(
            MODERN.told(&hex("811D232501006432FF00020030AF")),
            Err(FrameError("sum"))
        );
    }

    proptest! {
        #[test]
        fn an_envelope_comes_off_again(mut body in proptest::collection::vec(any::<u8>(), 12), count: u8) {
            body.insert(0, 0x81);
            body[2] = 0x23;
            let body = summed(body);
            prop_assert_eq!(MODERN.told(&MODERN.wrap(body.clone(), count)), MODERN.told(&body));
            let Ok(Told::Look(look)) = MODERN.told(&body) else { panic!("{body:?}") };
            prop_assert_eq!(look.on, Some(true));
        }

        #[test]
        fn old_channels_are_told_as_they_were_sent(r: u8, g: u8, b: u8, level in 1u8..=254) {
            let Some((rgb, _)) = unscaled([r, g, b]) else { return Ok(()) };
            let to = on(level, Tint::Color(rgb));
            let sent = OLD.light(&to);
            let [r, g, b] = [sent[1], sent[2], sent[3]];
            let answer = summed(vec![0x81, 0x35, 0x23, 0x61, 0xf0, 0, r, g, b, 0, 2, 0, 0]);
            let Ok(Told::Look(told)) = OLD.told(&answer) else { panic!() };
            prop_assert!(told.resembles(&to), "{told:?} {to:?}");
        }

        #[test]
        fn whites_come_back(mired in 154u16..=370) {
            prop_assert!(mireds(coolness(mired)).abs_diff(mired) <= 3);
        }

        #[test]
        fn nothing_makes_it_panic(frame: Vec<u8>) {
            let _ = MODERN.told(&frame);
            let _ = MODERN.told(&MODERN.wrap(frame, 0));
        }
    }
}
