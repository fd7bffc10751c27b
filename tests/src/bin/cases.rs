//! `cases (devices|ble|intents|speech) [--tolerant] FILE…`: see [`tests::cases`].

use std::path::PathBuf;
use std::process::ExitCode;

use tests::cases::{KINDS, Options, Tally, lines};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("cases: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let kinds: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let usage = format!("usage: cases ({}) [--tolerant] FILE…", kinds.join("|"));
    let mut options = Options::default();
    let mut values: Vec<String> = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next().map_err(|e| format!("{e}\n{usage}"))? {
        match arg {
            lexopt::Arg::Long("tolerant") => options.tolerant = true,
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => {
                println!("{usage}");
                return Ok(());
            }
            lexopt::Arg::Value(value) => values.push(value.to_string_lossy().into_owned()),
            other => return Err(format!("{}\n{usage}", other.unexpected())),
        }
    }
    let mut values = values.into_iter();
    let kind = values.next().ok_or(&usage)?;
    let (_, runner) = KINDS
        .iter()
        .find(|(name, _)| *name == kind)
        .ok_or_else(|| format!("there are no `{kind}` cases\n{usage}"))?;
    let mut files = Vec::new();
    for file in values {
        files.push(lines(&PathBuf::from(file))?);
    }
    if files.is_empty() {
        return Err(usage);
    }
    let mut tally = Tally::default();
    runner(&options, &mut files.into_iter().flatten(), &mut tally)?;
    println!("{} of {} equal", tally.equal, tally.all);
    Ok(())
}
