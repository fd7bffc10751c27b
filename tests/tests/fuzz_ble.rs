//! The short form of `fuzz-ble`: the same adverts every time.

use tests::fuzz::Fuzzer;

#[test]
fn mutated_adverts_break_nothing() {
    let mut fuzzer = Fuzzer::new(1, Vec::new());
    for _ in 0..60_000 {
        assert_eq!(fuzzer.step(), Ok(()));
    }
    // It gets past the front doors.
    assert!(fuzzer.read > 5_000, "{}", fuzzer.read);
    assert!(fuzzer.events > 1_000, "{}", fuzzer.events);
}
