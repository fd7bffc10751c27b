//! Templates and a home's names as phrases for a speech recogniser.
//!
//! Vosk's run-time grammar is no grammar but a bigram model over the phrases it is given, so the
//! phrases need not hold every sentence, only every pair of words that may follow each other. They are
//! therefore not expanded in full (a small home has hundreds of thousands of sentences) but *covered*:
//! each choice in a template is taken at least once, in a number of phrases that is bounded.

use std::collections::BTreeSet;

use crate::compile::{List, NodeId, Op, Program};
use crate::names::Names;
use crate::numbers::spell;

/// What a speech recogniser should listen for in this home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grammar {
    /// Sentences as said, bounded in number; together they hold every word and every name.
    pub phrases: Vec<String>,
    /// Every word in them, sorted.
    pub words: Vec<String>,
}

/// Phrases at most.
const MAX_PHRASES: usize = 4_000;

/// Phrases of one template at most.
const MAX_OF_TEMPLATE: usize = 120;

/// Makes the grammar.
#[must_use]
pub(crate) fn grammar(program: &Program, names: &Names) -> Grammar {
    let mut phrases = BTreeSet::new();
    let (all, speech) = program
        .templates
        .split_at(program.matched.min(program.templates.len()));
    let templates = if speech.is_empty() { all } else { speech };
    for template in templates {
        let mut cover = Cover {
            program,
            names,
            block: usize::from(template.block),
            spoken: Vec::new(),
        };
        for phrase in cover.node(template.root, 0) {
            let words: Vec<&str> = phrase
                .split_whitespace()
                .map(|word| word.trim_end_matches('?'))
                .collect();
            if !words.is_empty() && phrases.len() < MAX_PHRASES {
                phrases.insert(words.join(" "));
            }
        }
    }
    let words: BTreeSet<String> = phrases
        .iter()
        .flat_map(|phrase| phrase.split(' ').map(str::to_owned))
        .collect();
    Grammar {
        phrases: phrases.into_iter().collect(),
        words: words.into_iter().collect(),
    }
}

struct Cover<'a> {
    program: &'a Program,
    names: &'a Names,
    block: usize,
    spoken: Vec<NodeId>,
}

impl Cover<'_> {
    /// Texts of a node that together take each of its choices; none when it cannot be said.
    fn node(&mut self, id: NodeId, depth: usize) -> Vec<String> {
        if depth > 64 || self.spoken.len() > 10_000 {
            return Vec::new();
        }
        self.spoken.push(id);
        let program = self.program;
        let Some(op) = program.ops.get(id as usize) else {
            return Vec::new();
        };
        match *op {
            Op::Text(text) => program
                .texts
                .get(text as usize)
                .map(|text| vec![text.said.to_string()])
                .unwrap_or_default(),
            Op::Seq(from, to) | Op::Perm(from, to) => {
                let mut all = vec![String::new()];
                for kid in &program.kids[from as usize..to as usize] {
                    let parts = self.node(*kid, depth + 1);
                    if parts.is_empty() {
                        return Vec::new();
                    }
                    all = join(&all, &parts);
                }
                all
            }
            Op::Alt(from, to) => {
                let mut all = Vec::new();
                for kid in &program.kids[from as usize..to as usize] {
                    all.extend(self.node(*kid, depth + 1));
                }
                all.truncate(MAX_OF_TEMPLATE);
                all
            }
            Op::List { list, .. } => self.list(list, depth),
        }
    }

    fn list(&mut self, list: u16, depth: usize) -> Vec<String> {
        let program = self.program;
        match program.lists.get(usize::from(list)) {
            Some(List::Values(choices)) => {
                let mut all = Vec::new();
                for choice in choices {
                    all.extend(self.node(choice.node, depth + 1));
                }
                all
            }
            Some(List::Home(home)) => {
                let block = program.blocks.get(self.block);
                self.names
                    .lists
                    .get(*home)
                    .into_iter()
                    .flatten()
                    .filter(|name| {
                        name.context.iter().all(|(key, value)| {
                            block.is_none_or(|block| {
                                block.requires.iter().filter(|c| c.key == *key).all(|c| {
                                    c.values
                                        .as_ref()
                                        .is_none_or(|values| values.contains(value))
                                })
                            })
                        })
                    })
                    .map(|name| name.text.said.to_string())
                    .collect()
            }
            Some(List::Range(range)) => {
                let mut all = Vec::new();
                let mut number = i64::from(range.from);
                while number <= i64::from(range.to) && all.len() < MAX_OF_TEMPLATE {
                    all.extend(spell(&program.language, number).into_iter().take(1));
                    number += i64::from(range.step);
                }
                all
            }
            Some(List::Wildcard) | None => Vec::new(),
        }
    }
}

/// Each left with some right and each right with some left: as many as the longer of the two, but
/// every pair where both are few.
fn join(left: &[String], right: &[String]) -> Vec<String> {
    if left.len() * right.len() <= MAX_OF_TEMPLATE {
        return left
            .iter()
            .flat_map(|l| right.iter().map(move |r| format!("{l}{r}")))
            .collect();
    }
    let count = left.len().max(right.len());
    (0..count)
        .filter_map(|i| {
            let l = left.get(i % left.len())?;
            let r = right.get(i % right.len())?;
            Some(format!("{l}{r}"))
        })
        .collect()
}
