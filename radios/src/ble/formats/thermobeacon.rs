//! ThermoBeacon (also sold as Brifit, ORIA, Thermoplus): thermometer beacons.
//!
//! ```text
//! company 0010 … 0030, service FFF0, 18 bytes
//!   u8 | flags u8 (bit 7: button) | address 6, reversed | u16le mV | i16le °C × 16 | u16le % × 16 | 4
//! company AA55, 17 or 18 bytes (T201, T301)
//!   0101 | address 6 | u16be V × 100 | i16be °C × 100 | u16be % × 100 | u8 battery | 2
//! ```
//!
//! 20 bytes tell the least and the most that was measured, which nobody needs.

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{Advert, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like)],
    read,
};

/// Companies and the models that use them.
static MODELS: &[(u16, &str)] = &[
    (0x10, "Lanyard/mini hygrometer"),
    (0x11, "Smart hygrometer 17"),
    (0x14, "Smart hygrometer 20"),
    (0x15, "Smart hygrometer 21"),
    (0x18, "Smart hygrometer 24"),
    (0x1b, "Smart hygrometer 27"),
    (0x30, "Smart hygrometer 48"),
    (T201, "T201"),
];

const T201: u16 = 0xaa55;
const SERVICE: u16 = 0xfff0;

fn model(company: u16) -> Option<&'static str> {
    let row = MODELS.iter().find(|(known, _)| *known == company)?;
    Some(row.1)
}

fn looks_like(advert: &Advert) -> bool {
    advert
        .manufacturer_data
        .iter()
        .any(|(company, data)| matches!(data.len(), 17 | 18) && model(*company).is_some())
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let advert = heard.advert;
    let Some((company, data)) = heard.memory.newest(&advert.manufacturer_data) else {
        return Err(DecodeError::Unknown);
    };
    let mut reading = Reading {
        model: model(company),
        vendor: Some("ThermoBeacon"),
        ..Reading::of("thermobeacon")
    };
    match (reading.model, data.len()) {
        (Some("T201"), 17 | 18) => t201(data, advert, &mut reading)?,
        (Some(_), 18) if advert.offers(SERVICE) => beacon(data, &mut reading)?,
        _ => return Err(DecodeError::Unknown),
    }
    Ok(reading)
}

fn beacon(data: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    const BUTTON: u8 = 0x80;
    let mut fields = Fields(data);
    fields.skip("header", 1)?;
    let button = fields.u8("flags")? & BUTTON != 0;
    fields.skip("address", 6)?;
    let millivolts = fields.le_u16("voltage")?;
    let temperature = f64::from(fields.le_i16("temperature")?) / 16.0;
    let humidity = f64::from(fields.le_u16("humidity")?) / 16.0;
    if temperature > 100.0 {
        return Err(DecodeError::Invalid("temperature"));
    }
    if humidity > 100.0 {
        return Err(DecodeError::Invalid("humidity"));
    }
    reading.put("temperature", Value::rounded(temperature, 3));
    reading.put("humidity", Value::rounded(humidity, 3));
    reading.put("battery", super::battery::coin_cell(millivolts));
    reading.put("voltage", Value::rounded(f64::from(millivolts) / 1000.0, 3));
    reading.put("occupancy", button);
    Ok(())
}

fn t201(data: &[u8], advert: &Advert, reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(data);
    fields.skip("header", 2)?;
    if fields.bytes("address", 6)? != advert.address.0 {
        return Err(DecodeError::OtherAddress);
    }
    let voltage = f64::from(fields.be_u16("voltage")?) / 100.0;
    let temperature = f64::from(fields.be_i16("temperature")?) / 100.0;
    let humidity = f64::from(fields.be_u16("humidity")?) / 100.0;
    reading.put("temperature", Value::rounded(temperature, 2));
    reading.put("humidity", Value::rounded(humidity, 2));
    reading.put("battery", fields.u8("battery")?);
    reading.put("voltage", Value::rounded(voltage, 2));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, said};
    use super::*;
    use crate::Mac;

    fn offering(company: u16, hex: &str) -> Advert {
        Advert {
            services: vec![SERVICE.into()],
            ..maker(company, hex)
        }
    }

    #[test]
    fn a_hygrometer() {
        assert_eq!(
            said(&offering(0x30, "00008b0100005d44d60b5901590344000c00")).as_deref(),
            Ok("temperature=21.563 humidity=53.563 battery=100 voltage=3.03 occupancy=false")
        );
        assert_eq!(
            said(&offering(0x10, "0000dc0e0000f1706a0b8101d70283270500")).as_deref(),
            Ok("temperature=24.063 humidity=45.438 battery=92.2 voltage=2.922 occupancy=false")
        );
    }

    #[test]
    fn its_extremes_and_nonsense_say_nothing() {
        let wrong = offering(0x10, "6100160000acfa2f0b26014703a7e71200c0");
        assert!(said(&wrong).is_err());
        let extremes = offering(0x10, "000029060000456fab010a000000a20198000000");
        assert!(said(&extremes).is_err());
        // Without the service it may be anything.
        assert!(said(&maker(0x30, "00008b0100005d44d60b5901590344000c00")).is_err());
    }

    #[test]
    fn a_t201_names_its_sender() {
        let mut advert = maker(0xaa55, "0101a4c13874b08501070a1d10f0640001");
        assert_eq!(said(&advert), Err(DecodeError::OtherAddress));
        advert.address = Mac([0xa4, 0xc1, 0x38, 0x74, 0xb0, 0x85]);
        assert_eq!(
            said(&advert).as_deref(),
            Ok("temperature=25.89 humidity=43.36 battery=100 voltage=2.63")
        );
        // Others of its kind send a byte more.
        let mut longer = maker(0xaa55, "0101a4c13874b08501070a1d10f064000100");
        longer.address = advert.address;
        assert_eq!(said(&longer), said(&advert));
    }
}
