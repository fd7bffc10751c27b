//! The case runner: files of cases through the product's real path.
//!
//! `cases KIND [--tolerant] FILE…` reads `.jsonl` or `.jsonl.gz`, one JSON object a line; prints the first
//! differences and, as its last line, `N of M equal`. It exits 0 when it could run, whatever the number.
//!
//! A kind is a function in a file of its own and a line in [`KINDS`].

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

pub mod ble;
pub mod devices;
pub mod intents;
pub mod speech;

/// Differences that are printed; the rest is only counted.
const SHOWN: usize = 40;

/// Runs the cases of one kind: reads lines, tells the tally.
pub type Run = fn(&Options, &mut Lines<'_>, &mut Tally) -> Result<(), String>;

/// What can be run.
pub const KINDS: &[(&str, Run)] = &[
    ("devices", devices::run),
    ("ble", ble::run),
    ("intents", intents::run),
    ("speech", speech::run),
];

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Accept near misses where the product does so on demand.
    pub tolerant: bool,
}

/// The parsed lines of all files, each with where it stands.
pub type Lines<'a> = dyn Iterator<Item = Result<(String, serde_json::Value), String>> + 'a;

/// What came of the cases.
#[derive(Debug, Default)]
pub struct Tally {
    /// Cases that came out as expected.
    pub equal: usize,
    /// All cases.
    pub all: usize,
    shown: usize,
}

impl Tally {
    /// Counts a case; prints it when it differs.
    pub fn count(
        &mut self,
        place: &str,
        case: &str,
        expected: &dyn fmt::Display,
        got: &dyn fmt::Display,
        equal: bool,
    ) {
        self.all += 1;
        if equal {
            self.equal += 1;
            return;
        }
        self.shown += 1;
        if self.shown <= SHOWN {
            println!("{place}: {case}\n  expected {expected}\n  got      {got}");
        } else if self.shown == SHOWN + 1 {
            println!("… more differences are only counted");
        }
    }
}

/// The lines of a file, unpacked if its name ends in `.gz`.
///
/// # Errors
/// When it cannot be opened; a line that is no JSON is an error in its place.
pub fn lines(
    path: &Path,
) -> Result<impl Iterator<Item = Result<(String, serde_json::Value), String>> + use<>, String> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|e| format!("{name}: {e}"))?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(flate2::read::GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    Ok(BufReader::new(reader)
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.as_ref().is_ok_and(|line| line.trim().is_empty()))
        .map(move |(i, line)| {
            let place = format!("{name}:{}", i + 1);
            let line = line.map_err(|e| format!("{place}: {e}"))?;
            let value = serde_json::from_str(&line).map_err(|e| format!("{place}: {e}"))?;
            Ok((place, value))
        }))
}
