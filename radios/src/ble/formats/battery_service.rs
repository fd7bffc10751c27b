//! The battery service's level as service data (0x180F): one byte, percent.

use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0x180f)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [percent @ 0..=100] = heard.data else {
        return Err(DecodeError::Unknown);
    };
    let mut reading = Reading::of("battery_service");
    reading.put("battery", *percent);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{line, read, refused};

    #[test]
    fn a_third_is_left() {
        assert_eq!(line(&read("180f:21").unwrap()), "battery 33");
        refused("180f:65");
        refused("180f:2100");
    }
}
