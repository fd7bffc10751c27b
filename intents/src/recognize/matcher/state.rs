//! Where a match stands, and what it has found on the way there.

/// No found slot, no learnt context.
pub(in crate::recognize) const NONE: u32 = u32::MAX;

/// Where a match stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recognize) struct State {
    /// The next character.
    pub place: u16,
    /// A word may begin here: blanks do not count.
    pub word_start: bool,
    /// From here on, hyphens are blanks.
    pub broken: bool,
    /// Characters of literal text matched.
    pub literal: u16,
    /// The last slot found.
    pub found: u32,
    /// The last thing learnt about the context.
    pub learnt: u32,
}

/// A slot found on the way; a list linked from the last to the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::recognize) struct Found {
    /// The one before.
    pub before: u32,
    /// Which slot.
    pub slot: u16,
    /// First character.
    pub start: u16,
    /// The character after the last.
    pub end: u16,
    /// What.
    pub what: What,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::recognize) enum What {
    /// A value of a list: list and index.
    Choice(u16, u32),
    /// A number.
    Number(f64),
    /// Free text; open: it has not yet been told where it ends.
    Wild {
        /// Still growing.
        open: bool,
        /// A blank follows in the template.
        end_of_word: bool,
    },
    /// In explaining: words where a name should be, unknown to the home; index of the home's list.
    Unknown {
        /// Still growing.
        open: bool,
        /// The home's list.
        list: u8,
    },
    /// In explaining: a number outside the range of that list.
    Outside(f64, u16),
}

impl What {
    /// Free text that has not yet been told where it ends.
    pub(super) const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Wild { open: true, .. } | Self::Unknown { open: true, .. }
        )
    }

    pub(super) const fn closed(self) -> Self {
        match self {
            Self::Wild { end_of_word, .. } => Self::Wild {
                open: false,
                end_of_word,
            },
            Self::Unknown { list, .. } => Self::Unknown { open: false, list },
            other => other,
        }
    }
}

/// A value that told the context something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recognize) struct Learnt {
    /// The one before.
    pub before: u32,
    /// Of which list.
    pub list: u16,
    /// Which value.
    pub choice: u32,
}

/// The budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recognize) struct TooComplex;
