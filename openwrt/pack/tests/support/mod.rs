//! A small home on a router: one of everything a package can hold.
#![allow(dead_code)] // each test program uses its part
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pack::feed::Keys;
use pack::package::Package;
use pack::sign::ec::ApkKey;
use pack::sign::usign::UsignKey;
use pack::tree::{Node, Tree};

/// 2026-01-01: above 28 bits, so that the number needs a place of its own.
pub(crate) const EPOCH: u64 = 1_767_225_600;

pub(crate) fn package() -> Package {
    let mut tree = Tree::default();
    let big: Vec<u8> = (0..70_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let long = format!("usr/share/lamp/{}{}", "deep/".repeat(18), "name".repeat(20));
    for (path, content, mode) in [
        ("etc/config/lamp", b"config lamp 'main'\n".to_vec(), 0o600),
        (
            "etc/init.d/lamp",
            b"#!/bin/sh /etc/rc.common\n".to_vec(),
            0o755,
        ),
        ("etc/uci-defaults/80-lamp", b"exit 0\n".to_vec(), 0o755),
        ("usr/bin/lamp", big, 0o755),
        ("usr/share/lamp/empty", Vec::new(), 0o644),
        (&long, b"x".to_vec(), 0o644),
    ] {
        tree.put(path, Node::File(content), mode).unwrap();
    }
    let link = Node::Link("../../bin/lamp".to_owned());
    tree.put("usr/share/lamp/link", link, 0o777).unwrap();
    tree.put("var/empty", Node::Folder, 0o700).unwrap();
    Package {
        name: "lamp".to_owned(),
        version: "1.2.3-r4".to_owned(),
        architecture: "aarch64_cortex-a53".to_owned(),
        section: "net".to_owned(),
        description: "A lamp.\nIt shines.".to_owned(),
        license: "MIT OR Apache-2.0".to_owned(),
        maintainer: "Somebody <somebody@example.org>".to_owned(),
        url: "https://example.org/lamp".to_owned(),
        source: "feeds/lamp".to_owned(),
        depends: ["libc", "kmod-usb-serial >= 5.10", "bulb=1.0-r1", "ash"]
            .map(|text| text.parse().unwrap())
            .to_vec(),
        provides: Vec::new(),
        conflicts: Vec::new(),
        conffiles: vec!["/etc/config/lamp".to_owned(), "/etc/lamp/".to_owned()],
        user: Some("lamp=6210:lamp=6210:dialout=20,audio=29".to_owned()),
        tree,
        epoch: EPOCH,
    }
}

/// A pair that usign itself made, for these tests only.
pub(crate) const USIGN_SECRET: &str = include_str!("usign.sec");
pub(crate) const USIGN_PUBLIC: &str = include_str!("usign.pub");

pub(crate) fn keys() -> Keys {
    Keys {
        usign: UsignKey::parse(USIGN_SECRET).unwrap(),
        apk: ApkKey::generate().unwrap(),
    }
}
