//! The speech worker: see `hearth-voice --help` and [`intents::worker`].

use std::process::ExitCode;

fn main() -> ExitCode {
    intents::leash::take();
    intents::worker::command::main(std::env::args_os().skip(1))
}
