//! The first process of the machine: runs the scenarios that the kernel's command line names.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use super::scenarios;
use super::world::World;

/// No scenario takes longer.
const LIMIT: Duration = Duration::from_secs(900);

pub(crate) fn run() -> ExitCode {
    let line = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let word = |name: &str| {
        (line.split_whitespace()).find_map(|word| {
            word.strip_prefix(name)?
                .strip_prefix('=')
                .map(str::to_owned)
        })
    };
    let names = word("scenarios").unwrap_or_default();
    let brief = word("brief").is_some();
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    println!(
        "machine up after {} s",
        uptime.split(' ').next().unwrap_or("?")
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut world = World::create().await;
        for name in names.split(',') {
            let begun = Instant::now();
            let outcome =
                tokio::time::timeout(LIMIT, scenarios::run(name, brief, &mut world)).await;
            let outcome = outcome.unwrap_or_else(|_| Err("took too long".into()));
            let seconds = begun.elapsed().as_secs_f32();
            match outcome {
                Ok(figures) => println!("SCENARIO {name} ok: {figures} ({seconds:.1} s)"),
                Err(why) => {
                    println!("SCENARIO {name} FAILED: {why} ({seconds:.1} s)");
                    let log = std::fs::read_to_string("/run/bluetoothd.log").unwrap_or_default();
                    for line in log.lines().rev().take(3) {
                        println!("  {line}");
                    }
                    let kernel = Command::new("/bin/busybox").arg("dmesg").output();
                    let kernel = kernel.map(|output| output.stdout).unwrap_or_default();
                    let kernel = String::from_utf8_lossy(&kernel).into_owned();
                    for line in kernel
                        .lines()
                        .filter(|line| line.contains("Bluetooth"))
                        .rev()
                        .take(5)
                    {
                        println!("  {line}");
                    }
                    if let Some(air) = &world.air {
                        println!("the controller: {:?}", air.said());
                    }
                }
            }
        }
    });
    println!("SCENARIOS DONE");
    let _ = Command::new("/bin/busybox")
        .args(["poweroff", "-f"])
        .status();
    std::thread::sleep(Duration::from_secs(60));
    ExitCode::SUCCESS
}
