//! What a configuration file says, whatever its syntax: tables of named values, each with its place.

use std::path::Path;

use toml_edit::{Document, TableLike, Value};

use super::raw::Raw;
use super::{ConfigError, Place};

/// Named things, and where the table begins.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) place: Place,
    pub(super) entries: Vec<Entry>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) item: Item,
}

#[derive(Debug)]
pub(super) enum Item {
    Value(Raw),
    Table(Table),
    Tables(Vec<Table>),
}

impl Item {
    /// As a value; a table is none.
    pub(super) fn raw(&self) -> &Raw {
        match self {
            Self::Value(raw) => raw,
            Self::Table(_) | Self::Tables(_) => &Raw::Other("a section"),
        }
    }
}

impl Table {
    pub(super) const fn new(place: Place) -> Self {
        Self {
            place,
            entries: Vec::new(),
        }
    }

    /// Reads TOML.
    ///
    /// # Errors
    /// What is no TOML, with its line.
    pub(super) fn from_toml(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let source = Source { text, file };
        let document = Document::parse(text).map_err(|error| ConfigError::Syntax {
            place: source.place(error.span()),
            why: format!("not TOML: {}", error.message().replace('\n', ", ")),
        })?;
        let place = Place::File(file.to_owned());
        Ok(source.table(document.as_table(), place))
    }
}

/// The text being read and where it came from.
struct Source<'a> {
    text: &'a str,
    file: &'a Path,
}

impl Source<'_> {
    fn place(&self, span: Option<std::ops::Range<usize>>) -> Place {
        match span {
            Some(span) => {
                let before = self
                    .text
                    .as_bytes()
                    .get(..span.start)
                    .unwrap_or(self.text.as_bytes());
                let line = 1 + before.iter().filter(|b| **b == b'\n').count();
                Place::Line(self.file.to_owned(), line)
            }
            None => Place::File(self.file.to_owned()),
        }
    }

    fn table(&self, table: &dyn TableLike, place: Place) -> Table {
        let entries = table
            .iter()
            .map(|(name, item)| {
                let span = table
                    .get_key_value(name)
                    .and_then(|(key, item)| key.span().or_else(|| item.span()));
                let place = self.place(span);
                Entry {
                    name: name.to_owned(),
                    item: self.item(item, &place),
                    place,
                }
            })
            .collect();
        Table { place, entries }
    }

    fn item(&self, item: &toml_edit::Item, place: &Place) -> Item {
        if let Some(tables) = item.as_array_of_tables() {
            let one = |table: &toml_edit::Table| self.table(table, self.place(table.span()));
            return Item::Tables(tables.iter().map(one).collect());
        }
        if let Some(table) = item.as_table_like() {
            return Item::Table(self.table(table, place.clone()));
        }
        Item::Value(item.as_value().map_or(Raw::Other("nothing"), raw))
    }
}

fn raw(value: &Value) -> Raw {
    match value {
        Value::String(text) => Raw::Text(text.value().clone()),
        Value::Integer(number) => Raw::Integer(*number.value()),
        Value::Float(number) => Raw::Float(*number.value()),
        Value::Boolean(truth) => Raw::Boolean(*truth.value()),
        Value::Array(items) => Raw::List(items.iter().map(raw).collect()),
        Value::Datetime(_) => Raw::Other("a date"),
        Value::InlineTable(_) => Raw::Other("a table"),
    }
}
