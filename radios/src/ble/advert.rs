//! One advertisement, as BlueZ reports it and as a trace writes it.
//!
//! The JSON form: `{"address":"A4:C1:38:02:83:F4","local_name":null,"rssi":-60,
//! "tx_power":null,"address_type":"public","service_uuids":["fee0"],
//! "service_data":{"fe95":"58585b05…"},"manufacturer_data":{"0157":"…"}}`, bytes in hexadecimal,
//! companies as 16-bit numbers, services as [`ServiceUuid`] prints them. All but `address` may be
//! missing. With a member `raw`, the AD structures of one advert as they were on the air, the others
//! are what was gathered of its sender before: what `raw` tells wins.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::{ServiceUuid, ad};
use crate::Mac;

/// One advertisement of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Who advertises.
    pub address: Mac,
    /// Whether the address is a random one, which devices may change as they please.
    pub random: bool,
    /// The advertised name.
    pub name: Option<String>,
    /// Signal strength in dBm, where it was told.
    pub rssi: Option<i16>,
    /// The power it was sent with, in dBm, where the sender tells it.
    pub tx_power: Option<i16>,
    /// Services the sender says it has.
    pub services: Vec<ServiceUuid>,
    /// Service data by service.
    pub service_data: Vec<(ServiceUuid, Vec<u8>)>,
    /// Manufacturer data by company identifier.
    pub manufacturer_data: Vec<(u16, Vec<u8>)>,
}

impl Default for Advert {
    /// Of address 0, saying nothing.
    fn default() -> Self {
        Self {
            address: Mac([0; 6]),
            random: false,
            name: None,
            rssi: None,
            tx_power: None,
            services: Vec::new(),
            service_data: Vec::new(),
            manufacturer_data: Vec::new(),
        }
    }
}

impl Advert {
    /// The data of service `uuid`.
    #[must_use]
    pub fn service(&self, uuid: u16) -> Option<&[u8]> {
        let uuid = ServiceUuid::of(uuid);
        self.service_data
            .iter()
            .find(|(u, _)| *u == uuid)
            .map(|(_, d)| d.as_slice())
    }

    /// The data of maker `company`.
    #[must_use]
    pub fn maker(&self, company: u16) -> Option<&[u8]> {
        self.manufacturer_data
            .iter()
            .find(|(c, _)| *c == company)
            .map(|(_, d)| d.as_slice())
    }

    /// Whether the sender says that it has service `uuid`.
    #[must_use]
    pub fn offers(&self, uuid: impl Into<ServiceUuid>) -> bool {
        self.services.contains(&uuid.into())
    }

    /// One line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let services: Map<String, Json> = self
            .service_data
            .iter()
            .map(|(uuid, data)| (uuid.to_string(), Json::String(to_hex(data))))
            .collect();
        let makers: Map<String, Json> = self
            .manufacturer_data
            .iter()
            .map(|(id, data)| (format!("{id:04x}"), Json::String(to_hex(data))))
            .collect();
        let uuids: Vec<String> = self.services.iter().map(ToString::to_string).collect();
        serde_json::json!({
            "address": self.address.colons(),
            "address_type": if self.random { "random" } else { "public" },
            "local_name": self.name,
            "rssi": self.rssi,
            "tx_power": self.tx_power,
            "service_uuids": uuids,
            "service_data": services,
            "manufacturer_data": makers,
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
        let address = json["address"]
            .as_str()
            .and_then(|t| t.parse().ok())
            .ok_or_else(|| wrong("address"))?;
        let power = |what: &str| json[what].as_i64().and_then(|n| i16::try_from(n).ok());
        let mut advert = Self {
            address,
            random: json["address_type"] == "random",
            name: json["local_name"].as_str().map(str::to_owned),
            rssi: power("rssi"),
            tx_power: power("tx_power"),
            services: json["service_uuids"]
                .as_array()
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .map(|uuid| uuid.as_str()?.parse().ok())
                .collect::<Option<_>>()
                .ok_or_else(|| wrong("service_uuids"))?,
            service_data: rows(json, "service_data", |key| key.parse().ok())?,
            manufacturer_data: rows(json, "manufacturer_data", |key| {
                u16::from_str_radix(key, 16).ok()
            })?,
        };
        if let Some(raw) = json["raw"].as_str() {
            let mut aired = Self::default();
            ad::read(&from_hex(raw).ok_or_else(|| wrong("raw"))?, &mut aired);
            advert.update(aired);
        }
        Ok(advert)
    }

    /// Puts what a newer advert of the same sender tells in the place of the old.
    fn update(&mut self, newer: Self) {
        fn replace<T>(old: &mut Vec<T>, new: Vec<T>) {
            if !new.is_empty() {
                *old = new;
            }
        }
        replace(&mut self.services, newer.services);
        replace(&mut self.service_data, newer.service_data);
        replace(&mut self.manufacturer_data, newer.manufacturer_data);
        self.name = newer.name.or_else(|| self.name.take());
        self.tx_power = newer.tx_power.or(self.tx_power);
    }
}

fn wrong(what: &str) -> AdvertError {
    AdvertError(format!("`{what}` is missing or wrong"))
}

fn rows<K>(
    json: &Json,
    what: &str,
    id: impl Fn(&str) -> Option<K>,
) -> Result<Vec<(K, Vec<u8>)>, AdvertError> {
    let Some(object) = json[what].as_object() else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::with_capacity(object.len());
    for (key, data) in object {
        let data = data
            .as_str()
            .and_then(from_hex)
            .ok_or_else(|| AdvertError(format!("`{what}.{key}` is not hexadecimal")))?;
        let id = id(key).ok_or_else(|| wrong(&format!("{what}.{key}")))?;
        rows.push((id, data));
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
            random: true,
            rssi: Some(-61),
            tx_power: Some(4),
            services: vec![0xfee0.into(), ServiceUuid(1)],
            service_data: vec![(0xfe95.into(), vec![0x58, 0x58])],
            manufacturer_data: vec![(0x0157, vec![1, 2])],
        };
        assert_eq!(Advert::from_json(&advert.to_json()).unwrap(), advert);
    }

    #[test]
    fn what_was_on_the_air_beats_what_was_gathered() {
        let text = r#"{"address":"49:22:08:15:00:BB","local_name":"tps",
            "manufacturer_data":{"0898":"00000007bc0008","08c0":"00000026710008"},
            "raw":"0302f0ff0affc00800000026710008"}"#;
        let advert = Advert::from_json(text).unwrap();
        assert_eq!(advert.name.as_deref(), Some("tps"));
        assert_eq!(advert.services, [ServiceUuid::of(0xfff0)]);
        assert_eq!(advert.manufacturer_data.len(), 1);
        assert_eq!(advert.manufacturer_data[0].0, 0x08c0);
    }

    #[test]
    fn wrong_members_are_named() {
        let error =
            Advert::from_json(r#"{"address":"A4:C1:38:02:83:F4","service_data":{"fe95":"5"}}"#);
        assert_eq!(
            error.unwrap_err().to_string(),
            "advert: `service_data.fe95` is not hexadecimal"
        );
        for (member, value) in [
            ("service_uuids", r#"["fee"]"#),
            ("service_data.fee", r#"{"fee":""}"#),
            ("manufacturer_data.x", r#"{"x":""}"#),
        ] {
            let name = member.split('.').next().unwrap_or_default();
            let text = format!(r#"{{"address":"A4:C1:38:02:83:F4","{name}":{value}}}"#);
            assert_eq!(
                Advert::from_json(&text).unwrap_err().to_string(),
                format!("advert: `{member}` is missing or wrong")
            );
        }
        assert_eq!(
            Advert::from_json("{}").unwrap_err().to_string(),
            "advert: `address` is missing or wrong"
        );
    }
}
