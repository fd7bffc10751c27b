//! Yeelight bedside lamp (Bluetooth version) and Candela: eighteen-byte frames, `43 command …`.
//!
//! `40 01|02` power, `41 r g b 00 brightness` a colour, `42 brightness` (1…100), `43 kelvin u16be
//! brightness` a white, `44` asks and `45 on mode r g b w brightness kelvin` answers. The lamp obeys
//! only whom it knows: `67` introduces us, `63` answers: 1 press the button, 2 and 4 known, others
//! not. It fades; asking while it fades stops it, so only power is read back.
//! (Source: what users of Yeelight's Bluetooth lamps found.)

use nom::Parser as _;
use nom::bytes::complete::tag;
use nom::number::complete::{be_u16, u8 as byte};

use super::triones::color;
use super::{Codec, FrameError, Pairing, Told, field};
use crate::ble::ServiceUuid;
use crate::ble::gatt::look::{FULL, Look, Tint, from_share, share, unscaled};

/// The service.
pub(super) const SERVICE: ServiceUuid = ServiceUuid(0x8e2f_0cbd_1a66_4b53_ace6_b494_e25f_87bd);
static WRITES: [ServiceUuid; 1] = [ServiceUuid(0xaa7d_3f34_2d4f_41e0_807f_52fb_f8cf_7443)];
static NOTIFIES: [ServiceUuid; 1] = [ServiceUuid(0x8f65_073d_9f57_4aaa_afea_397d_19d5_bbeb)];

const LENGTH: usize = 18;
/// Coolest and warmest white, in mired: 6500 K and 1700 K.
pub(super) const WHITES: (u16, u16) = (154, 588);

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Yeelight {
    /// Only on, off and brightness; its state has another order.
    pub(super) candela: bool,
}

fn frame(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x43];
    frame.extend_from_slice(bytes);
    frame.resize(LENGTH, 0);
    frame
}

fn kelvin(mireds: u16) -> u16 {
    let kelvin = 1_000_000 / u32::from(mireds.max(1));
    u16::try_from(kelvin).unwrap_or(u16::MAX).clamp(1700, 6500)
}

fn mireds(kelvin: u16) -> Option<u16> {
    let kelvin = u32::from(kelvin);
    u16::try_from((1_000_000 + kelvin / 2).checked_div(kelvin)?).ok()
}

impl Codec for Yeelight {
    fn writes(&self) -> &'static [ServiceUuid] {
        &WRITES
    }

    fn notifies(&self) -> &'static [ServiceUuid] {
        &NOTIFIES
    }

    fn frames(&self, wish: &Look, to: &Look) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        if wish.on == Some(true) {
            frames.push(frame(&[0x40, 1]));
        }
        let percent = share(to.brightness.unwrap_or(FULL), 100);
        match wish.tint {
            Some(Tint::Color(_)) => {
                let [r, g, b] = color(to.tint);
                frames.push(frame(&[0x41, r, g, b, 0, percent]));
            }
            Some(Tint::Temperature(mireds)) => {
                let [high, low] = kelvin(mireds).to_be_bytes();
                frames.push(frame(&[0x43, high, low, percent]));
            }
            _ if wish.brightness.is_some() => frames.push(frame(&[0x42, percent])),
            _ => {}
        }
        if wish.on == Some(false) {
            frames.push(frame(&[0x40, 2]));
        }
        frames
    }

    fn questions(&self) -> Vec<Vec<u8>> {
        vec![frame(&[0x44, 2])]
    }

    fn told(&self, data: &[u8]) -> Result<Told, FrameError> {
        if data.len() != LENGTH {
            return Err(FrameError("length"));
        }
        let (rest, _) = field("head", |i| tag(&[0x43][..])(i), data)?;
        let (rest, command) = field("command", byte, rest)?;
        match command {
            0x63 => {
                let (_, status) = field("pairing", byte, rest)?;
                Ok(match status {
                    1 => Told::PressButton,
                    2 | 4 => Told::Paired,
                    _ => Told::NotPaired,
                })
            }
            0x45 => {
                let (rest, on) = field("power", byte, rest)?;
                let mut look = Look {
                    on: Some(on == 1),
                    ..Look::default()
                };
                let level = |percent: u8| (percent > 0).then(|| from_share(percent, 100));
                if self.candela {
                    let (_, percent) = field("brightness", byte, rest)?;
                    look.brightness = level(percent);
                    return Ok(Told::Look(look));
                }
                let (rest, mode) = field("mode", byte, rest)?;
                let (rest, (r, g, b, _)) =
                    field("channels", |i| (byte, byte, byte, byte).parse(i), rest)?;
                let (rest, percent) = field("brightness", byte, rest)?;
                let (_, kelvin) = field("temperature", be_u16, rest)?;
                look.brightness = level(percent);
                look.tint = match mode {
                    2 => mireds(kelvin).map(Tint::Temperature),
                    _ => unscaled([r, g, b]).map(|(rgb, _)| Tint::Color(rgb)),
                };
                Ok(Told::Look(look))
            }
            _ => Ok(Told::Other),
        }
    }

    fn can_read_back(&self, wish: &Look) -> bool {
        wish.brightness.is_none() && wish.tint.is_none()
    }

    fn pairing(&self) -> Option<Pairing> {
        Some(Pairing {
            frame: frame(&[0x67, 2]),
            // Candela's notifications do not come through every Bluetooth stack.
            answered: !self.candela,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BEDSIDE: Yeelight = Yeelight { candela: false };
    const CANDELA: Yeelight = Yeelight { candela: true };

    fn wish(on: Option<bool>, brightness: Option<u8>, tint: Option<Tint>) -> Look {
        Look {
            on,
            brightness,
            tint,
        }
    }

    fn head(frame: &[u8]) -> &[u8] {
        assert_eq!(frame.len(), LENGTH);
        &frame[..7]
    }

    #[test]
    fn commands() {
        let to = wish(Some(true), Some(127), Some(Tint::Color([255, 128, 0])));
        let frames = BEDSIDE.frames(&to, &to);
        assert_eq!(head(&frames[0]), [0x43, 0x40, 1, 0, 0, 0, 0]);
        assert_eq!(head(&frames[1]), [0x43, 0x41, 255, 128, 0, 0, 50]);
        let white = wish(None, None, Some(Tint::Temperature(250)));
        let frames = BEDSIDE.frames(&white, &wish(None, Some(254), white.tint));
        // 4000 K
        assert_eq!(head(&frames[0]), [0x43, 0x43, 0x0f, 0xa0, 100, 0, 0]);
        let dim = wish(None, Some(25), None);
        assert_eq!(head(&BEDSIDE.frames(&dim, &to)[0])[..3], [0x43, 0x42, 50]);
        let off = wish(Some(false), None, None);
        assert_eq!(head(&CANDELA.frames(&off, &off)[0])[..3], [0x43, 0x40, 2]);
        assert!(BEDSIDE.can_read_back(&off) && !BEDSIDE.can_read_back(&dim));
    }

    #[test]
    fn states_and_pairing() {
        let told = |bytes: &[u8]| BEDSIDE.told(&frame(bytes)).unwrap();
        assert_eq!(
            told(&[0x45, 1, 1, 255, 0, 0, 0, 100, 0, 0]),
            Told::Look(wish(Some(true), Some(254), Some(Tint::Color([255, 0, 0]))))
        );
        assert_eq!(
            told(&[0x45, 2, 2, 0, 0, 0, 0, 50, 0x0f, 0xa0]),
            Told::Look(wish(Some(false), Some(127), Some(Tint::Temperature(250))))
        );
        assert_eq!(
            CANDELA.told(&frame(&[0x45, 1, 100, 2])),
            Ok(Told::Look(wish(Some(true), Some(254), None)))
        );
        for (status, means) in [
            (1, Told::PressButton),
            (2, Told::Paired),
            (3, Told::NotPaired),
            (4, Told::Paired),
            (7, Told::NotPaired),
        ] {
            assert_eq!(told(&[0x63, status]), means);
        }
        assert_eq!(BEDSIDE.told(&[0x43, 0x45]), Err(FrameError("length")));
        assert_eq!(BEDSIDE.told(&[0; LENGTH]), Err(FrameError("head")));
    }

    proptest! {
        #[test]
        fn whites_are_told_as_they_were_sent(mired in 154u16..=588, level in 1u8..=254) {
            let to = wish(None, Some(level), Some(Tint::Temperature(mired)));
            let sent = BEDSIDE.frames(&to, &to).remove(0);
            let answer = frame(&[0x45, 1, 2, 0, 0, 0, 0, sent[4], sent[2], sent[3]]);
            let Ok(Told::Look(told)) = BEDSIDE.told(&answer) else { panic!() };
            prop_assert!(told.resembles(&to), "{told:?} {to:?}");
        }

        #[test]
        fn nothing_makes_it_panic(mut bytes: Vec<u8>) {
            let _ = BEDSIDE.told(&bytes);
            bytes.truncate(LENGTH - 1);
            let _ = BEDSIDE.told(&frame(&bytes));
            let _ = CANDELA.told(&frame(&bytes));
        }
    }
}
