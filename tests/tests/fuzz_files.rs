//! The short form of `fuzz-files`: the same inputs every time.

use tests::fuzz::files::{Fuzzer, TARGETS, models};
use tests::places::test_data;

#[test]
fn damaged_files_and_streams_break_nothing() {
    let words = test_data("wake/models").map(|folder| models(&folder));
    for target in TARGETS {
        let mut fuzzer = Fuzzer::new(1, words.clone().unwrap_or_default());
        let mut read = 0;
        for _ in 0..2_000 {
            match fuzzer.step(target) {
                Ok(was) => read += u32::from(was),
                Err(wrong) => panic!("{wrong}"),
            }
        }
        // It gets past the front doors.
        if target.0 != "wake" || words.is_some() {
            assert!(read > 100, "{}: {read} of 2000 read", target.0);
        }
    }
}
