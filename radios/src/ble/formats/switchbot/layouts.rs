//! Bits here and there, and what they mean.

use crate::Value;
use crate::ble::Reading;

/// The two frames of an advert; either may be empty.
#[derive(Clone, Copy)]
pub(super) struct Frames<'a> {
    pub(super) service: &'a [u8],
    pub(super) maker: &'a [u8],
}

/// Where a field begins.
#[derive(Clone, Copy)]
pub(super) enum At {
    Service(usize),
    Maker(usize),
}

/// What the bytes there mean.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// Any of these bits.
    Flag(u8),
    /// None of them.
    Not(u8),
    /// `ON` with any of these bits, else `OFF`.
    State(u8),
    /// `ON` for this byte, else `OFF`.
    StateIs(u8),
    /// These bits, shifted to the right.
    Number(u8, u8),
    /// 100 less the lower seven bits: SwitchBot counts what is closed.
    Open,
    /// u16be of these bits, divided, up to a most.
    Wide(u16, f64, f64),
    /// `x u4, °C × 10 u4 | sign u1, °C u7 | x u1, % u7`, the sign 1 above zero.
    Climate,
    /// The same with °C × 10 in the upper half, percent first: `% | sign, °C | °C × 10`.
    ClimateBehind,
    /// Now and as wanted: `wanted × 10 u4, now × 10 u4 | sign, now u7 | sign, wanted u7`.
    Radiator,
    /// One of the names, by these bits shifted.
    Name(u8, u8, &'static [&'static str]),
    /// The bits' number in a table.
    Table(u8, &'static [u16]),
}

/// A property and where it is.
pub(super) struct Field {
    pub(super) property: &'static str,
    pub(super) at: At,
    pub(super) meaning: Meaning,
}

/// Fields of frames that are at least so long; of a model's layouts the first that fits is read.
pub(super) struct Layout {
    pub(super) service: usize,
    pub(super) maker: usize,
    pub(super) fields: &'static [Field],
}

fn signed(byte: u8, tenths: u8) -> f64 {
    let value = (f64::from(byte & 0x7f) * 10.0 + f64::from(tenths)) / 10.0;
    if byte & 0x80 == 0 { -value } else { value }
}

impl Frames<'_> {
    fn from(&self, at: At) -> &[u8] {
        match at {
            At::Service(at) => self.service.get(at..),
            At::Maker(at) => self.maker.get(at..),
        }
        .unwrap_or_default()
    }

    /// Adds what the first layout that fits finds. A field beyond the frames is left out.
    pub(super) fn read(&self, layouts: &[Layout], reading: &mut Reading) {
        let fits = |l: &&Layout| self.service.len() >= l.service && self.maker.len() >= l.maker;
        let fields = layouts.iter().find(fits).map_or(&[][..], |l| l.fields);
        for field in fields {
            field.read(self.from(field.at), reading);
        }
        // A meter that has not measured yet knows nothing else either.
        let measures = |f: &Field| matches!(f.meaning, Meaning::Climate);
        let measured = || reading.changes.iter().any(|(name, _)| name == "humidity");
        if fields.iter().any(measures) && !measured() {
            reading.changes.clear();
        }
    }
}

impl Field {
    fn read(&self, bytes: &[u8], reading: &mut Reading) {
        let mut put = |value: Value| reading.put(self.property, value);
        match (self.meaning, bytes) {
            (Meaning::Flag(mask), [byte, ..]) => put((byte & mask != 0).into()),
            (Meaning::Not(mask), [byte, ..]) => put((byte & mask == 0).into()),
            (Meaning::State(mask), [byte, ..]) => put(on_off(byte & mask != 0)),
            (Meaning::StateIs(on), [byte, ..]) => put(on_off(*byte == on)),
            (Meaning::Number(mask, shift), [byte, ..]) => put(((byte & mask) >> shift).into()),
            (Meaning::Open, [byte, ..]) => put((100 - (byte & 0x7f).min(100)).into()),
            (Meaning::Wide(mask, divisor, most), [high, low, ..]) => {
                let raw = u16::from_be_bytes([*high, *low]) & mask;
                let value = f64::from(raw) / divisor;
                if value <= most {
                    put(Value::rounded(value, 1));
                }
            }
            (Meaning::Name(mask, shift, names), [byte, ..]) => {
                if let Some(name) = names.get(usize::from((byte & mask) >> shift)) {
                    put((*name).into());
                }
            }
            (Meaning::Table(mask, values), [byte, ..]) => {
                if let Some(value) = values.get(usize::from(byte & mask)) {
                    put((*value).into());
                }
            }
            (Meaning::Climate, [tenths, whole, humidity, ..]) => {
                climate(signed(*whole, tenths & 15), humidity & 0x7f, reading);
            }
            (Meaning::ClimateBehind, [humidity, whole, tenths, ..]) => {
                climate(signed(*whole, tenths >> 4), humidity & 0x7f, reading);
            }
            (Meaning::Radiator, [tenths, now, wanted, ..]) => {
                reading.put("temperature", signed(*now, tenths & 15));
                reading.put("target_temperature", signed(*wanted, tenths >> 4));
            }
            // Not in this frame.
            _ => {}
        }
    }
}

fn on_off(on: bool) -> Value {
    if on { "ON" } else { "OFF" }.into()
}

/// Zero of both is a sensor that has not measured yet; over 100 % it has none.
fn climate(temperature: f64, humidity: u8, reading: &mut Reading) {
    if humidity <= 100 && (temperature != 0.0 || humidity != 0) {
        reading.put("temperature", temperature);
        reading.put("humidity", humidity);
    }
}
