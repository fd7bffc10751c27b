//! The wake words there are: model files in folders, read when they are asked for and then kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{WakeError, WakeWord};

/// Models that are kept, at most.
const MAX_KEPT: usize = 8;

/// Models in a folder that are looked at, at most.
const MAX_LISTED: usize = 64;

/// Where wake words are looked for.
#[derive(Debug, Default)]
pub struct Catalogue {
    folders: Vec<PathBuf>,
    kept: Vec<(String, Arc<WakeWord>)>,
}

impl Catalogue {
    /// Looks in these folders, the first one first; those that are not there do not matter.
    #[must_use]
    pub const fn new(folders: Vec<PathBuf>) -> Self {
        Self {
            folders,
            kept: Vec::new(),
        }
    }

    /// The names there are.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten()
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "tflite"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .take(MAX_LISTED)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A wake word by its name, or by the path of its model.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn find(&mut self, name: &str) -> Result<Arc<WakeWord>, WakeError> {
        if let Some((_, word)) = self.kept.iter().find(|(kept, _)| kept == name) {
            return Ok(Arc::clone(word));
        }
        let path = self.path(name).ok_or_else(|| WakeError::Unknown {
            name: name.to_owned(),
            known: self.names(),
        })?;
        let word = Arc::new(WakeWord::load(&path)?);
        if self.kept.len() >= MAX_KEPT {
            self.kept.remove(0);
        }
        self.kept.push((name.to_owned(), Arc::clone(&word)));
        Ok(word)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        if name.contains('/') {
            let path = Path::new(name);
            let model = path.extension().is_some_and(|end| end == "tflite");
            return (model && path.is_file()).then(|| path.to_owned());
        }
        self.folders
            .iter()
            .map(|folder| folder.join(format!("{name}.tflite")))
            .find(|path| path.is_file())
    }
}
