//! The BLE scanner on a real kernel and a real BlueZ: the short form of `make ble-vm`.

use std::process::Command;

use tests::{air, places};

#[test]
fn the_scanner_hears_all_and_survives_what_happens_to_adapters() {
    if let Err(missing) = air::host::ready() {
        assert!(
            std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
            "{missing}"
        );
        println!("skipped: {missing}");
        return;
    }
    let outcome = Command::new(places::program("ble-vm"))
        .args(["run", "--brief"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&outcome.stdout);
    let why = String::from_utf8_lossy(&outcome.stderr);
    println!("{said}{why}");
    assert!(outcome.status.success(), "{said}{why}");
}
