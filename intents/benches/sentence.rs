//! Sentence → intent in a home of 60 devices; and how long a language takes to load.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use intents::{Area, Context, Engine, Entity, Home};

/// 60 devices in 10 rooms.
fn home() -> Home {
    let rooms = [
        "Bedroom",
        "Living Room",
        "Kitchen",
        "Bathroom",
        "Hall",
        "Office",
        "Garage",
        "Attic",
        "Cellar",
        "Garden",
    ];
    let kinds = [
        ("Lamp", "light"),
        ("Ceiling Light", "light"),
        ("Plug", "switch"),
        ("Sensor", "sensor"),
        ("Blind", "cover"),
        ("Fan", "fan"),
    ];
    Home {
        entities: rooms
            .iter()
            .flat_map(|room| {
                kinds.iter().map(move |(kind, domain)| Entity {
                    id: format!("{room}.{kind}"),
                    name: format!("{room} {kind}"),
                    domain: (*domain).to_owned(),
                    area: Some((*room).to_owned()),
                    ..Entity::default()
                })
            })
            .collect(),
        areas: rooms
            .iter()
            .map(|room| Area {
                name: (*room).to_owned(),
                aliases: Vec::new(),
            })
            .collect(),
        floors: Vec::new(),
    }
}

fn sentences(c: &mut Criterion) {
    let mut engine = match Engine::new("en") {
        Ok(engine) => engine,
        Err(error) => {
            eprintln!("{error}");
            return;
        }
    };
    engine.set_home(&home());
    let context = Context {
        area: Some("Kitchen".to_owned()),
        more: Vec::new(),
    };
    for (name, sentence) in [
        ("on", "turn on the bedroom lamp"),
        (
            "brightness",
            "please set the brightness of the living room ceiling light to twenty-five percent",
        ),
        ("area", "turn off all the lights in the kitchen"),
        ("query", "what is the temperature in the office?"),
        ("unknown name", "turn on the disco ball"),
        ("no command", "my brother bought a new car yesterday"),
    ] {
        c.bench_function(&format!("sentence/{name}"), |b| {
            b.iter(|| engine.recognize(black_box(sentence), &context).is_ok());
        });
    }
    c.bench_function("load/en", |b| {
        b.iter(|| Engine::new(black_box("en")).is_ok());
    });
    c.bench_function("set_home/60", |b| {
        let home = home();
        b.iter(|| engine.set_home(black_box(&home)));
    });
}

criterion_group!(benches, sentences);
criterion_main!(benches);
