//! What the context must and must not know.

use super::Matcher;
use super::state::State;
use crate::compile::{Block, Condition, List};
use crate::{Context, Value};

impl Matcher<'_> {
    /// Whether what a value tells agrees with what the block requires and excludes.
    pub(super) fn agrees(&self, context: &[(String, Value)]) -> bool {
        let Some(block) = self.block else { return true };
        if context.is_empty() {
            return true;
        }
        tells(block, context)
    }

    /// What is known under `key` in this state.
    #[must_use]
    pub(in crate::recognize) fn known(&self, state: &State, key: &str) -> Option<Known<'_>> {
        let mut at = state.learnt;
        while let Some(learnt) = self.learnts.get(at as usize) {
            let context: &[(String, Value)] = match self.program.lists.get(usize::from(learnt.list))
            {
                Some(List::Values(choices)) => choices
                    .get(learnt.choice as usize)
                    .map(|choice| choice.context.as_slice())
                    .unwrap_or_default(),
                Some(List::Home(home)) => self
                    .names
                    .lists
                    .get(*home)
                    .and_then(|names| names.get(learnt.choice as usize))
                    .map(|name| name.context.as_slice())
                    .unwrap_or_default(),
                _ => &[],
            };
            if let Some((_, value)) = context.iter().find(|(k, _)| k == key) {
                return Some(Known::Value(value));
            }
            at = learnt.before;
        }
        outside(self.context, key)
    }
}

/// A value of the context, where it stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::recognize) enum Known<'a> {
    /// Known from outside.
    Text(&'a str),
    /// Said.
    Value(&'a Value),
}

impl Known<'_> {
    pub(in crate::recognize) fn is(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(text), Value::Text(other)) => text == other,
            (Self::Text(_), _) => false,
            (Self::Value(known), value) => known == value,
        }
    }

    pub(in crate::recognize) fn value(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Value(value) => value.clone(),
        }
    }
}

#[must_use]
pub(in crate::recognize) fn outside<'c>(context: &'c Context, key: &str) -> Option<Known<'c>> {
    if key == "area" {
        return context.area.as_deref().map(Known::Text);
    }
    context
        .more
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, v)| Known::Text(v))
}

/// Whether what a value tells agrees with what a block requires and excludes.
#[must_use]
pub(in crate::recognize) fn tells(block: &Block, context: &[(String, Value)]) -> bool {
    let get = |key: &str| {
        let told = context.iter().find(|(k, _)| k == key);
        told.map(|(_, v)| Known::Value(v))
    };
    block
        .requires
        .iter()
        .all(|c| requires(c, get(&c.key), true))
        && block.excludes.iter().all(|c| excludes(c, get(&c.key)))
}

/// Whether a required condition holds; a missing value is a failure unless it may still come.
#[must_use]
pub(in crate::recognize) fn requires(
    condition: &Condition,
    known: Option<Known<'_>>,
    may_come: bool,
) -> bool {
    match (known, &condition.values) {
        (None, _) => may_come,
        (Some(_), None) => true,
        (Some(known), Some(values)) => values.iter().any(|value| known.is(value)),
    }
}

/// Whether an excluding condition lets the match live.
#[must_use]
pub(in crate::recognize) fn excludes(condition: &Condition, known: Option<Known<'_>>) -> bool {
    match (known, &condition.values) {
        (None, _) | (Some(_), None) => true,
        (Some(known), Some(values)) => !values.iter().any(|value| known.is(value)),
    }
}
