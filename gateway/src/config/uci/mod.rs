//! OpenWrt's own configuration format: `/etc/config/hearth`.
//!
//! The contract: a section's type is a table of the TOML file, its options are the keys there, and
//! everything is checked by the same rows of [`KEYS`](super::keys::KEYS). A text that is no option is
//! refused with file, section, option and line. `config hearth` holds the keys without a table, and
//! what only the init scripts read ([`SCRIPTS`]).

mod syntax;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::names::{is_section, nearest, sections};
use super::raw::Raw;
use super::tree::{Entry, Item, Table};
use super::{ConfigError, Place, UciPlace};

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
    // config wyoming 'wyoming'
    ("wyoming", Shape::Named(&["voice"])),
];

/// Options of `config hearth` that are for the init scripts: name, what is expected, what for, whether
/// a value is good.
pub const SCRIPTS: &[Script] = &[
    Script {
        name: "enabled",
        default: "1",
        expects: "0 or 1",
        about: "Whether the service starts.",
        good: |raw| raw.boolean().is_some(),
    },
    Script {
        name: "voice",
        default: "0",
        expects: "0 or 1",
        about: "Whether the speech worker of the package hearth-voice starts, and is used.",
        good: |raw| raw.boolean().is_some(),
    },
    Script {
        name: "memory",
        default: "64",
        expects: "MB, or 0 for no limit",
        about: "Most memory the gateway may take; it is started again when that is not enough.",
        good: |raw| raw.integer().is_some_and(|mb| mb == 0 || mb >= 16),
    },
    Script {
        name: "firewall",
        default: "",
        expects: "a zone of the firewall such as `lan`",
        about: "The zone that may reach the page, where `web.listen` is open to the network.",
        good: |raw| {
            raw.text()
                .is_some_and(|zone| zone.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        },
    },
];

/// An option that only the init scripts read.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Its name, in `config hearth`.
    pub name: &'static str,
    /// What holds where it is not given.
    pub default: &'static str,
    /// What a value must be.
    pub expects: &'static str,
    /// One line for people.
    pub about: &'static str,
    good: fn(&Raw) -> bool,
}

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
        let place = Place::Uci(Box::new(UciPlace {
            file: file.to_owned(),
            line: section.line,
            section: title.clone(),
            option: None,
        }));
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
                let shapes = SHAPES.iter().map(|(name, _)| *name);
                return Err(ConfigError::UnknownSection {
                    place,
                    kind: kind.to_owned(),
                    nearest: nearest(kind, shapes.chain(sections())),
                });
            }
            Some(Shape::Root) => {
                for script in SCRIPTS {
                    take_out(&mut entries, script)?;
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
                insert(&mut root, path, name, &place, entries);
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
                insert(&mut root, path, name, &place, entries);
            }
            Some(Shape::Listed(path)) => list(&mut root, path, &place, entries),
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
        place: Place::Uci(Box::new(UciPlace {
            file: file.to_owned(),
            line: choice.line,
            section: title.to_owned(),
            option: Some(choice.name.clone()),
        })),
        item: Item::Value(raw),
    }
}

/// What sections there are and what they become, and the options of the init scripts, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from("| in UCI | in TOML |\n|---|---|\n");
    for (kind, shape) in SHAPES {
        let (uci, toml) = match shape {
            Shape::Root => (
                format!("config {kind} 'main'"),
                "keys without a section".to_owned(),
            ),
            Shape::KeyedBy(option, path) => (
                format!("config {kind}` with `option {option} 'ADDRESS'"),
                format!("`[{}.ADDRESS]`", path.join(".")),
            ),
            // A table of a fixed name among others.
            Shape::Named(path) if path.len() == 1 => (
                format!("config {kind} '{kind}'"),
                format!("`[{}.{kind}]`", path.join(".")),
            ),
            Shape::Named(path) => (
                format!("config {kind} 'NAME'"),
                format!("`[{}.NAME]`", path.join(".")),
            ),
            Shape::Listed(path) => (
                format!("config {kind}"),
                format!("`[[{}]]`", path.join(".")),
            ),
        };
        out += &format!("| `{uci}` | {toml} |\n");
    }
    out.push_str("| `config SECTION 'SECTION'` | `[SECTION]` |\n");
    out.push_str(
        "\n| option of `config hearth` | default | expects | what for |\n|---|---|---|---|\n",
    );
    for script in SCRIPTS {
        let Script {
            name,
            default,
            expects,
            about,
            ..
        } = script;
        out += &format!("| `{name}` | {default} | {expects} | {about} |\n");
    }
    out
}

/// Takes an option of the init scripts out, if it is a good one.
fn take_out(entries: &mut Vec<Entry>, script: &Script) -> Result<(), ConfigError> {
    let Some(at) = entries.iter().position(|entry| entry.name == script.name) else {
        return Ok(());
    };
    let entry = entries.remove(at);
    if (script.good)(entry.item.raw()) {
        return Ok(());
    }
    Err(ConfigError::BadValue {
        place: entry.place,
        key: format!("hearth.{}", script.name),
        expected: script.expects.to_owned(),
        found: entry.item.raw().to_string(),
    })
}

/// A TOML file as the text of a UCI file.
///
/// # Errors
/// What is no TOML.
pub fn from_toml(text: &str, file: &Path) -> Result<String, ConfigError> {
    let root = Table::from_toml(text, file)?;
    let mut package = Package::default();
    let mut top = section("hearth", Some("main"));
    for entry in root.entries {
        let name = entry.name;
        match entry.item {
            Item::Value(raw) => top.options.extend(choice(&name, &raw)),
            Item::Tables(_) => {}
            Item::Table(table) => {
                let keyed = SHAPES.iter().find_map(|(kind, shape)| match shape {
                    Shape::KeyedBy(option, [path]) if *path == name => Some((*kind, *option)),
                    _ => None,
                });
                match keyed {
                    Some((kind, option)) => {
                        for one in table.entries {
                            let mut made = section(kind, None);
                            let key = Raw::Text(one.name);
                            made.options.extend(choice(option, &key));
                            if let Item::Table(inner) = one.item {
                                made.options.extend(choices(&inner));
                            }
                            package.sections.push(made);
                        }
                    }
                    None => {
                        let mut made = section(&name, Some(&name));
                        made.options = choices(&table);
                        package.sections.push(made);
                        package.sections.extend(below(&name, table));
                    }
                }
            }
        }
    }
    if !top.options.is_empty() {
        package.sections.insert(0, top);
    }
    Ok(package.to_string())
}

/// Sections of their own for what lies below the table `name`.
fn below(name: &str, table: Table) -> Vec<Section> {
    let mut sections = Vec::new();
    for entry in table.entries {
        for (kind, shape) in SHAPES {
            match (shape, &entry.item) {
                (Shape::Listed([above, it]), Item::Tables(tables))
                    if *above == name && *it == entry.name =>
                {
                    sections.extend(tables.iter().map(|one| Section {
                        options: choices(one),
                        ..section(kind, None)
                    }));
                }
                (Shape::Named([above, it]), Item::Table(named))
                    if *above == name && *it == entry.name =>
                {
                    for one in &named.entries {
                        if let Item::Table(inner) = &one.item {
                            sections.push(Section {
                                options: choices(inner),
                                ..section(kind, Some(&one.name))
                            });
                        }
                    }
                }
                _ => {}
            }
        }
    }
    sections
}

fn section(kind: &str, name: Option<&str>) -> Section {
    Section {
        kind: kind.to_owned(),
        name: name.map(str::to_owned),
        line: 0,
        options: Vec::new(),
    }
}

fn choices(table: &Table) -> Vec<Choice> {
    let values = table.entries.iter().filter_map(|entry| match &entry.item {
        Item::Value(raw) => choice(&entry.name, raw),
        Item::Table(_) | Item::Tables(_) => None,
    });
    values.collect()
}

fn choice(name: &str, raw: &Raw) -> Option<Choice> {
    let value = match raw {
        Raw::List(items) => Value::Many(items.iter().filter_map(plain).collect()),
        one => Value::One(plain(one)?),
    };
    Some(Choice {
        name: name.to_owned(),
        value,
        line: 0,
    })
}

fn plain(raw: &Raw) -> Option<String> {
    Some(match raw {
        Raw::Text(text) | Raw::Environment(text) => text.clone(),
        Raw::Integer(number) => number.to_string(),
        Raw::Float(number) => number.to_string(),
        Raw::Boolean(truth) => u8::from(*truth).to_string(),
        Raw::List(_) | Raw::Other(_) => return None,
    })
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

fn insert(root: &mut Table, path: &[&str], name: &str, place: &Place, entries: Vec<Entry>) {
    let mut entry = Some(Entry {
        name: name.to_owned(),
        place: place.clone(),
        item: Item::Table(Table {
            place: place.clone(),
            entries,
        }),
    });
    within(root, path, place, &mut |table| {
        table.entries.extend(entry.take());
    });
}

fn list(root: &mut Table, path: &[&str], place: &Place, entries: Vec<Entry>) {
    let Some((name, above)) = path.split_last() else {
        return;
    };
    let mut new = vec![Table {
        place: place.clone(),
        entries,
    }];
    within(root, above, place, &mut |table| {
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
