//! How templates match, rule by rule, on a made-up language.

#![expect(clippy::unwrap_used)] // helpers of tests

use intents::sentences::Sentences;
use intents::{Area, Context, Engine, Entity, Home};

const LANGUAGE: &str = r#"
language: en
skip_words: [please, would you]
lists:
  level: {range: {from: 0, to: 100, step: 10}}
  heat: {range: {from: 5, to: 30, fractions: halves}}
  down: {range: {from: 1, to: 100, multiplier: -1}}
  item: {wildcard: true}
  list: {values: ["shopping", {in: "(to-do|to do)", out: todo}]}
  mood: {values: [{in: "cosy", out: 1, context: {weather: rain}}, bright]}
expansion_rules:
  the: "(the|my)"
intents:
  A:
    data:
      - sentences: ["play {item} in [<the>] {area}", "add {item} to [<the>] {list} [list]"]
  B:
    data:
      - sentences: ["(now;quickly) go", "light[s] {level} percent", "heat {heat}", "lower by {down}", "{0..9:digit} times", "ring {item} {0..9:digit} times"]
  C:
    data:
      - sentences: ["open {name}"]
        requires_context: {domain: [cover]}
      - sentences: ["here"]
        requires_context: {area: {slot: true}}
      - sentences: ["there"]
        excludes_context: {area: Kitchen}
      - sentences: ["{mood} mood"]
        requires_context: {weather: rain}
  D:
    data:
      - sentences: ["at (l'|the) {area}", "say {item}", "{item} ist an"]
      - sentences: ["<local> {own}"]
        expansion_rules: {local: "<the> own"}
        lists: {own: {values: [thing]}}
      - sentences: ["{name} [on]", "[turn] {name} on now"]
  E:
    data:
      - sentences: ["hm {item}"]
"#;

fn engine() -> Engine {
    let sentences = Sentences::from_yaml("made-up.yaml", LANGUAGE).unwrap();
    let mut engine = Engine::of(&sentences, vec!["made-up.yaml".into()]).unwrap();
    let entity = |name: &str, domain: &str| Entity {
        name: name.into(),
        domain: domain.into(),
        ..Entity::default()
    };
    let area = |name: &str| Area {
        name: name.into(),
        ..Area::default()
    };
    engine.set_home(&Home {
        entities: vec![
            entity("Lamp", "light"),
            entity("Lamp Two", "light"),
            entity("Left Blind", "cover"),
        ],
        areas: vec![area("Kitchen"), area("Entrée")],
        floors: Vec::new(),
    });
    engine
}

fn told(sentence: &str, area: Option<&str>) -> String {
    let context = Context {
        area: area.map(str::to_owned),
        more: Vec::new(),
    };
    match engine().recognize(sentence, &context) {
        Ok(found) => {
            let slots: Vec<String> = found
                .slots
                .iter()
                .map(|slot| format!(" {}={}", slot.name, slot.value))
                .collect();
            found.intent + &slots.concat()
        }
        Err(reason) => format!("! {reason}"),
    }
}

#[test]
fn sentences_mean_what_the_rules_say() {
    let mut wrong = String::new();
    for (said, meant) in [
        // Free text ends where the next words begin, and is never empty. Skip words in it go, but stay
        // where the free text is the beginning or the end of the sentence.
        (
            "play please please me in the kitchen",
            "A item=me area=Kitchen",
        ),
        (
            "play rain in spain in my kitchen",
            "A item=rain in spain area=Kitchen",
        ),
        (
            "add eggs to my shopping list please",
            "A item=eggs list=shopping",
        ),
        (
            "add milk to do list to to do",
            "A item=milk to do list list=todo",
        ),
        ("play in the kitchen", "! that was not understood"),
        ("say please", "D item=please"),
        // Both orders, and a blank between them whatever is written.
        ("now quickly go", "B"),
        ("quickly now go", "B"),
        ("now now go", "! that was not understood"),
        // Numbers: in steps, with fractions, times a factor, in words; out of range is said.
        ("light 40 percent", "B level=40"),
        ("lights forty percent", "B level=40"),
        ("lights 45 percent", "! 45 is out of range (0 to 100)"),
        ("heat 20.5", "B heat=20.5"),
        ("heat 20,5", "B heat=20.5"),
        ("heat twenty point five", "B heat=20.5"),
        ("heat 20.4", "! 20.4 is out of range (5 to 30)"),
        ("lower by 5", "B down=-5"),
        ("7 times", "B digit=7"),
        // Behind free text, the first of equal number words counts.
        ("ring my five or six times", "B item=my five or digit=6"),
        ("ring six of six times", "! that was not understood"),
        // Hyphens may be blanks in what is said.
        ("open left-blind", "C name=Left Blind"),
        // What a name is decides what can be done with it.
        (
            "open lamp",
            "! 'Lamp' is a light: that cannot be done with it",
        ),
        // A value may tell what a condition asks for.
        ("cosy mood", "C mood=1"),
        ("bright mood", "! which weather is meant?"),
        // An apostrophe ends a word.
        ("at L'Entrée", "D area=Entrée"),
        ("at l’ entrée!", "D area=Entrée"),
        // Rules and lists of a block.
        ("my own thing", "D own=thing"),
        // The longest name wins.
        ("lamp two on", "D name=Lamp Two"),
        ("LAMP", "D name=Lamp"),
    ] {
        let got = told(said, None);
        if got != meant {
            wrong += &format!("{said:?}\n  meant {meant}\n  got   {got}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Places in the sentence are whole characters of it, however these were written.
#[test]
fn slots_stand_where_they_were_said() {
    for (said, slot) in [
        ("play rock’ in my kitchen", "rock’"),
        ("say cafe\u{301}", "cafe\u{301}"),
        ("say \u{110f}\u{1167}", "\u{110f}\u{1167}"),
        ("add eggs, and milk to my shopping list", "eggs, and milk"),
        ("add eggs, to my shopping list", "eggs"),
    ] {
        let found = engine().recognize(said, &Context::default()).unwrap();
        let (from, to) = found.slot("item").unwrap().span.unwrap();
        assert_eq!(said.get(from..to), Some(slot), "{said:?}");
    }
}

/// Two letters and free text are talk, where the free text is more than a name.
#[test]
fn two_letters_are_no_command() {
    assert_eq!(told("hm rain", None), "E item=rain");
    assert_eq!(told("hm heavy rain", None), "E item=heavy rain");
    assert!(told("hm heavy rain again", None).starts_with('!'));
    assert_eq!(
        told("say heavy rain again", None),
        "D item=heavy rain again"
    );
}

#[test]
fn the_context_fills_slots_and_forbids() {
    assert_eq!(told("here", Some("Kitchen")), "C area=Kitchen");
    assert_eq!(told("here", None), "! which area is meant?");
    assert_eq!(told("there", Some("Hall")), "C");
    assert_eq!(told("there", Some("Kitchen")), "! that was not understood");
}

#[test]
fn a_match_explains_itself() {
    let found = engine()
        .recognize("would you turn lamp on now", &Context::default())
        .unwrap();
    assert_eq!(found.explanation.template, "[turn] {name} on now");
    assert_eq!(found.explanation.source, "made-up.yaml");
    assert_eq!(found.explanation.compared, "turn lamp on now");
    let found = engine()
        .recognize("play a in the kitchen in the kitchen", &Context::default())
        .unwrap();
    assert_eq!(found.text("item"), Some("a in the kitchen"));
    assert!(found.explanation.steps > 0);
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_place() {
    let of = |yaml: &str| {
        let sentences = Sentences::from_yaml("x.yaml", yaml).unwrap();
        Engine::of(&sentences, vec!["x.yaml".into()])
            .unwrap_err()
            .to_string()
    };
    let block = |sentence: &str, more: &str| {
        format!("intents: {{X: {{data: [{{sentences: [\"{sentence}\"]}}]}}}}\n{more}")
    };
    assert_eq!(
        of(&block("a {nolist}", "")),
        "x.yaml:0: there is no list `nolist`, named in `a {nolist}`"
    );
    assert_eq!(
        of(&block("<norule>", "")),
        "x.yaml:0: there is no rule `<norule>`, named in `<norule>`"
    );
    assert_eq!(
        of(&block(
            "<r>",
            "expansion_rules: {r: \"a <s>\", s: \"b [<r>]\"}"
        )),
        "x.yaml:0: the rule `<r>` contains itself"
    );
}

#[test]
fn a_template_of_many_optionals_does_not_explode() {
    let optionals = "[a] ".repeat(40);
    let yaml = format!("intents: {{X: {{data: [{{sentences: [\"{optionals} b\"]}}]}}}}");
    let sentences = Sentences::from_yaml("x.yaml", &yaml).unwrap();
    let engine = Engine::of(&sentences, Vec::new()).unwrap();
    let sentence = "a ".repeat(30) + "b";
    let found = engine.recognize(&sentence, &Context::default()).unwrap();
    assert!(
        found.explanation.steps < 20_000,
        "{}",
        found.explanation.steps
    );
}
