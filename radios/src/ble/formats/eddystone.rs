//! Eddystone (service data 0xFEAA): who a beacon is, how it is, or an address for a browser. Old
//! `RuuviTag`s put their reading into such an address.
//!
//! ```text
//! 00 | power at 0 m i8 | namespace 10 | instance 6 | [ reserved 2 ]         UID
//! 10 | power at 0 m i8 | scheme u8 | text                                   URL
//! 20 00 | battery u16be mV | temperature i8.8 | adverts u32be | uptime u32be 0.1 s   TLM
//! 30 | power at 0 m i8 | changing identity 8                                EID
//! ```

use nom::bytes::complete::take;
use nom::number::complete::{be_i16, be_u16, be_u32, i8 as any_i8, u8 as any_u8};

use super::fields::take_field;
use super::layout::{product, rounded};
use super::{Claim, Format, Heard};
use crate::ble::advert::to_hex;
use crate::ble::{Beacon, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0xfeaa)],
    read,
};

const FORMAT_NAME: &str = "eddystone";

static SCHEMES: [&str; 4] = ["http://www.", "https://www.", "http://", "https://"];
/// What the bytes 0… of an address stand for.
static EXPANSIONS: [&str; 14] = [
    ".com/", ".org/", ".edu/", ".net/", ".info/", ".biz/", ".gov/", ".com", ".org", ".edu", ".net",
    ".info", ".biz", ".gov",
];
/// The address of old `RuuviTag`s; eight characters of base64 follow.
const RUUVI: &[u8] = b"ruu.vi/#";
/// No thermometer.
const NO_TEMPERATURE: i16 = i16::MIN;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut rest = heard.data;
    let data = &mut rest;
    match take_field(data, "frame type", any_u8)? {
        0x00 => uid(data),
        0x10 => url(data),
        0x20 => telemetry(data),
        0x30 => eid(data),
        _ => Err(DecodeError::Unknown),
    }
}

fn uid(data: &mut &[u8]) -> Result<Reading, DecodeError> {
    let power = take_field(data, "power", any_i8)?;
    let namespace = take_field(data, "namespace", take(10usize))?;
    let instance = take_field(data, "instance", take(6usize))?;
    let mut reading = Reading::of(FORMAT_NAME);
    if let (Ok(namespace), Ok(instance)) = (namespace.try_into(), instance.try_into()) {
        reading.beacon = Some(Beacon::Eddystone {
            namespace,
            instance,
        });
    }
    reading.put("namespace", to_hex(namespace));
    reading.put("instance", to_hex(instance));
    reading.put("tx_power", power);
    Ok(reading)
}

fn url(data: &mut &[u8]) -> Result<Reading, DecodeError> {
    let power = take_field(data, "power", any_i8)?;
    let scheme = take_field(data, "scheme", any_u8)?;
    if let Some(encoded) = data.strip_prefix(RUUVI) {
        return ruuvi(encoded);
    }
    let scheme = SCHEMES
        .get(usize::from(scheme))
        .ok_or(DecodeError::Invalid("scheme"))?;
    let mut address = (*scheme).to_owned();
    for byte in *data {
        match EXPANSIONS.get(usize::from(*byte)) {
            Some(text) => address.push_str(text),
            None if byte.is_ascii_graphic() => address.push(char::from(*byte)),
            None => return Err(DecodeError::Invalid("address")),
        }
    }
    let mut reading = Reading::of(FORMAT_NAME);
    reading.put("url", address);
    reading.put("tx_power", power);
    Ok(reading)
}

fn telemetry(data: &mut &[u8]) -> Result<Reading, DecodeError> {
    if take_field(data, "version", any_u8)? != 0 {
        return Err(DecodeError::Unsupported("encrypted Eddystone telemetry"));
    }
    let voltage = take_field(data, "voltage", be_u16)?;
    let temperature = take_field(data, "temperature", be_i16)?;
    let adverts = take_field(data, "adverts", be_u32)?;
    let uptime = take_field(data, "uptime", be_u32)?;
    let mut reading = Reading::of(FORMAT_NAME);
    // 0: runs from the mains.
    if voltage != 0 {
        reading.put("voltage", f64::from(voltage) / 1000.0);
    }
    if temperature != NO_TEMPERATURE {
        reading.put("temperature", f64::from(temperature) / 256.0);
    }
    reading.put("advertisement_count", adverts);
    reading.put("uptime", f64::from(uptime) / 10.0);
    Ok(reading)
}

fn eid(data: &mut &[u8]) -> Result<Reading, DecodeError> {
    let power = take_field(data, "power", any_i8)?;
    let identity = take_field(data, "identity", take(8usize))?;
    let mut reading = Reading::of(FORMAT_NAME);
    reading.put("ephemeral_id", to_hex(identity));
    reading.put("tx_power", power);
    Ok(reading)
}

/// A base64 digit of the alphabet for addresses.
const fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' | b'+' => 62,
        b'_' | b'/' => 63,
        _ => return None,
    })
}

/// `version u8 | humidity u8 0.5 % | degrees u8 (top bit: below zero) | hundredths u8
/// | pressure u16be above 50,000 Pa`, in eight digits; a ninth names the tag.
fn ruuvi(encoded: &[u8]) -> Result<Reading, DecodeError> {
    let digits = encoded.get(..8).ok_or(DecodeError::Truncated("reading"))?;
    let mut bits = 0u64;
    for byte in digits {
        let digit = digit(*byte).ok_or(DecodeError::Invalid("reading"))?;
        bits = bits << 6 | u64::from(digit);
    }
    let [_, _, _, humidity, degrees, hundredths, p1, p0] = bits.to_be_bytes();
    let size = f64::from(degrees & 0x7f) + f64::from(hundredths) / 100.0;
    let below_zero = degrees & 0x80 != 0;
    let pascal = 50_000.0 + f64::from(u16::from_be_bytes([p1, p0]));
    let mut reading = product("ruuvi", "Ruuvi", "RuuviTag");
    reading.put("humidity", f64::from(humidity) / 2.0);
    reading.put(
        "temperature",
        rounded(if below_zero { -size } else { size }, 2),
    );
    reading.put("pressure", rounded(pascal / 100.0, 2));
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::Beacon;
    use crate::ble::formats::transcript::{line, read, refused, says};

    #[test]
    fn who_it_is() {
        let reading = read("feaa:00e8000102030405060708090a0b0c0d0e0f0000").unwrap();
        assert_eq!(
            line(&reading),
            "instance 0a0b0c0d0e0f, namespace 00010203040506070809, tx_power -24"
        );
        assert_eq!(
            reading.beacon,
            Some(Beacon::Eddystone {
                namespace: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
                instance: [10, 11, 12, 13, 14, 15],
            })
        );
        refused("feaa:00e8000102030405060708090a0b0c0d0e");
    }

    #[test]
    fn an_address_for_a_browser() {
        let reading = read("feaa:10f603676f6f2e676c2f536d676d00").unwrap();
        assert_eq!(line(&reading), "tx_power -10, url https://goo.gl/Smgm.com/");
        refused("feaa:10f604676f6f");
        refused("feaa:10f60367206f");
    }

    #[test]
    fn how_it_is() {
        let reading = read("feaa:20000bb815800000012c00000064").unwrap();
        assert_eq!(
            line(&reading),
            "advertisement_count 300, temperature 21.5, uptime 10, voltage 3"
        );
        let reading = read("feaa:200000008000000000010000000a").unwrap();
        assert_eq!(line(&reading), "advertisement_count 1, uptime 1");
        refused("feaa:20010bb815800000012c00000064");
    }

    #[test]
    fn who_it_is_for_a_while() {
        let reading = read("feaa:30e80102030405060708").unwrap();
        assert_eq!(
            line(&reading),
            "ephemeral_id 0102030405060708, tx_power -24"
        );
    }

    #[test]
    fn old_tags_tell_their_reading_to_browsers() {
        says(
            "feaa:10ee037275752e76692f23416a7759414d4666",
            "RuuviTag",
            "humidity 30, pressure 995.03, temperature 24",
        );
        says(
            "feaa:10f6037275752e76692f2342475159414d713877",
            "RuuviTag",
            "humidity 50, pressure 1019, temperature 24",
        );
        refused("feaa:10ee037275752e76692f23416a77");
    }
}
