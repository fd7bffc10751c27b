//! EZSP: the commands and callbacks of the Silicon Labs network co-processor (NCP), protocol versions
//! 8 to 19 (Silicon Labs UG100).
//!
//! - [`command`] and [`callback`]: a struct for each request, reply and callback, all from one
//!   [table](rows). Their fields are the same at every version: statuses are [`Status`], message tags
//!   16 bits; what a version does not carry is the default. Both directions are there, because the
//!   simulated NCP is the other side.
//! - [`frame`]: the header. [`blank_keys`]: frames for traces.
//! - [`Ncp`]: the handle the host works with. [`values`]: the numbers that go into the fields.
//!
//! The contract of the codecs: [`Parameters::decode`] reads at every version what
//! [`Parameters::encode`] wrote at it, ignores bytes behind the last field, and never panics.
//!
//! ```no_run
//! use radios::ash::{Port, Role};
//! use radios::ezsp::callback::Callback;
//! use radios::ezsp::command::NetworkInit;
//! use radios::ezsp::{EzspError, Ncp, Status};
//! use radios::tap::Tap;
//!
//! # async fn resume(io: tokio::io::DuplexStream) -> Result<(), EzspError> {
//! let port = Port::spawn(io, Role::Host, Tap::none());
//! let (ncp, mut callbacks) = Ncp::connect(port, Tap::none()).await?;
//! let reply = ncp.call(NetworkInit { network_init_bitmask: 0 }).await?;
//! if reply.status == Status::NOT_JOINED { /* form a network */ }
//! while let Some(callback) = callbacks.recv().await {
//!     if let Callback::IncomingMessageHandler(message) = callback {
//!         println!("{} bytes from {:#06x}", message.message.len(), message.sender);
//!     }
//! }
//! println!("lost: {:?}", ncp.lost());
//! # Ok(())
//! # }
//! ```

mod blank;
mod driver;
pub mod frame;
pub mod layout;
mod ncp;
#[cfg(test)]
mod ncp_tests;
mod parameters;
mod status;
mod table;
pub mod types;
#[cfg(test)]
mod types_tests;
pub mod values;
mod version;
pub mod wire;

pub use blank::blank_keys;
pub use ncp::{Counters, EzspError, Lost, Ncp, RESPONSE_TIMEOUT};
pub use parameters::{Command, Notice, ParameterError, Parameters};
pub use status::Status;
pub use table::{callback, command, name, row, rows};
pub use version::Version;
