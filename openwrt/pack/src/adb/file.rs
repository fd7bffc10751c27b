//! The file around a tree: magic, compression, blocks.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use nom::Parser;
use nom::bytes::complete::{tag, take};
use nom::number::complete::{le_u32, le_u64};

use super::AdbError;

/// What a block holds.
mod block {
    pub(super) const TREE: u32 = 0;
    pub(super) const SIGNATURE: u32 = 1;
    pub(super) const DATA: u32 = 2;
    pub(super) const EXTENDED: u32 = 3;
}

/// The largest length, with its word, that fits beside two bits of type.
const SHORT: usize = 0x3fff_ffff;

/// No file of ours, or that is read here, unpacks to more.
const LIMIT: u64 = 256 << 20;

/// The parts of a file, unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdbFile {
    /// The schema's four letters, see [`super::schema::magic`].
    pub schema: u32,
    /// The tree.
    pub tree: Vec<u8>,
    /// Signatures of the tree.
    pub signatures: Vec<Vec<u8>>,
    /// Contents of files: each starts with the numbers of its folder and file (from one).
    pub data: Vec<Vec<u8>>,
}

impl AdbFile {
    /// The bytes of the file before compression.
    #[must_use]
    pub fn plain(&self) -> Vec<u8> {
        let mut out = b"ADB.".to_vec();
        out.extend_from_slice(&self.schema.to_le_bytes());
        write_block(&mut out, block::TREE, &self.tree);
        for signature in &self.signatures {
            write_block(&mut out, block::SIGNATURE, signature);
        }
        for data in &self.data {
            write_block(&mut out, block::DATA, data);
        }
        out
    }

    /// The bytes of the file, compressed.
    #[must_use]
    pub fn packed(&self) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(b"ADBd".to_vec(), Compression::best());
        // Writing into memory does not fail.
        let _ = encoder.write_all(&self.plain());
        encoder.finish().unwrap_or_default()
    }

    /// Reads a file, compressed or not.
    ///
    /// # Errors
    /// When it is none, is cut short, or unpacks to more than 256 MB.
    pub fn parse(bytes: &[u8]) -> Result<Self, AdbError> {
        match bytes.get(..4) {
            Some(b"ADB.") => Self::parse_plain(bytes),
            Some(b"ADBd") => {
                let mut plain = Vec::new();
                DeflateDecoder::new(&bytes[4..])
                    .take(LIMIT + 1)
                    .read_to_end(&mut plain)
                    .map_err(|e| AdbError::Compression(e.to_string()))?;
                if plain.len() as u64 > LIMIT {
                    return Err(AdbError::Size);
                }
                Self::parse_plain(&plain)
            }
            Some(b"ADBc") => Err(AdbError::Compression(
                "only plain and deflate are read".to_owned(),
            )),
            _ => Err(AdbError::Magic),
        }
    }

    fn parse_plain(bytes: &[u8]) -> Result<Self, AdbError> {
        let mut start = (tag(&b"ADB."[..]), le_u32::<_, nom::error::Error<&[u8]>>);
        let (mut rest, (_, schema)) = start.parse(bytes).map_err(|_| AdbError::Magic)?;
        let mut file = Self {
            schema,
            ..Self::default()
        };
        let mut last = None;
        while !rest.is_empty() {
            let (after, (kind, content)) = read_block(rest)?;
            rest = after;
            match (kind, last) {
                (block::TREE, None) => file.tree = content.to_vec(),
                (block::SIGNATURE, Some(block::TREE | block::SIGNATURE)) => {
                    file.signatures.push(content.to_vec());
                }
                (block::DATA, Some(_)) => file.data.push(content.to_vec()),
                _ => return Err(AdbError::Block(kind)),
            }
            last = Some(kind);
        }
        if last.is_none() {
            return Err(AdbError::Cut("blocks"));
        }
        Ok(file)
    }
}

fn write_block(out: &mut Vec<u8>, kind: u32, content: &[u8]) {
    let whole = content.len() + 4;
    match u32::try_from(whole) {
        Ok(word) if whole <= SHORT => {
            out.extend_from_slice(&(kind << 30 | word).to_le_bytes());
        }
        _ => {
            out.extend_from_slice(&(block::EXTENDED << 30 | kind).to_le_bytes());
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(&(content.len() as u64 + 16).to_le_bytes());
        }
    }
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(8), 0);
}

/// A block's type and content.
type Block<'a> = (u32, &'a [u8]);

/// One block and its padding.
fn read_block(input: &[u8]) -> Result<(&[u8], Block<'_>), AdbError> {
    type Failed<'a> = nom::Err<nom::error::Error<&'a [u8]>>;
    let cut = |_: Failed<'_>| AdbError::Cut("block");
    let (after, word) = le_u32(input).map_err(cut)?;
    let (kind, head, raw, after) = if word >> 30 == block::EXTENDED {
        let (after, (_, raw)) = (le_u32, le_u64).parse(after).map_err(cut)?;
        (word & 0x3fff_ffff, 16, raw, after)
    } else {
        (word >> 30, 4, u64::from(word & 0x3fff_ffff), after)
    };
    let length = raw
        .checked_sub(head)
        .and_then(|length| usize::try_from(length).ok())
        .ok_or(AdbError::Cut("block"))?;
    // A head of 16 bytes does not move the end within its eight bytes, one of 4 does.
    let padding = if head == 4 {
        length.wrapping_add(4)
    } else {
        length
    }
    .wrapping_neg()
        % 8;
    let (after, (content, _)) = (take(length), take(padding)).parse(after).map_err(cut)?;
    Ok((after, (kind, content)))
}
