//! In place of the [`Engine`], for a program that understands no sentences: the same to its users, and never made.

use std::path::Path;

use crate::{Context, Home, Match, NoMatch, Outcome};

/// There is none: every way to make one says so.
#[derive(Debug)]
pub enum Engine {}

/// This program was built without sentences.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this program was built without sentences")]
pub struct LoadError;

#[allow(missing_docs, reason = "as the real one")]
impl Engine {
    pub const fn new(_: &str) -> Result<Self, LoadError> {
        Err(LoadError)
    }

    pub const fn known(_: &str) -> Result<&'static str, LoadError> {
        Err(LoadError)
    }

    pub const fn open(_: &str, _: Option<&Path>) -> Result<Self, LoadError> {
        Err(LoadError)
    }

    pub const fn language(&self) -> &str {
        match *self {}
    }

    pub const fn set_home(&mut self, _: &Home) {
        match *self {}
    }

    pub const fn set_tolerant(&mut self, _: bool) {
        match *self {}
    }

    pub const fn understand_all(
        &self,
        _: &str,
        _: &Context,
        _: Option<&Match>,
    ) -> Result<Vec<Match>, NoMatch> {
        match *self {}
    }

    pub const fn respond(&self, _: &Match, _: &Outcome) -> String {
        match *self {}
    }

    pub const fn ask(&self, _: &Match) -> String {
        match *self {}
    }

    pub const fn join(&self, _: &[String]) -> String {
        match *self {}
    }

    pub const fn combine(&self, _: &[String]) -> String {
        match *self {}
    }

    pub const fn duration(&self, _: u64) -> String {
        match *self {}
    }

    pub const fn phrase(&self, _: &str, _: &[(&str, String)]) -> String {
        match *self {}
    }

    pub const fn apologize(&self, _: &NoMatch) -> String {
        match *self {}
    }
}
