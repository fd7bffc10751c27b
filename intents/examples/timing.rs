//! Times sentences for `tests/peers/hassil_bench.py`, which does the same with hassil: `timing DATA CASES…`.
//!
//! Prints lines of JSON: what loading English and Korean takes, in time and in resident memory (Linux), each
//! in a process of its own; then a line a language, first as the templates are, then with tolerance. A
//! sentence's time is the fastest of three tries: other work on the machine is not what is measured.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use intents::{Area, Context, Engine, Entity, Floor, Home};
use serde_json::{Value as Json, json};

/// Tries a sentence.
const TRIES: usize = 3;

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Json) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn each<T>(value: &Json, make: impl Fn(&Json) -> T) -> Vec<T> {
    value.as_array().into_iter().flatten().map(make).collect()
}

fn home(json: &Json) -> Home {
    Home {
        entities: each(&json["entities"], |e| {
            let id = text(&e["id"]);
            let kind = id.split('.').next().unwrap_or_default();
            Entity {
                name: text(&e["name"]),
                aliases: texts(&e["aliases"]),
                domain: e["domain"].as_str().unwrap_or(kind).to_owned(),
                area: e["area"].as_str().map(str::to_owned),
                id,
            }
        }),
        areas: each(&json["areas"], |a| Area {
            name: text(&a["name"]),
            aliases: texts(&a["aliases"]),
        }),
        floors: each(&json["floors"], |f| Floor {
            name: text(&f["name"]),
            aliases: texts(&f["aliases"]),
        }),
    }
    .with_templates()
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

/// How many, median and 99th percentile in milliseconds.
fn quantiles(times: &mut [f64]) -> Json {
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let i = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(i).copied().unwrap_or(0.0)
    };
    json!({"count": times.len(), "p50": at(50), "p99": at(99)})
}

fn load(data: &str, language: &str) -> Result<Engine, String> {
    let path = Path::new(data).join(format!("intents/{language}.json"));
    Engine::load(&path).map_err(|error| error.to_string())
}

/// What it takes to load English and Korean, in this process.
fn measure_load(data: Option<&str>) -> Result<(), String> {
    let (before, start) = (resident_kb(), Instant::now());
    let mut engines = Vec::new();
    for language in ["en", "ko"] {
        engines.push(match data {
            Some(data) => load(data, language)?,
            None => Engine::new(language).map_err(|error| error.to_string())?,
        });
    }
    let ms = start.elapsed().as_secs_f64() * 1e3;
    let name = if data.is_some() {
        "Hearth, the community's"
    } else {
        "Hearth, its own"
    };
    let kb = resident_kb().saturating_sub(before);
    println!("{}", json!({"load": name, "ms": ms, "kb": kb}));
    Ok(())
}

/// The fastest of some processes that load English and Korean.
fn fastest_load(data: Option<&str>) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut best: Option<(f64, String)> = None;
    for _ in 0..TRIES {
        let mut command = Command::new(&program);
        command.arg("--load").args(data);
        let output = command.output().map_err(|error| error.to_string())?;
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let told: Json = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let ms = told["ms"].as_f64().unwrap_or(f64::MAX);
        if best.as_ref().is_none_or(|(fastest, _)| ms < *fastest) {
            best = Some((ms, line));
        }
    }
    if let Some((_, line)) = best {
        print!("{line}");
    }
    Ok(())
}

/// Times of one language.
#[derive(Default)]
struct Times {
    understood: Vec<f64>,
    rejected: Vec<f64>,
}

fn time(data: &str, file: &str, tolerant: bool) -> Result<(), String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{file}: {error}");
    let raw = std::fs::read(file).map_err(|error| wrong(&error))?;
    let mut lines = String::new();
    if file.ends_with(".gz") {
        flate2::read::GzDecoder::new(raw.as_slice())
            .read_to_string(&mut lines)
            .map_err(|error| wrong(&error))?;
    } else {
        lines = String::from_utf8_lossy(&raw).into_owned();
    }
    let mut engine: Option<Engine> = None;
    let mut all: Vec<(String, Times)> = Vec::new();
    for line in lines.lines() {
        let line: Json = serde_json::from_str(line).map_err(|error| wrong(&error))?;
        if let Some(language) = line["language"].as_str() {
            if all.last().is_none_or(|(before, _)| before != language) {
                let mut next = load(data, language)?;
                next.set_tolerant(tolerant);
                engine = Some(next);
                all.push((language.to_owned(), Times::default()));
            }
            if let Some(engine) = &mut engine {
                engine.set_home(&home(&line["home"]));
            }
            continue;
        }
        let (Some(engine), Some((_, times))) = (&engine, all.last_mut()) else {
            continue;
        };
        let context = Context {
            area: line["context"]["area"].as_str().map(str::to_owned),
            more: Vec::new(),
        };
        let said = text(&line["text"]);
        let (mut fastest, mut found) = (f64::MAX, false);
        for _ in 0..TRIES {
            let start = Instant::now();
            found = engine.recognize(&said, &context).is_ok();
            fastest = fastest.min(start.elapsed().as_secs_f64() * 1e3);
        }
        let times = if found {
            &mut times.understood
        } else {
            &mut times.rejected
        };
        times.push(fastest);
    }
    for (language, mut times) in all {
        println!(
            "{}",
            json!({
                "language": language,
                "tolerant": tolerant,
                "understood": quantiles(&mut times.understood),
                "rejected": quantiles(&mut times.rejected),
            })
        );
    }
    Ok(())
}

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [option] if option == "--load" => measure_load(None),
        [option, data] if option == "--load" => measure_load(Some(data)),
        [data, files @ ..] => {
            fastest_load(None)?;
            fastest_load(Some(data))?;
            for tolerant in [false, true] {
                for file in files {
                    time(data, file, tolerant)?;
                }
            }
            Ok(())
        }
        [] => Err("usage: timing DATA CASES…".to_owned()),
    }
}
