//! ELA Innovation Blue Pucks, sold as Sensor Easy, too. The name tells which one it is; the service
//! data is a characteristic's value, battery voltage may follow as data of company 0x0757.
//!
//! ```text
//! 2A6E temperature i16le 0.01 °C (0x7FFF: none) | 2A6F humidity u8 % | 2A06 magnet u16le (bit 0)
//! 0757: f2 | battery u16le mV
//! ```

use nom::number::complete::{le_i16, le_u16, u8 as any_u8};

use super::fields::take_field;
use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Service(TEMPERATURE),
        Claim::Service(HUMIDITY),
        Claim::Service(MAGNET),
    ],
    read,
};

const TEMPERATURE: u16 = 0x2a6e;
const HUMIDITY: u16 = 0x2a6f;
const MAGNET: u16 = 0x2a06;
const COMPANY: u16 = 0x0757;
const NO_PROBE: i16 = i16::MAX;

/// What a name has behind its first letter, and the model.
static MODELS: &[(&str, &str)] = &[
    (" RHT ", "RHT"),
    (" T ", "TEMP"),
    (" TPROBE", "TEMP PROBE"),
    (" MAG", "MAG"),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let name = heard.advert.name.as_deref().unwrap_or_default();
    let kind = name.get(1..).unwrap_or_default();
    let (_, model) = MODELS
        .iter()
        .find(|(start, _)| kind.starts_with(start))
        .ok_or(DecodeError::Unknown)?;
    let mut reading = product("ela", "ELA Innovation", model);
    for (service, data) in &heard.advert.service_data {
        let mut data = data.as_slice();
        let data = &mut data;
        match service.short() {
            Some(TEMPERATURE) if *model != "MAG" => {
                let raw = take_field(data, "temperature", le_i16)?;
                if raw != NO_PROBE {
                    reading.put("temperature", f64::from(raw) / 100.0);
                }
            }
            Some(HUMIDITY) if *model == "RHT" => {
                reading.put("humidity", take_field(data, "humidity", any_u8)?);
            }
            Some(MAGNET) if *model == "MAG" => {
                let near = take_field(data, "magnet", le_u16)? & 1 != 0;
                reading.put("opening", !near);
            }
            _ => {}
        }
    }
    if let Some([0xf2, low, high]) = heard.advert.maker(COMPANY) {
        let volts = f64::from(u16::from_le_bytes([*low, *high])) / 1000.0;
        reading.put("voltage", volts);
    }
    if reading.changes.is_empty() {
        return Err(DecodeError::Unknown);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn the_name_tells_which_puck() {
        for (advert, model, expected) in [
            ("name=C_T_88888E 2a6e:6afc", "TEMP", "temperature -9.18"),
            ("name=P_RHT_99999A 2a6f:46", "RHT", "humidity 70"),
            ("name=P_RHT_33399T 2a6e:34f8", "RHT", "temperature -19.96"),
            (
                "name=P_TPROBE_000000 2a6e:0c08 #0757:f2e40b",
                "TEMP PROBE",
                "temperature 20.6, voltage 3.044",
            ),
            ("name=P_MAG_CCCCCC 2a06:2400", "MAG", "opening true"),
            (
                "name=P_MAG_CCCCCC 2a06:3b00 #0757:f2070c",
                "MAG",
                "opening false, voltage 3.079",
            ),
            (
                "name=P_T_EN_888888 2a6e:ff7f #0757:f2020c",
                "TEMP",
                "voltage 3.074",
            ),
        ] {
            says(advert, model, expected);
        }
        refused("name=P_MAG_CCCCCC 2a06:24");
    }
}
