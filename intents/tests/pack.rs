//! When a packed folder is packed again: a small model, and a home whose sentences change.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use intents::graph::fst::{Arc, Fst, NEVER};
use intents::graph::pack::{Options, Speaker, refresh};
use intents::graph::sentences::Letters;
use intents::graph::symbols::Symbols;
use intents::graph::write::to_const;
use tempfile::TempDir;

/// A model of three words, each of which is one sound.
fn model() -> TempDir {
    let folder = TempDir::new().unwrap();
    let put = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let words = ["<eps>", "lamp", "on", "off"];
    let symbols: Symbols = (0..).zip(words.map(Into::into)).collect();
    let mut sounds = Fst::new();
    let mut costs = Fst::new();
    for word in 1..=3 {
        let arc = Arc {
            input: word,
            output: word,
            weight: 1.0,
            next: 0,
        };
        sounds.push(Arc { next: 1, ..arc });
        costs.push(arc);
    }
    sounds.end_state(0.0);
    sounds.push(Arc {
        input: 9,
        output: 0,
        weight: 0.5,
        next: 0,
    });
    sounds.end_state(NEVER);
    costs.end_state(0.0);
    sounds.start = Some(0);
    costs.start = Some(0);
    put("graph/HCLr.fst", &to_const(&sounds, None));
    put("graph/Gr.fst", &to_const(&costs, Some(&symbols)));
    put("graph/disambig_tid.int", b"9\n");
    for part in [
        "am/final.mdl",
        "graph/phones/word_boundary.int",
        "ivector/final.mat",
        "ivector/global_cmvn.stats",
        "ivector/online_cmvn.conf",
        "ivector/splice.conf",
        "ivector/final.ie",
        "ivector/final.dubm",
    ] {
        put(part, part.as_bytes());
    }
    put("conf/mfcc.conf", b"--sample-frequency=16000\n");
    put("conf/model.conf", b"--beam=10.0\n--min-active=200\n");
    folder
}

/// The speaker's part is taken as it is: this model has none.
const OPTIONS: Options = Options {
    filler: None,
    speaker: Speaker::Whole,
};

fn sentences(sentences: &[&str]) -> Letters {
    Letters::of(sentences.iter().copied()).unwrap()
}

/// What is packed, if anything was.
fn packed(model: &Path, letters: &Letters, out: &Path) -> Option<f64> {
    let report = refresh(model, letters, out, &OPTIONS).unwrap();
    report.map(|report| report.sentences)
}

#[test]
fn a_folder_is_packed_again_when_something_of_it_is_another() {
    let (model, home) = (model(), TempDir::new().unwrap());
    let (model, out) = (model.path(), home.path());
    let on = sentences(&["lamp on"]);
    assert_eq!(packed(model, &on, out), Some(1.0));
    assert_eq!(packed(model, &on, out), None);
    let both = sentences(&["lamp on", "lamp off"]);
    assert_eq!(packed(model, &both, out), Some(2.0));
    assert_eq!(packed(model, &both, out), None);
    let other = Options {
        filler: Some(Default::default()),
        ..OPTIONS
    };
    assert!(refresh(model, &both, out, &other).unwrap().is_some());
    assert_eq!(packed(model, &both, out), Some(2.0));

    // The same version that searches in another way, as developers make it.
    let search = fs::read_to_string(out.join("conf/model.conf")).unwrap();
    assert!(search.contains("--min-active=200"), "{search}");
    let beam = search
        .lines()
        .find(|line| line.starts_with("--beam="))
        .unwrap();
    assert_ne!(beam, "--beam=10.0");
    let note = out.join("graph/packed-from");
    let before = fs::read_to_string(&note).unwrap();
    assert!(before.contains(beam), "{before}");
    fs::write(&note, before.replace(beam, "--beam=9.5")).unwrap();
    assert_eq!(packed(model, &both, out), Some(2.0));
}

#[test]
fn a_folder_whose_packing_broke_off_is_packed_again() {
    let (model, home) = (model(), TempDir::new().unwrap());
    let (model, out) = (model.path(), home.path());
    let on = sentences(&["lamp on"]);
    assert_eq!(packed(model, &on, out), Some(1.0));
    // The graph is of other sentences already when a part of the model cannot be read.
    let part = model.join("am/final.mdl");
    fs::remove_file(&part).unwrap();
    let off = sentences(&["lamp off"]);
    let error = refresh(model, &off, out, &OPTIONS).unwrap_err();
    assert!(error.to_string().contains("am/final.mdl"), "{error}");
    fs::write(&part, "am/final.mdl").unwrap();
    assert_eq!(packed(model, &on, out), Some(1.0));
}
