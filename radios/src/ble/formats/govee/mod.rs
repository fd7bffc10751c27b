//! Govee: thermometers, meat probes, air, and the small sensors H512x.
//!
//! What a frame is, its length, the name, the maker's number and the services listed tell together;
//! [`KINDS`] is asked in its order. Temperatures of meat probes are °C × 100, big endian, below zero
//! where there is none; an alarm that is not set is 0. Thermometers pack both values in 24 bits:
//!
//! ```text
//! sign u1 | (°C × 10 × 1000 + % × 10) u23be | error u1 battery u7
//! ```
//!
//! Most are iBeacons besides, all of one UUID (`INTELLI_ROCKS_HW`), of which 25 bytes are glued to
//! the end of some frames. H5074, H5075, H5129 speak in scan responses only.

mod kinds;
mod layouts;
mod sealed;

use kinds::{KINDS, Kind, PROBE_SERVICES};

use super::{Claim, Format, Heard, ibeacon};
use crate::ble::{Advert, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Name("GV"),
        Claim::Name("Govee"),
        Claim::Name("H5"),
        Claim::Name("B5"),
        Claim::Shape(looks_like),
    ],
    read,
};

const APPLE: u16 = 0x004c;
const GLUE: &[u8] = b"INTELLI_ROCKS";
const GLUED: usize = 25;
const THERMOMETERS: u16 = 0xec88;

fn looks_like(advert: &Advert) -> bool {
    advert.services.iter().any(|uuid| {
        uuid.short()
            .is_some_and(|short| short == THERMOMETERS || PROBE_SERVICES.contains(&short))
    }) || advert.manufacturer_data.iter().any(|(company, data)| {
        sealed::fits(data)
            || kinds::is_known_maker(*company)
            || *company == APPLE && is_beacon(data)
    })
}

fn is_beacon(data: &[u8]) -> bool {
    data.get(2..).is_some_and(|uuid| uuid.starts_with(GLUE))
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut fate = Err(DecodeError::Unknown);
    let mut beacon = None;
    for (company, data) in &heard.advert.manufacturer_data {
        if *company == APPLE {
            if is_beacon(data) {
                beacon = ibeacon::identity(data);
            }
            continue;
        }
        let data = unglued(data);
        let one = if sealed::fits(data) {
            sealed::read(data, heard)
        } else {
            frame(*company, data, heard.advert)
        };
        match (&fate, one) {
            (_, Ok(reading)) => return Ok(reading),
            (Err(DecodeError::Unknown), Err(error)) => fate = Err(error),
            _ => {}
        }
    }
    if beacon.is_none() {
        return fate;
    }
    Ok(Reading {
        vendor: Some("Govee"),
        beacon,
        ..Reading::of("govee")
    })
}

fn unglued(data: &[u8]) -> &[u8] {
    if data.len() > GLUED && data.windows(GLUE.len()).any(|part| part == GLUE) {
        return data.get(..data.len() - GLUED).unwrap_or_default();
    }
    data
}

fn frame(company: u16, data: &[u8], advert: &Advert) -> Result<Reading, DecodeError> {
    let name = advert.name.as_deref().unwrap_or_default();
    // Whoever tells its model is no other, whatever the length of its data.
    let named = KINDS.iter().any(|kind| kind.is_named(name));
    let kind = KINDS
        .iter()
        .find(|kind| {
            kind.length == data.len()
                && (kind.is_named(name) || !named && kind.is_marked(company, advert))
        })
        .ok_or(DecodeError::Unknown)?;
    let mut reading = of_model(kind.model);
    layouts::read(kind.layout, data, &mut reading)?;
    Ok(reading)
}

fn of_model(model: &'static str) -> Reading {
    Reading {
        model: Some(model),
        vendor: Some("Govee"),
        ..Reading::of("govee")
    }
}

impl Kind {
    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|part| name.contains(part))
    }

    fn is_marked(&self, company: u16, advert: &Advert) -> bool {
        self.companies.contains(&company) || self.service.is_some_and(|uuid| advert.offers(uuid))
    }
}

#[cfg(test)]
mod tests;
