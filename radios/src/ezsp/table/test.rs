//! Every row against the vendor's layouts, as collected in `ezsp_commands.json`.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::ezsp::layout::{Field, Form, Kind};

/// Fields the table names otherwise than the collection, besides the spelling: one name for all
/// versions, and none that is a word of the language.
const SYNONYMS: &[(&str, &str)] = &[
    ("type", "kind"),
    ("message_type", "kind"),
    ("message_contents", "message"),
    ("packet_contents", "packet"),
    ("message_tag", "tag"),
    ("index_or_destination", "destination"),
    ("eui64", "sender_eui64"),
    ("eui", "eui64"),
    ("nwk", "destination"),
    ("nwk", "sender"),
    ("lqi", "last_hop_lqi"),
    ("rssi", "last_hop_rssi"),
    ("timestamp", "last_hop_timestamp"),
    ("filter_index_match", "filter_match"),
    ("filter_value_match", "filter_match"),
    ("is_cnt", "is_counter"),
    ("is_idx", "is_indexed"),
    ("status", "reason"),
    ("tx", "min_tx_priority"),
    ("", "channel"),
];

/// Frames whose end the table knows better from version 14 on, with the reason: only what both
/// have is compared.
const DEVIATIONS: &[(&str, &str)] = &[
    (
        "gpepIncomingMessageHandler",
        "packet information at the end, from version 16, is optional",
    ),
    (
        "importTransientKey",
        "one host sends a flags byte at the end, the other does not: not sent",
    ),
];

fn collection() -> Option<Value> {
    let folder = std::env::var_os("HEARTH_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = folder.join("facts/ezsp_commands.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no {}; set HEARTH_SHARED", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).expect("the collection is JSON"))
}

/// A field reduced to what both sides can say: its name, and a dot for each byte, or a `k` where
/// it is part of a key; lists in brackets, with the width of their number and the form of an item.
type Flat = Vec<(String, String)>;

fn snake(name: &str) -> String {
    let name = name.replace("EUI64", "Eui64").replace("FC", "Fc");
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The collection's form of a type.
fn theirs(types: &Value, name: &str, of: &str, flat: &mut Flat) {
    let item = |item: &str| {
        let mut inner = Flat::new();
        theirs(types, "", item, &mut inner);
        inner.into_iter().map(|(_, form)| form).collect::<String>()
    };
    if let Some(inner) = of.strip_prefix("FixedList[") {
        let (inner, count) = inner.trim_end_matches(']').rsplit_once(',').unwrap();
        let count: usize = count.parse().unwrap();
        flat.push((name.to_owned(), item(inner).repeat(count)));
        return;
    }
    if matches!(of, "KeyData" | "EmberPrivateKeyData") {
        let width = types[of]["fixed_length"].as_u64().unwrap();
        flat.push((name.to_owned(), "k".repeat(usize::try_from(width).unwrap())));
        return;
    }
    let definition = &types[of];
    let form = match text(definition, "kind") {
        "enum" | "bitmap" | "int" => {
            ".".repeat(usize::try_from(definition["size"].as_u64().unwrap()).unwrap())
        }
        "bytes" => format!("[{}:.]", definition["length_prefix_bytes"]),
        "list" => match definition["fixed_length"].as_u64() {
            Some(count) => item(text(definition, "item")).repeat(usize::try_from(count).unwrap()),
            None if definition["length_prefix"].is_null() => {
                format!("[:{}]", item(text(definition, "item")))
            }
            None => format!("[1:{}]", item(text(definition, "item"))),
        },
        "struct" if of == "GPPGPDLink" => ".".to_owned(),
        // A union of eight bytes, of which the collection lists all members.
        "struct" if of == "EmberGpAddress" => ".".repeat(10),
        "struct" => {
            for field in definition["fields"].as_array().unwrap() {
                let inner = format!("{name}.{}", snake(text(field, "name")));
                theirs(types, &inner, text(field, "type"), flat);
            }
            return;
        }
        other => panic!("{of}: unknown kind `{other}`"),
    };
    flat.push((name.to_owned(), form));
}

/// The table's form of a field.
fn ours(name: &str, kind: Kind, version: Version, flat: &mut Flat) {
    let form = |kind: Kind| {
        let mut inner = Flat::new();
        ours("", kind, version, &mut inner);
        inner.into_iter().map(|(_, form)| form).collect::<String>()
    };
    let form = match kind {
        Kind::Fixed(width) => ".".repeat(width),
        Kind::Status => ".".repeat(if version.since(14) { 4 } else { 1 }),
        Kind::ByteBelow(from, wide) => ".".repeat(if version.since(from) { wide } else { 1 }),
        Kind::Since(from, kind) if version.since(from) => return ours(name, *kind, version, flat),
        Kind::Until(from, kind) if !version.since(from) => return ours(name, *kind, version, flat),
        Kind::Since(..) | Kind::Until(..) => return,
        Kind::Optional(kind) => return ours(name, *kind, version, flat),
        Kind::Secret(kind) => form(*kind).replace('.', "k"),
        Kind::Counted(prefix, item) => format!("[{prefix}:{}]", form(*item)),
        Kind::Rest(item) => format!("[:{}]", form(*item)),
        Kind::Array(item, count) => form(*item).repeat(count),
        Kind::Struct(fields) if fields.first().is_some_and(|f| f.name == "application_id") => {
            ".".repeat(10)
        }
        Kind::Struct(fields) => {
            for field in fields {
                ours(&format!("{name}.{}", field.name), field.kind, version, flat);
            }
            return;
        }
        Kind::PacketInfo if version.since(14) => {
            let whole = <crate::ezsp::types::RxPacketInfo as crate::ezsp::wire::Wire>::KIND;
            return ours(name, whole, version, flat);
        }
        Kind::PacketInfo => {
            flat.push(("last_hop_lqi".to_owned(), ".".to_owned()));
            flat.push(("last_hop_rssi".to_owned(), ".".to_owned()));
            return;
        }
        Kind::TokenInfo => {
            for (field, width) in [
                ("nvm3_key", 4),
                ("is_counter", 1),
                ("is_indexed", 1),
                ("size", if version.since(19) { 4 } else { 1 }),
                ("array_size", 1),
            ] {
                flat.push((format!("{name}.{field}"), ".".repeat(width)));
            }
            return;
        }
        Kind::Clusters => {
            for (field, form) in [
                ("input_cluster_count", "."),
                ("output_cluster_count", "."),
                ("input_cluster_list", "[:..]"),
                ("output_cluster_list", "[:..]"),
            ] {
                flat.push((field.to_owned(), form.to_owned()));
            }
            return;
        }
    };
    flat.push((name.to_owned(), form));
}

fn all_of_theirs(types: &Value, fields: &Value) -> Flat {
    let mut flat = Flat::new();
    for field in fields.as_array().unwrap() {
        let name = snake(field[0].as_str().unwrap());
        theirs(types, &name, field[1].as_str().unwrap(), &mut flat);
    }
    flat
}

fn all_of_ours(fields: &[Field], version: Version) -> Flat {
    let mut flat = Flat::new();
    for field in fields {
        ours(field.name, field.kind, version, &mut flat);
    }
    flat
}

fn same_name(theirs: &str, ours: &str) -> bool {
    let (theirs, ours): (Vec<_>, Vec<_>) = (theirs.split('.').collect(), ours.split('.').collect());
    theirs.len() == ours.len()
        && theirs
            .iter()
            .zip(&ours)
            .all(|(theirs, ours)| theirs == ours || SYNONYMS.contains(&(theirs, ours)))
}

fn compare(
    name: &str,
    way: &str,
    version: Version,
    theirs: &Flat,
    ours: &Flat,
    wrong: &mut Vec<String>,
) {
    // Structs that were laid flat in the table, or the other way round, compare by their last names.
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let forms = |flat: &Flat| {
        flat.iter()
            .map(|(_, form)| form.replace('k', "."))
            .collect::<Vec<_>>()
    };
    // Every key of theirs must be known as one here; here more is kept out of traces.
    let keys = theirs
        .iter()
        .zip(ours)
        .all(|((_, theirs), (_, ours))| !theirs.contains('k') || theirs == ours);
    let names = theirs.iter().zip(ours).all(|((theirs, _), (ours, _))| {
        same_name(theirs, ours) || same_name(&last(theirs), &last(ours))
    });
    if forms(theirs) != forms(ours) || !names || !keys {
        wrong.push(format!(
            "{name} {way} v{version}\n  theirs {theirs:?}\n  ours   {ours:?}"
        ));
    }
}

#[test]
fn every_row_is_as_the_vendor_lays_it_out() {
    let Some(collection) = collection() else {
        return;
    };
    let types = &collection["types"];
    let mut wrong = Vec::new();
    let mut compared = 0;
    for version in Version::all() {
        let key = if version.number() == 15 {
            "14".to_owned()
        } else {
            version.to_string()
        };
        let listed = collection["versions"][&key].as_object().expect("a version");
        for (name, entry) in listed {
            let id = u16::try_from(entry["id"].as_u64().unwrap()).unwrap();
            let Some(row) = row(id, version).filter(|row| row.name == name) else {
                wrong.push(format!("{name} {id:#06x} v{version}: no row"));
                continue;
            };
            let form = if text(entry, "kind") == "callback" {
                Form::Callback
            } else {
                Form::Command
            };
            if row.form != form {
                wrong.push(format!("{name} v{version}: {:?}", row.form));
            }
            let request = Row::fields(row.request, version);
            let reply = Row::fields(row.reply, version);
            compared += 1;
            let deviates =
                version.since(14) && DEVIATIONS.iter().any(|(deviant, _)| deviant == name);
            for (way, listed, fields) in [
                ("request", &entry["tx"], request),
                ("reply", &entry["rx"], reply),
            ] {
                let mut theirs = all_of_theirs(types, listed);
                let mut ours = all_of_ours(fields, version);
                if deviates {
                    let both = theirs.len().min(ours.len());
                    theirs.truncate(both);
                    ours.truncate(both);
                }
                compare(name, way, version, &theirs, &ours, &mut wrong);
            }
        }
        let here = rows().filter(|row| (row.first..=row.last).contains(&version.number()));
        for row in here {
            if !listed.contains_key(row.name) {
                wrong.push(format!("{} v{version}: not listed", row.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    println!("{compared} rows and versions compared");
}

#[test]
fn the_status_map_is_the_vendors() {
    use crate::ezsp::Status;
    let Some(collection) = collection() else {
        return;
    };
    let value = |text: &str| {
        let (_, number) = text.rsplit_once("=0x").unwrap();
        u32::from_str_radix(number, 16).unwrap()
    };
    for (ember, sl) in collection["ember_status_to_sl_status"].as_object().unwrap() {
        let byte = u8::try_from(value(ember)).unwrap();
        assert_eq!(
            Status::from_ember(byte),
            Status(value(sl.as_str().unwrap())),
            "{ember}"
        );
    }
    for (name, number) in collection["types"]["sl_Status"]["members"]
        .as_object()
        .unwrap()
    {
        if !name.starts_with("COMPUTE_") {
            let status = Status(u32::try_from(number.as_u64().unwrap()).unwrap());
            assert_eq!(status.name(), Some(name.as_str()));
        }
    }
}

#[test]
fn ids_are_unambiguous_and_layouts_descend() {
    for version in Version::all() {
        let mut ids: Vec<u16> = rows()
            .filter(|row| (row.first..=row.last).contains(&version.number()))
            .map(|row| row.id)
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "version {version}");
    }
    for row in rows() {
        assert!(
            row.first >= 8 && row.first <= row.last && row.last <= 19,
            "{}",
            row.name
        );
        for layouts in [row.request, row.reply] {
            assert!(
                layouts.is_sorted_by(|a, b| a.since > b.since),
                "{}",
                row.name
            );
            assert!(
                layouts
                    .last()
                    .is_none_or(|oldest| oldest.since <= row.first),
                "{}",
                row.name
            );
        }
    }
}

#[test]
fn names_follow_the_version() {
    let v = |number| Version::new(number).unwrap();
    assert_eq!(name(0x005e, v(13)), "getAddressTableRemoteEui64");
    assert_eq!(name(0x005e, v(14)), "getAddressTableInfo");
    assert_eq!(name(0x006d, v(12)), "getTransientKeyTableEntry");
    assert_eq!(name(0x006d, v(13)), "unknown");
    assert_eq!(name(0x006d, v(19)), "clearBindingTableOnLeave");
}

#[test]
fn a_callback_is_small_enough_for_a_queue_of_many() {
    assert!(
        size_of::<callback::Callback>() <= 104,
        "{}",
        size_of::<callback::Callback>()
    );
}

proptest! {
    #[test]
    fn what_was_written_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..240), number in 8u8..=19) {
        let version = Version::new(number).unwrap();
        for row in rows().filter(|row| (row.first..=row.last).contains(&number)) {
            if let Err(why) = (row.round_trip)(&bytes, version) {
                prop_assert!(false, "{} v{}: {}", row.name, version, why);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..240), number in 8u8..=19, id: u16) {
        let version = Version::new(number).unwrap();
        let _ = callback::Callback::decode(id & 0x1ff, &bytes, version);
        for row in rows() {
            let _ = callback::Callback::decode(row.id, &bytes, version);
        }
    }
}
