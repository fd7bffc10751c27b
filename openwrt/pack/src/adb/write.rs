//! The tree of values, written.

use std::collections::HashMap;

use super::{HEADER, Value, kind};

/// The largest tree: 28 bits of place.
const LIMIT: usize = 0x0fff_ffff;

/// Puts values into one stretch of bytes, equal ones once.
///
/// Values are laid down in the order of the calls, so equal calls give equal bytes.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, usize>,
    full: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            bytes: vec![0; HEADER],
            known: HashMap::new(),
            full: false,
        }
    }
}

impl Writer {
    /// A number: in the word itself when 28 bits hold it.
    pub fn int(&mut self, number: u64) -> Value {
        match u32::try_from(number) {
            Ok(small) if small < 1 << 28 => Value::new(kind::INT, small),
            Ok(word) => self.stored(kind::INT_32, &word.to_le_bytes(), 4),
            Err(_) => self.stored(kind::INT_64, &number.to_le_bytes(), 4),
        }
    }

    /// Bytes or text with its length before it. An empty one is nothing.
    pub fn blob(&mut self, content: &[u8]) -> Value {
        let Some((kind, length, align)) = prefix(content.len()) else {
            return Value::NULL;
        };
        let mut whole = length;
        whole.extend_from_slice(content);
        self.stored(kind, &whole, align)
    }

    /// Bytes that get a place of their own, and that place: for what is filled in once the tree is whole.
    pub fn blob_apart(&mut self, content: &[u8]) -> (Value, usize) {
        let Some((kind, length, align)) = prefix(content.len()) else {
            return (Value::NULL, 0);
        };
        let head = length.len();
        let mut whole = length;
        whole.extend_from_slice(content);
        let at = self.laid(&whole, align);
        (self.word(kind, at), at + head)
    }

    /// An object: its fields from the first on. Trailing nothings are left out; without any field it is nothing.
    pub fn object(&mut self, fields: &[Value]) -> Value {
        self.slots(fields)
    }

    /// An array in the order given, without the nothings in it. apk-tools marks it as an object, too.
    pub fn array(&mut self, items: &[Value]) -> Value {
        let items: Vec<Value> = items.iter().copied().filter(|v| !v.is_null()).collect();
        self.slots(&items)
    }

    /// The finished tree, or nothing when it did not fit into 28 bits of place.
    #[must_use]
    pub fn finish(mut self, root: Value) -> Option<Vec<u8>> {
        self.bytes[4..HEADER].copy_from_slice(&root.0.to_le_bytes());
        (!self.full).then_some(self.bytes)
    }

    fn slots(&mut self, values: &[Value]) -> Value {
        let used = values
            .iter()
            .rposition(|v| !v.is_null())
            .map_or(0, |at| at + 1);
        if used == 0 {
            return Value::NULL;
        }
        // The first slot counts all of them, itself included.
        let count = u32::try_from(used + 1).unwrap_or(u32::MAX);
        let words = std::iter::once(count).chain(values[..used].iter().map(|v| v.0));
        let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        self.stored(kind::OBJECT, &bytes, 4)
    }

    fn stored(&mut self, kind: u32, bytes: &[u8], align: usize) -> Value {
        let at = match self.known.get(bytes) {
            Some(&at) if at % align == 0 => at,
            _ => {
                let at = self.laid(bytes, align);
                self.known.insert(bytes.to_vec(), at);
                at
            }
        };
        self.word(kind, at)
    }

    fn laid(&mut self, bytes: &[u8], align: usize) -> usize {
        self.bytes
            .resize(self.bytes.len().next_multiple_of(align), 0);
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        at
    }

    fn word(&mut self, kind: u32, at: usize) -> Value {
        self.full |= at > LIMIT;
        Value::new(kind, u32::try_from(at).unwrap_or(0))
    }
}

/// Type, length prefix and alignment of a blob of this length; nothing for an empty one.
fn prefix(length: usize) -> Option<(u32, Vec<u8>, usize)> {
    Some(match length {
        0 => return None,
        1..=0xff => (kind::BLOB_8, vec![u8::try_from(length).ok()?], 1),
        0x100..=0xffff => {
            let length = u16::try_from(length).ok()?;
            (kind::BLOB_16, length.to_le_bytes().to_vec(), 2)
        }
        _ => {
            let length = u32::try_from(length).ok()?;
            (kind::BLOB_32, length.to_le_bytes().to_vec(), 4)
        }
    })
}
