//! A lamp of the Triones kind, as the app of its maker sees it.
//!
//! Written to FFD9: `cc 23|24 33` on and off, `56 r g b 00 f0 aa` a colour, `56 00 00 00 w 0f aa` white,
//! `ef 01 77` asks; FFD4 then notifies `66 model 23|24 pattern mode speed r g b w version 99`.

use super::att::Service;

const TAKES: u16 = 0xffd9;
const TELLS: u16 = 0xffd4;

/// What it shows.
#[derive(Clone, Debug)]
pub struct Lamp {
    on: bool,
    color: [u8; 3],
    white: u8,
}

impl Default for Lamp {
    fn default() -> Self {
        Self {
            on: false,
            color: [0xff; 3],
            white: 0,
        }
    }
}

impl Lamp {
    /// Its services, in the order of its maker.
    #[must_use]
    pub fn services(&self) -> Vec<Service> {
        vec![
            Service {
                uuid: 0xffd5,
                characteristics: vec![TAKES],
            },
            Service {
                uuid: 0xffd0,
                characteristics: vec![TELLS],
            },
        ]
    }

    /// It was written to; what it notifies then.
    pub fn written(&mut self, characteristic: u16, value: &[u8]) -> Vec<(u16, Vec<u8>)> {
        if characteristic != TAKES {
            return Vec::new();
        }
        match *value {
            [0xcc, switch @ (0x23 | 0x24), 0x33] => self.on = switch == 0x23,
            [0x56, r, g, b, _, 0xf0, 0xaa] => {
                self.color = [r, g, b];
                self.white = 0;
            }
            [0x56, _, _, _, white, 0x0f, 0xaa] => {
                self.color = [0; 3];
                self.white = white;
            }
            [0xef, 0x01, 0x77] => return vec![(TELLS, self.state())],
            _ => {}
        }
        Vec::new()
    }

    fn state(&self) -> Vec<u8> {
        let [r, g, b] = self.color;
        let switch = if self.on { 0x23 } else { 0x24 };
        vec![
            0x66, 0x04, switch, 0x41, 0x20, 0x01, r, g, b, self.white, 0x03, 0x99,
        ]
    }
}
