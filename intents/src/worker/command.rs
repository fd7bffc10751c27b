//! The command line of `hearth-voice`.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use tokio::signal::unix::{SignalKind, signal};

use super::recognizer::Ears;
use super::serve::{Connections, serve};
use super::sources::{self, Recorder};
use super::stream::{Outcome, Stream};
use crate::ear::wake::{Catalogue, WakeWord};
use crate::ear::{Ear, Options};
use crate::leash;
use crate::voice::Wav;
use crate::voice::memory;
use crate::voice::protocol::{Reply, Utterance};

/// What `--help` prints.
pub const HELP: &str = "\
hearth-voice: speech to text for Hearth, with a Vosk model, on this machine

usage: hearth-voice --model FOLDER [--lib FILE] [--grammar FILE] WHAT

  --model FOLDER       a Vosk model: a folder with am, conf and graph
  --lib FILE           libvosk.so; by default beside this program, else where the system looks
  --grammar FILE       listen for these phrases only: one a line, or a JSON array of texts

what to listen to, one of:
  --wav FILE           a WAV file (16 bit); may be given several times
  --stdin [RATE]       raw sound on standard input: 16 bit little-endian mono, 16000 a second by default
  --microphone DEVICE  an ALSA device: hw:1,0 and its like are the sound card itself, others go by way of arecord;
                       without arecord, default is the first card
  --serve ADDRESS      a client that speaks the protocol: a path for a Unix socket, tcp://HOST:PORT, or -
                       for standard input and output

  --wake NAME          only what follows this wake word counts: a name, or the path of a microWakeWord model
                       (.tflite, with its .json beside it); may be given several times
  --wake-folder DIR    where wake words lie; by default the folder `wake` beside this program
  --any-memory         load the model even if it needs more memory than this machine has to give
  --json               print results as JSON lines with timings, not as text
  --recorder PROGRAM   what to run in place of arecord
  --version, --help
";

enum What {
    Wav(Vec<PathBuf>),
    Stdin(u32),
    Microphone(String),
    Serve(String),
}

struct Arguments {
    model: PathBuf,
    library: Option<PathBuf>,
    grammar: Option<PathBuf>,
    what: What,
    json: bool,
    any_memory: bool,
    recorder: String,
    wake: Vec<String>,
    wake_folders: Vec<PathBuf>,
}

/// Runs the program.
#[must_use]
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    super::vosk::share_the_heap();
    match parse(arguments).and_then(|arguments| arguments.map_or(Ok(()), |a| run(&a))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hearth-voice: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<Arguments>, String> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let wrong = |error: lexopt::Error| format!("{error} (--help tells more)");
    let (mut model, mut library, mut grammar, mut what) = (None, None, None, None);
    let (mut wake, mut wake_folders) = (Vec::new(), Vec::new());
    let (mut json, mut any_memory) = (false, false);
    let mut recorder = "arecord".to_owned();
    while let Some(argument) = parser.next().map_err(wrong)? {
        use lexopt::prelude::{Long, Short, ValueExt};
        let mut choose = |new: What| match (what.take(), new) {
            (None, new) => {
                what = Some(new);
                Ok(())
            }
            (Some(What::Wav(mut files)), What::Wav(more)) => {
                files.extend(more);
                what = Some(What::Wav(files));
                Ok(())
            }
            _ => Err("listen to one thing at a time (--help tells more)".to_owned()),
        };
        match argument {
            Long("model") => model = Some(PathBuf::from(parser.value().map_err(wrong)?)),
            Long("lib") => library = Some(PathBuf::from(parser.value().map_err(wrong)?)),
            Long("grammar") => grammar = Some(PathBuf::from(parser.value().map_err(wrong)?)),
            Long("wav") => choose(What::Wav(vec![parser.value().map_err(wrong)?.into()]))?,
            Long("stdin") => {
                let rate = match parser.optional_value() {
                    Some(rate) => rate.parse().map_err(wrong)?,
                    None => sources::RATE,
                };
                choose(What::Stdin(rate))?;
            }
            Long("microphone") => choose(What::Microphone(
                parser.value().map_err(wrong)?.string().map_err(wrong)?,
            ))?,
            Long("serve") => choose(What::Serve(
                parser.value().map_err(wrong)?.string().map_err(wrong)?,
            ))?,
            Long("json") => json = true,
            Long("wake") => wake.push(parser.value().map_err(wrong)?.string().map_err(wrong)?),
            Long("wake-folder") => {
                wake_folders.push(PathBuf::from(parser.value().map_err(wrong)?));
            }
            Long("any-memory") => any_memory = true,
            Long("recorder") => {
                recorder = parser.value().map_err(wrong)?.string().map_err(wrong)?;
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(None);
            }
            Long("version") | Short('V') => {
                println!("hearth-voice {}", env!("CARGO_PKG_VERSION"));
                return Ok(None);
            }
            other => return Err(wrong(other.unexpected())),
        }
    }
    Ok(Some(Arguments {
        model: model.ok_or("--model is missing (--help tells more)")?,
        library,
        grammar,
        what: what.ok_or(
            "nothing to listen to: --wav, --stdin, --microphone or --serve (--help tells more)",
        )?,
        json,
        any_memory,
        recorder,
        wake,
        wake_folders,
    }))
}

/// Something beside the program.
fn beside(name: &str) -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.join(name))
}

/// Where libvosk is when nobody says: beside the program, else wherever the system looks.
fn library() -> PathBuf {
    beside("libvosk.so")
        .filter(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from("libvosk.so"))
}

fn read_grammar(path: &Path) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let phrases: Vec<String> = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?
    } else {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    };
    if phrases.is_empty() {
        return Err(format!("{}: no phrase in it", path.display()));
    }
    Ok(phrases)
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let phrases = arguments.grammar.as_deref().map(read_grammar).transpose()?;
    let library = arguments.library.clone().unwrap_or_else(library);
    if let What::Serve(address) = &arguments.what
        && address != "-"
    {
        until_told(address.clone()).map_err(|error| format!("SIGTERM: {error}"))?;
    }
    if !arguments.any_memory {
        let need = memory::need(&arguments.model);
        memory::check(&arguments.model, need, memory::available())?;
    }
    let mut ears = Ears::load(&library, &arguments.model).map_err(|e| e.to_string())?;
    if let Some(phrases) = phrases {
        let report = ears.set_grammar(&phrases).map_err(|e| e.to_string())?;
        if !report.unknown.is_empty() {
            eprintln!(
                "hearth-voice: words the model does not have: {}",
                report.unknown.join(", ")
            );
        }
    }
    let mut folders = arguments.wake_folders.clone();
    folders.extend(beside("wake"));
    let mut catalogue = Catalogue::new(folders);
    let words: Result<Vec<_>, _> = arguments.wake.iter().map(|w| catalogue.find(w)).collect();
    let words = words.map_err(|error| error.to_string())?;
    let show = |said: &Utterance| -> Result<(), String> {
        let text = if arguments.json {
            serde_json::to_string(said).map_err(|e| e.to_string())?
        } else {
            said.text.clone()
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}")
            .and_then(|()| out.flush())
            .map_err(|e| e.to_string())
    };
    match &arguments.what {
        What::Wav(files) => {
            for file in files {
                let name = file.display();
                let bytes = std::fs::read(file).map_err(|e| format!("{name}: {e}"))?;
                let wav = Wav::parse(&bytes).map_err(|e| format!("{name}: {e}"))?;
                show(
                    &ears
                        .hear(wav.rate, &wav.samples)
                        .map_err(|e| e.to_string())?,
                )?;
            }
            Ok(())
        }
        What::Stdin(rate) => stream(&ears, &words, std::io::stdin().lock(), *rate, &show),
        What::Microphone(device) => {
            let (_recorder, sound, rate) = Recorder::start(&arguments.recorder, device)?;
            stream(&ears, &words, sound, rate, &show)
        }
        What::Serve(address) => {
            let connections = connections(address)?;
            serve(ears, arguments.recorder.clone(), catalogue, connections);
            Ok(())
        }
    }
}

/// Prints each utterance of a stream, until it ends.
fn stream(
    ears: &Ears,
    wake: &[Arc<WakeWord>],
    sound: impl Read,
    rate: u32,
    show: &dyn Fn(&Utterance) -> Result<(), String>,
) -> Result<(), String> {
    let options = Options {
        again: true,
        until_silence: true,
    };
    let mut stream = Stream::new(0, rate, Ear::new(options, wake), true);
    let print = |outcome: Outcome, replies: Vec<Reply>| {
        for reply in replies {
            match reply {
                Reply::Woken { wake, .. } => eprintln!("hearth-voice: heard {wake}"),
                Reply::Final(said) if !said.text.is_empty() => show(&said)?,
                _ => {}
            }
        }
        match outcome {
            Outcome::Failed(reason) => Err(reason),
            Outcome::Open | Outcome::Over => Ok(()),
        }
    };
    let mut trouble = None;
    let read = sources::pieces(sound, rate, |piece| {
        let mut replies = Vec::new();
        let outcome = stream.accept(ears, &piece, Instant::now(), &mut replies);
        trouble = print(outcome, replies).err();
        trouble.is_none()
    });
    if let Some(reason) = trouble {
        return Err(reason);
    }
    read.map_err(|e| e.to_string())?;
    let mut replies = Vec::new();
    let outcome = stream.end(ears, Instant::now(), &mut replies);
    print(outcome, replies)
}

/// Ends the program on SIGTERM, which does not end the first process of a jail that has not asked for it.
fn until_told(socket: String) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut told = {
        let _inside = runtime.enter();
        signal(SignalKind::terminate())?
    };
    std::thread::Builder::new()
        .name("end".to_owned())
        .spawn(move || {
            runtime.block_on(told.recv());
            if !socket.starts_with("tcp://") {
                // Not there yet, perhaps.
                let _ = std::fs::remove_file(socket);
            }
            leash::leave()
        })?;
    Ok(())
}

/// Clients one after the other: from a socket, or the one at standard input and output.
fn connections(address: &str) -> Result<Connections, String> {
    if address == "-" {
        return Ok(Box::new(|serve| {
            serve(Box::new(std::io::stdin()), Box::new(std::io::stdout()));
        }));
    }
    if let Some(address) = address.strip_prefix("tcp://") {
        let listener =
            std::net::TcpListener::bind(address).map_err(|e| format!("tcp://{address}: {e}"))?;
        return Ok(Box::new(move |serve| {
            for stream in listener.incoming().flatten() {
                // Small messages must not wait for more.
                let _ = stream.set_nodelay(true);
                if let Ok(read) = stream.try_clone() {
                    serve(Box::new(read), Box::new(stream));
                }
            }
        }));
    }
    // A socket left by a worker that was killed is nobody's.
    if std::os::unix::net::UnixStream::connect(address).is_err() {
        let _ = std::fs::remove_file(address);
    }
    let listener =
        std::os::unix::net::UnixListener::bind(address).map_err(|e| format!("{address}: {e}"))?;
    Ok(Box::new(move |serve| {
        for stream in listener.incoming().flatten() {
            if let Ok(read) = stream.try_clone() {
                serve(Box::new(read), Box::new(stream));
            }
        }
    }))
}
