//! Where tests find what they need, and what happens when it is not there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// A program of this workspace, from the folder this test was built into.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().expect("the test's own path");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{} is missing: run `cargo build --workspace` first",
        program.display()
    );
    program
}

/// The gateway to be tested, ready for arguments: this workspace's own, or the words of `HEARTH_PROGRAM`, such as
/// `qemu-mipsel-static target/openwrt/mipsel-unknown-linux-musl/hearth`.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn hearth() -> Command {
    let given = std::env::var("HEARTH_PROGRAM").unwrap_or_default();
    let mut words = given.split_whitespace();
    let Some(program) = words.next() else {
        return Command::new(program("hearth"));
    };
    let mut command = Command::new(program);
    // Tests run in their crate's folder, the words are the workspace's.
    command.args(words.map(|word| {
        let inside = root().join(word);
        if inside.exists() { inside } else { word.into() }
    }));
    command
}

/// Whether the gateway to be tested was built with a part, by the name of its feature.
#[must_use]
pub fn hearth_has(part: &str) -> bool {
    has(&mut hearth(), part)
}

/// Whether a gateway was built with a part: it tells so itself.
///
/// # Panics
/// When it cannot be run.
#[must_use]
pub fn has(hearth: &mut Command, part: &str) -> bool {
    let told = hearth.arg("--version").output().expect("its version");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let (_, parts) = told.split_once('(').unwrap_or_default();
    parts
        .trim_end()
        .trim_end_matches(')')
        .split(", ")
        .any(|one| one == part)
}

/// What `make test-data` fetched, `name` within it, or `None` with a printed line.
///
/// # Panics
/// When it is missing and `HEARTH_REQUIRE_ALL` is set, as `make test` does.
#[must_use]
pub fn test_data(name: &str) -> Option<PathBuf> {
    there(data_folder().join(name))
}

/// Where `make test-data` puts things: `HEARTH_TEST_DATA`, or `tests/data` in the workspace.
#[must_use]
pub fn data_folder() -> PathBuf {
    std::env::var_os("HEARTH_TEST_DATA").map_or_else(|| root().join("tests/data"), PathBuf::from)
}

/// The shared folder of facts and larger test data, which need not be there: `HEARTH_SHARED`, or `shared`
/// beside the workspace.
#[must_use]
pub fn shared() -> PathBuf {
    std::env::var_os("HEARTH_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from)
}

/// The program `name` of the system, or `None` with a printed line.
///
/// # Panics
/// When it is missing and `HEARTH_REQUIRE_ALL` is set.
#[must_use]
pub fn system_program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    found.or_else(|| there(PathBuf::from(name)))
}

fn there(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
        "{} is missing: run `make test-data`",
        path.display()
    );
    eprintln!(
        "skipped: {} is not there (`make test-data` installs it)",
        path.display()
    );
    None
}
