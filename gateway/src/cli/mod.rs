//! The command line.
//!
//! The contract: one table of commands (`COMMANDS`) is what `--help` shows and what is run. Exit
//! code 0: done; 1: it did not work, and stderr says why; 2: the command line itself is wrong.

mod args;
mod devices;
mod doctor;
mod failure;
pub(crate) mod gateway;
mod home;
mod local;
#[cfg(feature = "sentences")]
mod pack;

use std::fmt::Write as _;
use std::process::ExitCode;

use lexopt::{Arg, Parser};

use args::Args;
pub use failure::Failure;
use failure::Outcome;

use crate::parts;

struct Command {
    name: &'static str,
    /// What follows the name.
    takes: &'static str,
    /// One line.
    about: &'static str,
    /// The rest of its help.
    help: &'static str,
    run: fn(&mut Args) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "run",
        takes: "[--trace FILE]",
        about: "Run the gateway in the foreground until SIGTERM or Ctrl-C",
        help: "Logs go to stderr; HEARTH_LOG=debug says more.\n\n  \
               --trace FILE   also write every serial frame, advertisement, utterance and MQTT\n                 \
               message to FILE, keys left out: attach it to a bug report, or see `hearth replay`",
        run: local::run,
    },
    #[cfg(feature = "sim")]
    Command {
        name: "demo",
        takes: "[--listen ADDR:PORT] [--data DIR] [--self-check]",
        about: "Run a made-up home: simulated dongle and devices, own broker, the page",
        help: "Nothing is needed: no dongle, no broker, no configuration.\n\n  \
               --listen ADDR:PORT   where the page is (127.0.0.1:8099)\n  \
               --broker ADDR:PORT   where its broker listens (127.0.0.1:1883, or a free port)\n  \
               --data DIR           keep the home in DIR (a temporary folder unless given)\n  \
               --voice DIR          folder with vosk/libvosk.so and the model vosk-ko\n  \
               --trace FILE         as for `hearth run`\n  \
               --self-check         try every way to command the lamp, then end: 0 if all worked\n  \
               --say FILE.wav       with --self-check: a recording that turns the lamp on",
        run: local::demo,
    },
    Command {
        name: "status",
        takes: "[--json]",
        about: "Whether the gateway runs, and how its radios, broker and memory are",
        help: "Exit code 0: everything that is switched on works; 1: something does not, or the gateway\n\
               hangs; 2: it does not run.\n\n  \
               --json   everything known, as JSON",
        run: home::status,
    },
    Command {
        name: "doctor",
        takes: "[--probe] [--json]",
        about: "Look for whatever keeps Hearth from working, and say what to do",
        help: "Looks at the configuration, the stick, its permissions and who else uses it, the broker,\n\
               the clock, memory, flash, Bluetooth, ports and speech. Exit code 0: nothing is wrong;\n\
               1: something is.\n\n  \
               --probe   ask the stick whether it answers, if the gateway does not run\n  \
               --json    as JSON",
        run: doctor::run,
    },
    Command {
        name: "devices",
        takes: "[--json] [--nearby]",
        about: "List the home's devices and what they last said",
        help: "  --json     everything known, as JSON\n  \
               --nearby   instead, the Bluetooth devices that can be heard and are not of the home",
        run: devices::list,
    },
    Command {
        name: "adopt",
        takes: "ADDRESS [NAME] [--key KEY]",
        about: "Take a Bluetooth device up that `hearth devices --nearby` shows",
        help: "  --key KEY   its bind key, 24 or 32 hexadecimal digits; `-` reads it from stdin.\n              \
               It is checked at once against what was heard of the device",
        run: devices::adopt,
    },
    Command {
        name: "set",
        takes: "NAME KEY=VALUE…",
        about: "Command a device: hearth set \"Bedroom Lamp\" state=ON brightness=120",
        help: "NAME is a device's name or address. VALUE is JSON, or else text.\n\
               Waits for the device's answer and prints its new state.",
        run: devices::set,
    },
    Command {
        name: "rename",
        takes: "NAME NEW-NAME",
        about: "Give a device another name",
        help: "",
        run: devices::rename,
    },
    Command {
        name: "permit-join",
        takes: "[SECONDS]",
        about: "Open the home for new Zigbee devices (254 s unless told; 0 closes)",
        help: "Prints devices as they join. Ends when joining closes.\n\n  \
               --no-wait   only open, do not stay",
        run: home::permit_join,
    },
    Command {
        name: "say",
        takes: "\"SENTENCE\" [--explain]",
        about: "Do what a sentence says: hearth say \"turn on the bedroom lamp\"",
        help: "  --explain   show how the sentence was understood; does nothing else. Also works\n              \
               when the gateway does not run, with the devices it last stored\n  \
               --room ROOM  as if said in this room",
        run: home::say,
    },
    #[cfg(feature = "sentences")]
    Command {
        name: "listen",
        takes: "FILE.wav",
        about: "Do what a recorded sentence says (16-bit PCM)",
        help: "Needs the speech worker `hearth-voice` and a Vosk model ([voice] model).\n\n  \
               --explain   show how it was understood; does nothing else",
        run: home::listen,
    },
    #[cfg(feature = "sentences")]
    Command {
        name: "voice",
        takes: "pack [--model DIR] [--out DIR] | keep MINUTES",
        about: "Pack a speech model for this home; keep sound for a while, for debugging",
        help: "keep MINUTES: the running gateway keeps what satellites, pages and Assist hear, and what it made of\n\
               it, for 1 to 60 minutes, at most 8 MB; then it is removed. 0: at once. Nothing is kept otherwise.\n\n\
               pack: a tenth of the memory, fewer mishearings. The gateway does so by itself; this is for a look,\n\
               for another machine, and for a base.\n\n  \
               --model DIR       the Vosk model, whole or a base (voice.model)\n  \
               --out DIR         where to (the folder `voice` in data_dir)\n  \
               --home FILE.json  a home's names; the stored home unless given\n  \
               --language LANG   of the sentences (voice.speech_language, voice.language)\n  \
               --adapt           adapt to the speaker as the model does: 45 MB more\n  \
               --neutral         do not adapt to the speaker: 8 MB less\n  \
               --base            write a base instead, to pack from on a router\n  \
               --words N         commonest words in the base (20000)",
        run: home::voice,
    },
    Command {
        name: "adapters",
        takes: "[--probe] [--tty]",
        about: "Find Zigbee dongles and Bluetooth adapters on this machine",
        help: "  --probe   ask each Zigbee dongle what it is (stop the gateway first)\n  \
               --tty     print only the ttys that `port = \"auto\"` may mean, for scripts",
        run: local::adapters,
    },
    #[cfg(feature = "replay")]
    Command {
        name: "replay",
        takes: "FILE",
        about: "Feed a trace through decoders and hub again and compare what they publish",
        help: "FILE was written by `hearth run --trace FILE`. Exit code 0 if the same messages come\n\
               out, 1 with the first difference if not.\n\n  \
               --print   print the messages that come out, one JSON line each",
        run: local::replay,
    },
    Command {
        name: "backup",
        takes: "FILE",
        about: "Put devices, names, rooms and the Zigbee network into one file",
        help: "The file holds the network's keys: only you can read it; keep it so.",
        run: local::backup,
    },
    Command {
        name: "restore",
        takes: "FILE",
        about: "Take a backup's home over (stop the gateway first)",
        help: "  --force   also over a home that is already there",
        run: local::restore,
    },
    Command {
        name: "config",
        takes: "[--uci]",
        about: "Show every key of the configuration, its default and its meaning",
        help: "  --uci   instead, the TOML file given with --config as OpenWrt's /etc/config/hearth",
        run: local::config,
    },
];

/// Options every command takes.
const COMMON: &str = "  --config FILE, -c FILE   the configuration (HEARTH_CONFIG, else ./hearth.toml,\n                           \
    /etc/config/hearth or /etc/hearth/hearth.toml)\n  \
    --help, -h               help";

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    match dispatch(Parser::from_env()) {
        Ok(code) => code,
        Err(Failure::Usage(why)) => {
            eprintln!("hearth: {why}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(why)) => {
            eprintln!("hearth: {why}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut parser: Parser) -> Outcome {
    let name = match parser.next()? {
        None => {
            eprint!("{}", overview());
            return Ok(ExitCode::from(2));
        }
        Some(Arg::Short('h') | Arg::Long("help")) => return print(&overview()),
        Some(Arg::Short('V') | Arg::Long("version")) => {
            return print(&format!("{}\n", parts::version()));
        }
        Some(Arg::Value(name)) => name.to_string_lossy().into_owned(),
        Some(other) => return Err(other.unexpected().into()),
    };
    if name == "help" {
        return match parser.next()? {
            Some(Arg::Value(topic)) => print(&manual(find(&topic.to_string_lossy())?)),
            _ => print(&overview()),
        };
    }
    let command = find(&name)?;
    let mut args = match Args::read(parser) {
        Ok(Some(args)) => args,
        Ok(None) => return print(&manual(command)),
        Err(error) => return Err(usage(command, &error.to_string())),
    };
    (command.run)(&mut args).map_err(|failure| match failure {
        Failure::Usage(why) => usage(command, &why),
        failed @ Failure::Failed(_) => failed,
    })
}

fn find(name: &str) -> Result<&'static Command, Failure> {
    COMMANDS
        .iter()
        .find(|command| command.name == name)
        .ok_or_else(|| match name {
            "listen" | "voice" if !parts::SENTENCES => {
                Failure::Failed(format!("{name}: {}", parts::NO_SENTENCES))
            }
            _ => Failure::Usage(format!("there is no command `{name}`; see `hearth --help`")),
        })
}

fn usage(command: &Command, why: &str) -> Failure {
    Failure::Usage(format!(
        "{why}\nUsage: hearth {} {}\nSee `hearth {} --help`.",
        command.name, command.takes, command.name
    ))
}

/// Prints help, for pipes such as `| head` too.
fn print(text: &str) -> Outcome {
    use std::io::Write as _;
    // A reader that has seen enough is no failure.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn overview() -> String {
    let mut text = String::from(
        "Hearth: Zigbee and Bluetooth devices and spoken commands, on MQTT, without a cloud.\n\n\
         Usage: hearth COMMAND [OPTIONS]\n\nCommands:\n",
    );
    for command in COMMANDS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:12} {}", command.name, command.about);
    }
    let _ = writeln!(
        text,
        "\nOptions of every command:\n{COMMON}\n\nTry `hearth demo`; nothing is needed for it.\n\
         `hearth COMMAND --help` says more. Exit code: 0 done, 1 failed, 2 wrong command line."
    );
    text
}

fn manual(command: &Command) -> String {
    let Command {
        name,
        takes,
        about,
        help,
        ..
    } = command;
    let help = if help.is_empty() {
        String::new()
    } else {
        format!("\n{help}\n")
    };
    format!(
        "{about}.\n\nUsage: hearth {name} {takes}\n{help}\nOptions of every command:\n{COMMON}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str]) -> Outcome {
        dispatch(Parser::from_iter(
            std::iter::once("hearth").chain(words.iter().copied()),
        ))
    }

    #[test]
    fn wrong_command_lines_are_usage_errors_that_name_the_wrong() {
        for (words, named) in [
            (&["fly"][..], "fly"),
            (&["--loud"], "--loud"),
            (&["devices", "--yaml"], "--yaml"),
            (&["set"], "NAME"),
            (&["set", "Lamp", "state"], "state"),
            (&["permit-join", "soon"], "soon"),
            (&["permit-join", "255"], "255"),
            #[cfg(feature = "replay")]
            (&["replay"], "FILE"),
            (&["devices", "surplus"], "surplus"),
        ] {
            match run(words) {
                Err(Failure::Usage(why)) => assert!(why.contains(named), "{words:?}: {why}"),
                other => unreachable!("{words:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn help_lists_every_command_and_each_has_its_own() {
        let overview = overview();
        for command in COMMANDS {
            assert!(overview.contains(command.name) && overview.contains(command.about));
            assert!(manual(command).contains(command.takes));
            assert!(overview.lines().all(|line| line.len() < 100));
        }
    }

    #[test]
    fn every_option_that_help_names_is_read() {
        let mut seen = 0;
        for line in COMMANDS.iter().flat_map(|command| command.help.lines()) {
            let Some(option) = line.trim_start().strip_prefix("--") else {
                continue;
            };
            // What follows after one space is its value, after more its meaning.
            let (name, rest) = option.split_once(' ').unwrap();
            let valued = !rest.starts_with(' ');
            let given = format!("--{name}");
            let words = ["hearth", &given, "value"];
            let mut args = Args::read(Parser::from_iter(&words[..2 + usize::from(valued)]))
                .unwrap_or_else(|error| panic!("{given}: {error}"))
                .unwrap();
            let read = match valued {
                true => args.option(name).is_some(),
                false => args.switch(name),
            };
            assert!(read, "{line}");
            seen += 1;
        }
        assert!(seen > 10);
    }

    #[test]
    fn a_configuration_that_is_not_there_is_named() {
        match run(&["status", "--config", "/nonexistent/hearth.toml"]) {
            Err(Failure::Failed(why)) => assert!(why.contains("/nonexistent/hearth.toml"), "{why}"),
            other => unreachable!("{other:?}"),
        }
    }
}
