//! What this program was built with, and what to install where that is not enough.
//!
//! The contract: whoever runs into a part that was left out is told its package, in these words.

/// Whether it understands sentences and speech.
pub const SENTENCES: bool = cfg!(feature = "sentences");

/// Where sentences and speech are.
pub const NO_SENTENCES: &str =
    "this build understands no sentences and no speech; install hearth-full for them";

/// Where TLS is.
pub const NO_TLS: &str = "this build has no TLS; use mqtt://, or install hearth-full";

/// Where satellites are.
pub const NO_WYOMING: &str = "this build has no Wyoming; install hearth-full for it";

/// Where Bluetooth is.
pub const NO_BLUETOOTH: &str = "this build has no Bluetooth; install hearth for it";

/// Every part that can be left out, by the name of its feature, and whether it is there.
pub const PARTS: &[(&str, bool)] = &[
    ("ble", cfg!(feature = "ble")),
    ("embedded-broker", cfg!(feature = "embedded-broker")),
    ("replay", cfg!(feature = "replay")),
    ("sentences", SENTENCES),
    ("sim", cfg!(feature = "sim")),
    ("tls", cfg!(feature = "tls")),
    ("ubus", cfg!(feature = "ubus")),
    ("web", cfg!(feature = "web")),
    ("wyoming", cfg!(feature = "wyoming")),
];

/// Version and parts: `hearth 0.1.0 (ble, ubus, web)`.
#[must_use]
pub fn version() -> String {
    let there = PARTS.iter().filter(|part| part.1).map(|part| part.0);
    let there: Vec<_> = there.collect();
    format!(
        "hearth {} ({})",
        env!("CARGO_PKG_VERSION"),
        there.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A feature of the manifest that is not told here would be missed by whoever asks.
    #[test]
    fn every_feature_is_a_part() {
        let manifest = include_str!("../Cargo.toml");
        let (_, features) = manifest.split_once("\n[features]\n").unwrap();
        let (features, _) = features.split_once("\n[").unwrap();
        let mut named: Vec<_> = features
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = ["))
            .map(|(name, _)| name)
            .filter(|name| !["default", "router", "full", "mini"].contains(name))
            .collect();
        named.sort_unstable();
        let told: Vec<_> = PARTS.iter().map(|part| part.0).collect();
        assert_eq!(named, told);
        assert!(version().ends_with(')') && version().contains("0.1.0 ("));
    }
}
