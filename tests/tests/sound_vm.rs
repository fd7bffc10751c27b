//! Sound cards on a real kernel, against `aplay` and `arecord`: `make sound-vm`.

use std::process::Command;

use tests::{air, places};

#[test]
fn sound_goes_in_and_out_of_a_card() {
    if let Err(missing) = air::host::ready_for_sound() {
        assert!(
            std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
            "{missing}"
        );
        println!("skipped: {missing}");
        return;
    }
    let outcome = Command::new(places::program("sound-vm"))
        .arg("run")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&outcome.stdout);
    let why = String::from_utf8_lossy(&outcome.stderr);
    println!("{said}{why}");
    assert!(outcome.status.success(), "{said}{why}");
}
