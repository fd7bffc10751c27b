//! A conversation with ubusd, as captured of the real one (2025-11), byte for byte.

use super::super::blob::kind::TEXT;
use super::*;

const METHODS: &[Method] = &[
    Method {
        name: "status",
        arguments: &[],
    },
    Method {
        name: "say",
        arguments: &[("text", TEXT)],
    },
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .map(|digit| (digit as char).to_digit(16).unwrap() as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn output(client: &mut Client) -> Vec<u8> {
    let bytes = client.output().to_vec();
    client.written(bytes.len());
    bytes
}
