//! `ble-vm`: the BLE scanner on a real kernel and a real BlueZ, in a virtual machine.
//!
//! `ble-vm run [--brief] [SCENARIO…]` starts the machine that `tests/setup/vm.sh` prepared and prints what
//! came of each scenario; it fails if one did. In the machine it is the first process (`ble-vm guest`),
//! and the Bluetooth controller (`ble-vm controller ADDRESS`).

#![expect(clippy::expect_used)]

mod ear;
mod guest;
mod scenarios;
mod world;

use std::process::ExitCode;

use tests::air::{controller, host};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("guest") => guest::run(),
        Some("controller") => {
            let address = arguments.next().and_then(|text| text.parse().ok());
            let radios::Mac(address) = address.expect("the controller's address");
            controller::run(address).expect("a controller");
            ExitCode::SUCCESS
        }
        Some("run") => {
            let mut scenarios: Vec<String> = arguments.collect();
            let brief = scenarios.iter().any(|word| word == "--brief");
            scenarios.retain(|word| word != "--brief");
            if scenarios.is_empty() {
                let all = if brief {
                    scenarios::BRIEF
                } else {
                    scenarios::ALL
                };
                scenarios = all.iter().map(|name| (*name).to_owned()).collect();
            }
            match host::run(&scenarios, brief) {
                Ok(()) => ExitCode::SUCCESS,
                Err(why) => {
                    eprintln!("{why}");
                    ExitCode::FAILURE
                }
            }
        }
        _ => {
            eprintln!("usage: ble-vm run [--brief] [SCENARIO…]");
            ExitCode::FAILURE
        }
    }
}
