//! `fuzz-files [--seconds N] [--seed N] [--models FOLDER] [TARGET…]`: damaged templates, graphs, Wyoming streams, wake
//! words, requests and recordings, until the time is up or something breaks. The time is shared among
//! the targets; FOLDER holds wake words (`.tflite`) to damage.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tests::fuzz::files::{Fuzzer, TARGETS, models};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("fuzz-files: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut seconds, mut seed, mut folder) = (60u64, 1u64, None);
    let mut names: Vec<String> = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        match arg {
            lexopt::Arg::Long("seconds") => seconds = number(&mut parser)?,
            lexopt::Arg::Long("seed") => seed = number(&mut parser)?,
            lexopt::Arg::Long("models") => {
                folder = Some(PathBuf::from(parser.value().map_err(|e| e.to_string())?));
            }
            lexopt::Arg::Value(name) => names.push(name.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!(
            "no target `{name}`: there are {}",
            known.join(", ")
        ));
    }
    let targets = TARGETS
        .iter()
        .filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name));
    let each = Duration::from_secs(seconds) / u32::try_from(targets.clone().count()).unwrap_or(1);
    for target in targets {
        let mut fuzzer = Fuzzer::new(seed, folder.as_deref().map(models).unwrap_or_default());
        let (until, mut tried, mut read) = (Instant::now() + each, 0u64, 0u64);
        while Instant::now() < until {
            tried += 1;
            read += u64::from(
                fuzzer
                    .step(target)
                    .map_err(|wrong| format!("seed {seed}, input {tried}: {wrong}"))?,
            );
        }
        println!(
            "{}: {tried} inputs, {read} of them read, nothing broke",
            target.0
        );
    }
    Ok(())
}

fn number(parser: &mut lexopt::Parser) -> Result<u64, String> {
    let value = parser.value().map_err(|e| e.to_string())?;
    value
        .to_string_lossy()
        .parse()
        .map_err(|_| format!("`{}` is no number", value.to_string_lossy()))
}
