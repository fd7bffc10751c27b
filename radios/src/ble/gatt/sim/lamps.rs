//! Simulated lamps.

use super::{Behaviour, characteristic};
use crate::ble::ServiceUuid;
use crate::ble::gatt::link::Characteristic;

type Told = Vec<(ServiceUuid, Vec<u8>)>;

/// A Triones bulb: FFD5/FFD9 and FFD0/FFD4.
#[derive(Debug)]
pub struct SimTriones {
    on: bool,
    rgb: [u8; 3],
    white: u8,
}

impl Default for SimTriones {
    fn default() -> Self {
        Self {
            on: false,
            rgb: [255; 3],
            white: 0,
        }
    }
}

impl Behaviour for SimTriones {
    fn characteristics(&self) -> Vec<Characteristic> {
        let [service, write] = [0xffd5, 0xffd9].map(ServiceUuid::of);
        let [status, notify] = [0xffd0, 0xffd4].map(ServiceUuid::of);
        vec![
            characteristic(service, write, "wc"),
            characteristic(status, notify, "n"),
        ]
    }

    fn written(&mut self, _: ServiceUuid, data: &[u8]) -> Told {
        match *data {
            [0xcc, 0x23, 0x33] => self.on = true,
            [0xcc, 0x24, 0x33] => self.on = false,
            [0x56, r, g, b, _, 0xf0, 0xaa] => (self.rgb, self.white) = ([r, g, b], 0),
            [0x56, _, _, _, white, 0x0f, 0xaa] => (self.rgb, self.white) = ([0; 3], white),
            [0xef, 0x01, 0x77] => {
                let on = if self.on { 0x23 } else { 0x24 };
                let [r, g, b] = self.rgb;
                let state = vec![0x66, 0x15, on, 0x41, 0x20, 1, r, g, b, self.white, 7, 0x99];
                return vec![(ServiceUuid::of(0xffd4), state)];
            }
            _ => {}
        }
        Vec::new()
    }

    fn shows(&self) -> String {
        let [r, g, b] = self.rgb;
        let on = if self.on { "on" } else { "off" };
        format!("{on} {r},{g},{b} white {}", self.white)
    }
}

/// A LEDnetWF strip of the newer protocol, which answers in JSON.
#[derive(Debug, Default)]
pub struct SimLedNetWf {
    on: bool,
    /// `a1` or `b1`, and its five bytes.
    light: (u8, [u8; 5]),
}

impl Behaviour for SimLedNetWf {
    fn characteristics(&self) -> Vec<Characteristic> {
        let service = ServiceUuid::of(0xffff);
        vec![
            characteristic(service, ServiceUuid::of(0xff01), "wc"),
            characteristic(service, ServiceUuid::of(0xff02), "n"),
        ]
    }

    fn written(&mut self, _: ServiceUuid, data: &[u8]) -> Told {
        let [0, _, 0x80, 0, 0, length, more, kind, body @ ..] = data else {
            return Vec::new();
        };
        if usize::from(*length) != body.len() || *more != length + 1 {
            return Vec::new();
        }
        match *body {
            [0x3b, 0x23, ..] => self.on = true,
            [0x3b, 0x24, ..] => self.on = false,
            [0x3b, mode @ (0xa1 | 0xb1), a, b, c, d, e, ..] => self.light = (mode, [a, b, c, d, e]),
            [0x81, 0x8a, 0x8b, 0x96] if *kind == 0x0a => return self.state(),
            _ => {}
        }
        Vec::new()
    }

    fn shows(&self) -> String {
        let on = if self.on { "on" } else { "off" };
        format!("{on} {:02x?}", self.light)
    }
}

impl SimLedNetWf {
    fn state(&self) -> Told {
        let on = if self.on { 0x23 } else { 0x24 };
        let mut state = vec![0x81, 0x53, on, 0x61];
        match self.light {
            (0xb1, [_, _, _, coolness, percent]) => {
                state.extend([0x0f, percent, 0, 0, 0, coolness, 2, 0, 0x30]);
            }
            (_, [high, low, percent, ..]) => {
                // Only the pure colours, which need no arithmetic worth the name.
                let hue = u16::from_be_bytes([high, low]) >> 7;
                let full = u8::try_from(u16::from(percent) * 255 / 100).unwrap_or(255);
                let [r, g, b] = match hue {
                    120 => [0, full, 0],
                    240 => [0, 0, full],
                    _ if low & 0x7f == 0 => [full; 3],
                    _ => [full, 0, 0],
                };
                state.extend([0xf0, 0, r, g, b, 0, 2, 0, 0x30]);
            }
        }
        state.push(state.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)));
        let mut frame = vec![0x04, 1, 0x80, 0, 0, 0x33, 0x34, 0x0a];
        let payload = crate::ble::advert::to_hex(&state).to_ascii_uppercase();
        frame.extend(format!(r#"{{"code":0,"payload":"{payload}"}}"#).into_bytes());
        vec![(ServiceUuid::of(0xff02), frame)]
    }
}

/// A Govee strip.
#[derive(Debug)]
pub struct SimGovee {
    on: bool,
    level: u8,
    rgb: [u8; 3],
    segments: bool,
}

impl SimGovee {
    /// One whose colours come by segment.
    #[must_use]
    pub fn with_segments() -> Self {
        Self {
            segments: true,
            ..Self::default()
        }
    }
}

impl Default for SimGovee {
    fn default() -> Self {
        Self {
            on: false,
            level: 255,
            rgb: [255; 3],
            segments: false,
        }
    }
}

const fn govee(short: u32) -> ServiceUuid {
    ServiceUuid(0x0001_0203_0405_0607_0809_0a0b_0c0d_0000 | short as u128)
}

impl Behaviour for SimGovee {
    fn characteristics(&self) -> Vec<Characteristic> {
        vec![
            characteristic(govee(0x1910), govee(0x2b11), "rwc"),
            characteristic(govee(0x1910), govee(0x2b10), "rn"),
        ]
    }

    fn written(&mut self, _: ServiceUuid, data: &[u8]) -> Told {
        let sum = data.iter().fold(0, |sum, byte| sum ^ byte);
        if data.len() != 20 || sum != 0 {
            return Vec::new();
        }
        let mut answer = vec![0; 19];
        match *data {
            [0x33, 0x01, on, ..] => self.on = on == 1,
            [0x33, 0x04, level, ..] => self.level = level,
            [
                0x33,
                0x05,
                0x15,
                0x01,
                r,
                g,
                b,
                _,
                _,
                _,
                _,
                _,
                0xff,
                0x7f,
                ..,
            ] if self.segments => {
                self.rgb = [r, g, b];
            }
            [0x33, 0x05, 0x02, r, g, b, ..] if !self.segments => self.rgb = [r, g, b],
            [0xaa, 0x01, ..] => answer[..3].copy_from_slice(&[0xaa, 1, u8::from(self.on)]),
            [0xaa, 0x04, ..] => answer[..3].copy_from_slice(&[0xaa, 4, self.level]),
            [0xaa, 0x05, ..] if self.segments => answer[..3].copy_from_slice(&[0xaa, 5, 0x15]),
            [0xaa, 0x05, ..] => {
                let [r, g, b] = self.rgb;
                answer[..6].copy_from_slice(&[0xaa, 5, 2, r, g, b]);
            }
            _ => {}
        }
        // What is set is confirmed by its own head.
        if data.starts_with(&[0x33]) {
            answer[..2].copy_from_slice(&data[..2]);
        }
        answer.push(answer.iter().fold(0, |sum, byte| sum ^ byte));
        vec![(govee(0x2b10), answer)]
    }

    fn shows(&self) -> String {
        let on = if self.on { "on" } else { "off" };
        let [r, g, b] = self.rgb;
        format!("{on} {} {r},{g},{b}", self.level)
    }
}

/// A Yeelight bedside lamp. It ignores everyone until it has met them.
#[derive(Debug)]
pub struct SimYeelight {
    on: bool,
    percent: u8,
    rgb: [u8; 3],
    kelvin: Option<[u8; 2]>,
    /// What it answers to who introduces himself.
    pairing: Vec<u8>,
    paired: bool,
}

impl SimYeelight {
    /// One that knows us.
    #[must_use]
    pub fn known() -> Self {
        Self::pairing(vec![4])
    }

    /// One that answers so to who introduces himself, one after the other.
    #[must_use]
    pub const fn pairing(pairing: Vec<u8>) -> Self {
        Self {
            on: false,
            percent: 100,
            rgb: [255; 3],
            kelvin: Some([0x0f, 0xa0]),
            pairing,
            paired: false,
        }
    }
}

const YEELIGHT: ServiceUuid = ServiceUuid(0x8e2f_0cbd_1a66_4b53_ace6_b494_e25f_87bd);
const YEELIGHT_WRITE: ServiceUuid = ServiceUuid(0xaa7d_3f34_2d4f_41e0_807f_52fb_f8cf_7443);
const YEELIGHT_NOTIFY: ServiceUuid = ServiceUuid(0x8f65_073d_9f57_4aaa_afea_397d_19d5_bbeb);

impl Behaviour for SimYeelight {
    fn characteristics(&self) -> Vec<Characteristic> {
        vec![
            characteristic(YEELIGHT, YEELIGHT_WRITE, "w"),
            characteristic(YEELIGHT, YEELIGHT_NOTIFY, "n"),
        ]
    }

    fn written(&mut self, _: ServiceUuid, data: &[u8]) -> Told {
        let tell = |bytes: &[u8]| {
            let mut frame = vec![0x43];
            frame.extend_from_slice(bytes);
            frame.resize(18, 0);
            (YEELIGHT_NOTIFY, frame)
        };
        if data.len() != 18 {
            return Vec::new();
        }
        if let [0x43, 0x67, ..] = data {
            // All that it has to say, one after the other.
            self.paired = matches!(self.pairing.last(), Some(2 | 4));
            return self
                .pairing
                .iter()
                .map(|status| tell(&[0x63, *status]))
                .collect();
        }
        if !self.paired {
            return Vec::new();
        }
        match *data {
            [0x43, 0x40, on, ..] => self.on = on == 1,
            [0x43, 0x41, r, g, b, _, percent, ..] => {
                (self.rgb, self.percent, self.kelvin) = ([r, g, b], percent, None);
            }
            [0x43, 0x42, percent, ..] => self.percent = percent,
            [0x43, 0x43, high, low, percent, ..] => {
                (self.kelvin, self.percent) = (Some([high, low]), percent);
            }
            [0x43, 0x44, ..] => {}
            _ => return Vec::new(),
        }
        if matches!(data[1], 0x40 | 0x44) {
            let on = if self.on { 1 } else { 2 };
            let [r, g, b] = self.rgb;
            let mode = if self.kelvin.is_some() { 2 } else { 1 };
            let [high, low] = self.kelvin.unwrap_or_default();
            return vec![tell(&[0x45, on, mode, r, g, b, 0, self.percent, high, low])];
        }
        Vec::new()
    }

    fn shows(&self) -> String {
        let on = if self.on { "on" } else { "off" };
        let [r, g, b] = self.rgb;
        match self.kelvin {
            Some(kelvin) => format!("{on} {}% {} K", self.percent, u16::from_be_bytes(kelvin)),
            None => format!("{on} {}% {r},{g},{b}", self.percent),
        }
    }
}
