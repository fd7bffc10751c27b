//! Kegtron keg monitors (company FFFF, 27 bytes).
//!
//! ```text
//! u16be size mL | u16be volume at start mL | u16be dispensed mL | port u8 | name 20
//! port: bit 0 configured, bit 4 the second one, bit 6 there are two
//! ```

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0xffff;
const LENGTH: usize = 27;
const NAME: usize = 20;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

/// Kegs by millilitres.
static KEGS: &[(u16, &str)] = &[
    (9464, "Half Corny (2.5 gal)"),
    (18927, "Corny (5.0 gal)"),
    (19550, "1/6 Barrel (5.167 gal)"),
    (19558, "1/6 Barrel (5.167 gal)"),
    (19711, "1/6 Barrel (5.167 gal)"),
    (20000, "20L (5.283 gal)"),
    (20457, "Pin (5.404 gal)"),
    (29337, "1/4 Barrel (7.75 gal)"),
    (40915, "Firkin (10.809 gal)"),
    (50000, "50L (13.209 gal)"),
    (58674, "1/2 Barrel (15.5 gal)"),
];

fn litres(millilitres: u16) -> Value {
    Value::rounded(f64::from(millilitres) / 1000.0, 3)
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    const CONFIGURED: u8 = 1;
    const SECOND: u8 = 1 << 4;
    const TWO: u8 = 1 << 6;
    // The company stands for none: who else uses it has other lengths or bits.
    if heard.data.len() != LENGTH {
        return Err(DecodeError::Unknown);
    }
    let mut fields = Fields(heard.data);
    let size = fields.be_u16("size")?;
    let start = fields.be_u16("volume at start")?;
    let dispensed = fields.be_u16("volume dispensed")?;
    let port = fields.u8("port")?;
    if port & !(CONFIGURED | SECOND | TWO) != 0 {
        return Err(DecodeError::Unknown);
    }
    let name = fields.bytes("port name", NAME)?;
    let name = std::str::from_utf8(name).map_err(|_| DecodeError::Unknown)?;
    let has = |bit: u8| port & bit != 0;
    let mut reading = Reading {
        model: Some(if has(TWO) { "KT-200" } else { "KT-100" }),
        vendor: Some("Kegtron"),
        ..Reading::of("kegtron")
    };
    let keg = KEGS.iter().find(|(known, _)| *known == size);
    reading.put(
        "keg_size",
        keg.map_or_else(
            || Value::from(format!("Other ({} L)", f64::from(size) / 1000.0)),
            |(_, name)| (*name).into(),
        ),
    );
    reading.put("volume_start", litres(start));
    let (index, property) = if has(SECOND) {
        (2u8, "volume_dispensed_port_2")
    } else {
        (1, "volume_dispensed_port_1")
    };
    reading.put(property, litres(dispensed));
    reading.put("port_index", index);
    let count = if has(TWO) {
        "Dual port device"
    } else {
        "Single port device"
    };
    reading.put("port_count", count);
    let state = if has(CONFIGURED) {
        "configured"
    } else {
        "unconfigured (new device)"
    };
    reading.put("port_state", state);
    reading.put("port_name", name.trim_end_matches('\0').to_owned());
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, said};

    #[test]
    fn a_second_port() {
        let hex = "49ef138802e251326e6420506f7274000000000000000000000000";
        assert_eq!(
            said(&maker(0xffff, hex)).as_deref(),
            Ok(
                "keg_size=\"Corny (5.0 gal)\" volume_start=5 volume_dispensed_port_2=0.738 \
                port_index=2 port_count=\"Dual port device\" port_state=\"configured\" \
                port_name=\"2nd Port\""
            )
        );
    }

    #[test]
    fn others_use_the_company_too() {
        let no_port = "49ef138802e2ff326e6420506f7274000000000000000000000000";
        assert!(said(&maker(0xffff, no_port)).is_err());
        let no_name = "49ef138802e251ffffffff506f7274000000000000000000000000";
        assert!(said(&maker(0xffff, no_name)).is_err());
    }
}
