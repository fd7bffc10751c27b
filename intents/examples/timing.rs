//! Times sentences as `tests/peers/hassil_bench.py` does: `timing DATA CASES…`, the same files, the same form.
//!
//! Says besides what loading English and Korean takes, in time and in resident memory (Linux).

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use intents::{Area, Context, Engine, Entity, Floor, Home};
use serde_json::Value as Json;

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

/// Median and 99th percentile in milliseconds.
fn quantiles(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let i = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(i).copied().unwrap_or(0.0)
    };
    format!("{:.3} / {:.3} ms", at(50), at(99))
}

fn load(data: &str, language: &str, tolerant: bool) -> Result<Engine, String> {
    let path = Path::new(data).join(format!("intents/{language}.json"));
    let mut engine = Engine::load(&path).map_err(|error| error.to_string())?;
    engine.set_tolerant(tolerant);
    Ok(engine)
}

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--tolerant")
        .collect();
    let tolerant = std::env::args().any(|arg| arg == "--tolerant");
    let [data, files @ ..] = args.as_slice() else {
        return Err("usage: timing [--tolerant] DATA CASES…".to_owned());
    };
    let (before, start) = (resident_kb(), Instant::now());
    let own = (Engine::new("en"), Engine::new("ko"));
    println!(
        "Hearth's English and Korean: {:.1} ms, {} kB more resident",
        start.elapsed().as_secs_f64() * 1e3,
        resident_kb().saturating_sub(before)
    );
    drop(own);
    let (before, start) = (resident_kb(), Instant::now());
    let community = (load(data, "en", false)?, load(data, "ko", false)?);
    println!(
        "the community's English and Korean: {:.1} ms, {} kB more resident",
        start.elapsed().as_secs_f64() * 1e3,
        resident_kb().saturating_sub(before)
    );
    drop(community);
    for file in files {
        let raw = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        let mut lines = String::new();
        if file.ends_with(".gz") {
            flate2::read::GzDecoder::new(raw.as_slice())
                .read_to_string(&mut lines)
                .map_err(|error| format!("{file}: {error}"))?;
        } else {
            lines = String::from_utf8_lossy(&raw).into_owned();
        }
        let mut engine: Option<(String, Engine)> = None;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        let mut took = 0.0;
        let report = |language: &str, known: &mut Vec<f64>, unknown: &mut Vec<f64>, took: f64| {
            println!(
                "hearth {language}: known {}, unknown {}, load {took:.0} ms",
                quantiles(known),
                quantiles(unknown)
            );
            known.clear();
            unknown.clear();
        };
        for line in lines.lines() {
            let line: Json =
                serde_json::from_str(line).map_err(|error| format!("{file}: {error}"))?;
            if let Some(language) = line["language"].as_str() {
                if let Some((before, engine)) = &mut engine {
                    if before == language {
                        engine.set_home(&home(&line["home"]));
                        continue;
                    }
                    report(before, &mut known, &mut unknown, took);
                }
                let start = Instant::now();
                let mut next = load(data, language, tolerant)?;
                took = start.elapsed().as_secs_f64() * 1e3;
                next.set_home(&home(&line["home"]));
                engine = Some((language.to_owned(), next));
                continue;
            }
            let Some((_, engine)) = &engine else { continue };
            let context = Context {
                area: line["context"]["area"].as_str().map(str::to_owned),
                more: Vec::new(),
            };
            let said = text(&line["text"]);
            let start = Instant::now();
            let found = engine.recognize(&said, &context).is_ok();
            let ms = start.elapsed().as_secs_f64() * 1e3;
            if found { &mut known } else { &mut unknown }.push(ms);
        }
        if let Some((language, _)) = &engine {
            report(language, &mut known, &mut unknown, took);
        }
    }
    Ok(())
}
