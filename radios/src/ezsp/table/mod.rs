//! The table: every command and callback of versions 8 to 19, a file for each subject.
//!
//! To add a command, add a row where its subject is; the macros [`commands!`](super::parameters) and
//! [`callbacks!`](super::parameters) make the structs, both codecs, and the row that traces use. What a field
//! looks like at which version is in [`wire`](super::wire).

mod calibration;
mod callbacks;
mod certificates;
mod core;
mod green_power;
mod manufacturing;
mod messaging;
mod network;
mod security;
mod tables;
mod tokens;
mod touchlink;

#[cfg(test)]
mod test;

use super::Version;
use super::layout::Row;

/// All requests and replies.
pub mod command {
    pub use super::calibration::*;
    pub use super::certificates::*;
    pub use super::core::*;
    pub use super::green_power::*;
    pub use super::manufacturing::*;
    pub use super::messaging::*;
    pub use super::network::*;
    pub use super::security::*;
    pub use super::tables::*;
    pub use super::tokens::*;
    pub use super::touchlink::*;
}

/// All callbacks.
pub mod callback {
    pub use super::callbacks::*;
}

const PARTS: [&[Row]; 12] = [
    core::ROWS,
    callbacks::ROWS,
    network::ROWS,
    messaging::ROWS,
    tables::ROWS,
    security::ROWS,
    tokens::ROWS,
    green_power::ROWS,
    touchlink::ROWS,
    manufacturing::ROWS,
    certificates::ROWS,
    calibration::ROWS,
];

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    PARTS.iter().flat_map(|part| part.iter())
}

/// The row of a frame id at a version.
#[must_use]
pub fn row(id: u16, version: Version) -> Option<&'static Row> {
    let number = version.number();
    rows().find(|row| row.id == id && (row.first..=row.last).contains(&number))
}

/// The vendor's name of a frame id at a version: for logs and traces.
#[must_use]
pub fn name(id: u16, version: Version) -> &'static str {
    row(id, version).map_or("unknown", |row| row.name)
}
