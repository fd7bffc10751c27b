//! The forms of a sentence that templates are matched against: skip words in, and out.

use crate::compile::{Free, Program};
use crate::normal::{Blanks, Said};

pub(super) const FORMS: usize = 5;

/// The forms of a sentence that templates are matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// With all its words.
    Whole,
    /// Without skip words.
    Bare,
    /// Without skip words at the end: its start is free text.
    FreeStart,
    /// Without skip words at the start: its end is free text.
    FreeEnd,
    /// With all its words and no word boundary behind: all of it is free text.
    Free,
}

/// A sentence in all its forms.
#[derive(Debug)]
pub(super) struct Forms {
    pub whole: Said,
    pub bare: Said,
    pub free_start: Said,
    pub free_end: Said,
    pub free: Said,
    pub skipped: bool,
}

impl Forms {
    pub(super) fn new(program: &Program, sentence: &str) -> Self {
        let said = Said::new(sentence);
        let finish = |mut said: Said| {
            if program.blanks == Blanks::Count {
                said.close();
            } else {
                said.join(program.blanks);
            }
            said
        };
        // Where some blanks count, skip words are words all the same.
        let anywhere = program.blanks == Blanks::CountOutsideCjk;
        let bare = said.without(&program.skip, anywhere);
        let skipped = bare.chars != said.chars;
        if !skipped {
            let whole = finish(said.clone());
            return Self {
                bare: if said.is_empty() {
                    Said::default()
                } else {
                    whole.clone()
                },
                free_start: whole.clone(),
                free_end: whole.clone(),
                free: said,
                whole,
                skipped,
            };
        }
        let start = said.without_at(&program.skip, anywhere, false);
        let end = said.without_at(&program.skip, anywhere, true);
        Self {
            whole: finish(said.clone()),
            bare: finish(bare),
            free_start: finish(start),
            free_end: finish(end),
            free: said,
            skipped,
        }
    }

    pub(super) fn get(&self, form: Form) -> &Said {
        match form {
            Form::Whole => &self.whole,
            Form::Bare => &self.bare,
            Form::FreeStart => &self.free_start,
            Form::FreeEnd => &self.free_end,
            Form::Free => &self.free,
        }
    }

    /// The forms to try for a template, in order.
    pub(super) fn of(&self, free: Free) -> [Option<Form>; 2] {
        let form = match free {
            Free::None => Form::Bare,
            Free::Start => Form::FreeStart,
            Free::End => Form::FreeEnd,
            Free::All => Form::Free,
        };
        // A skip word may belong to the template: what was really said comes first.
        let whole = self.skipped && self.get(form).chars == self.bare.chars;
        [whole.then_some(Form::Whole), Some(form)]
    }
}
