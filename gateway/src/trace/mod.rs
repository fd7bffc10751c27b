//! Traces: what passed the wires, as JSON lines, and playing it again.
//!
//! The contract: a trace may be mailed to strangers. Radios blank keys before a frame gets here
//! ([`radios::tap`]); what looks like a secret in a message is blanked here (`secret`). The first
//! line ([`Head`]) says what the home was when it began, so that [`crate::replay`] starts equal.
//!
//! Each further line has `t`, seconds since the trace began, and one of:
//!
//! | key | what |
//! |---|---|
//! | `rx`, `tx` | an EZSP frame from, to the dongle: hexadecimal |
//! | `link` | the serial link came up or went down |
//! | `advert` | an advertisement |
//! | `ble` | what the BLE radio told the hub, for adverts whose key is not in the trace |
//! | `in` | a message that came: topic, with `payload`, `client` if from a page |
//! | `out` | a message published: topic, with `payload`, `retain` |
//! | `said` | an utterance |
//! | `broker` | whether the broker can be reached |
//! | `stored` | a document is on disk, or not: its number, `error` |
//! | `wear` | what was written to flash so far: `writes`, `bytes` |
//! | `ended` | the gateway was told to end |
//! | `lost` | so many lines are missing here: the disk did not keep up |

mod ble;
mod head;
mod line;
mod secret;
mod writer;

pub use ble::{ble_event, ble_line};
pub use head::{Head, Network};
pub use line::{Line, What};
pub use secret::BLANK;
pub use writer::Trace;
