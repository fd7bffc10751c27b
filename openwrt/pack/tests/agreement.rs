//! What is packed without the SDK is what the feed's Makefile describes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use pack::definition::{self, Definition};

#[test]
fn drivers_and_features_are_those_of_the_feed() {
    let openwrt = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let hearth: Definition = definition::read(&openwrt.join("hearth/package.toml")).unwrap();
    let makefile = fs::read_to_string(openwrt.join("hearth/Makefile")).unwrap();
    let makefile = makefile.replace("\\\n", " ");
    let after = |start: &str| {
        makefile
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix(start))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let depends = after("DEPENDS:=");
    let drivers: Vec<&str> = depends
        .split_whitespace()
        .filter_map(|word| word.strip_prefix('+'))
        .collect();
    assert!(drivers.len() >= 4, "{depends}");
    assert_eq!(hearth.depends, drivers);

    // What a router carries, the feed asks about or has.
    let features = after("RUST_PKG_FEATURES");
    let manifest = fs::read_to_string(openwrt.join("../gateway/Cargo.toml")).unwrap();
    let (_, router) = manifest.split_once("\nrouter = [").unwrap();
    let (router, _) = router.split_once(']').unwrap();
    for feature in router.split(',').map(|word| word.trim().trim_matches('"')) {
        let mut words = features.split(|c: char| !c.is_ascii_lowercase());
        assert!(words.any(|word| word == feature), "{feature}: {features}");
    }
    assert_eq!(hearth.parts.unwrap().features, ["router"]);
}

#[test]
fn the_small_package_is_the_large_one_with_less_in_it() {
    let openwrt = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let hearth: Definition = definition::read(&openwrt.join("hearth/package.toml")).unwrap();
    let mini: Definition = definition::read(&openwrt.join("hearth-mini/package.toml")).unwrap();
    assert_eq!(mini.provides, ["hearth"]);
    assert_eq!(mini.depends, hearth.depends);
    assert_eq!(mini.conffiles, hearth.conffiles);
    assert_eq!(mini.user, hearth.user);
    assert_eq!(mini.targets, hearth.targets);
    let places = |definition: &Definition| -> Vec<String> {
        definition
            .install
            .iter()
            .map(|one| one.to.clone())
            .collect()
    };
    assert_eq!(places(&mini), places(&hearth));
    assert_eq!(mini.parts.unwrap().features, ["mini"]);
}
