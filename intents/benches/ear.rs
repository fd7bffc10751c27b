//! What the ear costs: features of a second of sound, a wake word's model on them, the voice-activity detector.
//! Models from `make test-data`; without them only what needs none is measured.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use intents::ear::wake::{Features, Frame, Listener, WakeWord};
use intents::ear::{FRAME, Vad};

/// A second that sounds like something: two tones and noise.
fn second() -> Vec<i16> {
    let mut seed = 1_u32;
    (0..16_000)
        .map(|i| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(seed >> 20) - 2048.0;
            let tone = (f64::from(i) * 0.08).sin() * 4000.0 + (f64::from(i) * 0.31).sin() * 2000.0;
            #[expect(clippy::cast_possible_truncation)] // 8,048 at most
            let sample = (tone + noise) as i16;
            sample
        })
        .collect()
}

fn frames(features: &mut Features, sound: &[i16]) -> Vec<Frame> {
    sound
        .chunks_exact(FRAME)
        .filter_map(|piece| features.accept(piece.try_into().ok()?))
        .collect()
}

fn ear(criterion: &mut Criterion) {
    let sound = second();
    let mut features = Features::new();
    criterion.bench_function("features of a second of sound", |bench| {
        bench.iter(|| frames(&mut features, black_box(&sound)));
    });
    let mut vad = Vad::new();
    criterion.bench_function("voice activity of a second of sound", |bench| {
        bench.iter(|| {
            sound
                .chunks_exact(FRAME)
                .filter(|piece| vad.frame(black_box(piece)))
                .count()
        });
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let folder = std::env::var_os("HEARTH_TEST_DATA").map_or(root, PathBuf::from);
    let second = frames(&mut features, &sound);
    for name in ["okay_nabu", "hey_jarvis"] {
        let path = folder.join("wake/models").join(format!("{name}.tflite"));
        let Ok(word) = WakeWord::load(&path) else {
            eprintln!("{} is not there", path.display());
            continue;
        };
        let mut listener = Listener::new(Arc::new(word));
        criterion.bench_function(&format!("{name} on a second of features"), |bench| {
            bench.iter(|| {
                second
                    .iter()
                    .filter(|frame| listener.accept(black_box(frame)))
                    .count()
            });
        });
    }
}

criterion_group!(benches, ear);
criterion_main!(benches);
