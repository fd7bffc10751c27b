//! One advertisement, as BlueZ reports it and as a trace writes it.
//!
//! The JSON form: `{"address":"A4:C1:38:02:83:F4","local_name":null,"rssi":-60,
//! "service_data":{"fe95":"58585b05…"},"manufacturer_data":{"0157":"…"}}`, bytes in hexadecimal,
//! keys as 16-bit numbers (longer service UUIDs in full).

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use crate::Mac;

/// One advertisement of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Who advertises.
    pub address: Mac,
    /// The advertised name.
    pub name: Option<String>,
    /// Signal strength in dBm, where it was told.
    pub rssi: Option<i16>,
    /// Service data by 16-bit service UUID.
    pub service_data: Vec<(u16, Vec<u8>)>,
    /// Manufacturer data by company identifier.
    pub manufacturer_data: Vec<(u16, Vec<u8>)>,
}

/// The tail of the Bluetooth base UUID, into which 16-bit UUIDs are folded.
const BASE_UUID: &str = "-0000-1000-8000-00805f9b34fb";

/// The 16-bit form of a service UUID, or `None` where it has none.
#[must_use]
pub fn short_uuid(text: &str) -> Option<u16> {
    let text = text.to_ascii_lowercase();
    let digits = match text.strip_suffix(BASE_UUID) {
        Some(head) => head.strip_prefix("0000")?,
        None => &text,
    };
    (digits.len() == 4)
        .then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
}

impl Advert {
    /// The data of service `uuid`.
    #[must_use]
    pub fn service(&self, uuid: u16) -> Option<&[u8]> {
        self.service_data
            .iter()
            .find(|(u, _)| *u == uuid)
            .map(|(_, d)| d.as_slice())
    }

    /// One line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let table = |rows: &[(u16, Vec<u8>)]| -> Map<String, Json> {
            rows.iter()
                .map(|(id, data)| (format!("{id:04x}"), Json::String(to_hex(data))))
                .collect()
        };
        serde_json::json!({
            "address": self.address.colons(),
            "local_name": self.name,
            "rssi": self.rssi,
            "service_data": table(&self.service_data),
            "manufacturer_data": table(&self.manufacturer_data),
        })
        .to_string()
    }

    /// From its JSON form.
    ///
    /// # Errors
    /// Names the member that is missing or wrong.
    pub fn from_json(text: &str) -> Result<Self, AdvertError> {
        let json: Json =
            serde_json::from_str(text).map_err(|e| AdvertError(format!("no JSON: {e}")))?;
        Self::from_value(&json)
    }

    /// From its parsed JSON form.
    ///
    /// # Errors
    /// Names the member that is missing or wrong.
    pub fn from_value(json: &Json) -> Result<Self, AdvertError> {
        let member = |what: &str| AdvertError(format!("`{what}` is missing or wrong"));
        let address = json["address"]
            .as_str()
            .and_then(|t| t.parse().ok())
            .ok_or_else(|| member("address"))?;
        Ok(Self {
            address,
            name: json["local_name"].as_str().map(str::to_owned),
            rssi: json["rssi"].as_i64().and_then(|n| i16::try_from(n).ok()),
            service_data: rows(json, "service_data", short_uuid)?,
            manufacturer_data: rows(json, "manufacturer_data", |key| {
                u16::from_str_radix(key, 16).ok()
            })?,
        })
    }
}

type Rows = Vec<(u16, Vec<u8>)>;

fn rows(json: &Json, what: &str, id: impl Fn(&str) -> Option<u16>) -> Result<Rows, AdvertError> {
    let Some(object) = json[what].as_object() else {
        return Ok(Rows::new());
    };
    let mut rows = Rows::new();
    for (key, data) in object {
        let data = data
            .as_str()
            .and_then(from_hex)
            .ok_or_else(|| AdvertError(format!("`{what}.{key}` is not hexadecimal")))?;
        // Services with 128-bit UUIDs of their own are none of our formats yet.
        if let Some(id) = id(key) {
            rows.push((id, data));
        }
    }
    Ok(rows)
}

/// A text that is no advertisement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("advert: {0}")]
pub struct AdvertError(String);

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    // from_str_radix would take a sign for a digit.
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|p| u8::from_str_radix(p, 16).ok())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advert_survives_its_json_form() {
        let advert = Advert {
            address: Mac([0xa4, 0xc1, 0x38, 2, 0x83, 0xf4]),
            name: Some("LYWSD03MMC".into()),
            rssi: Some(-61),
            service_data: vec![(0xfe95, vec![0x58, 0x58])],
            manufacturer_data: vec![(0x0157, vec![1, 2])],
        };
        assert_eq!(Advert::from_json(&advert.to_json()).unwrap(), advert);
    }

    #[test]
    fn long_forms_of_short_uuids_are_known() {
        assert_eq!(
            short_uuid("0000fe95-0000-1000-8000-00805f9b34fb"),
            Some(0xfe95)
        );
        assert_eq!(short_uuid("ebe0ccb0-7a0a-4b0c-8a1a-6ff2997da3a6"), None);
    }

    #[test]
    fn wrong_members_are_named() {
        let error =
            Advert::from_json(r#"{"address":"A4:C1:38:02:83:F4","service_data":{"fe95":"5"}}"#);
        assert_eq!(
            error.unwrap_err().to_string(),
            "advert: `service_data.fe95` is not hexadecimal"
        );
        assert_eq!(
            Advert::from_json("{}").unwrap_err().to_string(),
            "advert: `address` is missing or wrong"
        );
    }
}
