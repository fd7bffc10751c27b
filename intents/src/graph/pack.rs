//! The packer: a model folder for one home.

use std::fs::File;
use std::path::Path;

use super::GraphError;
use super::compose::composed;
use super::fst::{EPSILON, Fst};
use super::minimize::{minimized, pushed, without_idle};
use super::read::read_pruned;
use super::source::Source;

/// The part of a model's graph that says these words.
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

/// The marks that part words sounding alike while a graph is made; read by nobody afterwards.
///
/// # Errors
/// When the file is not there or holds something else than numbers.
pub fn marks(model: &Path) -> Result<Vec<u32>, GraphError> {
    let path = model.join("graph/disambig_tid.int");
    let text = std::fs::read_to_string(&path).map_err(|e| GraphError::io(&path, e))?;
    let mut marks = text
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
