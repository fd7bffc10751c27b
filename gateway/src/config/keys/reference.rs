//! The reference that `docs/configuration.md` holds, from the tables.

use super::{DEVICE_KEYS, KEYS, SATELLITE_KEYS, SectionKey, TRACKER_KEYS};

/// The reference of all keys, as a Markdown table.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from("| key | default | expects | what for |\n|---|---|---|---|\n");
    for key in KEYS {
        let default = match key.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        out += &format!(
            "| `{}` | {default} | {} | {} |\n",
            key.path, key.expects, key.about
        );
    }
    sections(&mut out, "devices.ADDRESS", DEVICE_KEYS);
    sections(&mut out, "voice.satellites.NAME", SATELLITE_KEYS);
    sections(&mut out, "ble.tracker", TRACKER_KEYS);
    out
}

fn sections<T>(out: &mut String, section: &str, keys: &[SectionKey<T>]) {
    for key in keys {
        *out += &format!(
            "| `{section}.{}` | | {} | {} |\n",
            key.name, key.expects, key.about
        );
    }
}
