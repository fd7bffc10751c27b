//! Commands that need no running gateway: `run`, `demo`, `adapters`, `replay`, `backup`, `restore`,
//! `config`; and explaining a sentence with what is stored.

use std::fmt::Write as _;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use radios::serial;
use tokio::runtime::{Builder, Runtime};

use super::args::Args;
use super::failure::{Failure, Outcome};
use crate::config::{self, Config};
#[cfg(feature = "sim")]
use crate::demo;
use crate::hub::{Answer, Effect, Input, Now, Utterance};
#[cfg(feature = "replay")]
use crate::replay;
use crate::store::Store;
use crate::{backup, log, run};

/// The one runtime of this process: single-threaded.
fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)
}

/// Runs `task` to its end; commands log only what is wrong.
pub(super) fn block_on<T>(task: impl Future<Output = T>) -> Result<T, Failure> {
    log::start("warn");
    Ok(runtime()?.block_on(task))
}

/// `hearth run`
pub(super) fn run(args: &mut Args) -> Outcome {
    let trace = args.option("trace").map(PathBuf::from);
    args.done()?;
    let config = args.config()?;
    log::start(config.log.name());
    intents::leash::take();
    let plan = run::Plan {
        // A trace holds one run.
        file: trace.is_none().then(|| args.config_file()).transpose()?,
        trace,
        ..run::Plan::default()
    };
    run::watch().map_err(Failure::failed)?;
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let stop = run::signal().map_err(Failure::failed)?;
        run::run(config, plan, stop).await.map_err(Failure::failed)
    });
    // A blocked task, such as one on a dead serial line, must not hold the end up.
    runtime.shutdown_background();
    match ended? {
        run::End::Stopped => Ok(ExitCode::SUCCESS),
        run::End::Again => again(),
    }
}

/// This very process from its beginning: whoever watches over it keeps it, and nothing is left open.
fn again() -> Outcome {
    use std::os::unix::process::CommandExt;
    // After an upgrade the file that this process began with is gone.
    let program = std::env::current_exe()
        .ok()
        .filter(|program| program.exists())
        .or_else(|| std::env::args_os().next().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("hearth"));
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .exec();
    Err(Failure::failed(error))
}

/// `hearth demo`
#[cfg(feature = "sim")]
pub(super) fn demo(args: &mut Args) -> Outcome {
    let usual = demo::Options::default();
    let options = demo::Options {
        listen: args.parsed("listen")?.unwrap_or(usual.listen),
        broker: args.parsed("broker")?,
        data: args.option("data").map(PathBuf::from),
        voice: args.option("voice").map(PathBuf::from),
        say: args.option("say").map(PathBuf::from),
        self_check: args.switch("self-check"),
        trace: args.option("trace").map(PathBuf::from),
    };
    args.done()?;
    log::start("info");
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let stop = run::signal().map_err(Failure::failed)?;
        demo::run(options, stop).await.map_err(Failure::failed)
    });
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

/// `hearth adapters`
pub(super) fn adapters(args: &mut Args) -> Outcome {
    let probe = args.switch("probe");
    let tty = args.switch("tty");
    args.done()?;
    let adapters = serial::find();
    if tty {
        // What the configuration may mean by `auto`, one a line, for scripts.
        let usable = |firmware| {
            let fits = adapters
                .iter()
                .filter(move |a| a.firmware() == firmware && a.dongle.is_some());
            fits.map(|a| a.path.display().to_string())
                .collect::<Vec<_>>()
        };
        let known = usable(serial::Firmware::Ezsp);
        let paths = if known.is_empty() {
            usable(serial::Firmware::Unknown)
        } else {
            known
        };
        return super::print(
            &paths
                .iter()
                .map(|path| format!("{path}\n"))
                .collect::<String>(),
        );
    }
    if adapters.is_empty() {
        println!("No serial adapter is plugged in.");
    }
    for adapter in &adapters {
        println!("{}", adapter.best_path().display());
        println!(
            "  {} {} (USB {:04x}:{:04x})",
            adapter.usb.manufacturer, adapter.usb.name, adapter.usb.vendor, adapter.usb.product
        );
        match adapter.dongle {
            Some(dongle) => println!("  {}", dongle.name),
            None => println!("  not known to be a Zigbee dongle; --probe asks it"),
        }
        if probe {
            let report = block_on(serial::probe::probe(&adapter.path, adapter.lines()))?;
            for tried in &report.tried {
                println!("  at {}: {}", tried.line, tried.saw);
            }
            println!("  {}", report.advice());
        }
    }
    for adapter in bluetooth() {
        println!("{adapter} (Bluetooth)");
    }
    Ok(ExitCode::SUCCESS)
}

/// The kernel's Bluetooth adapters: `hci0`, …
fn bluetooth() -> Vec<String> {
    let Ok(folder) = std::fs::read_dir("/sys/class/bluetooth") else {
        return Vec::new();
    };
    let mut names: Vec<String> = folder
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        // Connections are listed there as well: `hci0:64`.
        .filter(|name| !name.contains(':'))
        .collect();
    names.sort();
    names
}

/// `hearth config`
pub(super) fn config(args: &mut Args) -> Outcome {
    let uci = args.switch("uci");
    args.done()?;
    if !uci {
        return super::print(&reference());
    }
    let file = args.config_file()?;
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
    // Only what is right is worth taking over.
    Config::load(&file).map_err(Failure::failed)?;
    super::print(&config::uci::from_toml(&text, &file).map_err(Failure::failed)?)
}

/// `hearth backup FILE`
pub(super) fn backup(args: &mut Args) -> Outcome {
    let file = args.value("FILE")?;
    args.done()?;
    let config = args.config()?;
    let kept = backup::write(&config, Path::new(&file)).map_err(Failure::failed)?;
    println!("{file} holds {kept}. It has the network's keys: keep it to yourself.");
    Ok(ExitCode::SUCCESS)
}

/// `hearth restore FILE`
pub(super) fn restore(args: &mut Args) -> Outcome {
    let file = args.value("FILE")?;
    let force = args.switch("force");
    args.done()?;
    let config = args.config()?;
    let kept = backup::restore(&config, Path::new(&file), force).map_err(Failure::failed)?;
    for folder in [Some(&config.data_dir), config.state_dir.as_ref()] {
        folder
            .map_or(Ok(()), |folder| give_to_owner(folder))
            .map_err(Failure::failed)?;
    }
    println!("{} holds {kept} now.", config.data_dir.display());
    Ok(ExitCode::SUCCESS)
}

/// What root has written into the folder of an unprivileged daemon becomes the daemon's.
fn give_to_owner(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, lchown};
    let owner = std::fs::metadata(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let now = std::fs::symlink_metadata(&path)?;
        if now.is_file() && (now.uid(), now.gid()) != (owner.uid(), owner.gid()) {
            lchown(&path, Some(owner.uid()), Some(owner.gid()))?;
        }
    }
    Ok(())
}

/// A configuration file with every key at its default.
fn reference() -> String {
    let mut text = String::from(
        "# Every key of Hearth's configuration and its default. What is not given is like here;\n\
         # HEARTH_MQTT_SERVER=… in the environment wins over mqtt.server in the file, and so on.\n",
    );
    let mut section = "";
    for key in config::keys::KEYS {
        let (of, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if of != section {
            section = of;
            let _ = writeln!(text, "\n[{of}]");
        }
        let _ = writeln!(text, "# {}\n#   {}", key.about, key.expects);
        let _ = match key.default {
            "" => writeln!(text, "# {name} ="),
            default => writeln!(text, "{name} = {default}"),
        };
    }
    text.push_str(
        "\n# What is known of single devices from the start:\n# [devices.\"0x00158d0001a2b3c4\"]\n",
    );
    for key in config::keys::DEVICE_KEYS {
        let _ = writeln!(text, "# {} =    # {} {}", key.name, key.about, key.expects);
    }
    text.push_str("\n# What people carry about, once for each:\n# [[ble.tracker]]\n");
    for key in config::keys::TRACKER_KEYS {
        let _ = writeln!(text, "# {} =    # {} {}", key.name, key.about, key.expects);
    }
    text
}

/// What a sentence would do in the home as last stored, without doing it.
pub(super) fn explain(
    config: &Config,
    sentence: &str,
    room: Option<String>,
) -> Result<Answer, Failure> {
    let loaded = Store::peek(config).load().map_err(Failure::failed)?;
    let now = Now::default();
    let mut hub = run::hub(config, &loaded.saved, now).map_err(Failure::failed)?;
    let utterance = Utterance {
        text: sentence.to_owned(),
        source: "typed".to_owned(),
        room,
        explain: true,
        dry_run: true,
        call: Some(0),
        ..Utterance::default()
    };
    hub.handle(Input::Utterance(utterance), now)
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Answer { answer, .. } => Some(answer),
            _ => None,
        })
        .ok_or_else(|| Failure::failed("there is no answer"))
}

/// `hearth replay FILE`
#[cfg(feature = "replay")]
pub(super) fn replay(args: &mut Args) -> Outcome {
    let file = args.value("FILE")?;
    let print = args.switch("print");
    args.done()?;
    log::start("error");
    let report = replay::replay(Path::new(&file)).map_err(Failure::failed)?;
    if print {
        for message in &report.published {
            println!(
                "{}",
                serde_json::to_string(message).map_err(Failure::failed)?
            );
        }
    }
    eprintln!(
        "{} lines over {:.1} s: {} messages then, {} now",
        report.lines,
        report.covers.as_secs_f64(),
        report.recorded,
        report.published.len()
    );
    if report.lost > 0 {
        eprintln!(
            "the trace lacks {} lines: differences are to be expected",
            report.lost
        );
    }
    match report.difference {
        None => {
            eprintln!("the same on every topic, the log left aside");
            Ok(ExitCode::SUCCESS)
        }
        Some(difference) => {
            eprint!("different, first on {}:\n{difference}", difference.topic);
            Ok(ExitCode::FAILURE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_a_configuration_and_says_what_the_defaults_are() {
        let text = reference();
        let config = Config::parse(&text, Path::new("reference"), |_| None).unwrap();
        assert_eq!(config, Config::default());
        for key in config::keys::KEYS {
            assert!(text.contains(key.about), "{}", key.path);
        }
    }

    #[test]
    fn a_sentence_is_explained_from_what_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: folder.path().to_owned(),
            ..Config::default()
        };
        let answer = explain(&config, "turn everything off", None).unwrap();
        assert!(answer.ok && answer.explanation.is_some(), "{answer:?}");
        let answer = explain(&config, "turn on the moon", None).unwrap();
        assert!(!answer.ok && answer.text.contains("moon"), "{answer:?}");
        // Nothing was written.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
