//! The [`Engine`]: one language's sentences and one home's names, ready to recognise.

use std::path::Path;

use crate::compile::{Program, compile};
use crate::grammar;
use crate::graph::GraphError;
use crate::graph::sentences::Letters;
use crate::names::Names;
use crate::recognize::{Lexicon, recognize};
use crate::respond;
use crate::sentences::{self, LoadError, Responses, Sentences};
use crate::several::Joints;
use crate::{Context, Grammar, Home, Match, NoMatch, Outcome};

/// Recognises sentences of one language in one home.
#[derive(Debug)]
pub struct Engine {
    /// The sources of sentences; the first that understands wins. Never empty.
    parts: Vec<Part>,
}

/// One source of sentences.
#[derive(Debug)]
struct Part {
    program: Program,
    responses: Responses,
    names: Names,
    /// What tolerance needs; none: the sentence must fit.
    lexicon: Option<Lexicon>,
    joints: Joints,
}

impl Part {
    /// Slots with their places in the sentence; with their words as they were given, blanks included, where
    /// blanks mean nothing.
    fn as_said(&self, sentence: &str, mut found: Match) -> Match {
        if found.intent.starts_with("Hearth") {
            crate::clock::settle(&mut found);
        }
        for slot in &mut found.slots {
            // The last character may have been longer than what it is compared as.
            if let Some((_, to)) = &mut slot.span {
                *to = crate::normal::end_of_letter(sentence, *to);
            }
        }
        if !self.joints.whole {
            for slot in &mut found.slots {
                if let Some(said) = slot.span.and_then(|(from, to)| sentence.get(from..to)) {
                    slot.text = said.trim().to_owned();
                }
            }
        }
        found
    }
}

impl Engine {
    /// With Hearth's own sentences: `en`, `ko`, also written `en-US`.
    ///
    /// # Errors
    /// Says which languages there are.
    pub fn new(language: &str) -> Result<Self, LoadError> {
        let (sentences, files) = Sentences::own(language)?;
        Self::of(&sentences, files)
    }

    /// The language that [`Engine::new`] would understand, at no cost.
    ///
    /// # Errors
    /// Says which languages there are.
    pub fn known(language: &str) -> Result<&'static str, LoadError> {
        sentences::own(language).map(|(code, ..)| code)
    }

    /// With the sentences of a file (compiled JSON or YAML) or of a folder of YAML files, in the
    /// community's format.
    ///
    /// # Errors
    /// Names file, line and what is wrong there.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let (sentences, files) = Sentences::load(path)?;
        Self::of(&sentences, files)
    }

    /// With a user's sentences before Hearth's own, or without these for a language Hearth has none of. The
    /// folder may hold several languages: `LANGUAGE.json`, `LANGUAGE.yaml` or a folder `LANGUAGE` in it is
    /// taken then.
    ///
    /// # Errors
    /// Names file, line and what is wrong there; or says which languages there are.
    pub fn open(language: &str, more: Option<&Path>) -> Result<Self, LoadError> {
        let Some(more) = more else {
            return Self::new(language);
        };
        let file = [".json", ".yaml", ""]
            .iter()
            .map(|end| more.join(format!("{language}{end}")))
            .find(|path| path.exists());
        let (mut sentences, files) = Sentences::load(file.as_deref().unwrap_or(more))?;
        if sentences.language.is_empty() {
            language.clone_into(&mut sentences.language);
        }
        let mut engine = Self::of(&sentences, files)?;
        match Self::new(language) {
            Ok(own) => engine.parts.extend(own.parts),
            Err(LoadError::Language(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(engine)
    }

    /// With sentences at hand, from these files.
    ///
    /// # Errors
    /// Names file, line and template.
    pub fn of(sentences: &Sentences, files: Vec<String>) -> Result<Self, LoadError> {
        Ok(Self {
            parts: vec![Part {
                program: compile(sentences, files)?,
                responses: sentences.responses.clone(),
                names: Names::default(),
                lexicon: None,
                joints: Joints::new(
                    &sentences.and_words,
                    &sentences.except_words,
                    &sentences.it_words,
                    !sentences.settings.ignore_all_whitespace,
                ),
            }],
        })
    }

    /// The language of the sentences.
    #[must_use]
    pub fn language(&self) -> &str {
        self.parts
            .first()
            .map_or("", |part| part.program.language.as_str())
    }

    /// Takes the names of a home in place of those before.
    pub fn set_home(&mut self, home: &Home) {
        for part in &mut self.parts {
            part.names = Names::new(home, part.program.blanks);
        }
    }

    /// Whether sentences that fit no template are understood all the same when it is plain what they
    /// mean. Sentences that fit keep their meaning.
    pub fn set_tolerant(&mut self, tolerant: bool) {
        for part in &mut self.parts {
            part.lexicon = tolerant.then(|| Lexicon::new(&part.program));
        }
    }

    /// What a sentence means in this home.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn recognize(&self, sentence: &str, context: &Context) -> Result<Match, NoMatch> {
        let mut reason = NoMatch::NothingLike;
        // What fits anywhere comes before what nearly fits somewhere.
        let tolerant = self.parts.iter().any(|part| part.lexicon.is_some());
        for forgiving in [false, true] {
            if forgiving != tolerant && (forgiving || self.parts.len() == 1) {
                continue;
            }
            let last = forgiving || !tolerant;
            for part in &self.parts {
                let lexicon = part.lexicon.as_ref().filter(|_| forgiving);
                match recognize(&part.program, &part.names, lexicon, sentence, context) {
                    Ok(found) if crate::several::only_when(&found) => {}
                    Ok(found) => return Ok(part.as_said(sentence, found)),
                    // The reason that says most, of the first that says anything.
                    Err(other) if last && reason == NoMatch::NothingLike => reason = other,
                    Err(_) => {}
                }
            }
        }
        Err(reason)
    }

    /// What a sentence means that fits a template.
    pub(crate) fn exactly(&self, sentence: &str, context: &Context) -> Result<Match, NoMatch> {
        self.parts
            .iter()
            .map(|part| {
                recognize(&part.program, &part.names, None, sentence, context)
                    .map(|found| part.as_said(sentence, found))
            })
            .find(Result::is_ok)
            .unwrap_or(Err(NoMatch::NothingLike))
    }

    /// The words that join commands, of the first source that has any.
    pub(crate) fn joints(&self) -> Option<&Joints> {
        self.parts
            .iter()
            .map(|part| &part.joints)
            .find(|joints| !joints.and.is_empty() || !joints.except.is_empty())
    }

    /// Names and rooms of the home that a text begins with: how many bytes of it, which slot they fill
    /// where they are taken out, and the main name.
    pub(crate) fn homely(&self, text: &str) -> Vec<(usize, &'static str, String)> {
        let folded: Vec<char> = text.chars().map(crate::normal::fold).collect();
        let bytes = |chars: usize| text.chars().take(chars).map(char::len_utf8).sum::<usize>();
        let mut found = Vec::new();
        if let Some(part) = self.parts.last() {
            part.names.trie.at(&folded, 0, |end, key| {
                let (list, index) = (key as usize >> 24, key as usize & 0xff_ffff);
                let slot = ["except_name", "except_area"].get(list);
                let name = part.names.lists.get(list).and_then(|l| l.get(index));
                if let (Some(slot), Some(name)) = (slot, name) {
                    found.push((bytes(end), *slot, name.value.clone()));
                }
            });
        }
        found
    }

    /// The keys of the entities of a name.
    pub(crate) fn ids(&self, name: &str) -> Vec<String> {
        self.parts
            .last()
            .map(|part| part.names.ids(name))
            .unwrap_or_default()
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

    /// What a speech recogniser should listen for in this home: by Hearth's own sentences where the
    /// language has some.
    #[must_use]
    pub fn grammar(&self) -> Grammar {
        self.parts
            .last()
            .map(|part| grammar::grammar(&part.program, &part.names))
            .unwrap_or_default()
    }

    /// All that can be said in this home, for a recogniser's graph: by Hearth's own sentences where the
    /// language has some.
    ///
    /// # Errors
    /// When there are too many.
    pub fn letters(&self) -> Result<Letters, GraphError> {
        self.parts.last().map_or_else(
            || Ok(Letters::default()),
            |part| Letters::new(&part.program, &part.names),
        )
    }

    /// A short answer to what was done, in the language of the sentences.
    #[must_use]
    pub fn respond(&self, intent: &Match, outcome: &Outcome) -> String {
        respond::respond(self.responses(), intent, outcome)
    }

    /// The question to put before a match is acted on: "Unlock the front door?"
    #[must_use]
    pub fn ask(&self, intent: &Match) -> String {
        respond::ask(self.responses(), intent)
    }

    /// Several things in one: "the lamp, the fan and the heater".
    #[must_use]
    pub fn join(&self, names: &[String]) -> String {
        respond::join(self.responses(), names)
    }

    /// Several answers as one.
    #[must_use]
    pub fn combine(&self, texts: &[String]) -> String {
        respond::combine(self.responses(), texts)
    }

    /// So many seconds, in words.
    #[must_use]
    pub fn duration(&self, seconds: u64) -> String {
        respond::duration(self.responses(), seconds)
    }

    /// A text of the language that belongs to no intent (`words` of its responses), filled.
    #[must_use]
    pub fn phrase(&self, key: &str, values: &[(&str, String)]) -> String {
        respond::phrase(self.responses(), key, values)
    }

    /// A short answer to what was not understood, in the language of the sentences.
    #[must_use]
    pub fn apologize(&self, reason: &NoMatch) -> String {
        respond::apologize(self.responses(), reason)
    }

    /// Hearth's own answers where there are some: those of the community need a program to be said.
    fn responses(&self) -> &Responses {
        static NONE: Responses = Responses {
            errors: std::collections::BTreeMap::new(),
            intents: std::collections::BTreeMap::new(),
            words: std::collections::BTreeMap::new(),
        };
        self.parts.last().map_or(&NONE, |part| &part.responses)
    }
}
