//! opkg's index: the control texts of all packages, each with name, size and checksum of its file.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::package::hex;

/// A package of a feed: the name of its file, and it.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The name of the file.
    pub file_name: &'a str,
    /// The package.
    pub ipk: &'a crate::ipk::Ipk,
}

/// `Packages`, and `Packages.manifest`, which is the same with the maintainer.
#[must_use]
pub fn packages(listed: &[Listed<'_>]) -> (String, String) {
    let (mut short, mut full) = (String::new(), String::new());
    for one in listed {
        for line in one.ipk.control.split_inclusive('\n') {
            if line.starts_with("Description:") {
                let place = place(one);
                short.push_str(&place);
                full.push_str(&place);
            }
            full.push_str(line);
            // As OpenWrt's own feeds leave it out of what every router fetches.
            if !line.starts_with("Maintainer:") {
                short.push_str(line);
            }
        }
        short.push('\n');
        full.push('\n');
    }
    (short, full)
}

fn place(one: &Listed<'_>) -> String {
    let mut text = String::new();
    let sum = hex(&Sha256::digest(&one.ipk.bytes));
    let _ = writeln!(text, "Filename: {}", one.file_name);
    let _ = writeln!(text, "Size: {}", one.ipk.bytes.len());
    let _ = writeln!(text, "SHA256sum: {sum}");
    text
}
