//! The case runner on the cases there are: sentences of the shared folder, and the clips of our own.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used)]

use intents::Engine;
use tests::cases::intents::{context, home};
use tests::cases::{KINDS, Options, Tally, lines};
use tests::places::{data_folder, root, shared, test_data};

fn run(kind: &str, file: &std::path::Path) -> Tally {
    let (_, run) = KINDS.iter().find(|(name, _)| *name == kind).unwrap();
    let mut tally = Tally::default();
    run(&Options::default(), &mut lines(file).unwrap(), &mut tally).unwrap();
    tally
}

/// The community's own test sentences, on the community's sentence data: all of them.
#[test]
fn the_community_s_sentences_mean_what_the_community_says() {
    if test_data("intents/en.json").is_none() {
        return;
    }
    for language in ["en", "ko", "zh-cn"] {
        let file = shared().join(format!("facts/voice/conformance_{language}.jsonl.gz"));
        if !file.exists() {
            eprintln!("skipped: {} is not there", file.display());
            return;
        }
        let tally = run("intents", &file);
        assert!(tally.all > 300, "{language}: {} cases", tally.all);
        assert_eq!(tally.equal, tally.all, "{language}");
    }
}

/// The same answers as hassil in 65 languages, but for 15: there hassil 3.12 mixes up the number words of
/// two lists that differ only in their multiplier, and lowers the volume by minus 49.
#[test]
fn sentences_of_all_languages_mean_what_hassil_says() {
    let file = shared().join("facts/voice/golden_dev.jsonl.gz");
    if test_data("intents/en.json").is_none() {
        return;
    }
    if !file.exists() {
        eprintln!("skipped: {} is not there", file.display());
        return;
    }
    let tally = run("intents", &file);
    assert_eq!(tally.all, 8087);
    assert!(tally.equal >= 8072, "{} of {}", tally.equal, tally.all);
}

/// Tolerance is asked about what fits no template, and about nothing else: whatever was understood keeps its
/// meaning, in all languages.
#[test]
fn tolerance_changes_no_sentence_that_was_understood() {
    if test_data("intents/en.json").is_none() {
        return;
    }
    let (mut understood, mut more) = (0, 0);
    for name in [
        "golden_dev",
        "conformance_en",
        "conformance_ko",
        "conformance_zh-cn",
    ] {
        let file = shared().join(format!("facts/voice/{name}.jsonl.gz"));
        if !file.exists() {
            eprintln!("skipped: {} is not there", file.display());
            return;
        }
        let (mut language, mut engines) = (String::new(), None);
        for line in lines(&file).unwrap() {
            let (place, line) = line.unwrap();
            if let Some(head) = line["language"].as_str() {
                if head != language {
                    head.clone_into(&mut language);
                    let path = data_folder().join(format!("intents/{head}.json"));
                    let strict = Engine::load(&path).unwrap();
                    let mut tolerant = Engine::load(&path).unwrap();
                    tolerant.set_tolerant(true);
                    engines = Some((strict, tolerant));
                }
                let (strict, tolerant) = engines.as_mut().unwrap();
                strict.set_home(&home(&line["home"]));
                tolerant.set_home(&home(&line["home"]));
                continue;
            }
            let (strict, tolerant) = engines.as_ref().unwrap();
            let (said, context) = (line["text"].as_str().unwrap(), context(&line["context"]));
            let tolerant = tolerant.recognize(said, &context);
            match strict.recognize(said, &context) {
                Ok(found) => {
                    understood += 1;
                    let also = tolerant.map(|found| (found.intent, found.slots));
                    assert_eq!(also, Ok((found.intent, found.slots)), "{place}: {said}");
                }
                Err(_) => more += usize::from(tolerant.is_ok()),
            }
        }
    }
    assert!(understood > 9_000, "{understood}");
    assert!(more > 100, "{more}");
}

/// Spoken Korean by real libvosk.
#[test]
fn our_own_clips_are_understood() {
    if test_data("vosk-ko").is_none() || test_data("vosk/libvosk.so").is_none() {
        return;
    }
    let tally = run("speech", &root().join("tests/audio/cases.jsonl"));
    // 꺼 of the one that turns off is as likely 켜: it is asked back, which is right and counts as different.
    assert_eq!(tally.all, 3);
    assert!(tally.equal >= 2, "{} of 3", tally.equal);
}
