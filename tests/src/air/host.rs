//! Starts the machine and reads what it says.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::places;

/// Guest memory.
const MEMORY: &str = "320";

/// Whether `tests/setup/vm.sh` has prepared the machine, and QEMU is there.
///
/// # Errors
/// Says what is missing.
pub fn ready() -> Result<PathBuf, String> {
    let vm = places::data_folder().join("vm");
    for name in ["vmlinuz", "initrd.img", "installed"] {
        if !vm.join(name).exists() {
            return Err(format!(
                "{} is missing: run `make ble-vm`",
                vm.join(name).display()
            ));
        }
    }
    let qemu = Command::new("qemu-system-x86_64")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    match qemu {
        Ok(status) if status.success() => Ok(vm),
        _ => Err("qemu-system-x86_64 is missing".into()),
    }
}

/// Whether the machine also has a sound card: one that was prepared before there was need of it has none.
///
/// # Errors
/// Says what is missing.
pub fn ready_for_sound() -> Result<(), String> {
    let made = fs::read_to_string(ready()?.join("installed")).unwrap_or_default();
    if made.contains("snd_aloop") {
        Ok(())
    } else {
        Err("the machine has no sound card: run `make sound-vm`".to_owned())
    }
}

/// Runs these scenarios, and prints what came of them.
///
/// # Errors
/// Says which failed, or why none could run.
pub fn run(scenarios: &[String], brief: bool) -> Result<(), String> {
    let vm_program = places::program("ble-vm");
    let lamp = vm_program.with_file_name("ble-lamp");
    let mut scenarios = scenarios.to_vec();
    let mut programs = vec![vm_program];
    if lamp.exists() {
        programs.push(lamp);
    } else {
        println!("skipped: lamp (the program ble-lamp was not built)");
        scenarios.retain(|name| name != "lamp");
    }
    boot(&programs, &scenarios, brief)
}

/// Starts the machine with these programs; the first one is its first process. Prints what came of the scenarios.
///
/// # Errors
/// Says which failed, or why none could run.
pub fn boot(programs: &[PathBuf], scenarios: &[String], brief: bool) -> Result<(), String> {
    let vm = ready()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let initrd = initrd(&vm, folder.path(), programs)?;
    let first = programs.first().and_then(|program| program.file_name());
    let first = first.map(OsStr::to_string_lossy).unwrap_or_default();
    let mut line = format!(
        "console=ttyS0 quiet panic=-1 cryptomgr.notests program={first} scenarios={}",
        scenarios.join(",")
    );
    if brief {
        line.push_str(" brief=1");
    }
    let begun = Instant::now();
    let mut qemu = Command::new("qemu-system-x86_64")
        .args([
            "-accel", "tcg", "-cpu", "max", "-M", "q35", "-m", MEMORY, "-smp", "1",
        ])
        .args([
            "-nodefaults",
            "-no-reboot",
            "-display",
            "none",
            "-serial",
            "stdio",
        ])
        .arg("-kernel")
        .arg(vm.join("vmlinuz"))
        .arg("-initrd")
        .arg(&initrd)
        .args(["-append", &line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("QEMU does not start: {error}"))?;
    let output = BufReader::new(qemu.stdout.take().ok_or("QEMU has no output")?);
    let (mut passed, mut failed, mut done) = (Vec::new(), Vec::new(), false);
    for said in output.split(b'\n').map_while(Result::ok) {
        let said = String::from_utf8_lossy(&said);
        let said = said.trim_end();
        println!("{said}");
        if let Some(rest) = said.strip_prefix("SCENARIO ") {
            let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            let list = if rest.starts_with("ok") {
                &mut passed
            } else {
                &mut failed
            };
            list.push(name.to_owned());
        }
        done |= said == "SCENARIOS DONE";
    }
    // It has closed its output: it ends, or is ended.
    let patience = Instant::now();
    while patience.elapsed() < Duration::from_secs(10) {
        if matches!(qemu.try_wait(), Ok(Some(_))) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = qemu.kill();
    let _ = qemu.wait();
    println!("the machine ran for {:.1} s", begun.elapsed().as_secs_f32());
    if !done {
        return Err("the machine ended before its scenarios did".into());
    }
    if !failed.is_empty() || passed.len() != scenarios.len() {
        return Err(format!("failed: {}", failed.join(", ")));
    }
    Ok(())
}

/// The prepared initramfs, followed by one with the programs, their libraries and the adverts.
fn initrd(vm: &Path, folder: &Path, programs: &[PathBuf]) -> Result<PathBuf, String> {
    let fail = |error: std::io::Error| format!("the initramfs: {error}");
    let root = folder.join("root");
    let place = root.join("hearth");
    fs::create_dir_all(place.join("lib")).map_err(fail)?;
    for program in programs {
        add(program, &place).map_err(fail)?;
    }
    let recorded = places::shared().join("facts/ble/vectors_dev.jsonl.gz");
    if recorded.exists() {
        fs::copy(recorded, place.join("adverts.jsonl.gz")).map_err(fail)?;
    }
    let archive = folder.join("program.cpio");
    let packed = Command::new("sh")
        .arg("-c")
        .arg("find . | cpio -o -H newc --quiet -R 0:0 > ../program.cpio")
        .current_dir(&root)
        .status()
        .map_err(fail)?;
    if !packed.success() {
        return Err("cpio cannot pack the program".into());
    }
    // The kernel unpacks archives one after another.
    let whole = folder.join("initrd.img");
    let mut bytes = fs::read(vm.join("initrd.img")).map_err(fail)?;
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(fs::read(&archive).map_err(fail)?);
    fs::write(&whole, bytes).map_err(fail)?;
    Ok(whole)
}

/// A program without its symbols, and the libraries it names.
fn add(program: &Path, place: &Path) -> std::io::Result<()> {
    let inside = place.join(program.file_name().unwrap_or_default());
    fs::copy(program, &inside)?;
    // It runs with them as well, where there is no `strip`.
    let _ = Command::new("strip").arg(&inside).status();
    let libraries = Command::new("ldd").arg(program).output()?;
    for word in String::from_utf8_lossy(&libraries.stdout).split_whitespace() {
        let path = Path::new(word);
        if let Some(name) = path.file_name().filter(|_| path.is_absolute()) {
            let name = if name.to_string_lossy().starts_with("ld-linux") {
                OsStr::new("../ld.so")
            } else {
                name
            };
            fs::copy(path, place.join("lib").join(name))?;
        }
    }
    Ok(())
}
