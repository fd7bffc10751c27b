//! Spoken cases; see [`run`].

use super::{Lines, Options, Tally};

/// Runs the cases.
///
/// # Errors
/// Always, for now.
pub fn run(_: &Options, _: &mut Lines<'_>, _: &mut Tally) -> Result<(), String> {
    Err("spoken cases cannot be run yet".to_owned())
}
