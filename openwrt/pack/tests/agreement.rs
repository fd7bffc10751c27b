//! What is packed without the SDK is what the feed's Makefile describes.

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

/// One gateway, three packages of it: each in place of the others, and each with the files of the others.
#[test]
fn the_packages_of_the_gateway_differ_in_what_the_program_carries() {
    let openwrt = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| -> Definition {
        definition::read(&openwrt.join(name).join("package.toml")).unwrap()
    };
    let places = |definition: &Definition| -> Vec<String> {
        definition
            .install
            .iter()
            .map(|one| one.to.clone())
            .collect()
    };
    let hearth = read("hearth");
    assert_eq!(hearth.conflicts, ["hearth-full", "hearth-mini"]);
    for (name, feature, conflicts) in [
        ("hearth-mini", "mini", ["hearth", "hearth-full"]),
        ("hearth-full", "full", ["hearth", "hearth-mini"]),
    ] {
        let other = read(name);
        assert_eq!(other.name, name);
        assert_eq!(other.provides, ["hearth"]);
        assert_eq!(other.conflicts, conflicts);
        assert_eq!(other.depends, hearth.depends);
        assert_eq!(other.conffiles, hearth.conffiles);
        assert_eq!(other.user, hearth.user);
        assert_eq!(other.targets, hearth.targets);
        assert_eq!(places(&other), places(&hearth));
        assert_eq!(other.parts.unwrap().features, [feature]);
        assert!(
            other
                .install
                .iter()
                .any(|one| one.from == format!("{{build}}/{name}"))
        );
    }
    // Speech is of use to the one that understands it only.
    assert_eq!(read("hearth-voice").depends, ["hearth-full"]);
}
