//! Air Mentor indoor air monitors. The company field is part of the data: its low byte tells which
//! half of the measurements follows, 0x11 and 0x21 particles and gas, 0x12 and 0x22 climate.
//!
//! ```text
//! Pro 2, 8 bytes   co2 u16be | pm2.5 u16be | pm10 u16be | co u8 | o3 u8
//!                  tvoc u16be ppb | temperature u16be | correction u8 | humidity u8 | aqi u16be
//! 2S, 12 bytes     co2 u16be | pm2.5 u16be | pm10 u16be | 2 | formaldehyde u16be ppb | 2
//!                  as Pro 2, and 4 more
//! ```
//!
//! Temperatures are (n − 4000) / 100 °C; the correction, in tenths, is for the monitor's own heat.

use nom::number::complete::{be_u16, u8 as any_u8};

use super::fields::take_field;
use super::layout::{Field, Wire, field, product, put, rounded, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Company(0x2111),
        Claim::Company(0x2112),
        Claim::Company(0x2121),
        Claim::Company(0x2122),
        Claim::Company(0x5112),
        Claim::Company(0x5122),
        Claim::Company(0x6111),
        Claim::Company(0x6121),
    ],
    read,
};

/// The top of each class of the air quality index, and its name.
static CLASSES: &[(u16, &str)] = &[
    (50, "good"),
    (100, "moderate"),
    (150, "unhealthy for sensitive people"),
    (200, "unhealthy"),
    (250, "very unhealthy"),
    (u16::MAX, "hazardous"),
];

/// µg/m³ of mixed organic vapour for 1 ppb: 110 g/mol in 24.4 l/mol.
const VAPOUR: f64 = 110.0 / 24.4;
/// mg/m³ of formaldehyde for 1 ppb.
const FORMALDEHYDE: f64 = 1.228e-3;

static PARTICLES_PRO2: &[Field] = &[
    field("co2", Wire::U16Be, whole),
    field("pm25", Wire::U16Be, whole),
    field("pm10", Wire::U16Be, whole),
];
static PARTICLES_2S: &[Field] = &[
    field("co2", Wire::U16Be, whole),
    field("pm25", Wire::U16Be, whole),
    field("pm10", Wire::U16Be, whole),
    skip(2),
    field("formaldehyde", Wire::U16Be, |n| {
        rounded(n * FORMALDEHYDE, 6)
    }),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let pro2 = heard.id >> 8 == 0x21;
    let (model, particles, length) = if pro2 {
        ("Air Mentor Pro 2", PARTICLES_PRO2, 8)
    } else {
        ("Air Mentor 2S", PARTICLES_2S, 12)
    };
    if heard.data.len() != length {
        return Err(DecodeError::Unknown);
    }
    let mut reading = product("airmentor", "Air Mentor", model);
    match heard.id & 0xff {
        0x11 | 0x21 => put(&mut reading, particles, heard.data)?,
        _ => climate(&mut reading, heard.data, pro2)?,
    }
    Ok(reading)
}

fn climate(reading: &mut Reading, mut data: &[u8], corrected: bool) -> Result<(), DecodeError> {
    let data = &mut data;
    let tvoc = take_field(data, "tvoc", be_u16)?;
    let raw = take_field(data, "temperature", be_u16)?;
    let correction = take_field(data, "correction", any_u8)?;
    let humidity = f64::from(take_field(data, "humidity", any_u8)?);
    let aqi = take_field(data, "aqi", be_u16)?;

    let temperature = (f64::from(raw) - 4000.0) / 100.0;
    let real = temperature - f64::from(correction) / 10.0;
    // The same water in cooler air is a higher relative humidity (Magnus formula). The 2S has done
    // this already.
    let saturation = |t: f64| (17.62 * t / (243.12 + t)).exp();
    let humidity = if corrected {
        humidity * saturation(temperature) / saturation(real)
    } else {
        humidity
    };
    reading.put("voc", rounded(f64::from(tvoc) * VAPOUR, 2));
    reading.put("temperature", rounded(temperature, 2));
    reading.put("temperature_calibrated", rounded(real, 2));
    reading.put("humidity", rounded(humidity, 2));
    reading.put("aqi", aqi);
    if let Some((_, class)) = CLASSES.iter().find(|(top, _)| aqi <= *top) {
        reading.put("air_quality", *class);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn the_2s_tells_gas_and_particles() {
        says(
            "#6121:02b8000300041b9400126d01",
            "Air Mentor 2S",
            "co2 696, formaldehyde 0.022, pm10 4, pm25 3",
        );
    }

    #[test]
    fn the_pro_2_tells_climate_and_particles_in_turn() {
        says(
            "#2122:00b91963332d0145",
            "Air Mentor Pro 2",
            "air_quality hazardous, aqi 325, humidity 61.34, temperature 24.99, \
             temperature_calibrated 19.89, voc 834.02",
        );
        says(
            "#2121:2710000300030000",
            "Air Mentor Pro 2",
            "co2 10000, pm10 3, pm25 3",
        );
        refused("#2121:27100003000300");
    }
}
