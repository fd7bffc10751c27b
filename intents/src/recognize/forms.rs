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
    whole: Said,
    free: Said,
    /// The forms without skip words; none: there are none in it, and they are all the whole.
    cut: Option<Box<Cut>>,
}

#[derive(Debug)]
struct Cut {
    bare: Said,
    free_start: Said,
    free_end: Said,
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
        let cut = (bare.chars != said.chars).then(|| {
            Box::new(Cut {
                bare: finish(bare),
                free_start: finish(said.without_at(&program.skip, anywhere, false)),
                free_end: finish(said.without_at(&program.skip, anywhere, true)),
            })
        });
        Self {
            free: said.clone(),
            whole: finish(said),
            cut,
        }
    }

    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        match &self.cut {
            Some(cut) => cut.bare.is_empty(),
            None => self.free.is_empty(),
        }
    }

    /// Whether there are skip words in it.
    pub(super) fn skipped(&self) -> bool {
        self.cut.is_some()
    }

    /// With all its words.
    pub(super) fn whole(&self) -> &Said {
        &self.whole
    }

    /// Without skip words.
    pub(super) fn bare(&self) -> &Said {
        self.get(Form::Bare)
    }

    pub(super) fn get(&self, form: Form) -> &Said {
        match (form, &self.cut) {
            (Form::Free, _) => &self.free,
            (Form::Whole, _) | (_, None) => &self.whole,
            (Form::Bare, Some(cut)) => &cut.bare,
            (Form::FreeStart, Some(cut)) => &cut.free_start,
            (Form::FreeEnd, Some(cut)) => &cut.free_end,
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
        let whole = self.skipped() && self.get(form).chars == self.bare().chars;
        [whole.then_some(Form::Whole), Some(form)]
    }
}
