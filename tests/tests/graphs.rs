//! Graphs packed from the real Korean model, against one that OpenFst made of the same sentences.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used)]

use std::path::Path;

use intents::graph::acceptor::Acceptor;
use intents::graph::compose::composed;
use intents::graph::fst::{EPSILON, Fst};
use intents::graph::minimize::{equivalent, minimized};
use intents::graph::pack::{marks, sounds};
use intents::graph::read::read;
use intents::graph::sentences::Letters;
use intents::graph::source::Source;
use intents::graph::vocabulary::Vocabulary;
use tests::places::{shared, test_data};

fn openfst(path: &Path) -> Fst {
    let file = std::fs::File::open(path).unwrap();
    read(&mut Source::new(path.display().to_string(), file))
        .unwrap()
        .0
}

/// 1,223 sentences as OpenFst packed them: the same words, the same graph, state for state.
#[test]
fn the_packer_makes_the_graph_that_openfst_makes() {
    let Some(model) = test_data("vosk-ko") else {
        return;
    };
    let folder = shared().join("facts/voice/reference_graph");
    if !folder.exists() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let vocabulary = Vocabulary::read(&model).unwrap();
    assert_eq!(vocabulary.symbols().len(), 503_351);

    // Words are cut where the reference cuts them.
    let phrases = std::fs::read_to_string(folder.join("phrases_mid.json")).unwrap();
    let phrases: Vec<serde_json::Value> = serde_json::from_str(&phrases).unwrap();
    let texts: Vec<&str> = phrases.iter().filter_map(|p| p["text"].as_str()).collect();
    let letters = Letters::of(texts.iter().copied()).unwrap();
    // "켜 줘" is heard as "켜줘", too; the reference has the first alone.
    assert!(Acceptor::new(&letters, &vocabulary).unwrap().sentences() > 1223.0);
    let acceptor = Acceptor::as_cut(&letters, &vocabulary).unwrap();
    assert!(acceptor.unknown.is_empty());
    assert_eq!(acceptor.sentences(), 1223.0);
    for phrase in &phrases {
        let words: Vec<u32> = phrase["tokens"]
            .as_str()
            .unwrap()
            .split(' ')
            .map(|word| vocabulary.symbols().label(word).unwrap())
            .collect();
        assert!(acceptor.takes(&words), "{phrase}");
    }

    let sounds = sounds(&model, &acceptor.words()).unwrap();
    let mut graph = minimized(&composed(&sounds, &acceptor.fst).unwrap());
    let marks = marks(&model).unwrap();
    for arc in graph.all_arcs_mut() {
        if marks.contains(&arc.input) {
            arc.input = EPSILON;
        }
    }
    let reference = openfst(&folder.join("HCLG_1223.fst"));
    assert_eq!(
        (graph.len(), graph.arc_count()),
        (reference.len(), reference.arc_count())
    );
    assert!(equivalent(&graph, &reference));
    // The comparison can tell graphs apart.
    let mut other = reference.clone();
    other.all_arcs_mut()[700].weight += 0.1;
    assert!(!equivalent(&graph, &other));
}
