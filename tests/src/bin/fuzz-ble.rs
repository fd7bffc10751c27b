//! `fuzz-ble [--seconds N] [--seed N] [FILE…]`: mutated adverts on the way into a home, until the time
//! is up or something breaks. Files of BLE cases join what the program has recorded.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tests::fuzz::{Fuzzer, adverts_of};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("fuzz-ble: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut seconds, mut seed, mut corpus) = (60u64, 1u64, Vec::new());
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        match arg {
            lexopt::Arg::Long("seconds") => seconds = number(&mut parser)?,
            lexopt::Arg::Long("seed") => seed = number(&mut parser)?,
            lexopt::Arg::Value(file) => corpus.extend(adverts_of(&PathBuf::from(file))),
            other => return Err(other.unexpected().to_string()),
        }
    }
    let mut fuzzer = Fuzzer::new(seed, corpus);
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        for _ in 0..1000 {
            fuzzer
                .step()
                .map_err(|wrong| format!("seed {seed}: {wrong}"))?;
        }
    }
    println!(
        "{} adverts tried, {} said something, {} events, nothing broke",
        fuzzer.tried, fuzzer.read, fuzzer.events
    );
    Ok(())
}

fn number(parser: &mut lexopt::Parser) -> Result<u64, String> {
    let value = parser.value().map_err(|e| e.to_string())?;
    value
        .to_string_lossy()
        .parse()
        .map_err(|_| format!("`{}` is no number", value.to_string_lossy()))
}
