//! What it costs to say which sentence talk sounds like, in a Korean home of 60 devices. The model's words come from
//! `make test-data`; without them nothing is measured.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use intents::graph::acceptor::Acceptor;
use intents::graph::endings::Endings;
use intents::graph::near::Reach;
use intents::graph::vocabulary::Vocabulary;
use intents::{Area, Engine, Entity, Home};

/// 60 devices in 10 rooms.
fn home() -> Home {
    let rooms = [
        "침실",
        "거실",
        "주방",
        "욕실",
        "현관",
        "서재",
        "차고",
        "다락",
        "지하실",
        "정원",
    ];
    let kinds = [
        ("조명", "light"),
        ("스탠드", "light"),
        ("콘센트", "switch"),
        ("온도계", "sensor"),
        ("커튼", "cover"),
        ("선풍기", "fan"),
    ];
    let entity = |room: &str, kind: &str, domain: &str| Entity {
        id: format!("{room}.{kind}"),
        name: format!("{room} {kind}"),
        domain: domain.to_owned(),
        area: Some(room.to_owned()),
        ..Entity::default()
    };
    Home {
        entities: rooms
            .iter()
            .flat_map(|room| kinds.map(|(kind, domain)| entity(room, kind, domain)))
            .collect(),
        areas: rooms
            .map(|room| Area {
                name: room.to_owned(),
                aliases: Vec::new(),
            })
            .to_vec(),
        floors: Vec::new(),
    }
}

fn sentences() -> Result<Endings, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let model = std::env::var_os("HEARTH_TEST_DATA")
        .map_or(root, PathBuf::from)
        .join("vosk-ko");
    let vocabulary = Vocabulary::read(&model).map_err(|e| e.to_string())?;
    let mut engine = Engine::new("ko").map_err(|e| e.to_string())?;
    engine.set_home(&home());
    let letters = engine.letters().map_err(|e| e.to_string())?;
    let acceptor = Acceptor::new(&letters, &vocabulary).map_err(|e| e.to_string())?;
    println!(
        "{:.0} sentences, {} states, {} arcs",
        acceptor.sentences(),
        acceptor.fst.len(),
        acceptor.fst.arc_count()
    );
    Ok(Endings::new(acceptor.fst, vocabulary.symbols().clone()))
}

fn near(criterion: &mut Criterion) {
    let sentences = match sentences() {
        Ok(sentences) => sentences,
        Err(error) => return eprintln!("{error} (`make test-data` fetches it)"),
    };
    for (name, talk) in [
        ("a command", "이용 실 뿐 까지 와"),
        ("talk", "보 이기 항목 유럽 밖에 이어서"),
    ] {
        criterion.bench_function(&format!("which sentence {name} sounds like"), |bench| {
            bench.iter(|| sentences.closest(black_box(talk), Reach::TALK));
        });
    }
}

criterion_group!(benches, near);
criterion_main!(benches);
