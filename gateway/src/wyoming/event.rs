//! The frame of every Wyoming event: a line of JSON, then as many bytes of data and payload as it says.
//!
//! ```text
//! {"type":"audio-chunk","version":"1.10.2","data_length":62,"payload_length":2048}\n
//! {"rate":16000,"width":2,"channels":1,"timestamp":0} …                  62 bytes, merged over "data"
//! … 2048 bytes of sound
//! ```
//!
//! The contract: [`Reader`] takes bytes as they come, in any pieces, and gives whole events. It never holds
//! more than came, and never more than the largest event; after an error the stream cannot be read any further.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Bytes of a header line, at most.
pub const MAX_LINE: usize = 128 * 1024;

/// Bytes of an event's data, at most.
pub const MAX_DATA: usize = 128 * 1024;

/// Bytes of an event's payload, at most: 5 s of sound at 48 kHz.
pub const MAX_PAYLOAD: usize = 512 * 1024;

/// The version of the protocol that is written.
const VERSION: &str = "1.8.0";

/// An event, not yet understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// What it is: `audio-chunk`, `run-satellite`, …
    pub kind: String,
    /// What it says.
    pub data: Map<String, Value>,
    /// Its bytes, mostly sound.
    pub payload: Vec<u8>,
}

/// Why a stream cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The header has no end.
    #[error("header: longer than {MAX_LINE} bytes")]
    Endless,
    /// The header is no such JSON.
    #[error("header: {0}")]
    Header(String),
    /// A part is larger than anybody needs.
    #[error("{field}: {length} bytes; at most {most} are taken")]
    TooLong {
        /// Which part.
        field: &'static str,
        /// Its length.
        length: usize,
        /// The most that is taken.
        most: usize,
    },
    /// The data are no JSON object.
    #[error("data: {0}")]
    Data(String),
}

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: Option<Map<String, Value>>,
    #[serde(default)]
    data_length: Option<usize>,
    #[serde(default)]
    payload_length: Option<usize>,
}

impl Header {
    fn parse(line: &[u8]) -> Result<Self, ReadError> {
        let header: Self =
            serde_json::from_slice(line).map_err(|error| ReadError::Header(error.to_string()))?;
        for (field, length, most) in [
            ("data_length", header.data_length, MAX_DATA),
            ("payload_length", header.payload_length, MAX_PAYLOAD),
        ] {
            let length = length.unwrap_or(0);
            if length > most {
                return Err(ReadError::TooLong {
                    field,
                    length,
                    most,
                });
            }
        }
        Ok(header)
    }

    fn lengths(&self) -> (usize, usize) {
        (
            self.data_length.unwrap_or(0),
            self.payload_length.unwrap_or(0),
        )
    }
}

/// Finds events in a stream of bytes.
#[derive(Default)]
pub struct Reader {
    bytes: Vec<u8>,
    /// What was looked at in vain for the end of a line.
    seen: usize,
    header: Option<Header>,
    broken: Option<ReadError>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("bytes", &self.bytes.len())
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// Takes what came. To be followed by [`Self::event`] until that gives nothing.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Whether an event has begun and not ended.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.header.is_some() || !self.bytes.is_empty()
    }

    /// The next whole event, if there is one.
    ///
    /// # Errors
    /// When the stream is no Wyoming; from then on always.
    pub fn event(&mut self) -> Result<Option<Event>, ReadError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let next = self.read();
        if let Err(error) = &next {
            self.broken = Some(error.clone());
            self.bytes = Vec::new();
        }
        next
    }

    fn read(&mut self) -> Result<Option<Event>, ReadError> {
        let header = match self.header.take() {
            Some(header) => header,
            None => match self.line()? {
                Some(header) => header,
                None => return Ok(None),
            },
        };
        let (data, payload) = header.lengths();
        if self.bytes.len() < data + payload {
            self.header = Some(header);
            return Ok(None);
        }
        let mut members = header.data.unwrap_or_default();
        if let Some(text) = self.bytes.get(..data).filter(|text| !text.is_empty()) {
            let more: Map<String, Value> =
                serde_json::from_slice(text).map_err(|error| ReadError::Data(error.to_string()))?;
            members.extend(more);
        }
        let event = Event {
            kind: header.kind,
            data: members,
            payload: self
                .bytes
                .get(data..data + payload)
                .unwrap_or_default()
                .to_vec(),
        };
        self.take(data + payload);
        Ok(Some(event))
    }

    /// The next header, if its line has ended.
    fn line(&mut self) -> Result<Option<Header>, ReadError> {
        let rest = self.bytes.get(self.seen..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            self.seen = self.bytes.len();
            if self.seen > MAX_LINE {
                return Err(ReadError::Endless);
            }
            return Ok(None);
        };
        let end = self.seen + end;
        if end > MAX_LINE {
            return Err(ReadError::Endless);
        }
        let header = Header::parse(self.bytes.get(..end).unwrap_or_default())?;
        self.take(end + 1);
        Ok(Some(header))
    }

    fn take(&mut self, count: usize) {
        self.bytes.drain(..count.min(self.bytes.len()));
        self.seen = 0;
        // What one large event needed is not kept for small ones.
        if self.bytes.capacity() > 64 * 1024 && self.bytes.len() < 16 * 1024 {
            self.bytes.shrink_to(16 * 1024);
        }
    }
}

impl Event {
    /// The event as it is sent.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Peers read short lines only: data always follow.
        let data = if self.data.is_empty() {
            Vec::new()
        } else {
            // Writing a map of values cannot fail.
            serde_json::to_vec(&self.data).unwrap_or_default()
        };
        let mut header = Map::new();
        header.insert("type".to_owned(), self.kind.as_str().into());
        header.insert("version".to_owned(), VERSION.into());
        if !data.is_empty() {
            header.insert("data_length".to_owned(), data.len().into());
        }
        if !self.payload.is_empty() {
            header.insert("payload_length".to_owned(), self.payload.len().into());
        }
        let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(&data);
        bytes.extend_from_slice(&self.payload);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(bytes: &[u8]) -> Result<Vec<Event>, ReadError> {
        let mut reader = Reader::default();
        reader.push(bytes);
        let mut events = Vec::new();
        while let Some(event) = reader.event()? {
            events.push(event);
        }
        Ok(events)
    }

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn data_may_be_in_the_line_and_behind_it() {
        let bytes = b"{\"type\":\"a\",\"data\":{\"x\":1,\"y\":1},\"data_length\":7,\"payload_length\":2}\n{\"y\":2}hi{\"type\":\"b\"}\n";
        assert_eq!(
            read(bytes).unwrap(),
            [
                Event {
                    kind: "a".into(),
                    data: map(&json!({"x": 1, "y": 2})),
                    payload: b"hi".to_vec()
                },
                Event {
                    kind: "b".into(),
                    ..Event::default()
                }
            ]
        );
    }

    #[test]
    fn nothing_larger_than_needed_is_taken() {
        let error = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert_eq!(
            error(b"{\"type\":\"a\",\"payload_length\":4000000000}\n"),
            "payload_length: 4000000000 bytes; at most 524288 are taken"
        );
        assert_eq!(
            error(b"{\"type\":\"a\",\"data_length\":131073}\n"),
            "data_length: 131073 bytes; at most 131072 are taken"
        );
        assert!(error(b"GET / HTTP/1.1\r\n").starts_with("header: expected value"));
        assert!(error(b"{\"data\":{}}\n").contains("missing field `type`"));
        assert!(error(b"{\"type\":\"a\",\"data_length\":-1}\n").starts_with("header: "));
        assert!(error(b"{\"type\":\"a\",\"data_length\":2}\n[]").starts_with("data: "));
        assert_eq!(
            error(&[b'x'; MAX_LINE + 1]),
            "header: longer than 131072 bytes"
        );
        assert_eq!(read(&[b'x'; MAX_LINE]), Ok(Vec::new()));
    }

    #[test]
    fn after_an_error_nothing_is_read_or_kept() {
        let mut reader = Reader::default();
        reader.push(b"nonsense\n");
        let error = reader.event().unwrap_err();
        reader.push(b"{\"type\":\"a\"}\n");
        assert_eq!(reader.event(), Err(error));
        assert!(!reader.is_within());
    }

    fn event() -> impl Strategy<Value = Event> {
        let value = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            ".*".prop_map(Value::from),
            Just(Value::Null),
        ];
        (
            "[a-z-]{1,20}",
            proptest::collection::btree_map("[a-z_]{1,9}", value, 0..5),
            proptest::collection::vec(any::<u8>(), 0..300),
        )
            .prop_map(|(kind, data, payload)| Event {
                kind,
                data: data.into_iter().collect(),
                payload,
            })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_in_any_pieces(
            events in proptest::collection::vec(event(), 0..5),
            pieces in proptest::collection::vec(1usize..200, 1..40),
        ) {
            let bytes: Vec<u8> = events.iter().flat_map(Event::encode).collect();
            let mut reader = Reader::default();
            let mut got = Vec::new();
            let mut rest = bytes.as_slice();
            let mut sizes = pieces.iter().cycle();
            while !rest.is_empty() {
                let size = (*sizes.next().unwrap()).min(rest.len());
                let (piece, more) = rest.split_at(size);
                rest = more;
                reader.push(piece);
                while let Some(event) = reader.event().unwrap() {
                    got.push(event);
                }
            }
            prop_assert_eq!(got, events);
            prop_assert!(!reader.is_within());
        }

        #[test]
        fn garbage_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = read(&bytes);
        }

        #[test]
        fn damaged_events_are_survived(event in event(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut bytes = event.encode();
            let at = at.index(bytes.len());
            bytes[at] = with;
            let _ = read(&bytes);
        }
    }
}
