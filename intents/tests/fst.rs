//! OpenFst's files as streams: what is written is read again, and a broken file is an error that names
//! what and where, never a panic and never more memory than there are bytes.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used, clippy::panic)]

use intents::graph::GraphError;
use intents::graph::acceptor::Acceptor;
use intents::graph::balance::balanced;
use intents::graph::filler::{Filler, Labels, beside, priced};
use intents::graph::fst::{Arc, Fst, NEVER};
use intents::graph::ngram::unigrams;
use intents::graph::pack::graph;
use intents::graph::read::{read, read_pruned};
use intents::graph::sentences::Letters;
use intents::graph::source::Source;
use intents::graph::symbols::Symbols;
use intents::graph::vocabulary::Vocabulary;
use intents::graph::write::{to_const, to_vector};
use proptest::prelude::*;

fn source(bytes: &[u8]) -> Source<&[u8]> {
    Source::new("test.fst".to_owned(), bytes)
}

fn fst() -> impl Strategy<Value = Fst> {
    (1_u32..12).prop_flat_map(|states| {
        let arc =
            (0_u32..9, 0_u32..9, -8_i8..50, 0..states).prop_map(|(input, output, weight, next)| {
                Arc {
                    input,
                    output,
                    weight: f32::from(weight) / 4.0,
                    next,
                }
            });
        let state = (
            prop::collection::vec(arc, 0..5),
            prop_oneof![Just(NEVER), Just(0.0), Just(1.5)],
        );
        let all = prop::collection::vec(state, states as usize);
        (all, prop::option::of(0..states)).prop_map(|(states, start)| {
            let mut fst = Fst::new();
            for (arcs, cost) in states {
                for arc in arcs {
                    fst.push(arc);
                }
                fst.end_state(cost);
            }
            fst.start = start;
            fst
        })
    })
}

fn symbols() -> Symbols {
    [(0, "<eps>"), (3, "불"), (4, "켜줘"), (8, "turn")]
        .into_iter()
        .map(|(label, word)| (label, word.into()))
        .collect()
}

/// A `const` file inside an add-on, as a model's graph is kept, with bytes behind it that nobody reads.
fn with_add_on(fst: &Fst) -> Vec<u8> {
    let mut out = 2_125_659_606_u32.to_le_bytes().to_vec();
    for text in ["olabel_lookahead", "standard"] {
        out.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        out.extend(text.as_bytes());
    }
    out.extend(1_i32.to_le_bytes());
    out.extend(0_i32.to_le_bytes());
    out.extend(0_u64.to_le_bytes());
    for number in [-1_i64, 0, 0] {
        out.extend(number.to_le_bytes());
    }
    out.extend(446_681_434_u32.to_le_bytes());
    out.extend(to_const(fst, None));
    out.extend([1, 0, 1, 0, 0]);
    out
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(fst in fst()) {
        let symbols = symbols();
        for with in [None, Some(&symbols)] {
            for bytes in [to_const(&fst, with), to_vector(&fst, with)] {
                let (back, names) = read(&mut source(&bytes)).unwrap();
                prop_assert_eq!(&back, &fst);
                prop_assert_eq!(names.as_ref(), with);
            }
        }
        let (back, _) = read(&mut source(&with_add_on(&fst))).unwrap();
        prop_assert_eq!(&back, &fst);
    }

    /// Reading only some words in two looks is the same as reading all and dropping the others.
    #[test]
    fn reading_some_words_is_dropping_the_others(fst in fst(), wanted in 1_u32..9) {
        let mut all = Fst::new();
        for state in fst.states() {
            for arc in fst.arcs(state) {
                if arc.output == 0 || arc.output == wanted {
                    all.push(*arc);
                }
            }
            all.end_state(fst.final_cost(state));
        }
        all.start = fst.start;
        for bytes in [to_const(&fst, None), to_vector(&fst, None), with_add_on(&fst)] {
            let some = read_pruned(|| Ok(source(&bytes)), |label| label == wanted).unwrap();
            prop_assert_eq!(some, all.connected());
        }
    }

    #[test]
    fn a_file_that_is_cut_off_says_where(fst in fst(), at in 0.0..1.0_f64) {
        let symbols = symbols();
        for bytes in [to_const(&fst, Some(&symbols)), to_vector(&fst, Some(&symbols))] {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let length = (at * bytes.len() as f64) as usize;
            match read(&mut source(&bytes[..length])) {
                Err(GraphError::Format { file, at, .. }) => {
                    prop_assert_eq!(file, "test.fst");
                    prop_assert!(at <= length as u64);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn damaged_files_are_read_or_refused(
        fst in fst(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for mut bytes in [to_const(&fst, Some(&symbols())), to_vector(&fst, None), with_add_on(&fst)] {
            for (at, byte) in &damage {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            let _ = read(&mut source(&bytes));
            let _ = unigrams(&mut source(&bytes));
            let _ = read_pruned(|| Ok(source(&bytes)), |label| label < 4);
        }
    }

    #[test]
    fn anything_at_all_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&mut source(&bytes)).is_err());
        prop_assert!(unigrams(&mut source(&bytes)).is_err());
    }
}

#[test]
fn errors_name_the_field() {
    let mut fst = Fst::new();
    fst.push(Arc {
        input: 1,
        output: 3,
        weight: 0.5,
        next: 1,
    });
    fst.end_state(NEVER);
    fst.end_state(0.0);
    fst.start = Some(0);
    let good = to_const(&fst, None);
    let problem = |bytes: &[u8]| read(&mut source(bytes)).unwrap_err().to_string();
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        problem(&bytes)
    };
    assert_eq!(
        problem(b"hello"),
        "test.fst: head of a transducer, byte 0: not the mark expected here"
    );
    assert_eq!(
        problem(&good[..good.len() - 3]),
        "test.fst: arc, byte 105: the file ends after 13 bytes of it"
    );
    // The kind, the number of states, where the arc leads.
    assert!(changed(8, b"conzt").contains("kind of transducer"));
    assert!(changed(49, &9_i64.to_le_bytes()).contains("state"));
    assert_eq!(
        changed(good.len() - 4, &7_u32.to_le_bytes()),
        "test.fst: arc, byte 121: it leads to state 7 of 2"
    );
    // A file may claim any size; only its bytes are taken.
    assert!(changed(49, &4_000_000_000_i64.to_le_bytes()).contains("state"));
}

/// A language model of three words in one context: costs of the words by themselves.
#[test]
fn the_costs_of_words_are_read_from_an_ngram() {
    let mut bytes = 2_125_659_606_u32.to_le_bytes().to_vec();
    for text in ["ngram", "standard"] {
        bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend(4_i32.to_le_bytes());
    bytes.extend(2_i32.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    for number in [1_i64, 2, 4] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(symbols().to_bytes());
    // Two contexts, four followers, one end.
    for number in [2_u64, 4, 1] {
        bytes.extend(number.to_le_bytes());
    }
    for bits in [0b10_u64, 0b10_1110, 0b01] {
        bytes.extend(bits.to_le_bytes());
    }
    for label in [0_u32, 3, 0, 3, 4, 8, 4] {
        bytes.extend(label.to_le_bytes());
    }
    for cost in [0.0_f32, 0.5, 0.0, 9.0, 1.0, 2.0, 3.0, 4.0, 0.0] {
        bytes.extend(cost.to_le_bytes());
    }
    let words = unigrams(&mut source(&bytes)).unwrap();
    assert_eq!(words.symbols, Some(symbols()));
    assert_eq!(words.costs, [(3, 1.0), (4, 2.0), (8, 3.0)]);
    for length in 0..bytes.len() - 12 {
        assert!(unigrams(&mut source(&bytes[..length])).is_err(), "{length}");
    }
}

/// What a sentence costs, words by their labels.
fn cost(fst: &Fst, labels: &[u32]) -> f32 {
    let mut at = fst.start.unwrap();
    let mut sum = 0.0;
    for label in labels {
        let mut arcs = fst.arcs(at).iter();
        let arc = arcs
            .find(|arc| arc.input == *label && arc.output == *label)
            .unwrap_or_else(|| panic!("{label} at {at}"));
        sum += arc.weight;
        at = arc.next;
    }
    sum + fst.final_cost(at)
}

/// Of models whose labels are below 9.
const LABELS: Labels = Labels::beyond(9);

/// "불켜" is a word of some model, and no "불꺼": on is not to be likelier than off for that.
#[test]
fn a_word_costs_as_much_in_one_as_in_two() {
    let words = ["<eps>", "불", "켜", "꺼", "줘", "불켜"];
    let symbols: Symbols = (0..).zip(words.map(Into::into)).collect();
    let costs = (1..6).map(|label| (label, 3.0)).collect();
    let vocabulary = Vocabulary::new(symbols, costs);
    let letters = Letters::of(["불 켜 줘", "불 꺼 줘"]).unwrap();
    let acceptor = Acceptor::new(&letters, &vocabulary).unwrap();
    assert!(acceptor.takes(&[5, 4]));
    let right = beside(&acceptor, &vocabulary, Filler::default(), LABELS);
    let (on, off) = (cost(&right, &[1, 2, 4]), cost(&right, &[1, 3, 4]));
    assert!((on - off).abs() < 1e-5, "{on} {off}");
    // The model itself has two of its words cost this much more than one.
    let one = cost(&right, &[5, 4]) - std::f32::consts::LN_2;
    assert!((one - on).abs() < 1e-5, "{one} {on}");
}

/// 을 follows a consonant, 를 a vowel; a number that ends in 이 is no word with a particle.
#[test]
fn only_the_particle_that_fits_is_listened_for() {
    let words = ["<eps>", "창문", "티비", "을", "를", "십", "이", "켜줘"];
    let symbols: Symbols = (0..).zip(words.map(Into::into)).collect();
    let costs = (1..8).map(|label| (label, 3.0)).collect();
    let vocabulary = Vocabulary::new(symbols, costs);
    let sentences = [
        "창문을 켜줘",
        "창문를 켜줘",
        "티비을 켜줘",
        "티비를 켜줘",
        "십이 켜줘",
    ];
    let acceptor = Acceptor::new(&Letters::of(sentences).unwrap(), &vocabulary).unwrap();
    assert_eq!(acceptor.sentences(), 3.0);
    assert!(acceptor.takes(&[1, 3, 7]) && acceptor.takes(&[2, 4, 7]) && acceptor.takes(&[5, 6, 7]));
    assert!(acceptor.unknown.is_empty());
}

/// What ends in a question mark must be heard more clearly; the mark is no word.
#[test]
fn a_question_costs_more_than_a_command() {
    let vocabulary = Vocabulary::new(symbols(), vec![(3, 1.0), (4, 2.0), (8, 3.0)]);
    let letters = Letters::of(["불 켜줘?", "turn 켜줘", "turn 켜줘?"]).unwrap();
    let acceptor = Acceptor::new(&letters, &vocabulary).unwrap();
    assert_eq!(acceptor.sentences(), 2.0);
    let label = |word| symbols().label(word).unwrap();
    let (lamp, on, turn) = (label("불"), label("켜줘"), label("turn"));
    assert!(acceptor.takes(&[lamp, on]) && acceptor.takes(&[turn, on]));
    let filler = Filler::default();
    let right = beside(&acceptor, &vocabulary, filler, LABELS);
    // Until nothing is pushed any more, its last word goes by another label and costs nothing.
    let marked = right.all_arcs().iter().filter(|arc| arc.output >= 9);
    let marked = marked.filter(|arc| LABELS.talked(arc.output).is_none());
    assert_eq!(marked.map(|arc| arc.output - 9).collect::<Vec<_>>(), [on]);
    let right = priced(right, filler, LABELS);
    let more = cost(&right, &[lamp, on]) - cost(&right, &[turn, on]);
    // Said as a command, too, it costs no more.
    assert!((more - filler.question).abs() < 1e-5, "{more}");
}

/// Talk has the words of the sentences, too, even those that are rare.
#[test]
fn the_loop_of_talk_has_the_words_of_the_sentences() {
    let vocabulary = Vocabulary::new(symbols(), vec![(3, 1.0), (4, 2.0), (8, 3.0)]);
    let letters = Letters::of(["켜줘"]).unwrap();
    let acceptor = Acceptor::new(&letters, &vocabulary).unwrap();
    let filler = Filler {
        words: 1,
        ..Filler::default()
    };
    let right = beside(&acceptor, &vocabulary, filler, LABELS);
    let mut talk: Vec<(u32, f32)> = right
        .arcs(right.start.unwrap())
        .iter()
        .filter(|arc| arc.output == LABELS.talk(arc.input))
        .map(|arc| (arc.input, arc.weight - filler.entry))
        .collect();
    talk.sort_by_key(|(label, _)| *label);
    let own = acceptor.words()[0];
    let cost = vocabulary.cost(own).unwrap() + filler.own;
    assert_eq!(talk.len(), 2, "{talk:?}");
    assert!(
        talk.contains(&(own, cost)) && talk.contains(&(3, 1.0)),
        "{talk:?}"
    );
}

/// All ways through a graph without circles, what each says and costs.
fn ways(fst: &Fst, at: u32, said: &mut Vec<u32>, sum: f32, out: &mut Vec<(Vec<u32>, f32)>) {
    if fst.final_cost(at) != NEVER {
        out.push((said.clone(), sum + fst.final_cost(at)));
    }
    for arc in fst.arcs(at) {
        said.push(arc.output);
        ways(fst, arc.next, said, sum + arc.weight, out);
        said.pop();
    }
}

/// In the middle of a sentence more is owed, at its end all is paid back.
#[test]
fn a_debt_inside_sentences_changes_no_way() {
    let arc = |output, weight, next| Arc {
        input: output + 1,
        output,
        weight,
        next,
    };
    // Two words of a sentence; the first sound of the second way is talk's, too, which says 9.
    let mut fst = Fst::new();
    for (arcs, end) in [
        (vec![arc(1, 0.5, 1), arc(0, 0.0, 2)], NEVER),
        (vec![arc(2, 0.25, 4)], NEVER),
        (vec![arc(3, 1.0, 1), arc(9, 5.0, 3)], NEVER),
        (vec![arc(0, 2.0, 4)], NEVER),
        (vec![], 0.75),
    ] {
        for arc in arcs {
            fst.push(arc);
        }
        fst.end_state(end);
    }
    fst.start = Some(0);
    let fair = balanced(fst.clone(), |label| label == 9);
    let of = |fst: &Fst| {
        let mut out = Vec::new();
        ways(fst, 0, &mut Vec::new(), 0.0, &mut out);
        out
    };
    assert_eq!(of(&fst), of(&fair));
    // Only the state behind the first word belongs to sentences alone.
    assert!(fair.arcs(0)[0].weight > 5.0 && fair.arcs(2)[0].weight > 5.0);
    assert!(fair.arcs(1)[0].weight < 0.0);
    assert!((fair.arcs(2)[1].weight - 5.0).abs() < 1e-6);
    // Without talk there is nothing to be fair to.
    assert_eq!(balanced(fst.clone(), |label| label == 7), fst);
}

/// Every beginning of a small packed graph, as a file that did not come over whole: an error that says where.
#[test]
fn every_truncation_of_a_packed_graph_says_where() {
    let vocabulary = Vocabulary::new(symbols(), vec![(3, 1.0), (4, 2.0), (8, 3.0)]);
    let letters = Letters::of(["불 켜줘", "turn 불", "켜줘 켜줘 turn"]).unwrap();
    let acceptor = Acceptor::new(&letters, &vocabulary).unwrap();
    assert_eq!(acceptor.sentences(), 3.0);
    // Each word sounds like two marks; the loop of talk stands beside the sentences.
    let mut sounds = Fst::new();
    for (word, label) in [(3, 1), (4, 2), (8, 3)] {
        sounds.push(Arc {
            input: label,
            output: word,
            weight: 0.25,
            next: 1,
        });
    }
    sounds.end_state(0.0);
    sounds.push(Arc {
        input: 9,
        output: 0,
        weight: 0.5,
        next: 0,
    });
    sounds.end_state(NEVER);
    sounds.start = Some(0);
    let right = beside(&acceptor, &vocabulary, Filler::default(), LABELS);
    let packed = graph(&sounds, &right, &[9]).unwrap();
    assert!(packed.len() > 5 && packed.arc_count() > 8, "{packed:?}");
    for bytes in [
        to_const(&packed, Some(&symbols())),
        to_vector(&packed, None),
        with_add_on(&packed),
    ] {
        // What follows an added-on graph is read by nobody.
        let end = bytes.len() - 8;
        assert!(read(&mut source(&bytes)).is_ok());
        for length in 0..end {
            let error = read(&mut source(&bytes[..length])).unwrap_err();
            let GraphError::Format { file, what, at, .. } = error else {
                panic!("{length}: {error}");
            };
            assert_eq!(file, "test.fst");
            assert!(!what.is_empty() && at <= length as u64, "{length}");
        }
    }
}
