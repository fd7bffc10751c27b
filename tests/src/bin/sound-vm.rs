//! `sound-vm`: sound cards by the kernel's own interface, against a real kernel and against `aplay` and `arecord`, in a
//! virtual machine with a loopback card: what goes in at one end comes out at the other.
//!
//! `sound-vm run` starts the machine that `tests/setup/vm.sh` prepared; in it, `sound-vm guest` is the first process.

#![expect(clippy::unwrap_used, clippy::expect_used)]

use std::io::Read;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use intents::alsa::{Capture, Card, play};
use tests::{air::host, places};

type Outcome = Result<String, String>;
type Scenario = (&'static str, fn() -> Outcome);

const SCENARIOS: &[Scenario] = &[
    ("hear_48k_stereo", || hear("S16_LE", 48_000, 2, 48_000)),
    ("hear_16k_mono", || hear("S16_LE", 16_000, 1, 16_000)),
    ("hear_44k_24bit", || hear("S24_3LE", 44_100, 2, 44_100)),
    ("hear_48k_32bit_4ch", || hear("S32_LE", 48_000, 4, 48_000)),
    ("say_48k_stereo", || say("S16_LE", 48_000, 2)),
    ("say_44k_mono", || say("S32_LE", 44_100, 1)),
    ("late", late),
    ("busy", busy),
    ("unplug", unplug),
    ("stop", stop),
];

/// The two ends of the loopback card.
const THEIRS: &str = "hw:0,0";
const OURS: &str = "hw:Loopback,1";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("guest") => guest(),
        Some("run") => {
            let names: Vec<String> = SCENARIOS
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect();
            match host::boot(&[places::program("sound-vm")], &names, true) {
                Ok(()) => ExitCode::SUCCESS,
                Err(why) => {
                    eprintln!("{why}");
                    ExitCode::FAILURE
                }
            }
        }
        _ => {
            eprintln!("usage: sound-vm run");
            ExitCode::FAILURE
        }
    }
}

fn guest() -> ExitCode {
    for (name, scenario) in SCENARIOS {
        let begun = Instant::now();
        let outcome = std::panic::catch_unwind(scenario);
        let outcome = outcome.unwrap_or_else(|_| Err("it panicked".to_owned()));
        let seconds = begun.elapsed().as_secs_f32();
        match outcome {
            Ok(figures) => println!("SCENARIO {name} ok: {figures} ({seconds:.1} s)"),
            Err(why) => println!("SCENARIO {name} FAILED: {why} ({seconds:.1} s)"),
        }
    }
    println!("SCENARIOS DONE");
    let _ = Command::new("/bin/busybox")
        .args(["poweroff", "-f"])
        .status();
    std::thread::sleep(Duration::from_secs(60));
    ExitCode::SUCCESS
}

/// A program of alsa-utils; gone with this value.
struct Peer(Child);

impl Peer {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let child = Command::new(format!("/usr/bin/{program}"))
            .args(["-q"])
            .args(arguments)
            .stdin(Stdio::null())
            .spawn()
            .expect("alsa-utils");
        Self(child)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A tone of 1 kHz.
#[expect(clippy::cast_possible_truncation)] // a quarter of what fits
fn tone(rate: u32, seconds: u32) -> Vec<i16> {
    (0..rate * seconds)
        .map(|i| {
            let turn = f64::from(i) * 1000.0 / f64::from(rate) * std::f64::consts::TAU;
            (turn.sin() * 8_000.0) as i16
        })
        .collect()
}

/// How often it swings in a second, and how far, where it is loud.
#[expect(clippy::cast_precision_loss)] // some seconds of samples
fn heard(rate: u32, samples: &[i16]) -> (f64, i16) {
    let loud = |s: &i16| s.unsigned_abs() > 1_000;
    let Some(first) = samples.iter().position(loud) else {
        return (0.0, 0);
    };
    let last = samples.iter().rposition(loud).unwrap_or(first);
    let tone = &samples[first..=last];
    let rises = tone
        .windows(2)
        .filter(|two| two[0] < 0 && two[1] >= 0)
        .count();
    let most = tone.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    let hertz = rises as f64 * f64::from(rate) / tone.len() as f64;
    (hertz, i16::try_from(most).unwrap_or(i16::MAX))
}

fn is_tone(rate: u32, samples: &[i16]) -> Outcome {
    let (hertz, most) = heard(rate, samples);
    let told = format!("{hertz:.1} Hz, {most} high, {} samples", samples.len());
    let good = (990.0..1010.0).contains(&hertz) && (7_800..8_200).contains(&most);
    if good { Ok(told) } else { Err(told) }
}

/// As many samples as `seconds` have.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // some seconds
fn listen(capture: &mut Capture, seconds: f64) -> Result<Vec<i16>, String> {
    let mut bytes = vec![0; (f64::from(capture.rate()) * seconds) as usize * 2];
    capture
        .read_exact(&mut bytes)
        .map_err(|error| error.to_string())?;
    let pairs = bytes.chunks_exact(2);
    Ok(pairs
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect())
}

/// A file for `aplay`: raw, in the form that is asked for.
fn raw(format: &str, rate: u32, channels: u32) -> &'static str {
    let mut bytes = Vec::new();
    for sample in tone(rate, 5) {
        for _ in 0..channels {
            match format {
                "S16_LE" => bytes.extend(sample.to_le_bytes()),
                "S24_3LE" => bytes.extend((i32::from(sample) << 8).to_le_bytes().iter().take(3)),
                _ => bytes.extend((i32::from(sample) << 16).to_le_bytes()),
            }
        }
    }
    std::fs::write("/run/tone.raw", bytes).expect("the tone");
    "/run/tone.raw"
}

/// `aplay` plays, we listen.
fn hear(format: &str, rate: u32, channels: u32, expected: u32) -> Outcome {
    let file = raw(format, rate, channels);
    let (rate, channels) = (rate.to_string(), channels.to_string());
    let _aplay = Peer::start(
        "aplay",
        &[
            "-D", THEIRS, "-t", "raw", "-f", format, "-r", &rate, "-c", &channels, file,
        ],
    );
    std::thread::sleep(Duration::from_secs(1));
    let mut capture = Capture::open(&Card::parse(OURS).unwrap(), 16_000)?;
    if capture.rate() != expected {
        return Err(format!("it runs at {}", capture.rate()));
    }
    // The card's own beginning does not count.
    listen(&mut capture, 0.3)?;
    let samples = listen(&mut capture, 1.5)?;
    is_tone(capture.rate(), &samples)
}

/// We play a tone of another rate, `arecord` listens.
fn say(format: &str, rate: u32, channels: u32) -> Outcome {
    let (rate_text, channels_text) = (rate.to_string(), channels.to_string());
    let _ = std::fs::remove_file("/run/said.raw");
    let arecord = Peer::start(
        "arecord",
        &[
            "-D",
            "hw:0,1",
            "-t",
            "raw",
            "-f",
            format,
            "-r",
            &rate_text,
            "-c",
            &channels_text,
            "/run/said.raw",
        ],
    );
    std::thread::sleep(Duration::from_secs(1));
    let begun = Instant::now();
    play(&Card::parse(THEIRS).unwrap(), 22_050, &tone(22_050, 2))?;
    let took = begun.elapsed();
    std::thread::sleep(Duration::from_millis(500));
    drop(arecord);
    let bytes = std::fs::read("/run/said.raw").map_err(|error| error.to_string())?;
    let width = if format == "S16_LE" { 2 } else { 4 };
    let frames = bytes.chunks_exact(width * channels as usize);
    let samples: Vec<i16> = frames
        .map(|frame| i16::from_le_bytes([frame[width - 2], frame[width - 1]]))
        .collect();
    let loud = samples.iter().filter(|s| s.unsigned_abs() > 1_000).count();
    let most = samples.len();
    // Of a sine, 92 % is above an eighth of its height. All of it was heard, and it was waited for.
    #[expect(clippy::cast_precision_loss)] // some seconds of samples
    let seconds = loud as f64 / 0.92 / f64::from(rate);
    if !(1.9..2.1).contains(&seconds) || took < Duration::from_millis(1_800) {
        return Err(format!(
            "{seconds:.2} s of {most} samples were heard, in {took:.1?}"
        ));
    }
    is_tone(rate, &samples)
}

/// Nobody fetches the sound for a while: some is lost, and it goes on.
fn late() -> Outcome {
    let mut capture = Capture::open(&Card::parse(OURS).unwrap(), 16_000)?;
    listen(&mut capture, 0.2)?;
    std::thread::sleep(Duration::from_secs(4));
    let before = capture.late();
    listen(&mut capture, 3.0)?;
    let late = capture.late() - before;
    if late == 0 {
        return Err("nothing was late".to_owned());
    }
    Ok(format!("{late} times late"))
}

/// Another program has it.
fn busy() -> Outcome {
    // All eight ways into the loopback.
    let all: Vec<Peer> = (0..8)
        .map(|way| {
            let device = format!("hw:0,1,{way}");
            Peer::start(
                "arecord",
                &[
                    "-D",
                    &device,
                    "-t",
                    "raw",
                    "-f",
                    "S16_LE",
                    "-r",
                    "16000",
                    "-c",
                    "1",
                    "/dev/null",
                ],
            )
        })
        .collect();
    std::thread::sleep(Duration::from_secs(3));
    let begun = Instant::now();
    let refused = Capture::open(&Card::parse(OURS).unwrap(), 16_000);
    drop(all);
    match refused {
        Err(why) if why.contains("another program has it") && begun.elapsed().as_secs() < 3 => {
            Ok(why)
        }
        Err(why) => Err(why),
        Ok(_) => Err("it was opened".to_owned()),
    }
}

/// The card is pulled out while it is listened to, and comes back.
fn unplug() -> Outcome {
    let drivers = "/sys/bus/platform/drivers/snd_aloop";
    let write = move |file: &str| {
        std::fs::write(format!("{drivers}/{file}"), "snd_aloop.0")
            .map_err(|error| format!("{file}: {error}"))
    };
    let mut capture = Capture::open(&Card::parse(OURS).unwrap(), 16_000)?;
    listen(&mut capture, 0.2)?;
    // Whoever pulls waits for those who hold the card open.
    let pull = std::thread::spawn(move || write("unbind"));
    let begun = Instant::now();
    let why = loop {
        match listen(&mut capture, 0.1) {
            Ok(_) if begun.elapsed() > Duration::from_secs(20) => {
                return Err("it still gives sound".to_owned());
            }
            Ok(_) => {}
            Err(why) => break why,
        }
    };
    drop(capture);
    pull.join().expect("pulled")?;
    let absent = Capture::open(&Card::parse(OURS).unwrap(), 16_000)
        .map(|_| ())
        .unwrap_err();
    write("bind")?;
    std::thread::sleep(Duration::from_secs(1));
    let mut capture = Capture::open(&Card::parse(OURS).unwrap(), 16_000)?;
    listen(&mut capture, 0.2)?;
    if !why.contains("gone") {
        return Err(why);
    }
    Ok(format!("“{why}”, “{absent}”"))
}

/// Reading ends soon after it is stopped.
fn stop() -> Outcome {
    let mut capture = Capture::open(&Card::parse(OURS).unwrap(), 16_000)?;
    let stopper = capture.stopper();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        stopper.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let mut sound = Vec::new();
    let begun = Instant::now();
    capture
        .read_to_end(&mut sound)
        .map_err(|error| error.to_string())?;
    if begun.elapsed() > Duration::from_secs(5) || sound.is_empty() {
        return Err(format!("after {:.1?}", begun.elapsed()));
    }
    Ok(format!("after {:.1?}", begun.elapsed()))
}
