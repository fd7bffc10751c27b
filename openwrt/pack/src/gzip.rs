//! gzip without name or time, so that equal contents give equal bytes.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Nothing that is read here unpacks to more.
const LIMIT: u64 = 256 << 20;

/// Packs.
#[must_use]
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Unpacks; at most 256 MB.
///
/// # Errors
/// When it is no gzip, is damaged, or grows over the limit.
pub fn unpack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes)
        .take(LIMIT + 1)
        .read_to_end(&mut plain)?;
    if plain.len() as u64 > LIMIT {
        return Err(std::io::Error::other("unpacks to more than 256 MB"));
    }
    Ok(plain)
}
