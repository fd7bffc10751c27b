//! Whether a model fits into this machine, asked before it is loaded: afterwards it is the router that suffers.

use std::path::Path;

/// What the worker needs besides the model, in kB.
const PROGRAM: u64 = 12 * 1024;

/// What a home's own model needs, packed from any, in kB; the larger of the two that were measured.
pub const HOME: u64 = 48 * 1024;

/// What it needs besides to put a graph together as it listens, in kB.
const COMPOSING: u64 = 22 * 1024;

/// What a model of this folder needs once loaded, in kB: about twice its files, and the program. Measured: 45 to 48 MB
/// for a home's own (18 MB of files), 76 to 86 MB for a base (26 MB), 510 to 560 MB for a whole one (253 MB).
#[must_use]
pub fn need(model: &Path) -> u64 {
    let composing = model.join("graph/HCLr.fst").exists();
    files(model, 4) / 1024 * 2 + PROGRAM + if composing { COMPOSING } else { 0 }
}

/// Bytes of a folder's files, so deep.
fn files(folder: &Path, depth: u32) -> u64 {
    let Ok(inside) = std::fs::read_dir(folder) else {
        return 0;
    };
    let size = |entry: std::fs::DirEntry| match std::fs::metadata(entry.path()) {
        Ok(about) if about.is_dir() && depth > 0 => files(&entry.path(), depth - 1),
        Ok(about) if about.is_file() => about.len(),
        _ => 0,
    };
    inside.flatten().map(size).sum()
}

/// What the kernel says can be had without swapping, in kB, or nothing where it does not say.
#[must_use]
pub fn available() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Refuses a model that does not fit, with both numbers and what to do; `need` and `available` in kB.
///
/// # Errors
/// The refusal, for people.
pub fn check(model: &Path, need: u64, available: Option<u64>) -> Result<(), String> {
    let Some(available) = available.filter(|&available| available < need) else {
        return Ok(());
    };
    let megabytes = |kilobytes: u64| kilobytes.div_ceil(1024);
    Err(format!(
        "too little memory: {} needs about {} MB, {} MB are available. Pack a smaller model for this home \
         (`hearth voice pack`), or run hearth-voice on another machine (`--serve tcp://0.0.0.0:10500`) and set \
         `voice.socket = \"tcp://THAT-MACHINE:10500\"` here. `--any-memory` tries all the same",
        model.display(),
        megabytes(need),
        megabytes(available),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_read() {
        let told =
            "MemTotal:  250000 kB\nMemFree:   9000 kB\nMemAvailable:   61440 kB\nBuffers: 1 kB\n";
        assert_eq!(parse(told), Some(61440));
        assert_eq!(parse("MemTotal:  250000 kB\n"), None);
        assert_eq!(parse("MemAvailable: lots\n"), None);
    }

    #[test]
    fn a_model_needs_twice_its_files() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path();
        std::fs::create_dir_all(folder.join("graph")).expect("a folder");
        std::fs::write(folder.join("final.mdl"), vec![0; 300 * 1024]).expect("a file");
        std::fs::write(folder.join("graph/HCLG.fst"), vec![0; 212 * 1024]).expect("a file");
        let own = need(folder);
        std::fs::write(folder.join("graph/HCLr.fst"), []).expect("a file");
        let base = need(folder);
        assert_eq!(own, 1024 + PROGRAM);
        assert_eq!(base, 1024 + PROGRAM + COMPOSING);
    }

    #[test]
    fn a_refusal_names_both_numbers_and_the_ways_out() {
        let model = Path::new("/usr/share/hearth-voice/ko");
        assert_eq!(check(model, 50_000, Some(50_000)), Ok(()));
        assert_eq!(check(model, 50_000, None), Ok(()));
        let reason = check(model, 530_432, Some(61_440)).expect_err("too little");
        for part in [
            "518 MB",
            "60 MB",
            "hearth voice pack",
            "voice.socket",
            "/ko",
        ] {
            assert!(reason.contains(part), "{reason}");
        }
    }
}
