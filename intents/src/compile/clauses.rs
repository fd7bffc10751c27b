//! Clauses: what must occur in a sentence wherever a node matches.

use super::program::{List, NodeId, Op, Piece};
use super::{Compiler, small};

/// Fragments per clause, above which a clause filters too little to be kept.
const MAX_CLAUSE: usize = 64;

/// Clauses of a node: each a set of pieces of which one must occur.
pub(super) type Clauses = Vec<Vec<Piece>>;

impl Compiler {
    /// The number of a fragment of text.
    pub(super) fn fragment(&mut self, text: &[char]) -> u32 {
        if let Some(known) = self.fragments.get(text) {
            return *known;
        }
        let next = small(self.fragments.len());
        self.fragments.insert(text.to_vec(), next);
        next
    }

    /// What must occur wherever this node matches.
    pub(super) fn clauses_of(&mut self, id: NodeId) -> Clauses {
        if let Some(known) = self.clauses.get(&id) {
            return known.clone();
        }
        let Some(op) = self.program.ops.get(id as usize).copied() else {
            return Vec::new();
        };
        let clauses = match op {
            Op::Text(text) => {
                let core = self.program.texts[text as usize].core().to_vec();
                if core.is_empty() {
                    Vec::new()
                } else {
                    vec![vec![Piece::Fragment(self.fragment(&core))]]
                }
            }
            Op::Seq(from, to) | Op::Perm(from, to) => {
                let mut all = Clauses::new();
                for kid in self.kids(from, to) {
                    for clause in self.clauses_of(kid) {
                        if !all.contains(&clause) {
                            all.push(clause);
                        }
                    }
                }
                all
            }
            Op::Alt(from, to) => {
                let kids = self.kids(from, to);
                self.one_of(&kids)
            }
            Op::List { list, .. } => match self.program.lists.get(usize::from(list)) {
                Some(List::Values(choices)) => {
                    let nodes: Vec<NodeId> = choices.iter().map(|choice| choice.node).collect();
                    self.one_of(&nodes)
                }
                Some(List::Home(home)) => {
                    vec![vec![Piece::Home(u8::try_from(*home).unwrap_or(u8::MAX))]]
                }
                Some(List::Range(_)) => vec![vec![Piece::Number]],
                Some(List::Wildcard) | None => Vec::new(),
            },
        };
        self.clauses.insert(id, clauses.clone());
        clauses
    }

    fn kids(&self, from: u32, to: u32) -> Vec<NodeId> {
        self.program.kids[from as usize..to as usize].to_vec()
    }

    /// A clause for a choice: the best clause of each branch, together.
    fn one_of(&mut self, nodes: &[NodeId]) -> Clauses {
        let mut together: Vec<Piece> = Vec::new();
        for node in nodes {
            let clauses = self.clauses_of(*node);
            // The shortest clause says most.
            let Some(best) = clauses.iter().min_by_key(|clause| clause.len()) else {
                return Vec::new();
            };
            together.extend(best);
        }
        together.sort_unstable();
        together.dedup();
        if together.is_empty() || together.len() > MAX_CLAUSE {
            return Vec::new();
        }
        vec![together]
    }
}
