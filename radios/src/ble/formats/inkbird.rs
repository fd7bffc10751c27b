//! Inkbird: thermometers, hygrometers, barbecue probes.
//!
//! The company number is part of the frame. By length, company included:
//!
//! ```text
//!  9  IBS-TH, IBS-TH2   i16le °C × 100 | u16le % × 100 | u8 probe | crc u16le | u8 battery | u8
//! 17  IAM-T2            6232 | 0062 | 4 | u8 | status (bit 1: °F) | i16be × 10 | u16be % × 10
//!                         | u16be ppm | u8
//! 18  IBS-P02B, ITH-…   4924 | 4 | i16le °C × 10 | u16le % × 10 | u8 battery | …
//! 12, 14, 18, 22  iBBQ  10 | i16le °C × 10 of 1, 2, 4 or 6 probes
//! ```
//!
//! The 9-byte one's CRC (Modbus, over what comes before it) tells it even without its name, which
//! only scan responses have. Others are told by name, or by company and shape. What cannot be (over
//! 100 %) makes the whole frame worthless. IAM-T1, INT-… and IDT-… speak over GATT only.

use std::borrow::Cow;

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{Advert, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like)],
    read,
};

/// How a model's frame is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// 9 bytes; whether humidity of 0 is a value.
    Nine { humid: bool },
    /// 17 bytes.
    Air,
    /// 18 bytes.
    Eighteen,
    /// Nothing but who it is.
    Silent,
}

struct Model {
    /// The name it advertises, lower case.
    name: &'static str,
    model: &'static str,
    layout: Layout,
}

const fn model(name: &'static str, model: &'static str, layout: Layout) -> Model {
    Model {
        name,
        model,
        layout,
    }
}

static MODELS: &[Model] = &[
    model("sps", "IBS-TH", Layout::Nine { humid: true }),
    model("tps", "IBS-TH2/P01B", Layout::Nine { humid: false }),
    model("unknown", "18-byte model", Layout::Eighteen),
    model("ibs-p02b", "IBS-P02B", Layout::Eighteen),
    model("ith-11-b", "ITH-11-B", Layout::Eighteen),
    model("ith-13-b", "ITH-13-B", Layout::Eighteen),
    model("ith-21-b", "ITH-21-B", Layout::Eighteen),
    model("ink@iam-t2", "IAM-T2", Layout::Air),
    model("ink@iam-t1", "IAM-T1", Layout::Silent),
    model("int-11p-b", "INT-11P-B", Layout::Silent),
    model("int-11i-b", "INT-11I-B", Layout::Silent),
    model("idt-34c-b", "IDT-34C-B", Layout::Silent),
];

/// Barbecue probes, by length with company.
static BARBECUES: &[(usize, &str)] = &[
    (12, "iBBQ-1"),
    (14, "iBBQ-2"),
    (18, "iBBQ-4"),
    (22, "iBBQ-6"),
];

const SERVICE: u16 = 0xfff0;
const OTHER_SERVICE: u16 = 0xff00;
const EIGHTEEN_COMPANY: u16 = 0x2449;
const AIR_COMPANY: u16 = 0x3254;
const AIR_ADDRESS: &[u8] = &[0x00, 0x62];
/// Some send this company's data besides, with nothing new.
const EXTRA_COMPANY: u16 = 2;

fn by_name(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|m| m.name.eq_ignore_ascii_case(name))
}

fn is_barbecue(name: &str) -> bool {
    let holds = |part: &[u8]| {
        name.as_bytes()
            .windows(part.len())
            .any(|window| window.eq_ignore_ascii_case(part))
    };
    holds(b"ibbq") || holds(b"xbbq")
}

fn looks_like(advert: &Advert) -> bool {
    let shape = |(company, data): &(u16, Vec<u8>)| match data.len() {
        7 => checked(*company, data),
        10 | 12 | 20 => *company <= 1 && advert.offers(SERVICE),
        15 => *company == AIR_COMPANY,
        16 => *company == EIGHTEEN_COMPANY || *company <= 1 && advert.offers(SERVICE),
        _ => false,
    };
    advert
        .name
        .as_deref()
        .is_some_and(|name| by_name(name).is_some() || is_barbecue(name))
        || advert.manufacturer_data.iter().any(shape)
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let advert = heard.advert;
    let name = advert.name.as_deref().unwrap_or_default();
    let makers = &advert.manufacturer_data;
    let extra = |(company, _): &(u16, Vec<u8>)| makers.len() > 1 && *company == EXTRA_COMPANY;
    let makers = if makers.iter().any(extra) {
        Cow::Owned(makers.iter().filter(|m| !extra(m)).cloned().collect())
    } else {
        Cow::Borrowed(makers)
    };
    let first = !heard.memory.knows_makers();
    let newest = heard.memory.newest(&makers).or_else(|| {
        // At first contact the last is taken for it, if a checksum vouches for it.
        let (company, data) = makers.last()?;
        (first && checked(*company, data)).then_some((*company, data.as_slice()))
    });
    let mut reading = Reading {
        vendor: Some("Inkbird"),
        ..Reading::of("inkbird")
    };
    let Some((company, data)) = newest else {
        reading.model = by_name(name).map(|m| m.model);
        return Ok(reading);
    };
    let length = data.len() + 2;
    let offered = advert.offers(SERVICE) || advert.offers(OTHER_SERVICE);
    let known = by_name(name).filter(|_| offered || matches!(length, 9 | 17 | 18));
    let layout = if let Some(known) = known {
        reading.model = Some(known.model);
        known.layout
    } else if let Some((_, model)) = barbecue(advert, name, company, length) {
        reading.model = Some(model);
        return barbecue_probes(data, reading);
    } else if length == 9 && checked(company, data) {
        reading.model = Some("IBS-TH");
        Layout::Nine { humid: false }
    } else if length == 18
        && company == EIGHTEEN_COMPANY
        && advert.offers(SERVICE)
        && data.ends_with(&[0, 0, 0])
    {
        reading.model = Some("18-byte model");
        Layout::Eighteen
    } else if length == 17 && company == AIR_COMPANY && data.starts_with(AIR_ADDRESS) {
        reading.model = Some("IAM-T2");
        Layout::Air
    } else {
        return Err(DecodeError::Unknown);
    };
    match layout {
        Layout::Nine { humid } => nine(company, data, humid, reading),
        Layout::Air => air(data, reading),
        Layout::Eighteen => eighteen(data, reading),
        Layout::Silent => Ok(reading),
    }
}

fn barbecue(
    advert: &Advert,
    name: &str,
    company: u16,
    length: usize,
) -> Option<&'static (usize, &'static str)> {
    let nameless = name.is_empty() && company <= 1 && advert.offers(SERVICE);
    if !nameless && !is_barbecue(name) {
        return None;
    }
    BARBECUES.iter().find(|(known, _)| *known == length)
}

fn barbecue_probes(data: &[u8], mut reading: Reading) -> Result<Reading, DecodeError> {
    let mut fields = Fields(data);
    fields.skip("address", 8)?;
    let mut number = 1;
    while !fields.0.is_empty() {
        // All ones, or in other makes -1.0 °C, is a socket without a probe.
        let raw = fields.le_i16("temperature")?;
        if raw != -1 && raw != -10 {
            reading.changes.push((
                format!("temperature_probe_{number}").into(),
                Value::rounded(f64::from(raw) / 10.0, 1),
            ));
        }
        number += 1;
    }
    Ok(reading)
}

fn percent(value: f64, field: &'static str) -> Result<f64, DecodeError> {
    if value > 100.0 {
        return Err(DecodeError::Invalid(field));
    }
    Ok(value)
}

fn nine(
    company: u16,
    data: &[u8],
    humid: bool,
    mut reading: Reading,
) -> Result<Reading, DecodeError> {
    let mut fields = Fields(data);
    let temperature = f64::from(company.cast_signed()) / 100.0;
    let humidity = f64::from(fields.le_u16("humidity")?) / 100.0;
    let probe = fields.u8("probe")?;
    fields.skip("checksum", 2)?;
    let battery = percent(fields.u8("battery")?.into(), "battery")?;
    let temperature = Value::rounded(temperature, 2);
    if probe != 0 {
        reading.put("temperature_probe_1", temperature.clone());
    }
    reading.put("temperature", temperature);
    if humid || humidity != 0.0 {
        reading.put(
            "humidity",
            Value::rounded(percent(humidity, "humidity")?, 2),
        );
    }
    reading.put("battery", battery);
    Ok(reading)
}

fn eighteen(data: &[u8], mut reading: Reading) -> Result<Reading, DecodeError> {
    let mut fields = Fields(data);
    fields.skip("address", 4)?;
    let temperature = f64::from(fields.le_i16("temperature")?) / 10.0;
    let humidity = percent(f64::from(fields.le_u16("humidity")?) / 10.0, "humidity")?;
    let battery = percent(fields.u8("battery")?.into(), "battery")?;
    reading.put("temperature", Value::rounded(temperature, 1));
    if humidity != 0.0 {
        reading.put("humidity", Value::rounded(humidity, 1));
    }
    reading.put("battery", battery);
    Ok(reading)
}

fn air(data: &[u8], mut reading: Reading) -> Result<Reading, DecodeError> {
    const FAHRENHEIT: u8 = 2;
    let mut fields = Fields(data);
    fields.skip("address", 7)?;
    let status = fields.u8("status")?;
    let temperature = f64::from(fields.be_i16("temperature")?) / 10.0;
    let humidity = percent(f64::from(fields.be_u16("humidity")?) / 10.0, "humidity")?;
    let co2 = fields.be_u16("co2")?;
    let celsius = if status & FAHRENHEIT == 0 {
        temperature
    } else {
        (temperature - 32.0) * 5.0 / 9.0
    };
    reading.put("temperature", Value::rounded(celsius, 2));
    reading.put("humidity", Value::rounded(humidity, 1));
    reading.put("co2", co2);
    Ok(reading)
}

/// Whether a 9-byte frame's checksum fits.
fn checked(company: u16, data: &[u8]) -> bool {
    let [a, b, c, low, high, _, _] = data else {
        return false;
    };
    let [d, e] = company.to_le_bytes();
    let sum = [d, e, *a, *b, *c].iter().fold(0xffff_u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            let carry = if sum & 1 == 1 { 0xa001 } else { 0 };
            sum >> 1 ^ carry
        })
    });
    sum == u16::from_le_bytes([*low, *high])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, named, said};
    use super::*;

    fn offering(advert: Advert) -> Advert {
        Advert {
            services: vec![SERVICE.into()],
            ..advert
        }
    }

    #[test]
    fn the_company_is_the_temperature() {
        let sps = named("sps", 0x07fc, "c71200c83d5606");
        let all = "temperature=20.44 humidity=48.07 battery=86";
        assert_eq!(said(&sps).as_deref(), Ok(all));
        // Passive scanning gives no name: the checksum tells.
        assert_eq!(said(&maker(0x07fc, "c71200c83d5606")).as_deref(), Ok(all));
        assert!(said(&maker(0x07fd, "c71200c83d5606")).is_err());
        let tps = named("tps", 0xf89e, "000000bcbc6406");
        assert_eq!(said(&tps).as_deref(), Ok("temperature=-18.9 battery=100"));
        let outside = named("sps", 0x0a3b, "f815018cbc6408");
        assert_eq!(
            said(&outside).as_deref(),
            Ok("temperature_probe_1=26.19 temperature=26.19 humidity=56.24 battery=100")
        );
    }

    #[test]
    fn what_cannot_be_spoils_the_frame() {
        let wet = named("sps", 0x07fc, "ffff00c83d5606");
        assert_eq!(said(&wet), Err(DecodeError::Invalid("humidity")));
        let charged = named("ITH-11-B", 0x2449, "0812005e00009001ff00640800000000");
        assert_eq!(said(&charged), Err(DecodeError::Invalid("battery")));
    }

    #[test]
    fn eighteen_bytes_are_told_by_name_or_by_their_end() {
        let said_by = |advert| said(&advert).unwrap_or_default();
        let ith = "07110098d80013026401900400000000";
        let all = "temperature=21.6 humidity=53.1 battery=100";
        assert_eq!(said_by(named("ITH-21-B", 0x2449, ith)), all);
        assert_eq!(said_by(offering(maker(0x2449, ith))), all);
        let probe = "11180065d00000005a00800000000000";
        let all = "temperature=20.8 battery=90";
        assert_eq!(said_by(offering(maker(0x2449, probe))), all);
    }

    #[test]
    fn air_in_either_unit() {
        let fahrenheit = maker(0x3254, "006200a13e29bed6033c01c9024091");
        assert_eq!(
            said(&fahrenheit).as_deref(),
            Ok("temperature=28.22 humidity=45.7 co2=576")
        );
        let cold = named("Ink@IAM-T2", 0x3254, "006200a13e29bed4ffce01ee025391");
        assert_eq!(
            said(&cold).as_deref(),
            Ok("temperature=-5 humidity=49.4 co2=595")
        );
    }

    #[test]
    fn empty_sockets_say_nothing() {
        let two = named("xBBQ", 1, "0000561100007f73f800ffff");
        assert_eq!(said(&two).as_deref(), Ok("temperature_probe_1=24.8"));
        let six = named("iBBQ", 0, "00001893d7353559d200f6fff6fff6fff6fff6ff");
        assert_eq!(said(&six).as_deref(), Ok("temperature_probe_1=21"));
        let none = named("xBBQ", 1, "00002c1100006dd3ffffffff");
        assert_eq!(said(&none).as_deref(), Ok(""));
        let nameless = offering(maker(0, "000028ec9a2e65d7f000"));
        assert_eq!(said(&nameless).as_deref(), Ok("temperature_probe_1=24"));
    }

    #[test]
    fn the_extra_company_is_passed_over() {
        let mut advert = named("xBBQ", 1, "00002c1100006dd311011201");
        let extra = vec![0, 0, 0x2c, 0x11, 0, 0, 0x6d, 0xd3, 0xda, 3, 0xda, 3];
        advert.manufacturer_data.push((2, extra));
        assert_eq!(
            said(&advert).as_deref(),
            Ok("temperature_probe_1=27.3 temperature_probe_2=27.4")
        );
    }

    #[test]
    fn those_that_speak_over_gatt_are_at_least_known() {
        let advert = offering(named("INT-11P-B", 0x0628, "0ac67b90"));
        let reading = crate::ble::decode(&advert, None).unwrap();
        assert_eq!(reading.model, Some("INT-11P-B"));
        assert_eq!(reading.changes, []);
    }
}
