//! What the context must and must not know.

use super::Matcher;
use super::state::State;
use crate::compile::{Condition, List};
use crate::{Context, Value};

impl Matcher<'_> {
    /// Whether what a value tells agrees with what the block requires and excludes.
    pub(super) fn agrees(&self, context: &[(String, Value)]) -> bool {
        let Some(block) = self.block else { return true };
        if context.is_empty() {
            return true;
        }
        let get = |key: &str| {
            context
                .iter()
                .find(|(k, _)| k == key)
                .map(|(_, v)| v.clone())
        };
        block
            .requires
            .iter()
            .all(|c| requires(c, get(&c.key), true))
            && block.excludes.iter().all(|c| excludes(c, get(&c.key)))
    }

    /// What is known under `key` in this state.
    #[must_use]
    pub(in crate::recognize) fn known(&self, state: &State, key: &str) -> Option<Value> {
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
                return Some(value.clone());
            }
            at = learnt.before;
        }
        outside(self.context, key)
    }
}

#[must_use]
pub(in crate::recognize) fn outside(context: &Context, key: &str) -> Option<Value> {
    if key == "area" {
        return context.area.clone().map(Value::Text);
    }
    context
        .more
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, v)| Value::Text(v.clone()))
}

/// Whether a required condition holds; a missing value is a failure unless it may still come.
#[must_use]
pub(in crate::recognize) fn requires(
    condition: &Condition,
    known: Option<Value>,
    may_come: bool,
) -> bool {
    match (known, &condition.values) {
        (None, _) => may_come,
        (Some(_), None) => true,
        (Some(known), Some(values)) => values.contains(&known),
    }
}

/// Whether an excluding condition lets the match live.
#[must_use]
pub(in crate::recognize) fn excludes(condition: &Condition, known: Option<Value>) -> bool {
    match (known, &condition.values) {
        (None, _) | (Some(_), None) => true,
        (Some(known), Some(values)) => !values.contains(&known),
    }
}
