//! The packer: from a model, a model folder for one home.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use super::GraphError;
use super::acceptor::Acceptor;
use super::balance::balanced;
use super::compose::composed;
use super::endings;
use super::filler::{Filler, Labels, TALK, beside, priced};
use super::fst::{EPSILON, Fst};
use super::ivector;
use super::minimize::{minimized, pushed, without_idle};
use super::read::read_pruned;
use super::sentences::Letters;
use super::source::Source;
use super::symbols::Symbols;
use super::vocabulary::Vocabulary;
use super::write::to_const;
use crate::heap;

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// What else may be said; none: the recogniser hears a sentence in everything.
    pub filler: Option<Filler>,
    /// How the speaker's voice is told.
    pub speaker: Speaker,
}

/// How well the speaker's voice is told, which helps to understand it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Not at all: the average voice.
    Neutral,
    /// By so many of the model's Gaussians; each takes 0.1 MB of memory.
    Some(usize),
    /// As the model does, in 50 MB.
    Whole,
}

impl Options {
    /// All of them in a line: others are another line. (Router builds print no fields of what is `Debug`.)
    fn told(&self) -> String {
        let filler = self.filler.map(|filler| {
            let Filler {
                words,
                word,
                scale,
                own,
                entry,
                choice,
                question,
            } = filler;
            format!("{words} {word} {scale} {own} {entry} {choice} {question}")
        });
        let speaker = match self.speaker {
            Speaker::Neutral => "neutral".to_owned(),
            Speaker::Some(gaussians) => gaussians.to_string(),
            Speaker::Whole => "whole".to_owned(),
        };
        format!("{}; {speaker}", filler.unwrap_or_default())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filler: Some(Filler::default()),
            speaker: Speaker::Some(64),
        }
    }
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Sentences the graph takes.
    pub sentences: f64,
    /// Words in them.
    pub words: usize,
    /// Words the model cannot hear, and one written alike that it can.
    pub unknown: Vec<(String, Option<String>)>,
    /// States of the graph.
    pub states: usize,
    /// Its arcs.
    pub arcs: usize,
    /// Bytes of the graph's file.
    pub bytes: usize,
}

/// A model to pack from: the whole or a base.
#[derive(Debug)]
pub struct Packer {
    vocabulary: Vocabulary,
    marks: Vec<u32>,
}

impl Packer {
    /// Reads what is needed at first: words, their costs, and marks.
    ///
    /// # Errors
    /// Names the file and field that is wrong.
    pub fn open(model: &Path) -> Result<Self, GraphError> {
        Ok(Self {
            vocabulary: Vocabulary::read(model)?,
            marks: marks(model)?,
        })
    }

    /// The model's words.
    #[must_use]
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// A graph for these sentences with its words, and the sentences in these words.
    ///
    /// # Errors
    /// When the model's files are broken, or no sentence can be said with its words.
    pub fn graph(
        &self,
        model: &Path,
        letters: &Letters,
        options: &Options,
    ) -> Result<(Fst, Symbols, Fst, Report), GraphError> {
        let acceptor = Acceptor::new(letters, &self.vocabulary)?;
        if acceptor.fst.arc_count() == 0 {
            let unknown: Vec<&str> = acceptor.unknown.keys().map(String::as_str).collect();
            return Err(GraphError::Unfit(format!(
                "no sentence can be said with the model's words; unknown: {}",
                unknown.join(", ")
            )));
        }
        let mut report = Report {
            sentences: acceptor.sentences(),
            words: acceptor.words().len(),
            unknown: acceptor.unknown.clone().into_iter().collect(),
            ..Report::default()
        };
        let symbols = self.vocabulary.symbols();
        let free = symbols.iter().map(|(label, _)| label).max().unwrap_or(0) + 1;
        let labels = Labels::beyond(free);
        let right = match options.filler {
            Some(filler) => beside(&acceptor, &self.vocabulary, filler, labels),
            None => acceptor.fst.clone(),
        };
        let mut words: Vec<u32> = right.all_arcs().iter().map(|arc| arc.input).collect();
        words.sort_unstable();
        words.dedup();
        let mut graph = graph(&sounds(model, &words)?, &right, &self.marks)?;
        if let Some(filler) = options.filler {
            graph = balanced(priced(graph, filler, labels), |label| {
                labels.talked(label).is_some()
            });
        }
        if graph.start.is_none() {
            return Err(GraphError::Unfit(
                "the model's graph does not hold the words of any sentence".to_owned(),
            ));
        }
        report.states = graph.len();
        report.arcs = graph.arc_count();
        let mut said: Vec<u32> = graph.all_arcs().iter().map(|arc| arc.output).collect();
        said.push(EPSILON);
        said.sort_unstable();
        said.dedup();
        let names = said
            .into_iter()
            .filter_map(|label| {
                let word = match labels.talked(label) {
                    Some(word) => format!("{TALK}{}", symbols.word(word)?).into(),
                    None => symbols.word(label)?.into(),
                };
                Some((label, word))
            })
            .collect();
        Ok((graph, names, acceptor.fst, report))
    }
}

/// Packs a model for these sentences into the folder `out`.
///
/// # Errors
/// Names the file and field that is wrong.
pub fn pack(
    model: &Path,
    letters: &Letters,
    out: &Path,
    options: &Options,
) -> Result<Report, GraphError> {
    let packer = Packer::open(model)?;
    let (graph, words, sentences, mut report) = packer.graph(model, letters, options)?;
    let bytes = to_const(&graph, None);
    report.bytes = bytes.len();
    put(&out.join("graph/HCLG.fst"), &bytes)?;
    put(&out.join("graph/words.txt"), words.to_text().as_bytes())?;
    put(&out.join(endings::FILE), &to_const(&sentences, None))?;
    parts(model, out, options)?;
    Ok(report)
}

/// Packs again only if model, sentences, options or the way to search are others than those `out` was packed from;
/// none if they are the same.
///
/// # Errors
/// Names the file and field that is wrong.
pub fn refresh(
    model: &Path,
    letters: &Letters,
    out: &Path,
    options: &Options,
) -> Result<Option<Report>, GraphError> {
    let search: String = SEARCH
        .iter()
        .map(|(name, value)| format!(" {name}={value}"))
        .collect();
    let of = format!(
        "{} {:016x} {} {}/{LAYOUT}{search}\n",
        model.display(),
        letters.fingerprint(),
        options.told(),
        env!("CARGO_PKG_VERSION")
    );
    let note = out.join(NOTE);
    let whole = out.join(endings::FILE).exists();
    if whole && std::fs::read_to_string(&note).is_ok_and(|before| before == of) {
        return Ok(None);
    }
    // Where packing breaks off, parts of two homes lie beside each other: that is packed from nothing.
    match std::fs::remove_file(&note) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(GraphError::io(&note, error));
        }
        _ => {}
    }
    let report = pack(model, letters, out, options);
    // A gateway lives on for months behind this.
    heap::give_back();
    let report = report?;
    put(&note, of.as_bytes())?;
    Ok(Some(report))
}

/// Counts what the packer changed in its graphs within a version; folders of an older layout are packed again.
const LAYOUT: u32 = 2;

/// What a packed folder was packed from.
const NOTE: &str = "graph/packed-from";

/// Whether a folder holds a whole model, or a base, that can be packed.
#[must_use]
pub fn packable(model: &Path) -> bool {
    model.join("graph/HCLr.fst").exists() && model.join("graph/disambig_tid.int").exists()
}

/// Whether a folder holds a model that was packed.
#[must_use]
pub fn packed(model: &Path) -> bool {
    model.join("graph/HCLG.fst").exists()
}

/// Writes a base: the model with the `words` commonest of its words, those of these sentences and all
/// single letters. It packs like the whole model, in a tenth of the memory and time, on a router too;
/// names that are given later are cut into its words.
///
/// # Errors
/// Names the file and field that is wrong.
pub fn base(
    model: &Path,
    letters: &Letters,
    out: &Path,
    words: usize,
    options: &Options,
) -> Result<Report, GraphError> {
    let packer = Packer::open(model)?;
    let acceptor = Acceptor::new(letters, &packer.vocabulary)?;
    let symbols = packer.vocabulary.symbols();
    let likeliest = packer.vocabulary.likeliest();
    let single = |label: u32| {
        symbols
            .word(label)
            .is_some_and(|word| word.chars().count() == 1)
    };
    let mut kept = acceptor.words();
    kept.extend(
        likeliest
            .iter()
            .enumerate()
            .filter(|(i, (label, _))| *i < words || single(*label))
            .map(|(_, (label, _))| *label),
    );
    kept.sort_unstable();
    kept.dedup();
    let sounds = sounds(model, &kept)?;
    let mut costs = Fst::new();
    for label in &kept {
        costs.push(super::fst::Arc {
            input: *label,
            output: *label,
            weight: packer.vocabulary.cost(*label).unwrap_or_default(),
            next: 0,
        });
    }
    costs.end_state(0.0);
    costs.start = Some(0);
    let names: Symbols = std::iter::once(EPSILON)
        .chain(kept.iter().copied())
        .filter_map(|label| Some((label, symbols.word(label)?.into())))
        .collect();
    let bytes = to_const(&sounds, None);
    put(&out.join("graph/HCLr.fst"), &bytes)?;
    put(&out.join("graph/Gr.fst"), &to_const(&costs, Some(&names)))?;
    copy(
        &model.join("graph/disambig_tid.int"),
        &out.join("graph/disambig_tid.int"),
    )?;
    parts(model, out, options)?;
    Ok(Report {
        sentences: acceptor.sentences(),
        words: kept.len(),
        unknown: acceptor.unknown.into_iter().collect(),
        states: sounds.len(),
        arcs: sounds.arc_count(),
        bytes: bytes.len(),
    })
}

/// All of a model folder but the graph.
fn parts(model: &Path, out: &Path, options: &Options) -> Result<(), GraphError> {
    for part in [
        "am/final.mdl",
        "graph/phones/word_boundary.int",
        "ivector/final.mat",
        "ivector/global_cmvn.stats",
        "ivector/online_cmvn.conf",
        "ivector/splice.conf",
    ] {
        copy(&model.join(part), &out.join(part))?;
    }
    let place = model.join("ivector/final.ie");
    let (estimator, gaussians) = (get(&place)?, get(&model.join("ivector/final.dubm"))?);
    let files = match options.speaker {
        Speaker::Whole => Some((estimator, gaussians)),
        Speaker::Some(keep) => ivector::reduced(&estimator, &gaussians, keep),
        Speaker::Neutral => ivector::sizes(&estimator)
            .map(|sizes| (ivector::neutral(sizes), ivector::neutral_gaussian(sizes))),
    };
    let Some((estimator, gaussians)) = files else {
        return Err(GraphError::Unfit(format!(
            "{}: not an i-vector extractor as Kaldi writes it",
            place.display()
        )));
    };
    put(&out.join("ivector/final.ie"), &estimator)?;
    put(&out.join("ivector/final.dubm"), &gaussians)?;
    // The same sound is to give the same words each time.
    let sound = text(&model.join("conf/mfcc.conf"))?;
    let sound = with(&sound, &[("--dither", "0")]);
    put(&out.join("conf/mfcc.conf"), sound.as_bytes())?;
    let search = text(&model.join("conf/model.conf"))?;
    let search = with(&search, SEARCH);
    put(&out.join("conf/model.conf"), search.as_bytes())
}

/// How a packed model is searched. Vosk must not end utterances, for it hears another sentence in the silence
/// behind one: the listener does. The graph is small, so the search may be wide: the best of everything else
/// must be in view beside the best sentence, and the other way round.
const SEARCH: &[(&str, &str)] = &[
    ("--beam", "14.0"),
    ("--max-active", "4000"),
    ("--lattice-beam", "4.0"),
    // What falls out of the search is forgotten soon: 5 MB less at the peak of a long sentence.
    ("--prune-interval", "4"),
    ("--endpoint.rule1.min-trailing-silence", "600"),
    ("--endpoint.rule2.min-trailing-silence", "600"),
    ("--endpoint.rule3.min-trailing-silence", "600"),
    ("--endpoint.rule4.min-trailing-silence", "600"),
    ("--endpoint.rule5.min-utterance-length", "600"),
];

/// A file of options with these set.
fn with(text: &str, set: &[(&str, &str)]) -> String {
    let mut out: String = text
        .lines()
        .filter(|line| {
            let name = line.split('=').next().unwrap_or_default().trim();
            !set.iter().any(|(other, _)| *other == name)
        })
        .map(|line| format!("{line}\n"))
        .collect();
    for (name, value) in set {
        out.push_str(&format!("{name}={value}\n"));
    }
    out
}

fn get(path: &Path) -> Result<Vec<u8>, GraphError> {
    std::fs::read(path).map_err(|e| GraphError::io(path, e))
}

fn text(path: &Path) -> Result<String, GraphError> {
    std::fs::read_to_string(path).map_err(|e| GraphError::io(path, e))
}

/// Writes a file and the folders it is in, in one step: whoever reads sees the old or the new.
fn put(path: &Path, bytes: &[u8]) -> Result<(), GraphError> {
    let wrong = |e| GraphError::io(path, e);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let new = path.with_extension("new");
    std::fs::write(&new, bytes).map_err(wrong)?;
    std::fs::rename(&new, path).map_err(wrong)
}

/// Copies a file without holding it: an acoustic model is larger than all else that packing needs.
fn copy(from: &Path, to: &Path) -> Result<(), GraphError> {
    let wrong = |e| GraphError::io(to, e);
    let mut source = File::open(from).map_err(|e| GraphError::io(from, e))?;
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let new = to.with_extension("new");
    let mut target = File::create(&new).map_err(wrong)?;
    std::io::copy(&mut source, &mut target).map_err(wrong)?;
    std::fs::rename(&new, to).map_err(wrong)
}

/// The part of a model's graph that says these words, which are sorted.
///
/// # Errors
/// Names the file and field that is wrong.
pub fn sounds(model: &Path, words: &[u32]) -> Result<Fst, GraphError> {
    let path = model.join("graph/HCLr.fst");
    let open = || {
        let file = File::open(&path).map_err(|e| GraphError::io(&path, e))?;
        Ok(Source::new(path.display().to_string(), file))
    };
    read_pruned(open, |label| words.binary_search(&label).is_ok())
}

/// The marks that part words sounding alike while a graph is made; read by nobody afterwards. Sorted.
///
/// # Errors
/// When the file is not there or holds something else than numbers.
pub fn marks(model: &Path) -> Result<Vec<u32>, GraphError> {
    let path = model.join("graph/disambig_tid.int");
    let mut marks = text(&path)?
        .split_ascii_whitespace()
        .map(str::parse)
        .collect::<Result<Vec<u32>, _>>()
        .map_err(|_| GraphError::Unfit(format!("{}: expected numbers", path.display())))?;
    marks.sort_unstable();
    Ok(marks)
}

/// Model and sentences as one graph.
///
/// # Errors
/// When it is too large.
pub fn graph(sounds: &Fst, acceptor: &Fst, marks: &[u32]) -> Result<Fst, GraphError> {
    let mut fst = minimized(&pushed(&composed(sounds, acceptor)?));
    for arc in fst.all_arcs_mut() {
        if marks.binary_search(&arc.input).is_ok() {
            arc.input = EPSILON;
        }
    }
    Ok(minimized(&without_idle(&fst)))
}
