//! The sentences of a home as an acceptor of the model's words.

use std::collections::{BTreeMap, HashMap};

use super::GraphError;
use super::automaton::{Nfa, texts};
use super::fst::{EPSILON, Fst, NEVER, StateId};
use super::sentences::Letters;
use super::vocabulary::Vocabulary;

/// Letters of one written word at most; nothing longer is a word.
const MAX_LETTERS: usize = 48;

/// Behind a sentence that ends in a question mark; no word.
const ASKED: u32 = u32::MAX - 1;

/// What a sentence costs at its end that is written as a question.
pub const QUESTION: f32 = 1.0;

/// Written words looked at, at most.
const MAX_WORDS: usize = 200_000;

/// A minimal deterministic acceptor of the model's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acceptor {
    /// The acceptor; labels are the model's. Sentences cost nothing, those written as questions [`QUESTION`].
    pub fst: Fst,
    /// Written words the model cannot hear, and one it can that is written alike. Sentences with them
    /// are left out.
    pub unknown: BTreeMap<String, Option<String>>,
}

impl Acceptor {
    /// Cuts the sentences into words of the model, and takes two words also where they are heard as one.
    ///
    /// # Errors
    /// When they are too many.
    pub fn new(letters: &Letters, vocabulary: &Vocabulary) -> Result<Self, GraphError> {
        Self::build(letters, vocabulary, true)
    }

    /// Cuts the sentences into words of the model, each in one way only.
    ///
    /// # Errors
    /// When they are too many.
    pub fn as_cut(letters: &Letters, vocabulary: &Vocabulary) -> Result<Self, GraphError> {
        Self::build(letters, vocabulary, false)
    }

    fn build(letters: &Letters, vocabulary: &Vocabulary, joined: bool) -> Result<Self, GraphError> {
        let mut cutter = Cutter {
            letters: &letters.0,
            vocabulary,
            cut: HashMap::new(),
            unknown: BTreeMap::new(),
            words: 0,
        };
        let mut nfa = Nfa::new();
        let end = nfa.state();
        nfa.end(end);
        let asked = nfa.state();
        nfa.arc(asked, ASKED, end);
        let Some(start) = letters.0.start else {
            return Ok(Self::default());
        };
        // States of the letters at which a word may begin, and their states here.
        let mut known: HashMap<StateId, StateId> = HashMap::from([(start, 0)]);
        let mut open = vec![start];
        while let Some(state) = open.pop() {
            let from = known.get(&state).copied().unwrap_or_default();
            for (written, to) in cutter.words(state)? {
                let to = match to {
                    Behind::Nothing => end,
                    Behind::Question => asked,
                    Behind::Blank(to) => *known.entry(to).or_insert_with(|| {
                        open.push(to);
                        nfa.state()
                    }),
                };
                if written.is_empty() {
                    nfa.arc(from, EPSILON, to);
                    continue;
                }
                let Some(labels) = cutter.labels(&written) else {
                    continue;
                };
                let mut at = from;
                for (i, label) in labels.iter().enumerate() {
                    let next = if i + 1 == labels.len() {
                        to
                    } else {
                        nfa.state()
                    };
                    nfa.arc(at, *label, next);
                    at = next;
                }
            }
        }
        let unknown = cutter.unknown;
        let mut fst = nfa.deterministic()?;
        if joined && join(&fst, vocabulary, &mut nfa) {
            fst = nfa.deterministic()?;
        }
        fst = with_questions(&fst);
        // Silence is no sentence.
        if fst
            .start
            .is_some_and(|start| fst.final_cost(start) != NEVER)
        {
            fst = without_empty(&fst);
        }
        Ok(Self { fst, unknown })
    }

    /// How many sentences it takes.
    #[must_use]
    pub fn sentences(&self) -> f64 {
        texts(&self.fst)
    }

    /// The labels of its words, each once.
    #[must_use]
    pub fn words(&self) -> Vec<u32> {
        let mut words: Vec<u32> = self.fst.all_arcs().iter().map(|arc| arc.input).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Whether it takes these words.
    #[must_use]
    pub fn takes(&self, labels: &[u32]) -> bool {
        let end = self.fst.start.and_then(|start| {
            labels.iter().try_fold(start, |state, label| {
                let mut arcs = self.fst.arcs(state).iter();
                arcs.find(|arc| arc.input == *label).map(|arc| arc.next)
            })
        });
        end.is_some_and(|end| self.fst.final_cost(end) != NEVER)
    }
}

/// Two words in a row that the model also has as one, and likelier so, may be that one: in languages like
/// Korean a blank is a matter of taste ("켜 줘" is heard as "켜줘"). The new network takes both; false when there
/// are no such words.
fn join(fst: &Fst, vocabulary: &Vocabulary, nfa: &mut Nfa) -> bool {
    let symbols = vocabulary.symbols();
    let mut one: HashMap<(u32, u32), Option<u32>> = HashMap::new();
    let mut both = |a: u32, b: u32| {
        *one.entry((a, b)).or_insert_with(|| {
            let (first, second) = (symbols.word(a)?, symbols.word(b)?);
            if first.is_ascii() || second.is_ascii() {
                return None;
            }
            let label = symbols.label(&format!("{first}{second}"))?;
            let apart = vocabulary.cost(a)? + vocabulary.cost(b)?;
            (vocabulary.cost(label)? < apart).then_some(label)
        })
    };
    *nfa = Nfa::new();
    // The copy of a state comes behind the start of the new network.
    let offset = 1;
    for state in fst.states() {
        let copy = nfa.state();
        if fst.final_cost(state) != NEVER {
            nfa.end(copy);
        }
    }
    if let Some(start) = fst.start {
        nfa.arc(0, EPSILON, start + offset);
    }
    let mut any = false;
    for state in fst.states() {
        for arc in fst.arcs(state) {
            nfa.arc(state + offset, arc.input, arc.next + offset);
            for then in fst.arcs(arc.next) {
                if let Some(label) = both(arc.input, then.input) {
                    nfa.arc(state + offset, label, then.next + offset);
                    any = true;
                }
            }
        }
    }
    any
}

/// The same acceptor with the costs of questions in place of their marks.
fn with_questions(fst: &Fst) -> Fst {
    let mut out = Fst::new();
    for state in fst.states() {
        let mut end = fst.final_cost(state);
        for arc in fst.arcs(state) {
            if arc.input == ASKED {
                end = end.min(QUESTION);
            } else {
                out.push(*arc);
            }
        }
        out.end_state(end);
    }
    out.start = fst.start;
    out.connected()
}

/// The same acceptor, but for the empty text.
fn without_empty(fst: &Fst) -> Fst {
    let mut out = Fst::new();
    for state in fst.states() {
        for arc in fst.arcs(state) {
            out.push(*arc);
        }
        let start = Some(state) == fst.start;
        out.end_state(if start { NEVER } else { fst.final_cost(state) });
    }
    out.start = fst.start;
    out
}

/// Whether a Korean syllable ends in a consonant; none for other letters.
fn closed(letter: char) -> Option<bool> {
    let place = u32::from(letter).checked_sub(0xac00)?;
    (place < 11_172).then_some(place % 28 != 0)
}

/// What stands behind a written word.
#[derive(Clone, Copy)]
enum Behind {
    /// The sentence is over.
    Nothing,
    /// A question mark: the sentence is over, and may be talk as well.
    Question,
    /// A blank, and the state behind it.
    Blank(StateId),
}

/// Finds written words among letters and cuts them.
struct Cutter<'a> {
    letters: &'a Fst,
    vocabulary: &'a Vocabulary,
    cut: HashMap<String, Option<Vec<u32>>>,
    unknown: BTreeMap<String, Option<String>>,
    words: usize,
}

impl Cutter<'_> {
    /// The words that begin at a state, each with what is behind it.
    fn words(&mut self, from: StateId) -> Result<Vec<(String, Behind)>, GraphError> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), from)];
        while let Some((word, state)) = open.pop() {
            if self.letters.final_cost(state) != NEVER {
                found.push((word.clone(), Behind::Nothing));
            }
            for arc in self.letters.arcs(state) {
                match char::from_u32(arc.input) {
                    Some(' ') => found.push((word.clone(), Behind::Blank(arc.next))),
                    Some('?') if self.letters.final_cost(arc.next) != NEVER => {
                        found.push((word.clone(), Behind::Question));
                    }
                    Some(letter) if word.chars().count() < MAX_LETTERS => {
                        let mut longer = word.clone();
                        // Commas and the like are not said.
                        if letter.is_alphanumeric() || !letter.is_ascii() || letter == '\'' {
                            longer.push(letter);
                        } else if letter == '%' {
                            longer.push('%');
                        }
                        open.push((longer, arc.next));
                    }
                    _ => {}
                }
            }
            self.words += 1;
            if self.words > MAX_WORDS * 8 {
                return Err(GraphError::Unfit(format!(
                    "the sentences have more than {MAX_WORDS} words"
                )));
            }
        }
        Ok(found)
    }

    /// Whether the particle at the end, if there is one, is the one that follows such a word: templates have both
    /// ("{name}[을|를]"), and what nobody says is heard in talk. A word that only looks like one is in the model as
    /// a whole.
    fn agrees(&self, labels: &[u32]) -> bool {
        let symbols = self.vocabulary.symbols();
        let [.., word, particle] = labels else {
            return true;
        };
        let (Some(word), Some(particle)) = (symbols.word(*word), symbols.word(*particle)) else {
            return true;
        };
        let Some(closed) = word.chars().last().and_then(closed) else {
            return true;
        };
        match particle {
            "을" | "이" | "은" => closed,
            "를" | "가" | "는" => !closed,
            _ => true,
        }
    }

    fn labels(&mut self, written: &str) -> Option<Vec<u32>> {
        if let Some(labels) = self.cut.get(written) {
            return labels.clone();
        }
        let mut labels = self.vocabulary.cut(written);
        if labels.as_ref().is_some_and(|labels| !self.agrees(labels)) {
            labels = None;
        } else if labels.is_none() {
            let like = self.vocabulary.like(written).map(str::to_owned);
            self.unknown.insert(written.to_owned(), like);
        }
        self.cut.insert(written.to_owned(), labels.clone());
        labels
    }
}
