//! The [`Engine`]: one language's sentences and one home's names, ready to recognise.

use std::path::Path;

use crate::compile::{Program, compile};
use crate::grammar;
use crate::names::Names;
use crate::recognize::recognize;
use crate::respond;
use crate::sentences::{LoadError, Responses, Sentences};
use crate::{Context, Grammar, Home, Match, NoMatch, Outcome};

/// Recognises sentences of one language in one home.
#[derive(Debug)]
pub struct Engine {
    program: Program,
    responses: Responses,
    names: Names,
}

impl Engine {
    /// With Hearth's own sentences: `en`, `ko`, also written `en-US`.
    ///
    /// # Errors
    /// Says which languages there are.
    pub fn new(language: &str) -> Result<Self, LoadError> {
        let (sentences, files) = Sentences::own(language)?;
        Self::of(sentences, files)
    }

    /// With the sentences of a file (compiled JSON or YAML) or of a folder of YAML files, in the
    /// community's format.
    ///
    /// # Errors
    /// Names file, line and what is wrong there.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let (sentences, files) = Sentences::load(path)?;
        Self::of(sentences, files)
    }

    /// With sentences at hand, from these files.
    ///
    /// # Errors
    /// Names file, line and template.
    pub fn of(sentences: Sentences, files: Vec<String>) -> Result<Self, LoadError> {
        Ok(Self {
            program: compile(&sentences, files)?,
            responses: sentences.responses,
            names: Names::default(),
        })
    }

    /// The language of the sentences.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.program.language
    }

    /// Takes the names of a home in place of those before.
    pub fn set_home(&mut self, home: &Home) {
        self.names = Names::new(home, self.program.blanks);
    }

    /// What a sentence means in this home.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn recognize(&self, sentence: &str, context: &Context) -> Result<Match, NoMatch> {
        recognize(&self.program, &self.names, sentence, context)
    }

    /// What the first of several readings of a spoken sentence means that means anything; the reason
    /// of the first when none does.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn understand<'t>(
        &self,
        readings: impl IntoIterator<Item = &'t str>,
        context: &Context,
    ) -> Result<Match, NoMatch> {
        let mut first = None;
        for reading in readings {
            match self.recognize(reading, context) {
                Ok(found) => return Ok(found),
                Err(reason) => first = first.or(Some(reason)),
            }
        }
        Err(first.unwrap_or(NoMatch::Empty))
    }

    /// What a speech recogniser should listen for in this home.
    #[must_use]
    pub fn grammar(&self) -> Grammar {
        grammar::grammar(&self.program, &self.names)
    }

    /// A short answer to what was done, in the language of the sentences.
    #[must_use]
    pub fn respond(&self, intent: &Match, outcome: &Outcome) -> String {
        respond::respond(&self.responses, intent, outcome)
    }

    /// A short answer to what was not understood, in the language of the sentences.
    #[must_use]
    pub fn apologize(&self, reason: &NoMatch) -> String {
        respond::apologize(&self.responses, reason)
    }
}
