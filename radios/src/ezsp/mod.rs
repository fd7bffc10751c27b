//! EZSP: the commands and callbacks of the Silicon Labs network co-processor, protocol versions 8 to 19.

mod blank;
pub mod frame;
pub mod layout;
mod parameters;
mod status;
mod table;
pub mod types;
pub mod values;
mod version;
pub mod wire;

pub use blank::blank_keys;
pub use parameters::{Command, Notice, ParameterError, Parameters};
pub use status::Status;
pub use table::{callback, command, name, row, rows};
pub use version::Version;
