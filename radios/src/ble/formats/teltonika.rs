//! Teltonika: EYE sensors (company 089A), Blue Puck and Coin under Teltonika's and ELA's names.
//!
//! ```text
//! 089a   u8 version | flags u8 | fields, big endian, as flags say:
//!          bit 0 i16 °C × 100 · 1 u8 % · 2 there is a magnet switch, 3 it is closed
//!          4 moving u1, count u15 · 5 i8 pitch, i16 roll · 6 battery low · 7 u8 V × 100 - 200
//! 0757   12 | i16le °C × 100      21 | u8 % | u8 | i16le °C × 100      f1 | u8 battery %
//! 2A6E   i16le °C × 100 (service data)      2A6F   u8 %
//! ```

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const EYE: u16 = 0x089a;
const ELA: u16 = 0x0757;
const TEMPERATURE: u16 = 0x2a6e;
const HUMIDITY: u16 = 0x2a6f;

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Company(EYE),
        Claim::Company(ELA),
        Claim::Name("PUCK_T"),
    ],
    read,
};

/// How names begin, and the model.
static MODELS: &[(&str, &str)] = &[
    ("PUCK_TH", "Blue Puck RHT"),
    ("PUCK_T1", "Blue Puck T"),
    ("C T", "Blue Coin T"),
    ("P T", "Blue Puck T"),
    ("P RHT", "Blue Puck RHT"),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let advert = heard.advert;
    let name = advert.name.as_deref().unwrap_or_default();
    let row = MODELS.iter().find(|(begin, _)| name.starts_with(begin));
    let mut reading = Reading {
        model: row.map(|(_, model)| *model),
        vendor: Some("Teltonika"),
        ..Reading::of("teltonika")
    };
    match heard.id {
        EYE => {
            reading.model = Some("EYE Sensor");
            eye(heard.data, &mut reading)?;
        }
        ELA => {
            let own = |(company, _): &&(u16, Vec<u8>)| *company == ELA;
            for (_, data) in advert.manufacturer_data.iter().filter(own) {
                puck(data, &mut reading)?;
            }
        }
        _ => {
            if let Some(data) = advert.service(TEMPERATURE) {
                let raw = Fields(data).le_i16("temperature")?;
                reading.put("temperature", hundredths(raw));
            }
            if let Some(data) = advert.service(HUMIDITY) {
                reading.put("humidity", Fields(data).u8("humidity")?);
            }
        }
    }
    if reading.changes.is_empty() {
        return Err(DecodeError::Unknown);
    }
    Ok(reading)
}

fn hundredths(raw: i16) -> Value {
    Value::rounded(f64::from(raw) / 100.0, 2)
}

fn eye(data: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(data);
    fields.skip("version", 1)?;
    let flags = fields.u8("flags")?;
    let has = |bit: u8| flags >> bit & 1 == 1;
    if has(0) {
        reading.put("temperature", hundredths(fields.be_i16("temperature")?));
    }
    if has(1) {
        reading.put("humidity", fields.u8("humidity")?);
    }
    if has(2) {
        reading.put("magnetic_field_detected", has(3));
    }
    if has(4) {
        let movement = fields.be_u16("movement")?;
        reading.put("moving", movement & 0x8000 != 0);
        reading.put("movement_counter", movement & 0x7fff);
    }
    if has(5) {
        reading.put("pitch", fields.i8("pitch")?);
        reading.put("roll", fields.be_i16("roll")?);
    }
    if has(6) {
        reading.put("battery_low", true);
    }
    if has(7) {
        let volts = 2.0 + f64::from(fields.u8("voltage")?) / 100.0;
        reading.put("voltage", Value::rounded(volts, 2));
    }
    Ok(())
}

fn puck(data: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(data);
    match fields.u8("kind")? {
        0x12 => reading.put("temperature", hundredths(fields.le_i16("temperature")?)),
        0x21 => {
            let humidity = fields.u8("humidity")?;
            fields.skip("padding", 1)?;
            reading.put("temperature", hundredths(fields.le_i16("temperature")?));
            reading.put("humidity", humidity);
        }
        0xf1 => reading.put("battery", fields.u8("battery")?),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, named, said, service};
    use crate::ble::Advert;

    #[test]
    fn an_eye() {
        assert_eq!(
            said(&maker(0x089a, "01b708b4120ccb0bffc767")).as_deref(),
            Ok(
                "temperature=22.28 humidity=18 magnetic_field_detected=false moving=false \
                movement_counter=3275 pitch=11 roll=-57 voltage=3.03"
            )
        );
        assert!(said(&maker(0x089a, "01b708b4120ccb0bffc7")).is_err());
    }

    #[test]
    fn pucks() {
        let old = Advert {
            name: Some("PUCK_T1".into()),
            ..service(0x2a6e, "860b")
        };
        assert_eq!(said(&old).as_deref(), Ok("temperature=29.5"));
        let mut two = named("P T EN 80906F", 0x0757, "12980a");
        two.manufacturer_data.push((0x0757, vec![0xf1, 13]));
        assert_eq!(said(&two).as_deref(), Ok("temperature=27.12 battery=13"));
        let humid = named("P RHT 900459", 0x0757, "213012b80a");
        assert_eq!(said(&humid).as_deref(), Ok("temperature=27.44 humidity=48"));
    }
}
