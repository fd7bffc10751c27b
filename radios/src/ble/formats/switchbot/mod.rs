//! SwitchBot: service data FD3D (or 0D00), mostly with data of company 0969 beside it.
//!
//! The service data's first byte is a letter for the model, or its last four are a number. What a
//! model says is bits here and there in either of the two: [`MODELS`] tells which. The company's
//! data begin with the address (6) and a sequence number. They may come without service data, which is in the scan response; then the model is the one
//! heard last.

mod layouts;
mod models;

use layouts::Frames;
use models::{MODELS, Model};

use super::{Claim, Format, Heard};
use crate::ble::{Advert, DecodeError, Reading, ServiceUuid};

const SERVICE: u16 = 0xfd3d;
const OLD_SERVICE: u16 = 0x0d00;
/// The first of them told it under the service they are driven by: cba20d00-224d-11e6-9fb8-0002a5d5c51b.
const LONG_SERVICE: u128 = 0xcba2_0d00_224d_11e6_9fb8_0002_a5d5_c51b;
const COMPANY: u16 = 0x0969;
const HUMIDIFIERS: u16 = 0x02e5;

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Service(SERVICE),
        Claim::Service(OLD_SERVICE),
        Claim::LongService(LONG_SERVICE),
        Claim::Company(COMPANY),
    ],
    read,
};

/// The model that the service data tell.
fn model_of(service: &[u8]) -> Option<usize> {
    let letter = service.first()? & 0x7f;
    let by_letter = |model: &Model| model.letters.contains(&letter);
    let by_number = || {
        let number = |bytes: &[u8]| {
            let number = u32::from_be_bytes(bytes.try_into().ok()?);
            // The first byte tells 00 or 01 for the same model.
            let number = number & 0x00ff_ffff;
            MODELS.iter().position(|m| m.numbers.contains(&number))
        };
        let end = service.len().checked_sub(4).filter(|_| service.len() > 5)?;
        number(service.get(end..)?).or_else(|| number(service.get(end - 1..end + 3)?))
    };
    MODELS.iter().position(by_letter).or_else(by_number)
}

fn frames(advert: &Advert) -> Frames<'_> {
    let ours = [
        SERVICE.into(),
        OLD_SERVICE.into(),
        ServiceUuid(LONG_SERVICE),
    ];
    let service = ours.iter().find_map(|uuid: &ServiceUuid| {
        let mut rows = advert.service_data.iter();
        rows.find(|(said, _)| said == uuid)
            .map(|(_, data)| data.as_slice())
    });
    Frames {
        service: service.unwrap_or_default(),
        maker: advert
            .maker(COMPANY)
            .or_else(|| advert.maker(HUMIDIFIERS))
            .unwrap_or_default(),
    }
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let frames = frames(heard.advert);
    let told = model_of(frames.service).and_then(|at| u32::try_from(at).ok());
    let known = told.or_else(|| Some(heard.memory.last(COMPANY, heard.now)?.0));
    let model = known
        .and_then(|at| MODELS.get(usize::try_from(at).ok()?))
        .ok_or(DecodeError::Unknown)?;
    if let Some(at) = told {
        heard.memory.keep(COMPANY, at, heard.now);
    }
    let mut reading = Reading {
        model: Some(model.name),
        vendor: Some("SwitchBot"),
        ..Reading::of("switchbot")
    };
    frames.read(model.layouts, &mut reading);
    Ok(reading)
}

#[cfg(test)]
mod tests;
