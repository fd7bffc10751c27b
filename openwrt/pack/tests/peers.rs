//! Other people's programs read what is written here, and the other way round: Python's `tarfile`, OpenSSL,
//! signify, nfpm, and apk-tools 3 where somebody has it (`HEARTH_APK` names the program).
#![expect(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use pack::adb::file::AdbFile;
use pack::adb::schema::magic;
use pack::sign::ec::{ApkKey, ApkPublicKey};
use pack::sign::usign::UsignPublicKey;
use pack::tree::Node;
use pack::{apk, ipk, scripts};
use sha2::{Digest, Sha512};

/// A program of the system, or `None` with a printed line; a failure where everything is required.
fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths)
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    if found.is_none() {
        assert!(
            std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
            "{name} is missing: run `make test-data`"
        );
        eprintln!("skipped: no {name} (`make test-data` installs it)");
    }
    found
}

/// What a program prints; it must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {out}{errors}");
    out
}

fn put(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// Prints each member of the three archives of a package, with nothing but Python's library.
const LIST: &str = "
import gzip, io, sys, tarfile
outer = tarfile.open(sys.argv[1], 'r:gz')
print([m.name for m in outer])
for part in ('control.tar.gz', 'data.tar.gz'):
    inner = gzip.decompress(outer.extractfile('./' + part).read())
    for m in tarfile.open(fileobj=io.BytesIO(inner)):
        print('%s %04o %d:%d %d %s %s' % (m.type.decode(), m.mode, m.uid, m.gid, m.mtime, m.name, m.linkname or m.size))
";

#[test]
fn python_reads_an_ipk() {
    let Some(python) = program("python3") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let written = ipk::write(&support::package()).unwrap();
    let file = put(folder.path(), "lamp.ipk", &written.bytes);
    let listed = run(Command::new(python).arg("-c").arg(LIST).arg(file));
    let mut lines = listed.lines();
    let first = "['./debian-binary', './data.tar.gz', './control.tar.gz']";
    assert_eq!(lines.next(), Some(first));
    let read = ipk::read(&written.bytes).unwrap();
    let control = written.control.len();
    let mut expected = vec![
        format!("5 0755 0:0 {} . 0", support::EPOCH),
        format!("0 0644 0:0 {} ./control {control}", support::EPOCH),
    ];
    for member in read.about.iter().chain(&read.data) {
        let (kind, rest) = match &member.node {
            Node::File(content) => (0, content.len().to_string()),
            Node::Link(target) => (2, target.clone()),
            Node::Folder => (5, "0".to_owned()),
        };
        let name = member.name.trim_end_matches('/');
        let (mode, time) = (member.mode, member.mtime);
        expected.push(format!("{kind} {mode:04o} 0:0 {time} {name} {rest}"));
    }
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn openssl_believes_our_signature_and_we_its() {
    let Some(openssl) = program("openssl") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Its key, our signature.
    let pem = run(Command::new(&openssl).args([
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]));
    let key = ApkKey::from_pem(&pem).unwrap();
    let secret = put(at, "secret.pem", pem.as_bytes());
    let public = run(Command::new(&openssl)
        .args(["pkey", "-pubout", "-in"])
        .arg(&secret));
    assert_eq!(key.public().to_pem().unwrap(), public);
    let tree = apk::write(&support::package(), None).unwrap().tree;
    let block = key.sign(magic::PACKAGE, &tree);
    // What is signed: schema, head of the signature, digest of the tree.
    let message = [b"pckg", &block[..18], &Sha512::digest(&tree)[..]].concat();
    let message = put(at, "message", &message);
    let signature = put(at, "signature", &block[18..]);
    let public = put(at, "public.pem", public.as_bytes());
    let told = run(Command::new(&openssl)
        .args(["dgst", "-sha512", "-verify"])
        .arg(&public)
        .arg("-signature")
        .arg(&signature)
        .arg(&message));
    assert_eq!(told, "Verified OK\n");
    // Its signature, our check.
    run(Command::new(&openssl)
        .args(["dgst", "-sha512", "-sign"])
        .arg(&secret)
        .arg("-out")
        .arg(&signature)
        .arg(&message));
    let theirs = [&block[..18], &std::fs::read(&signature).unwrap()].concat();
    let public = ApkPublicKey::from_pem(&std::fs::read_to_string(&public).unwrap()).unwrap();
    assert!(public.verify(magic::PACKAGE, &tree, &theirs));
    assert!(!public.verify(magic::INDEX, &tree, &theirs));
}

#[test]
fn signify_believes_our_index_and_we_its() {
    let Some(signify) = program("signify-openbsd") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let keys = support::keys();
    let message = put(folder.path(), "Packages", b"Package: lamp\n\n");
    let signature = keys.usign.sign(b"Package: lamp\n\n");
    let signature = put(folder.path(), "Packages.sig", signature.as_bytes());
    let public = put(
        folder.path(),
        "usign.pub",
        keys.usign.public().text().as_bytes(),
    );
    let told = run(Command::new(&signify)
        .args(["-V", "-p"])
        .arg(&public)
        .arg("-x")
        .arg(&signature)
        .arg("-m")
        .arg(&message));
    assert_eq!(told, "Signature Verified\n");
    // Its pair, its signature.
    let (secret, public) = (folder.path().join("s.sec"), folder.path().join("s.pub"));
    run(Command::new(&signify)
        .args(["-G", "-n", "-p"])
        .arg(&public)
        .arg("-s")
        .arg(&secret));
    run(Command::new(&signify)
        .args(["-S", "-s"])
        .arg(&secret)
        .arg("-x")
        .arg(&signature)
        .arg("-m")
        .arg(&message));
    let public = UsignPublicKey::parse(&std::fs::read_to_string(&public).unwrap()).unwrap();
    let signature = std::fs::read_to_string(&signature).unwrap();
    assert!(public.verify(b"Package: lamp\n\n", &signature));
    assert!(!public.verify(b"Package: lamp\n", &signature));
}

/// nfpm packs the same program; what opkg would see of it must be the same.
#[test]
fn nfpm_writes_the_same_ipk() {
    let data = std::env::var_os("HEARTH_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data"),
        PathBuf::from,
    );
    let nfpm = data.join("peers/venv/bin/nfpm");
    if !nfpm.exists() {
        assert!(
            std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
            "nfpm is missing: run `make test-data`"
        );
        eprintln!("skipped: no nfpm (`make test-data` installs it)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let package = support::package();
    let mut yaml = String::from(
        "name: lamp\narch: aarch64_cortex-a53\nplatform: linux\nversion: 1.2.3\nrelease: r4\nversion_schema: none\n\
         maintainer: Somebody <somebody@example.org>\ndescription: A lamp.\nlicense: MIT OR Apache-2.0\nsection: net\n\
         depends: [libc, ash]\nmtime: 2026-01-01T00:00:00Z\ncontents:\n",
    );
    for (path, entry) in package.tree.iter() {
        let Node::File(content) = &entry.node else {
            continue;
        };
        let source = put(at, &path.replace('/', "_"), content);
        let kind = if path.starts_with("etc/config") {
            ", type: config"
        } else {
            ""
        };
        yaml += &format!(
            "  - {{src: {}, dst: /{path}{kind}, file_info: {{mode: 0{:o}, owner: root, group: root}}}}\n",
            source.display(),
            entry.mode
        );
    }
    let yaml = put(at, "nfpm.yaml", yaml.as_bytes());
    run(Command::new(nfpm)
        .args(["package", "-p", "ipk", "-t"])
        .arg(at)
        .arg("-f")
        .arg(yaml));
    let theirs = std::fs::read(at.join("lamp_1.2.3-r4_aarch64_cortex-a53.ipk")).unwrap();
    let (theirs, ours) = (ipk::read(&theirs).unwrap(), ipk::write(&package).unwrap());
    let ours = ipk::read(&ours.bytes).unwrap();
    let files = |read: &ipk::Read| -> Vec<(String, Node, u32)> {
        let mut files: Vec<_> = read
            .data
            .iter()
            .filter(|m| matches!(m.node, Node::File(_)) && !m.name.contains("keep.d"))
            .map(|m| {
                (
                    m.name.trim_start_matches("./").to_owned(),
                    m.node.clone(),
                    m.mode,
                )
            })
            .collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    };
    assert_eq!(files(&ours), files(&theirs));
    let field = |read: &ipk::Read, name: &str| {
        let line = read
            .control
            .lines()
            .find_map(|line| line.strip_prefix(name));
        line.map(str::trim).map(str::to_owned)
    };
    for name in [
        "Package:",
        "Version:",
        "Architecture:",
        "License:",
        "Section:",
        "Maintainer:",
    ] {
        assert_eq!(field(&ours, name), field(&theirs, name), "{name}");
    }
    let conffiles = |read: &ipk::Read| {
        let member = read.about.iter().find(|m| m.name.ends_with("conffiles"));
        member.map(|m| m.node.clone())
    };
    assert_eq!(conffiles(&ours), conffiles(&theirs));
}

/// apk-tools 3 makes a package of the same folder: the same tree byte for byte, the same contents. It reads
/// ours, believes the signature with the key and only with it.
#[test]
fn apk_tools_agrees() {
    let Some(program) = std::env::var_os("HEARTH_APK") else {
        eprintln!("skipped: HEARTH_APK names no apk of apk-tools 3");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let package = support::package();
    let keys = support::keys();
    let signed = apk::write(&package, Some(&keys.apk)).unwrap();
    let file = put(at, "lamp.apk", &signed.packed());
    let (good, none) = (at.join("keys"), at.join("no-keys"));
    std::fs::create_dir(&good).unwrap();
    std::fs::create_dir(&none).unwrap();
    put(
        &good,
        "lamp.pem",
        keys.apk.public().to_pem().unwrap().as_bytes(),
    );
    let check = |keys: &Path| {
        let mut command = Command::new(&program);
        command
            .arg("--keys-dir")
            .arg(keys)
            .arg("verify")
            .arg(&file)
            .output()
            .unwrap()
    };
    assert!(check(&good).status.success());
    assert!(!check(&none).status.success());

    let tree = at.join("tree");
    for (path, entry) in package.with_apk_lists().unwrap().iter() {
        use std::os::unix::fs::PermissionsExt;
        let path = tree.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match &entry.node {
            Node::Folder => std::fs::create_dir_all(&path).unwrap(),
            Node::File(content) => std::fs::write(&path, content).unwrap(),
            Node::Link(target) => {
                std::os::unix::fs::symlink(target, &path).unwrap();
                continue;
            }
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(entry.mode)).unwrap();
    }
    let theirs = at.join("theirs.apk");
    let mut command = Command::new(&program);
    command.env("SOURCE_DATE_EPOCH", support::EPOCH.to_string());
    command
        .args(["mkpkg", "--compression", "none", "-o"])
        .arg(&theirs)
        .arg("-F")
        .arg(&tree);
    for info in [
        "name:lamp",
        "version:1.2.3-r4",
        "description:A lamp. It shines.",
        "arch:aarch64_cortex-a53",
        "license:MIT OR Apache-2.0",
        "origin:feeds/lamp",
        "maintainer:Somebody <somebody@example.org>",
        "url:https://example.org/lamp",
        "depends:libc kmod-usb-serial>=5.10 bulb=1.0-r1 ash",
    ] {
        command.args(["-I", info]);
    }
    for (kind, script) in [
        ("post-install", Some(scripts::apk_post_install(&package))),
        ("pre-deinstall", Some(scripts::apk_pre_deinstall(&package))),
        ("post-deinstall", scripts::apk_post_deinstall(&package)),
        ("pre-upgrade", scripts::apk_pre_upgrade(&package)),
        ("post-upgrade", Some(scripts::apk_post_upgrade(&package))),
    ] {
        let Some(script) = script else { continue };
        let script = put(at, kind, script.as_bytes());
        command.args(["-s", &format!("{kind}:{}", script.display())]);
    }
    run(&mut command);
    let theirs = AdbFile::parse(&std::fs::read(theirs).unwrap()).unwrap();
    let differs = || {
        theirs
            .tree
            .iter()
            .zip(&signed.tree)
            .position(|(a, b)| a != b)
    };
    assert!(theirs.tree == signed.tree, "from byte {:?}", differs());
    assert!(theirs.data == signed.data, "contents differ");
}

/// `HEARTH_PO2LMO` names LuCI's compiler, `HEARTH_PO` folders with catalogues (ours unless given), colons between.
#[test]
fn luci_compiles_catalogues_to_the_same_bytes() {
    let Some(compiler) = std::env::var_os("HEARTH_PO2LMO") else {
        eprintln!("skipped: HEARTH_PO2LMO names no program");
        return;
    };
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../luci-app-hearth/po");
    let folders = std::env::var_os("HEARTH_PO").unwrap_or_else(|| ours.into());
    let mut todo: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let work = tempfile::tempdir().unwrap();
    let theirs = work.path().join("theirs.lmo");
    let mut same = 0;
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|one| one.unwrap().path()),
            );
        }
        if path.extension() != Some("po".as_ref()) {
            continue;
        }
        run(Command::new(&compiler).arg(&path).arg(&theirs));
        let po = std::fs::read_to_string(&path).unwrap();
        match pack::lmo::compile(&po) {
            Ok(bytes) => assert_eq!(bytes, std::fs::read(&theirs).unwrap(), "{}", path.display()),
            Err(pack::lmo::LmoError::Empty) => assert!(!theirs.exists(), "{}", path.display()),
            Err(error) => panic!("{}: {error}", path.display()),
        }
        let _ = std::fs::remove_file(&theirs);
        same += 1;
    }
    assert!(same > 0, "no .po in {}", folders.display());
    println!("{same} catalogues, byte for byte");
}
