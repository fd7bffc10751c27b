//! Speech on a system without glibc: a root with musl and busybox, the bundle in its place, and nothing else.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use intents::graph::pack;
use intents::{Context, Engine, Home};
use tempfile::TempDir;
use tests::places::{data_folder, program, root, system_program, test_data};

/// The folder of the bundle on a router.
const PLACE: &str = "usr/lib/hearth-voice";

/// A router's root: C library, shell, the bundle, a model packed for the home, and what is to be heard.
struct Router {
    root: TempDir,
    /// What runs a foreign CPU's programs, in the root.
    emulator: Option<String>,
}

impl Router {
    /// `busybox`: of the router's CPU.
    fn new(bundle: &Path, busybox: &Path, emulator: Option<&Path>) -> Option<Self> {
        let model = test_data("vosk-ko")?;
        let root = TempDir::new().unwrap();
        let at = |path: &str| root.path().join(path);
        for folder in ["bin", "lib", "usr/lib", "tmp"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        std::fs::copy(busybox, at("bin/busybox")).unwrap();
        copy(bundle, &at(PLACE));
        let engine = engine();
        let letters = engine.letters().unwrap();
        pack::pack(&model, &letters, &at("model"), &pack::Options::default()).unwrap();
        for (wav, _) in cases() {
            let from = tests::places::root().join("tests/audio").join(&wav);
            std::fs::copy(from, at("tmp").join(&wav)).unwrap();
        }
        let emulator = emulator.map(|program| {
            std::fs::copy(program, at("bin/emulator")).unwrap();
            "/bin/emulator".to_owned()
        });
        Some(Self { root, emulator })
    }

    /// Runs a program of the root as if the root were all there is.
    fn run(&self, words: &[&str]) -> Output {
        let id = Command::new("id").arg("-u").output().unwrap().stdout;
        let mut command = match id.as_slice() {
            b"0\n" => Command::new("chroot"),
            _ => {
                let mut command = Command::new("unshare");
                command.args(["--map-root-user", "chroot"]);
                command
            }
        };
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
            .arg(self.root.path())
            .args(self.emulator.iter())
            .args(words);
        command.output().unwrap()
    }

    /// Each recording leads to the intent of what is said in it.
    fn hears_the_recordings(&self) {
        let engine = engine();
        let worker = format!("/{PLACE}/hearth-voice");
        let cases = cases();
        let wavs: Vec<String> = cases.iter().map(|(wav, _)| format!("/tmp/{wav}")).collect();
        let mut words = vec![worker.as_str(), "--model", "/model"];
        for wav in &wavs {
            words.extend(["--wav", wav]);
        }
        let output = self.run(&words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let heard = String::from_utf8(output.stdout).unwrap();
        let heard: Vec<&str> = heard.lines().collect();
        assert_eq!(heard.len(), cases.len(), "{heard:?}");
        let intent = |text: &str| engine.recognize(text, &Context::default()).expect(text);
        for ((wav, said), heard) in cases.iter().zip(heard) {
            println!("{wav}: {heard}");
            let (said, heard) = (intent(said), intent(heard));
            assert_eq!(said.intent, heard.intent, "{wav}");
            assert_eq!(said.slots, heard.slots, "{wav}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for inside in std::fs::read_dir(from).unwrap() {
        let inside = inside.unwrap();
        let place = to.join(inside.file_name());
        if inside.path().is_dir() {
            copy(&inside.path(), &place);
        } else {
            std::fs::copy(inside.path(), place).unwrap();
        }
    }
}

fn engine() -> Engine {
    let home = std::fs::read_to_string(root().join("tests/homes/speech-ko.json")).unwrap();
    let home: Home = serde_json::from_str(&home).unwrap();
    let mut engine = Engine::new("ko").unwrap();
    engine.set_home(&home);
    engine
}

/// Recordings and what is said in them.
fn cases() -> Vec<(String, String)> {
    let lines = std::fs::read_to_string(root().join("tests/audio/cases.jsonl")).unwrap();
    let case = |line: &str| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| case[name].as_str().unwrap().to_owned();
        (text("wav"), text("text"))
    };
    lines.lines().map(case).collect()
}

#[test]
fn the_bundle_hears_where_there_is_only_musl() {
    if std::env::consts::ARCH != "x86_64" {
        eprintln!("skipped: the bundle is made for x86_64 here");
        return;
    }
    let (Some(_), Some(_)) = (system_program("patchelf"), test_data("openwrt/voice-parts")) else {
        return;
    };
    let out = data_folder().join("openwrt");
    let target = "x86_64-unknown-linux-musl";
    let made = Command::new(root().join("openwrt/voice-bundle.sh"))
        .arg(target)
        .arg(program("hearth-voice"))
        .env("HEARTH_OPENWRT_OUT", &out)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let bundle = out.join(target).join("voice");
    let Some(busybox) = system_program("busybox") else {
        return;
    };
    let Some(router) = Router::new(&bundle, &busybox, None) else {
        return;
    };
    let musl = "lib/ld-musl-x86_64.so.1";
    let here = Path::new("/").join(musl);
    if !here.exists() {
        let all = std::env::var_os("HEARTH_REQUIRE_ALL").is_some();
        assert!(!all, "{musl} is missing: run `make test-data`");
        eprintln!("skipped: no {musl} (`make test-data` installs it)");
        return;
    }
    std::fs::copy(here, router.root.path().join(musl)).unwrap();
    let told = router.run(&["/lib/ld-musl-x86_64.so.1"]).stderr;
    assert!(String::from_utf8_lossy(&told).starts_with("musl libc"));

    // The same worker as it was built finds no C library here: this is no glibc system.
    std::fs::copy(
        program("hearth-voice"),
        router.root.path().join("tmp/unbundled"),
    )
    .unwrap();
    assert!(
        !router
            .run(&["/tmp/unbundled", "--version"])
            .status
            .success()
    );
    router.hears_the_recordings();
}

/// A CPU that the worker is bundled for: its target, what the parts of its bundle lie under, musl's loader, and what
/// runs its programs here.
const OTHER_CPUS: [[&str; 4]; 2] = [
    [
        "aarch64-unknown-linux-musl",
        "arm64",
        "ld-musl-aarch64.so.1",
        "qemu-aarch64-static",
    ],
    [
        "armv7-unknown-linux-musleabihf",
        "armhf",
        "ld-musl-armhf.so.1",
        "qemu-arm-static",
    ],
];

/// The long form: bundles of other CPUs, where `make openwrt-voice` made them, in an emulator. `HEARTH_TARGET` names
/// one that must be there.
#[test]
fn bundles_of_other_cpus_hear_in_an_emulator() {
    let asked = std::env::var("HEARTH_TARGET").ok();
    let known = |asked: &String| OTHER_CPUS.iter().any(|[target, ..]| target == asked);
    assert!(asked.iter().all(known), "{asked:?} is no target of these");
    for cpu in OTHER_CPUS {
        let [target, ..] = cpu;
        let asked = asked.as_deref().map(|asked| asked == target);
        if asked == Some(false) {
            continue;
        }
        match in_an_emulator(cpu) {
            Ok(()) => println!("{target} hears"),
            Err(missing) if asked.is_none() => eprintln!("skipped: {missing}"),
            Err(missing) => panic!("{missing}"),
        }
    }
}

/// What a bundle of another CPU hears; or what is missing to try.
fn in_an_emulator([target, cpu, loader, emulator]: [&str; 4]) -> Result<(), String> {
    let there = |path: PathBuf| {
        let how = format!("`make openwrt-voice-test TARGET={target}`");
        let missing = format!("no {} ({how})", path.display());
        if path.exists() {
            Ok(path)
        } else {
            Err(missing)
        }
    };
    let out =
        std::env::var_os("HEARTH_OPENWRT_OUT").map_or(root().join("target/openwrt"), PathBuf::from);
    let bundle = there(out.join(target).join("voice"))?;
    let system = there(out.join("voice-parts").join(cpu).join("router"))?;
    let emulator = system_program(emulator).ok_or(format!("no {emulator}"))?;
    let router = Router::new(&bundle, &system.join("bin/busybox"), Some(&emulator))
        .ok_or("no Korean model (`make test-data`)")?;
    let musl = format!("lib/{loader}");
    std::fs::copy(system.join(&musl), router.root.path().join(&musl)).unwrap();
    // What is there: a shell, musl, and no other C library.
    let told = router.run(&["/bin/busybox", "ls", "/lib"]);
    assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), loader);
    let told = router.run(&[&format!("/{musl}")]).stderr;
    assert!(String::from_utf8_lossy(&told).starts_with("musl libc"));
    router.hears_the_recordings();
    Ok(())
}
