//! OpenWrt's own configuration format: `/etc/config/hearth`.
//!
//! The contract: a section's type is a table of the TOML file, its options are the keys there, and
//! everything is checked by the same rows of [`KEYS`](super::keys::KEYS). A text that is no option is
//! refused with file, section, option and line. `config hearth` holds the keys without a table, and
//! what the init scripts read.

mod syntax;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::load::{is_section, nearest};
use super::raw::Raw;
use super::tree::{Entry, Item, Table};
use super::{ConfigError, Place};

pub use syntax::{Choice, Package, Section, Value, Wrong};

/// What a type of sections becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Keys of the root.
    Root,
    /// `[devices.ADDRESS]`, by the option of that name.
    KeyedBy(&'static str, &'static [&'static str]),
    /// `[table.NAME]`, by the section's name.
    Named(&'static [&'static str]),
    /// `[[table]]`.
    Listed(&'static [&'static str]),
}

/// Types that are not simply the table of their name. To add one, add a row.
const SHAPES: &[(&str, Shape)] = &[
    ("hearth", Shape::Root),
    ("device", Shape::KeyedBy("address", &["devices"])),
    ("tracker", Shape::Listed(&["ble", "tracker"])),
    ("satellite", Shape::Named(&["voice", "satellites"])),
];

/// Options of `config hearth` that are for the init scripts: whether to start at all.
const SCRIPTS: &[&str] = &["enabled", "voice"];

/// Whether `text` is UCI rather than TOML: it begins with `config TYPE`, or lies where such files lie.
pub(super) fn is_uci(text: &str, file: &Path) -> bool {
    let first = text
        .lines()
        .map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    match first.map(|line| line.split([' ', '\t']).filter(|word| !word.is_empty())) {
        Some(mut words) => {
            matches!(words.next(), Some("config" | "package" | "c" | "p"))
                && words.next().is_some_and(|word| !word.starts_with('='))
        }
        None => {
            let folder = file.parent().and_then(Path::file_name);
            folder.is_some_and(|folder| folder == "config") && file.extension().is_none()
        }
    }
}

/// The tables of a UCI file.
pub(super) fn tree(text: &str, file: &Path) -> Result<Table, ConfigError> {
    let package = Package::parse(text).map_err(|Wrong { line, why }| ConfigError::Syntax {
        place: Place::Line(file.to_owned(), line),
        why: why.to_owned(),
    })?;
    let mut root = Table::new(Place::File(file.to_owned()));
    for (title, section) in package.titled() {
        let place = Place::Uci {
            file: file.to_owned(),
            line: section.line,
            section: title.clone(),
            option: None,
        };
        let kind = section.kind.as_str();
        let shape = SHAPES.iter().find(|(name, _)| *name == kind);
        let mut entries = section
            .options
            .iter()
            .map(|choice| entry(choice, &title, file))
            .collect::<Vec<_>>();
        match shape.map(|(_, shape)| *shape) {
            None if is_section(kind) => {
                let mut merged = Ok(());
                within(&mut root, &[kind], &place, &mut |table| {
                    merged = merge(table, std::mem::take(&mut entries));
                });
                merged?;
            }
            None => {
                let tables = super::keys::KEYS
                    .iter()
                    .filter_map(|key| Some(key.path.split_once('.')?.0));
                let shapes = SHAPES.iter().map(|(name, _)| *name);
                return Err(ConfigError::UnknownSection {
                    place,
                    kind: kind.to_owned(),
                    nearest: nearest(kind, shapes.chain(tables)),
                });
            }
            Some(Shape::Root) => {
                for script in SCRIPTS {
                    switch(&mut entries, script)?;
                }
                merge(&mut root, entries)?;
            }
            Some(Shape::KeyedBy(option, path)) => {
                let at = entries.iter().position(|entry| entry.name == option);
                let key = at.map(|at| entries.remove(at));
                let name = key.as_ref().and_then(|key| key.item.raw().text());
                let Some(name) = name else {
                    return Err(ConfigError::BadValue {
                        place,
                        key: option.to_owned(),
                        expected: format!("`option {option}` in every `config {kind}`"),
                        found: "none".to_owned(),
                    });
                };
                let place = key.as_ref().map_or(&place, |key| &key.place).clone();
                insert(&mut root, path, name, place, entries);
            }
            Some(Shape::Named(path)) => {
                let Some(name) = &section.name else {
                    return Err(ConfigError::BadValue {
                        place,
                        key: kind.to_owned(),
                        expected: format!("a name: `config {kind} 'NAME'`"),
                        found: "none".to_owned(),
                    });
                };
                insert(&mut root, path, name, place, entries);
            }
            Some(Shape::Listed(path)) => list(&mut root, path, place, entries),
        }
    }
    Ok(root)
}

/// One option as an entry of a table.
fn entry(choice: &Choice, title: &str, file: &Path) -> Entry {
    let raw = match &choice.value {
        Value::One(text) => Raw::Environment(text.clone()),
        Value::Many(items) => Raw::List(items.iter().cloned().map(Raw::Environment).collect()),
    };
    Entry {
        name: choice.name.clone(),
        place: Place::Uci {
            file: file.to_owned(),
            line: choice.line,
            section: title.to_owned(),
            option: Some(choice.name.clone()),
        },
        item: Item::Value(raw),
    }
}

/// Takes a switch of the init scripts out, if it is a good one.
fn switch(entries: &mut Vec<Entry>, name: &str) -> Result<(), ConfigError> {
    let Some(at) = entries.iter().position(|entry| entry.name == name) else {
        return Ok(());
    };
    let entry = entries.remove(at);
    match entry.item.raw().boolean() {
        Some(_) => Ok(()),
        None => Err(ConfigError::BadValue {
            place: entry.place,
            key: format!("hearth.{name}"),
            expected: "0 or 1".to_owned(),
            found: entry.item.raw().to_string(),
        }),
    }
}

/// Hands the table at `path` to `act`, made where it is missing.
fn within(table: &mut Table, path: &[&str], place: &Place, act: &mut dyn FnMut(&mut Table)) {
    let Some((first, rest)) = path.split_first() else {
        return act(table);
    };
    let is_it = |entry: &Entry| entry.name == *first && matches!(entry.item, Item::Table(_));
    if !table.entries.iter().any(is_it) {
        table.entries.push(Entry {
            name: (*first).to_owned(),
            place: place.clone(),
            item: Item::Table(Table::new(place.clone())),
        });
    }
    let found = table.entries.iter_mut().find(|entry| is_it(entry));
    if let Some(Item::Table(inner)) = found.map(|entry| &mut entry.item) {
        within(inner, rest, place, act);
    }
}

/// Adds entries of another section of the same table; nothing may be said twice.
fn merge(table: &mut Table, entries: Vec<Entry>) -> Result<(), ConfigError> {
    for entry in entries {
        if table.entries.iter().any(|other| other.name == entry.name) {
            return Err(ConfigError::Conflict {
                place: entry.place,
                key: entry.name,
                why: "another section says this already".to_owned(),
            });
        }
        table.entries.push(entry);
    }
    Ok(())
}

fn insert(root: &mut Table, path: &[&str], name: &str, place: Place, entries: Vec<Entry>) {
    let mut entry = Some(Entry {
        name: name.to_owned(),
        place: place.clone(),
        item: Item::Table(Table {
            place: place.clone(),
            entries,
        }),
    });
    within(root, path, &place, &mut |table| {
        table.entries.extend(entry.take())
    });
}

fn list(root: &mut Table, path: &[&str], place: Place, entries: Vec<Entry>) {
    let Some((name, above)) = path.split_last() else {
        return;
    };
    let mut new = vec![Table {
        place: place.clone(),
        entries,
    }];
    within(root, above, &place.clone(), &mut |table| {
        let known = table.entries.iter_mut().find(|entry| entry.name == *name);
        match known.map(|entry| &mut entry.item) {
            Some(Item::Tables(tables)) => tables.append(&mut new),
            _ => table.entries.push(Entry {
                name: (*name).to_owned(),
                place: place.clone(),
                item: Item::Tables(std::mem::take(&mut new)),
            }),
        }
    });
}
