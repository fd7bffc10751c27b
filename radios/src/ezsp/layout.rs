//! What frames look like, as data: for traces, which blank keys in frames they do not decode, and
//! for the test that compares every row with the vendor's layouts.

use super::Version;

/// What a field looks like on the wire.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// So many bytes.
    Fixed(usize),
    /// One byte below version 14, four from there.
    Status,
    /// One byte below the version, so many bytes from there.
    ByteBelow(u8, usize),
    /// There from the version on.
    Since(u8, &'static Self),
    /// There below the version.
    Until(u8, &'static Self),
    /// Not there when the frame ends before.
    Optional(&'static Self),
    /// Items behind their number, which takes so many bytes.
    Counted(usize, &'static Self),
    /// Items to the end of the frame.
    Rest(&'static Self),
    /// So many items.
    Array(&'static Self, usize),
    /// Fields, one after the other.
    Struct(&'static [Field]),
    /// Link quality and RSSI below version 14, the whole packet information from there.
    PacketInfo,
    /// Token information, whose form only its length tells.
    TokenInfo,
    /// Input and output clusters of an endpoint, behind the numbers of both.
    Clusters,
    /// Holds a key.
    Secret(&'static Self),
}

/// A field of a frame or of a struct.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it looks like.
    pub kind: Kind,
}

/// What the parameters look like from a version on.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The version.
    pub since: u8,
    /// The fields in wire order.
    pub fields: &'static [Field],
}

/// Which part of an exchange a row describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A request and its reply.
    Command,
    /// What the NCP sends on its own.
    Callback,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The vendor's name: `getConfigurationValue`.
    pub name: &'static str,
    /// Frame id.
    pub id: u16,
    /// The first version that has it.
    pub first: u8,
    /// The last version that has it.
    pub last: u8,
    /// Command or callback.
    pub form: Form,
    /// From the host to the NCP, newest first; none for a callback.
    pub request: &'static [Layout],
    /// From the NCP to the host, newest first.
    pub reply: &'static [Layout],
    /// Whether values survive writing and reading: made from the bytes, at the version.
    #[cfg(test)]
    pub round_trip: fn(&[u8], Version) -> Result<(), String>,
}

impl Row {
    /// The fields at a version.
    #[must_use]
    pub fn fields(layouts: &'static [Layout], version: Version) -> &'static [Field] {
        let layout = layouts.iter().find(|layout| version.since(layout.since));
        layout.map_or(&[], |layout| layout.fields)
    }
}

/// Whether there is a key in it.
pub(super) fn is_secret(kind: Kind) -> bool {
    match kind {
        Kind::Secret(_) => true,
        Kind::Struct(fields) => fields.iter().any(|field| is_secret(field.kind)),
        Kind::Since(_, kind) | Kind::Until(_, kind) | Kind::Optional(kind) => is_secret(*kind),
        Kind::Array(kind, _) | Kind::Counted(_, kind) | Kind::Rest(kind) => is_secret(*kind),
        _ => false,
    }
}

/// The width of a field at the start of `input`; none when the input is cut short.
pub(super) fn width(kind: Kind, input: &[u8], version: Version) -> Option<usize> {
    let width = match kind {
        Kind::Fixed(width) => width,
        Kind::Status => {
            if version.since(14) {
                4
            } else {
                1
            }
        }
        Kind::PacketInfo => {
            if version.since(14) {
                18
            } else {
                2
            }
        }
        Kind::ByteBelow(from, wide) => {
            if version.since(from) {
                wide
            } else {
                1
            }
        }
        Kind::Since(from, kind) if version.since(from) => width(*kind, input, version)?,
        Kind::Until(from, kind) if !version.since(from) => width(*kind, input, version)?,
        Kind::Since(..) | Kind::Until(..) => 0,
        Kind::Optional(_) if input.is_empty() => 0,
        Kind::Optional(kind) | Kind::Secret(kind) => width(*kind, input, version)?,
        Kind::Counted(prefix, item) => {
            let length = input
                .get(..prefix)?
                .iter()
                .rev()
                .try_fold(0usize, |n, byte| {
                    n.checked_mul(256)?.checked_add(usize::from(*byte))
                })?;
            let item = width(*item, &[], version)?;
            length.checked_mul(item)?.checked_add(prefix)?
        }
        Kind::Rest(_) | Kind::TokenInfo => input.len(),
        Kind::Array(item, count) => width(*item, input, version)?.checked_mul(count)?,
        Kind::Struct(fields) => {
            let mut at = 0;
            for field in fields {
                at += width(field.kind, input.get(at..).unwrap_or_default(), version)?;
            }
            at
        }
        Kind::Clusters => {
            let [inputs, outputs, ..] = *input else {
                return None;
            };
            2 + 2 * (usize::from(inputs) + usize::from(outputs))
        }
    };
    Some(width)
}
