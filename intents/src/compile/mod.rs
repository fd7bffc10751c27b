//! From sentences to a [`Program`]: templates parsed, names resolved, everything in flat arrays.
//!
//! Rules are compiled once and shared by whoever names them; texts are folded here so that matching
//! compares characters only. Each template also gets its *clauses*: pieces of text of which at least
//! one must occur in a sentence that fits. They are a sound filter (they never drop a template that
//! could match) and what makes recognition fast.

mod clauses;
mod program;

use std::collections::{BTreeSet, HashMap};

use crate::Value;
use crate::normal::{Blanks, fold, normalize};
use crate::numbers::NumberWords;
use crate::sentences::{
    Block as RawBlock, Fractions, List as RawList, ListValue, LoadError, Ordered, Sentences,
};
use crate::template::{self, Node};
use crate::trie::Trie;
use clauses::Clauses;
pub(crate) use program::*;

/// Numbers that are spelled out at most, over all ranges of a language.
const MAX_NUMBERS: usize = 5_000;

/// Compiles sentences.
///
/// # Errors
/// Names the file, line and template that is wrong.
pub(crate) fn compile(sentences: &Sentences, files: Vec<String>) -> Result<Program, LoadError> {
    let mut compiler = Compiler {
        program: Program {
            language: sentences.language.clone(),
            blanks: match sentences.settings {
                s if s.ignore_all_whitespace => Blanks::Ignored,
                s if s.ignore_whitespace => Blanks::CountOutsideCjk,
                _ => Blanks::Count,
            },
            files,
            ..Program::default()
        },
        ..Compiler::default()
    };
    let mut skip: Vec<Vec<char>> = sentences
        .skip_words
        .iter()
        .map(|word| normalize(word.trim()).chars().map(fold).collect())
        .filter(|word: &Vec<char>| !word.is_empty())
        .collect();
    skip.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    skip.dedup();
    compiler.program.skip = skip;
    for (name, intent) in &sentences.intents.0 {
        let intent_id = index(&mut compiler.program.intents, name);
        for block in &intent.data {
            compiler.block(sentences, intent_id, block)?;
        }
    }
    // Beyond the last intent: these are said but never matched.
    compiler.program.matched = compiler.program.templates.len();
    for block in &sentences.speech {
        compiler.block(sentences, u16::MAX, block)?;
    }
    Ok(compiler.finish(sentences.numbers.as_deref()))
}

#[derive(Default)]
struct Compiler {
    program: Program,
    ops: HashMap<Op, NodeId>,
    texts: HashMap<String, u32>,
    groups: HashMap<Vec<NodeId>, u32>,
    rules: HashMap<String, NodeId>,
    lists: HashMap<String, u16>,
    open_rules: Vec<String>,
    fragments: HashMap<Vec<char>, u32>,
    clauses: HashMap<NodeId, Clauses>,
    known_clauses: HashMap<Vec<Piece>, u32>,
    spelled: BTreeSet<i64>,
}

/// What names mean in a block: its own rules and lists before the language's.
struct Scope<'a> {
    all: &'a Sentences,
    rules: &'a Ordered<String>,
    lists: &'a Ordered<RawList>,
    file: u16,
    line: u32,
    template: &'a str,
}

impl Compiler {
    fn block(&mut self, all: &Sentences, intent: u16, raw: &RawBlock) -> Result<(), LoadError> {
        let own_names = !raw.expansion_rules.0.is_empty() || !raw.lists.0.is_empty();
        // A block's own rules and lists also shadow those of the language inside other rules.
        let outer = own_names.then(|| {
            (
                std::mem::take(&mut self.rules),
                std::mem::take(&mut self.lists),
            )
        });
        let result = self.block_in_scope(all, intent, raw);
        if let Some((rules, lists)) = outer {
            self.rules = rules;
            self.lists = lists;
        }
        result
    }

    fn block_in_scope(
        &mut self,
        all: &Sentences,
        intent: u16,
        raw: &RawBlock,
    ) -> Result<(), LoadError> {
        let conditions = |conditions: &Ordered<crate::sentences::Condition>| {
            conditions
                .0
                .iter()
                .map(|(key, condition)| Condition {
                    key: key.clone(),
                    values: condition.values(),
                    slot: condition.slot(key),
                })
                .collect()
        };
        let block = u16::try_from(self.program.blocks.len()).unwrap_or(u16::MAX);
        self.program.blocks.push(Block {
            intent,
            slots: raw.slots.0.clone(),
            requires: conditions(&raw.requires_context),
            excludes: conditions(&raw.excludes_context),
            keywords: raw
                .required_keywords
                .iter()
                .map(|word| normalize(word).chars().map(fold).collect())
                .collect(),
            response: raw.response.clone().unwrap_or_else(|| "default".to_owned()),
            file: raw.file,
        });
        for (i, source) in raw.sentences.iter().enumerate() {
            let scope = Scope {
                all,
                rules: &raw.expansion_rules,
                lists: &raw.lists,
                file: raw.file,
                line: raw.lines.get(i).copied().unwrap_or(0),
                template: source,
            };
            let root = self.text(&scope, source)?;
            let clauses = self.clauses_of(root);
            let program = &mut self.program;
            let first = small(program.clauses_of.len());
            for clause in clauses {
                let id = match self.known_clauses.get(&clause) {
                    Some(id) => *id,
                    None => {
                        let from = small(program.clause_items.len());
                        program.clause_items.extend(&clause);
                        let to = small(program.clause_items.len());
                        let id = small(program.clauses.len());
                        program.clauses.push((from, to));
                        self.known_clauses.insert(clause, id);
                        id
                    }
                };
                program.clauses_of.push(id);
            }
            let free = free(program, root);
            program.templates.push(Template {
                block,
                line: scope.line,
                root,
                clauses: (first, small(program.clauses_of.len())),
                free,
                source: source.as_str().into(),
            });
        }
        Ok(())
    }

    fn name_of(&self, scope: &Scope<'_>) -> String {
        self.program
            .files
            .get(usize::from(scope.file))
            .cloned()
            .unwrap_or_default()
    }

    /// Parses and compiles a template.
    fn text(&mut self, scope: &Scope<'_>, source: &str) -> Result<NodeId, LoadError> {
        let node = template::parse(source).map_err(|error| LoadError::Template {
            file: self.name_of(scope),
            line: scope.line,
            column: error.column,
            problem: error.problem.to_owned(),
            template: source.to_owned(),
        })?;
        self.node(scope, &node)
    }

    fn node(&mut self, scope: &Scope<'_>, node: &Node) -> Result<NodeId, LoadError> {
        let op = match node {
            Node::Text(text) => Op::Text(self.text_id(text)),
            Node::Sequence(items) => {
                let (from, to) = self.group(scope, items)?;
                Op::Seq(from, to)
            }
            Node::Alternative(items) => {
                let (from, to) = self.group(scope, items)?;
                Op::Alt(from, to)
            }
            Node::Permutation(items) => {
                let (from, to) = self.group(scope, items)?;
                Op::Perm(from, to)
            }
            Node::List {
                list,
                slot,
                capture,
                end_of_word,
            } => Op::List {
                list: self.list(scope, list)?,
                slot: index(&mut self.program.slots, slot),
                capture: *capture,
                end_of_word: *end_of_word,
            },
            Node::Range {
                from,
                to,
                step,
                slot,
            } => {
                let range = Range {
                    from: *from,
                    to: *to,
                    step: *step,
                    multiplier: None,
                    fractions: None,
                    digits: true,
                    words: true,
                };
                let name = format!("{from}..{to},{step}");
                let list = match self.lists.get(&name) {
                    Some(list) => *list,
                    None => self.add_list(&name, List::Range(range)),
                };
                self.wanted(&range);
                Op::List {
                    list,
                    slot: index(&mut self.program.slots, slot),
                    capture: false,
                    end_of_word: false,
                }
            }
            Node::Rule(name) => return self.rule(scope, name),
        };
        Ok(self.op(op))
    }

    fn op(&mut self, op: Op) -> NodeId {
        *self.ops.entry(op).or_insert_with(|| {
            self.program.ops.push(op);
            small(self.program.ops.len() - 1)
        })
    }

    fn text_id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.texts.get(text) {
            return *id;
        }
        let id = small(self.program.texts.len());
        self.program
            .texts
            .push(Text::new(text, self.program.blanks));
        self.texts.insert(text.to_owned(), id);
        id
    }

    fn group(&mut self, scope: &Scope<'_>, items: &[Node]) -> Result<(u32, u32), LoadError> {
        let ids: Vec<NodeId> = items
            .iter()
            .map(|item| self.node(scope, item))
            .collect::<Result<_, _>>()?;
        let len = small(ids.len());
        let from = match self.groups.get(&ids) {
            Some(from) => *from,
            None => {
                let from = small(self.program.kids.len());
                self.program.kids.extend(&ids);
                self.groups.insert(ids, from);
                from
            }
        };
        Ok((from, from + len))
    }

    fn rule(&mut self, scope: &Scope<'_>, name: &str) -> Result<NodeId, LoadError> {
        if let Some(id) = self.rules.get(name) {
            return Ok(*id);
        }
        if self.open_rules.iter().any(|open| open == name) {
            return Err(LoadError::Recursion {
                file: self.name_of(scope),
                line: scope.line,
                name: name.to_owned(),
            });
        }
        let source = scope
            .rules
            .get(name)
            .or_else(|| scope.all.expansion_rules.get(name))
            .ok_or_else(|| LoadError::NoRule {
                file: self.name_of(scope),
                line: scope.line,
                name: name.to_owned(),
                template: scope.template.to_owned(),
            })?;
        self.open_rules.push(name.to_owned());
        let id = self.text(scope, source);
        self.open_rules.pop();
        self.rules.insert(name.to_owned(), id?);
        self.rule(scope, name)
    }

    fn add_list(&mut self, name: &str, list: List) -> u16 {
        let id = u16::try_from(self.program.lists.len()).unwrap_or(u16::MAX);
        self.program.lists.push(list);
        self.lists.insert(name.to_owned(), id);
        id
    }

    fn list(&mut self, scope: &Scope<'_>, name: &str) -> Result<u16, LoadError> {
        if let Some(id) = self.lists.get(name) {
            return Ok(*id);
        }
        let raw = scope.lists.get(name).or_else(|| scope.all.lists.get(name));
        let home = HOME_LISTS.iter().position(|list| *list == name);
        let list = match (raw, home) {
            (None, Some(home)) => List::Home(home),
            (None, None) => {
                return Err(LoadError::NoList {
                    file: self.name_of(scope),
                    line: scope.line,
                    name: name.to_owned(),
                    template: scope.template.to_owned(),
                });
            }
            (Some(raw), _) => self.list_of(scope, raw)?,
        };
        Ok(self.add_list(name, list))
    }

    fn list_of(&mut self, scope: &Scope<'_>, raw: &RawList) -> Result<List, LoadError> {
        if raw.wildcard {
            return Ok(List::Wildcard);
        }
        if let Some(range) = raw.range {
            let range = Range {
                from: range.from,
                to: range.to,
                step: range.step.max(1),
                multiplier: range.multiplier,
                fractions: range.fractions,
                digits: range.digits,
                words: range.words,
            };
            self.wanted(&range);
            return Ok(List::Range(range));
        }
        let mut choices = Vec::new();
        for value in raw.values.iter().flatten() {
            let (text, out, context) = match value {
                ListValue::Text(text) => (text, None, Vec::new()),
                ListValue::Long { r#in, out, context } => (r#in, out.clone(), context.0.clone()),
            };
            if text.trim().is_empty() {
                continue;
            }
            let node = self.text(scope, text)?;
            let plain = !text.contains(['(', '[', '{', '<', '|', ';', '\\']);
            choices.push(Choice {
                node,
                out: out.or_else(|| plain.then(|| Value::Text(normalize(text.trim())))),
                context,
            });
        }
        Ok(List::Values(choices))
    }

    /// Notes the numbers of a range that must be understood as words.
    fn wanted(&mut self, range: &Range) {
        if !range.words {
            return;
        }
        let mut number = i64::from(range.from);
        while number <= i64::from(range.to) && self.spelled.len() < MAX_NUMBERS {
            let tenths: &[i64] = match range.fractions {
                None => &[0],
                Some(Fractions::Halves) => &[0, 5],
                Some(Fractions::Tenths) => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            };
            self.spelled
                .extend(tenths.iter().map(|tenth| number * 10 + tenth));
            number += i64::from(range.step);
        }
    }

    fn finish(mut self, cldr: Option<&str>) -> Program {
        for text in 0..self.program.texts.len() {
            let core = self.program.texts[text].core().to_vec();
            let fragment = if core.is_empty() {
                NO_FRAGMENT
            } else {
                self.fragment(&core)
            };
            self.program.fragment_of.push(fragment);
        }
        self.program.fragment_count = self.fragments.len();
        self.speak();
        self.program.fragments = Trie::new(self.fragments.into_iter().collect());
        self.program.numbers = NumberWords::new(&self.program.language, &self.spelled, cldr);
        self.program.ops.shrink_to_fit();
        self.program.kids.shrink_to_fit();
        self.program.texts.shrink_to_fit();
        self.program.templates.shrink_to_fit();
        self.program.clauses_of.shrink_to_fit();
        self.program.clauses.shrink_to_fit();
        self.program.clause_items.shrink_to_fit();
        self.program
    }
}

impl Compiler {
    /// Notes by which fragments each template is found.
    fn speak(&mut self) {
        let program = &mut self.program;
        let mut found_by: Vec<Vec<u32>> = vec![Vec::new(); program.fragment_count];
        for (id, template) in program.templates.iter().enumerate().take(program.matched) {
            let texts = |(_, items): (usize, &[Piece])| -> Option<Vec<usize>> {
                let fragment = |piece: &Piece| match *piece {
                    Piece::Fragment(fragment) => Some(fragment as usize),
                    _ => None,
                };
                items.iter().map(fragment).collect()
            };
            let narrowest = program
                .clauses(template)
                .filter_map(texts)
                .min_by_key(Vec::len);
            match narrowest {
                Some(fragments) => {
                    for fragment in fragments {
                        found_by[fragment].push(small(id));
                    }
                }
                None => program.unspoken.push(small(id)),
            }
        }
        for templates in found_by {
            let from = small(program.spoken_for.len());
            program.spoken_for.extend(templates);
            program
                .speaks_for
                .push((from, small(program.spoken_for.len())));
        }
    }
}

/// Which end of a template is free text.
fn free(program: &Program, root: NodeId) -> Free {
    let Some(Op::Seq(from, to)) = program.ops.get(root as usize) else {
        return Free::None;
    };
    let wild = |id: Option<&NodeId>| {
        id.and_then(|id| program.ops.get(*id as usize))
            .is_some_and(|op| {
                matches!(op, Op::List { list, .. }
                if matches!(program.lists.get(usize::from(*list)), Some(List::Wildcard)))
            })
    };
    let kids = &program.kids[*from as usize..*to as usize];
    match (wild(kids.first()), wild(kids.last())) {
        (true, _) if kids.len() == 1 => Free::All,
        (true, _) => Free::Start,
        (_, true) => Free::End,
        _ => Free::None,
    }
}

fn index(names: &mut Vec<String>, name: &str) -> u16 {
    let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
