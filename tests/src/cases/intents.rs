//! Sentences: what the community's sentence data makes of them in a home.
//!
//! A line is a head `{language, home: {entities, areas, floors}}` that holds for what follows, or a case
//! `{text, context, expect: {intent, slots} | null}`; a list-valued slot means any of these. The sentences
//! are those of the package `home-assistant-intents`, in the tests' data folder.
//!
//! Different on purpose from Python's hassil, whose answers such cases may hold: hassil keeps one parsed
//! number word for all ranges of a language and multiplies it in place, so the sign of "volume down
//! forty-nine" depends on which sentence was heard before. Here it is always the range's own. And where
//! two letters of a template were heard and the rest, three words or more, is free text ("ai vô địch world
//! cup" by "ai {zone}"), hassil asks for the zone "vô địch world cup"; here it is talk.
//!
//! `--tolerant` lets the engine understand what fits no template but plainly means something; a case
//! that expects `null` then still counts as equal only when it is rejected.

use std::collections::HashMap;

use intents::{Area, Context, Engine, Entity, Floor, Home, Match, NoMatch, Value};
use serde_json::Value as Json;

use super::{Lines, Options, Tally};
use crate::places::data_folder;

/// Runs the cases.
///
/// # Errors
/// When a line has another form, or the data is not there.
pub fn run(options: &Options, lines: &mut Lines<'_>, tally: &mut Tally) -> Result<(), String> {
    let mut engines: HashMap<String, Engine> = HashMap::new();
    let mut language = String::new();
    for line in lines {
        let (place, line) = line?;
        if let Some(head) = line.get("language").and_then(Json::as_str) {
            head.clone_into(&mut language);
            if !engines.contains_key(head) {
                let path = data_folder().join("intents").join(format!("{head}.json"));
                let mut engine = Engine::load(&path)
                    .map_err(|e| format!("{e} (`make test-data` fetches it)"))?;
                engine.set_tolerant(options.tolerant);
                engines.insert(language.clone(), engine);
            }
            if let Some(engine) = engines.get_mut(head) {
                engine.set_home(&home(&line["home"]));
            }
            continue;
        }
        let engine = engines
            .get(&language)
            .ok_or_else(|| format!("{place}: a case before any language"))?;
        let text = line["text"]
            .as_str()
            .ok_or_else(|| format!("{place}: no `text`"))?;
        let expected = &line["expect"];
        let got = engine.recognize(text, &context(&line["context"]));
        tally.count(
            &place,
            &format!("{language} {text:?}"),
            expected,
            &show(&got),
            equal(expected, &got),
        );
    }
    Ok(())
}

/// A home as written in the heads. Its names may be templates; an entity's domain is its `domain`, else
/// the part of `id` before the dot.
#[must_use]
pub fn home(json: &Json) -> Home {
    let texts = |value: &Json| -> Vec<String> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect()
    };
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let each = |key: &str| json[key].as_array().cloned().unwrap_or_default();
    let home = Home {
        entities: each("entities")
            .iter()
            .map(|e| Entity {
                id: text(&e["id"]),
                name: text(&e["name"]),
                aliases: texts(&e["aliases"]),
                domain: e["domain"].as_str().map_or_else(
                    || {
                        text(&e["id"])
                            .split('.')
                            .next()
                            .unwrap_or_default()
                            .to_owned()
                    },
                    str::to_owned,
                ),
                area: e["area"].as_str().map(str::to_owned),
            })
            .collect(),
        areas: each("areas")
            .iter()
            .map(|a| Area {
                name: text(&a["name"]),
                aliases: texts(&a["aliases"]),
            })
            .collect(),
        floors: each("floors")
            .iter()
            .map(|f| Floor {
                name: text(&f["name"]),
                aliases: texts(&f["aliases"]),
            })
            .collect(),
    };
    home.with_templates()
}

/// A context as written in the cases: its `area`, and whatever else is known.
#[must_use]
pub fn context(json: &Json) -> Context {
    let mut context = Context::default();
    for (key, value) in json.as_object().into_iter().flatten() {
        match value.as_str() {
            Some(area) if key == "area" => context.area = Some(area.to_owned()),
            Some(other) => context.more.push((key.clone(), other.to_owned())),
            None => {}
        }
    }
    context
}

/// Whether a result is what was expected.
fn equal(expected: &Json, got: &Result<Match, NoMatch>) -> bool {
    let Ok(got) = got else {
        return expected.is_null();
    };
    let Some(slots) = expected["slots"].as_object() else {
        return false;
    };
    expected["intent"] == got.intent.as_str()
        && slots.len() == got.slots.len()
        && slots.iter().all(|(name, value)| {
            got.slot(name).is_some_and(|slot| match value {
                Json::Array(any) => {
                    same(value, &slot.value) || any.iter().any(|value| same(value, &slot.value))
                }
                value => same(value, &slot.value),
            })
        })
}

fn same(expected: &Json, got: &Value) -> bool {
    match got {
        Value::Number(number) => expected.as_f64().is_some_and(|e| (e - number).abs() < 1e-9),
        Value::Text(text) => expected.as_str() == Some(text),
        Value::Bool(yes) => expected.as_bool() == Some(*yes),
        Value::List(values) => expected.as_array().is_some_and(|all| {
            all.len() == values.len() && all.iter().zip(values).all(|(e, v)| same(e, v))
        }),
    }
}

fn show(got: &Result<Match, NoMatch>) -> String {
    match got {
        Ok(got) => {
            let slots: serde_json::Map<String, Json> = got
                .slots
                .iter()
                .filter_map(|slot| {
                    Some((slot.name.clone(), serde_json::to_value(&slot.value).ok()?))
                })
                .collect();
            format!(
                "{} by `{}`",
                serde_json::json!({"intent": got.intent, "slots": slots}),
                got.explanation.template
            )
        }
        Err(reason) => format!("null: {reason}"),
    }
}
