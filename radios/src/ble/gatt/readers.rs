//! Devices that tell more when asked than in their adverts: plants' sensors and thermometers' clocks.
//!
//! The contract: a [`Reader`] is a row of data: what to write and read in which order, and how what is
//! read parses. When it is done and over which connection is the [queue](super::queue)'s.

use nom::bytes::complete::take;
use nom::number::complete::{i8, le_i16, le_u16, le_u32, u8 as byte};

use super::link::{LinkError, Write};
use super::session::Session;
use crate::ble::{ServiceUuid, define};
use crate::calendar::civil;
use crate::{Changes, CommandError, DeviceInfo, DeviceKind, Value};
use std::time::Duration;

/// A thermometer says its values by itself, within this time.
const SAYS: Duration = Duration::from_secs(15);

/// One step of a reading.
#[derive(Clone, Copy)]
enum Step {
    Write(ServiceUuid, &'static [u8]),
    Read(ServiceUuid, Parse),
    /// Read if it is there.
    Perhaps(ServiceUuid, Parse),
    Notified(ServiceUuid, Parse),
}

/// What is written to which characteristic.
pub(super) type Writes = Vec<(ServiceUuid, Vec<u8>)>;

type Parse = fn(&[u8], &mut Changes) -> Result<(), ReadError>;

/// A kind of device and how it is read.
pub(super) struct Reader {
    /// Model identifiers, as records have them.
    models: &'static [&'static str],
    steps: &'static [Step],
    /// Read now and then, because its adverts leave something out.
    pub(super) regularly: bool,
    clock: Option<&'static Clock>,
    /// Where °C or °F is chosen.
    units: Option<ServiceUuid>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reader").field(&self.models).finish()
    }
}

/// How a clock is set.
struct Clock {
    at: ServiceUuid,
    frame: fn(Time) -> Vec<u8>,
}

/// A time to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since 1970, UTC.
    pub(super) unix: u32,
    /// Seconds east of it.
    pub(super) offset: i32,
}

impl Time {
    /// Seconds that a clock without time zones counts.
    const fn local(self) -> u32 {
        self.unix.wrapping_add_signed(self.offset)
    }

    #[expect(clippy::cast_possible_truncation)] // -12…14
    const fn hours(self) -> i8 {
        self.offset.div_euclid(3600) as i8
    }
}

/// A value that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it sent an impossible `{0}`")]
struct ReadError(&'static str);

const fn mijia(short: u32) -> ServiceUuid {
    ServiceUuid(0xebe0_0000_7a0a_4b0c_8a1a_6ff2_997d_a3a6 | (short as u128) << 96)
}

const MIJIA_CLOCK: Clock = Clock {
    at: mijia(0xccb7),
    frame: |time| {
        let mut frame = time.unix.to_le_bytes().to_vec();
        frame.extend(time.hours().to_le_bytes());
        frame
    },
};

/// Qingping's clocks count local seconds.
const QINGPING_CLOCK: Clock = Clock {
    at: ServiceUuid::of(0x0001),
    frame: |time| {
        let mut frame = vec![0x05, 0x09];
        frame.extend(time.local().to_le_bytes());
        frame
    },
};

/// ThermoPro's: `a5 | year month day hour minute second weekday 24h | 5a`.
const THERMOPRO_CLOCK: Clock = Clock {
    at: ServiceUuid(0x0001_0203_0405_0607_0809_0a0b_0c0d_2b11),
    frame: |time| {
        let local = u64::from(time.local());
        let (days, seconds) = (local / 86_400, local % 86_400);
        let (year, month, day) = civil(days);
        let two = |n: u64| u8::try_from(n % 100).unwrap_or(0);
        // 1970 began on a Thursday; Monday is 1.
        let weekday = (days + 3) % 7 + 1;
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60];
        let mut frame = vec![0xa5, two(year), two(month), two(day)];
        frame.extend(clock.map(two));
        frame.extend([two(weekday), 1, 0x5a]);
        frame
    },
};

static READERS: &[Reader] = &[
    Reader {
        models: &["HHCCJCY01", "HHCCPOT002"],
        steps: &[
            Step::Read(ServiceUuid::of(0x1a02), flora_battery),
            Step::Write(ServiceUuid::of(0x1a00), &[0xa0, 0x1f]),
            Step::Read(ServiceUuid::of(0x1a01), flora),
        ],
        regularly: true,
        clock: None,
        units: None,
    },
    Reader {
        models: &["LYWSD02", "LYWSD02MMC", "MHO-C303"],
        steps: &[
            Step::Perhaps(mijia(0xccc4), battery),
            Step::Perhaps(mijia(0xccbe), units),
            Step::Notified(mijia(0xccc1), mijia_values),
        ],
        regularly: true,
        clock: Some(&MIJIA_CLOCK),
        units: Some(mijia(0xccbe)),
    },
    Reader {
        models: &["LYWSD03MMC"],
        steps: &[Step::Notified(mijia(0xccc1), mijia_values)],
        // Its adverts tell all but the voltage; connecting costs battery.
        regularly: false,
        clock: None,
        units: None,
    },
    Reader {
        models: &["CGC1"],
        steps: &[],
        regularly: false,
        clock: Some(&QINGPING_CLOCK),
        units: None,
    },
    Reader {
        models: &["TP358", "TP393"],
        steps: &[],
        regularly: false,
        clock: Some(&THERMOPRO_CLOCK),
        units: None,
    },
];

/// How the device of a record is read, if it can be.
pub(super) fn reader(device: &DeviceInfo) -> Option<&'static Reader> {
    let model = device.model_id.as_deref()?;
    READERS
        .iter()
        .find(|reader| device.kind == DeviceKind::Ble && reader.models.contains(&model))
}

impl Reader {
    /// Whether there is something to read.
    pub(super) const fn reads(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Whether it has a clock.
    pub(super) const fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Whether it can be told which degrees to show.
    pub(super) const fn has_units(&self) -> bool {
        self.units.is_some()
    }

    /// Reads everything.
    pub(super) async fn read(&self, session: &mut Session) -> Result<Changes, LinkError> {
        let mut changes = Changes::new();
        for step in self.steps {
            let (data, parse) = match *step {
                Step::Write(uuid, data) => {
                    let at = session.find(None, uuid)?;
                    session.write(at, data, Write::Acknowledged).await?;
                    continue;
                }
                Step::Read(uuid, parse) => (session.read(session.find(None, uuid)?).await?, parse),
                Step::Perhaps(uuid, parse) => match session.find(None, uuid) {
                    Ok(at) => (session.read(at).await?, parse),
                    Err(_) => continue,
                },
                Step::Notified(uuid, parse) => {
                    let at = session.find(None, uuid)?;
                    session.subscribe(at).await?;
                    (session.notified_at(at, SAYS).await?, parse)
                }
            };
            parse(&data, &mut changes).map_err(|error| LinkError::Nonsense(error.to_string()))?;
        }
        define::in_home_words("gatt", &mut changes);
        Ok(changes)
    }

    /// What to write for `values`, and what is shown then.
    ///
    /// # Errors
    /// A property that it has not, or a value that is none.
    pub(super) fn set(
        &self,
        values: &Changes,
        now: Time,
    ) -> Result<(Writes, Changes), CommandError> {
        let mut writes = Vec::new();
        let mut shown = Changes::new();
        for (property, value) in values {
            let bad = |why: &str| CommandError::BadValue {
                property: property.to_string(),
                why: why.to_owned(),
            };
            match (&**property, self.clock, self.units) {
                ("clock", Some(clock), _) => {
                    let time = match (value.as_str(), value.as_f64()) {
                        (Some(text), _) if text.eq_ignore_ascii_case("now") => now,
                        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                        (_, Some(unix)) if (0.0..=f64::from(u32::MAX)).contains(&unix) => Time {
                            unix: unix as u32,
                            ..now
                        },
                        _ => return Err(bad("expected `now` or seconds since 1970")),
                    };
                    writes.push((clock.at, (clock.frame)(time)));
                }
                ("temperature_unit", _, Some(at)) => {
                    let (code, name) = match value.as_str() {
                        Some("celsius") => (0xff, "celsius"),
                        Some("fahrenheit") => (0x01, "fahrenheit"),
                        _ => return Err(bad("expected celsius or fahrenheit")),
                    };
                    writes.push((at, vec![code]));
                    shown.push(("temperature_unit".into(), name.into()));
                }
                _ => {
                    return Err(CommandError::Unsupported {
                        what: "set",
                        property: property.to_string(),
                        why: "this device only tells it".to_owned(),
                    });
                }
            }
        }
        Ok((writes, shown))
    }
}

/// Runs `parser`; what does not parse is an impossible `field`.
fn parsed<'a, T>(
    field: &'static str,
    mut parser: impl nom::Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    data: &'a [u8],
) -> Result<T, ReadError> {
    let (_, value) = parser.parse(data).map_err(|_| ReadError(field))?;
    Ok(value)
}

/// `temperature i16 ×0.1 | . | light u32 | moisture % | conductivity u16 | …`, 16 bytes; a flower pot
/// has no light and sends 24.
fn flora(data: &[u8], changes: &mut Changes) -> Result<(), ReadError> {
    let pot = data.len() == 24;
    if !pot && data.len() != 16 {
        return Err(ReadError("length"));
    }
    // What a sensor sends that is not ready.
    if data.iter().all(|byte| *byte == 0) || data.starts_with(&[0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff])
    {
        return Err(ReadError("reading"));
    }
    let (temperature, _, light, moisture, conductivity) =
        parsed("reading", (le_i16, byte, le_u32, byte, le_u16), data)?;
    if moisture > 100 {
        return Err(ReadError("moisture"));
    }
    changes.push((
        "temperature".into(),
        Value::rounded(f64::from(temperature) / 10.0, 1),
    ));
    if !pot {
        changes.push(("illuminance".into(), light.into()));
    }
    changes.push(("moisture".into(), moisture.into()));
    changes.push(("conductivity".into(), conductivity.into()));
    Ok(())
}

/// `battery % | . | firmware, ASCII`
fn flora_battery(data: &[u8], changes: &mut Changes) -> Result<(), ReadError> {
    let (level, _) = parsed("battery", (byte, take(1usize)), data)?;
    put_battery(level, changes)
}

/// `battery %`
fn battery(data: &[u8], changes: &mut Changes) -> Result<(), ReadError> {
    put_battery(parsed("battery", byte, data)?, changes)
}

fn put_battery(level: u8, changes: &mut Changes) -> Result<(), ReadError> {
    if level > 100 {
        return Err(ReadError("battery"));
    }
    changes.push(("battery".into(), level.into()));
    Ok(())
}

/// `ff` °C, `01` °F
fn units(data: &[u8], changes: &mut Changes) -> Result<(), ReadError> {
    let unit = if parsed("unit", i8, data)? == 1 {
        "fahrenheit"
    } else {
        "celsius"
    };
    changes.push(("temperature_unit".into(), unit.into()));
    Ok(())
}

/// `temperature i16 ×0.01 | humidity %`, and `millivolts u16` of those on a coin cell.
fn mijia_values(data: &[u8], changes: &mut Changes) -> Result<(), ReadError> {
    let (temperature, humidity) = parsed("reading", (le_i16, byte), data)?;
    if humidity > 100 {
        return Err(ReadError("humidity"));
    }
    changes.push((
        "temperature".into(),
        Value::rounded(f64::from(temperature) / 100.0, 2),
    ));
    changes.push(("humidity".into(), humidity.into()));
    if let Some(rest) = data.get(3..5) {
        let millivolts = parsed("voltage", le_u16, rest)?;
        // A CR2032 is full at 3.1 V and empty at 2.1 V.
        let percent = (f64::from(millivolts) - 2100.0) / 10.0;
        changes.push((
            "voltage".into(),
            Value::rounded(f64::from(millivolts) / 1000.0, 3),
        ));
        changes.push((
            "battery".into(),
            Value::rounded(percent.clamp(0.0, 100.0), 0),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(parse: Parse, data: &[u8]) -> Result<String, ReadError> {
        let mut changes = Changes::new();
        parse(data, &mut changes)?;
        Ok(serde_json::to_string(&Value::Object(changes)).unwrap())
    }

    #[test]
    fn a_plant_is_read() {
        let data = [
            0xf1, 0, 0, 0xb3, 0, 0, 0, 28, 0x5e, 1, 2, 0x3c, 0, 0xfb, 0x34, 0x9b,
        ];
        assert_eq!(
            read(flora, &data).unwrap(),
            r#"{"temperature":24.1,"illuminance":179,"moisture":28,"conductivity":350}"#
        );
        let mut pot = [0; 24];
        pot[..10].copy_from_slice(&[0xce, 0xff, 0, 0, 0, 0, 0, 51, 10, 0]);
        assert_eq!(
            read(flora, &pot).unwrap(),
            r#"{"temperature":-5,"moisture":51,"conductivity":10}"#
        );
        assert_eq!(
            read(flora_battery, b"\x63\x2b3.2.4").unwrap(),
            r#"{"battery":99}"#
        );
    }

    #[test]
    fn a_plant_that_cannot_be_is_refused() {
        let mut wet = [1; 16];
        wet[7] = 101;
        assert_eq!(read(flora, &wet), Err(ReadError("moisture")));
        assert_eq!(read(flora, &[0; 16]), Err(ReadError("reading")));
        let busy = [
            0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x99, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22,
            0x11, 0x10,
        ];
        assert_eq!(read(flora, &busy), Err(ReadError("reading")));
        assert_eq!(read(flora, &[1; 15]), Err(ReadError("length")));
    }

    #[test]
    fn thermometers_are_read() {
        let stock = [0x2a, 0x09, 0x37, 0x8a, 0x0b];
        assert_eq!(
            read(mijia_values, &stock).unwrap(),
            r#"{"temperature":23.46,"humidity":55,"voltage":2.954,"battery":85}"#
        );
        assert_eq!(
            read(mijia_values, &stock[..3]).unwrap(),
            r#"{"temperature":23.46,"humidity":55}"#
        );
        assert_eq!(
            read(units, &[0xff]).unwrap(),
            r#"{"temperature_unit":"celsius"}"#
        );
        assert_eq!(read(mijia_values, &[1]), Err(ReadError("reading")));
        assert_eq!(read(battery, &[130]), Err(ReadError("battery")));
    }

    /// 2023-11-14 22:13:20 UTC, a Tuesday, in Seoul the next day 07:13:20.
    const TIME: Time = Time {
        unix: 1_700_000_000,
        offset: 9 * 3600,
    };

    #[test]
    fn clocks_are_set() {
        assert_eq!((MIJIA_CLOCK.frame)(TIME), [0x00, 0xf1, 0x53, 0x65, 9]);
        let west = Time {
            offset: -5 * 3600,
            ..TIME
        };
        assert_eq!((MIJIA_CLOCK.frame)(west), [0x00, 0xf1, 0x53, 0x65, 0xfb]);
        assert_eq!((QINGPING_CLOCK.frame)(TIME), [5, 9, 0x90, 0x6f, 0x54, 0x65]);
        assert_eq!(
            (THERMOPRO_CLOCK.frame)(TIME),
            [0xa5, 23, 11, 15, 7, 13, 20, 3, 1, 0x5a]
        );
    }

    #[test]
    fn what_is_set_is_written() {
        let mut device = DeviceInfo::new(crate::Mac([0; 6]).into(), DeviceKind::Ble);
        device.model_id = Some("LYWSD02".to_owned());
        let clock = reader(&device).unwrap();
        let values = vec![
            ("clock".into(), Value::from("now")),
            ("temperature_unit".into(), Value::from("fahrenheit")),
        ];
        let (writes, shown) = clock.set(&values, TIME).unwrap();
        assert_eq!(
            writes,
            [
                (mijia(0xccb7), vec![0x00, 0xf1, 0x53, 0x65, 9]),
                (mijia(0xccbe), vec![1])
            ]
        );
        assert_eq!(
            shown,
            [("temperature_unit".into(), Value::from("fahrenheit"))]
        );
        for (property, value) in [
            ("clock", "noon"),
            ("temperature_unit", "K"),
            ("humidity", "1"),
        ] {
            assert!(
                clock
                    .set(&vec![(property.into(), value.into())], TIME)
                    .is_err()
            );
        }
        assert_eq!(
            mijia(0xccb0).to_string(),
            "ebe0ccb0-7a0a-4b0c-8a1a-6ff2997da3a6"
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(data: Vec<u8>, unix: u32, offset in -50_000i32..60_000) {
            for parse in [flora, flora_battery, battery, units, mijia_values] {
                let _ = parse(&data, &mut Changes::new());
            }
            for clock in [&MIJIA_CLOCK, &QINGPING_CLOCK, &THERMOPRO_CLOCK] {
                (clock.frame)(Time { unix, offset });
            }
        }
    }
}
