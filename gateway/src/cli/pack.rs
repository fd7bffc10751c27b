//! `voice pack`: a speech model for one home.

use std::path::PathBuf;
use std::process::ExitCode;

use intents::graph::pack::{self, Options, Report, Speaker};
use intents::{Engine, Home};

use super::args::Args;
use super::failure::{Failure, Outcome};
use crate::voice;

/// Words in a base.
const BASE: usize = 20_000;

/// `hearth voice pack`
pub(super) fn run(args: &mut Args) -> Outcome {
    let folder = |args: &mut Args, name| args.option(name).map(PathBuf::from);
    let (model, out, home) = (
        folder(args, "model"),
        folder(args, "out"),
        folder(args, "home"),
    );
    let language = args.parsed::<String>("language")?;
    let words = args.parsed::<usize>("words")?.unwrap_or(BASE);
    let base = args.switch("base");
    let mut options = Options::default();
    if args.switch("neutral") {
        options.speaker = Speaker::Neutral;
    }
    if args.switch("adapt") {
        options.speaker = Speaker::Whole;
    }
    args.done()?;
    // With everything told no configuration is needed.
    let config = match (&model, &out, &home, &language) {
        (Some(_), Some(_), Some(_), Some(_)) => None,
        _ => Some(args.config()?),
    };
    let model = model
        .or_else(|| config.as_ref()?.voice.model.clone())
        .ok_or_else(|| Failure::failed("no model: give --model DIR or set voice.model"))?;
    let out = out
        .or_else(|| config.as_ref().map(voice::packed))
        .ok_or_else(|| Failure::failed("give --out DIR"))?;
    if !pack::packable(&model) {
        return Err(Failure::Failed(format!(
            "{}: not a model that can be packed (one with graph/HCLr.fst and graph/disambig_tid.int)",
            model.display()
        )));
    }
    let letters = match (home, &config) {
        (Some(file), _) => {
            let shown = file.display();
            let text = std::fs::read_to_string(&file)
                .map_err(|error| Failure::Failed(format!("{shown}: {error}")))?;
            let home: Home = serde_json::from_str(&text)
                .map_err(|error| Failure::Failed(format!("{shown}: {error}")))?;
            let language = language
                .or_else(|| {
                    let voice = &config.as_ref()?.voice;
                    let language = voice.speech_language.as_ref().unwrap_or(&voice.language);
                    Some(language.clone())
                })
                .ok_or_else(|| Failure::failed("give --language LANG"))?;
            let mut engine = Engine::new(&language).map_err(Failure::failed)?;
            engine.set_home(&home);
            engine.letters()
        }
        (None, Some(config)) => {
            let hub = voice::stored(config).map_err(Failure::Failed)?;
            hub.engine()
                .ok_or_else(|| Failure::failed("the configuration names no language"))?
                .letters()
        }
        (None, None) => return Err(Failure::failed("give --home FILE.json")),
    }
    .map_err(Failure::failed)?;
    let report = if base {
        pack::base(&model, &letters, &out, words, &options)
    } else {
        pack::pack(&model, &letters, &out, &options)
    }
    .map_err(Failure::failed)?;
    show(&report, base);
    println!("written to {}", out.display());
    Ok(ExitCode::SUCCESS)
}

fn show(report: &Report, base: bool) {
    println!("sentences {:.0}", report.sentences);
    println!(
        "words     {}{}",
        report.words,
        if base { " in the base" } else { "" }
    );
    println!(
        "graph     {} states, {} arcs, {} kB",
        report.states,
        report.arcs,
        report.bytes / 1000
    );
    for (word, like) in &report.unknown {
        match like {
            Some(like) => println!("unknown   {word} (the model has {like})"),
            None => println!("unknown   {word}"),
        }
    }
}
