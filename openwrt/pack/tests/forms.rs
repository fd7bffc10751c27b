//! Both forms of a package, written and read again.

mod support;

use pack::adb::file::AdbFile;
use pack::adb::schema::{info, magic, package as field};
use pack::adb::{AdbError, Reader, Writer};
use pack::package::hex;
use pack::sign::ec::ApkKey;
use pack::sign::usign::{UsignKey, UsignPublicKey};
use pack::tree::{Node, Tree};
use pack::{apk, feed, ipk, tar};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// apk-tools 3.0.6 made the same tree of the same folder, byte for byte (`apk mkpkg` with
/// `SOURCE_DATE_EPOCH`); this is its checksum.
const APK_TREE: &str = "b1aa4b45b76f706c0b9f12f1a91523244a6745e5a6114016c99834cda5431749";

/// What opkg unpacks, before compression: any change of it changes what routers see.
const IPK_DATA: &str = "920ada51b0a639b0b0a73b1d6c4ad4829b28f65fbb4e50f7c2765e7546c79946";

#[test]
fn a_tree_is_what_apk_tools_makes_of_the_same_folder() {
    let file = apk::write(&support::package(), None).unwrap();
    assert_eq!(sum(&file.tree), APK_TREE);
}

#[test]
fn an_apk_says_what_was_put_in() {
    let key = ApkKey::generate().unwrap();
    let package = support::package();
    let written = apk::write(&package, Some(&key)).unwrap();
    let read = AdbFile::parse(&written.packed()).unwrap();
    assert!(read == written, "not the same when read again");
    assert_eq!(apk::verify(&read, &[key.public()]), Ok(1));

    let reader = Reader::new(&read.tree).unwrap();
    let root = reader.object(reader.root().unwrap(), "root").unwrap();
    let about = reader.object(root.field(field::INFO), "info").unwrap();
    let text = |index| reader.text(about.field(index), "text").unwrap();
    assert_eq!(text(info::NAME), "lamp");
    assert_eq!(text(info::VERSION), "1.2.3-r4");
    assert_eq!(text(info::DESCRIPTION), "A lamp. It shines.");
    let depends = reader.array(about.field(info::DEPENDS), "depends").unwrap();
    let names: Vec<String> = depends
        .items()
        .iter()
        .map(|one| reader.object(*one, "one").unwrap())
        .map(|one| reader.text(one.field(1), "name").unwrap())
        .collect();
    assert_eq!(names, ["ash", "bulb", "kmod-usb-serial", "libc"], "sorted");

    let contents = apk::contents(&read).unwrap();
    let modes: Vec<String> = contents
        .iter()
        .map(|one| format!("{:04o} {}", one.mode, one.path))
        .filter(|line| !line.contains("deep"))
        .collect();
    assert_eq!(
        modes,
        [
            "0600 etc/config/lamp",
            "0755 etc/init.d/lamp",
            "0755 etc/uci-defaults/80-lamp",
            "0644 lib/apk/packages/lamp.conffiles",
            "0644 lib/apk/packages/lamp.conffiles_static",
            "0644 lib/apk/packages/lamp.list",
            "0644 lib/apk/packages/lamp.rusers",
            "0644 lib/upgrade/keep.d/lamp",
            "0755 usr/bin/lamp",
            "0644 usr/share/lamp/empty",
            "0777 usr/share/lamp/link",
        ]
    );
    assert!(contents.iter().all(|one| one.mtime == support::EPOCH));
    let link = contents.iter().find(|one| one.path.ends_with("/link"));
    assert_eq!(link.unwrap().target.as_deref(), Some("../../bin/lamp"));
}

#[test]
fn an_ipk_says_what_was_put_in() {
    let written = ipk::write(&support::package()).unwrap();
    let read = ipk::read(&written.bytes).unwrap();
    assert_eq!(read.control, written.control);
    let control: Vec<&str> = written.control.lines().collect();
    assert_eq!(
        control,
        [
            "Package: lamp",
            "Version: 1.2.3-r4",
            "Depends: libc, kmod-usb-serial (>= 5.10), bulb (= 1.0-r1), ash",
            "Source: feeds/lamp",
            "SourceName: lamp",
            "License: MIT OR Apache-2.0",
            "Section: net",
            "Require-User: lamp=6210:lamp=6210:dialout=20,audio=29",
            "SourceDateEpoch: 1767225600",
            "URL: https://example.org/lamp",
            "Maintainer: Somebody <somebody@example.org>",
            "Architecture: aarch64_cortex-a53",
            "Installed-Size: 307200",
            "Description:  A lamp.",
            " It shines.",
        ]
    );
    let about: Vec<&str> = read.about.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(about, ["./conffiles", "./postinst", "./postrm", "./prerm"]);
    assert_eq!(
        read.about[0].node,
        Node::File(b"/etc/config/lamp\n".to_vec())
    );
    let member = |name: &str| read.data.iter().find(|m| m.name == name).unwrap();
    assert_eq!(member("./etc/config/lamp").mode, 0o600);
    assert_eq!(member("./var/empty/").mode, 0o700);
    let keep = Node::File(b"/etc/lamp/\n".to_vec());
    assert_eq!(member("./lib/upgrade/keep.d/lamp").node, keep);
    assert!(read.data.iter().all(|m| (m.uid, m.gid) == (0, 0)));
    assert!(read.data.iter().all(|m| m.mtime == support::EPOCH));
    assert_eq!(sum(&tar::write(&read.data)), IPK_DATA);
}

#[test]
fn a_keep_list_of_its_own_is_kept_and_completed() {
    let mut package = support::package();
    let own = Node::File(b"/etc/config/lamp\n/etc/lamp.key\n".to_vec());
    package
        .tree
        .put("lib/upgrade/keep.d/lamp", own, 0o644)
        .unwrap();
    let tree = package.with_keep_list().unwrap();
    let list = Node::File(b"/etc/config/lamp\n/etc/lamp.key\n/etc/lamp/\n".to_vec());
    assert_eq!(tree.get("/lib/upgrade/keep.d/lamp").unwrap().node, list);
}

/// Built twice by different people: another time, umask, folder and order of reading.
#[test]
fn the_same_files_give_the_same_bytes_wherever_they_lie() {
    use std::os::unix::fs::PermissionsExt;
    let gather = |modes: [u32; 2], reverse: bool| {
        let folder = tempfile::tempdir().unwrap();
        let mut files = vec![
            ("bin/tool", "#!/bin/sh\n", modes[0]),
            ("etc/tool", "a\n", modes[1]),
        ];
        if reverse {
            files.reverse();
        }
        for (path, content, mode) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, permissions).unwrap();
            let old =
                std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(mode));
            let file = std::fs::File::options().append(true).open(&path).unwrap();
            file.set_modified(old).unwrap();
        }
        let mut tree = Tree::default();
        tree.take(folder.path(), "/").unwrap();
        let package = pack::package::Package {
            tree,
            ..support::package()
        };
        let apk = apk::write(&package, None).unwrap().packed();
        (ipk::write(&package).unwrap().bytes, apk)
    };
    assert_eq!(gather([0o755, 0o644], false), gather([0o700, 0o600], true));
    assert_ne!(gather([0o755, 0o644], false), gather([0o644, 0o644], false));
}

#[test]
fn one_changed_byte_of_content_is_noticed() {
    let key = ApkKey::generate().unwrap();
    let good = apk::write(&support::package(), Some(&key)).unwrap();
    let mut content = good.clone();
    let last = content.data[2].len() - 1;
    content.data[2][last] ^= 1;
    assert!(matches!(
        apk::verify(&content, &[]),
        Err(AdbError::Content(_))
    ));
    let mut missing = good.clone();
    missing.data.pop();
    assert!(matches!(
        apk::verify(&missing, &[]),
        Err(AdbError::Content(_))
    ));
    let mut more = good.clone();
    more.data
        .push([9_u32.to_le_bytes(), 9_u32.to_le_bytes()].concat());
    assert!(matches!(apk::verify(&more, &[]), Err(AdbError::Content(_))));
    let mut tree = good.clone();
    let last = tree.tree.len() - 1;
    tree.tree[last] ^= 1;
    assert!(
        !key.public()
            .verify(magic::PACKAGE, &tree.tree, &good.signatures[0])
    );
    let other = ApkKey::generate().unwrap().public();
    assert_eq!(apk::verify(&good, &[other]), Ok(0));
}

#[test]
fn a_signature_is_the_same_each_time() {
    let key = ApkKey::generate().unwrap();
    let again = ApkKey::from_pem(&key.to_pem().unwrap()).unwrap();
    assert_eq!(key.sign(magic::INDEX, b"x"), again.sign(magic::INDEX, b"x"));
}

#[test]
fn usign_made_these_keys_and_they_are_read() {
    let secret = UsignKey::parse(support::USIGN_SECRET).unwrap();
    let public = UsignPublicKey::parse(support::USIGN_PUBLIC).unwrap();
    assert_eq!(secret.public(), public);
    let signature = secret.sign(b"Package: lamp\n");
    assert!(public.verify(b"Package: lamp\n", &signature));
    assert!(!public.verify(b"Package: lump\n", &signature));
    let strange = UsignKey::generate().unwrap();
    assert!(!public.verify(b"x", &strange.sign(b"x")));
    assert!(UsignKey::parse(&strange.text()).is_ok());
    assert!(UsignKey::parse(support::USIGN_PUBLIC).is_err());
}

#[test]
fn a_feed_lists_what_lies_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let keys = support::keys();
    let mut lamp = support::package();
    let mut page = support::package();
    page.name = "luci-app-lamp".to_owned();
    page.architecture = "all".to_owned();
    page.user = None;
    lamp.description = "Light".to_owned();
    let out = folder.path().join("feed");
    let written = feed::write(&out, &[page, lamp], &keys).unwrap();
    let names: Vec<&str> = written
        .iter()
        .filter_map(|one| one.path.file_name()?.to_str())
        .collect();
    assert_eq!(
        names,
        [
            "lamp_1.2.3-r4_aarch64_cortex-a53.ipk",
            "lamp-1.2.3-r4.apk",
            "luci-app-lamp_1.2.3-r4_all.ipk",
            "luci-app-lamp-1.2.3-r4.apk",
            "Packages",
            "Packages.gz",
            "Packages.manifest",
            "Packages.sig",
            "packages.adb",
        ]
    );
    let list = std::fs::read(out.join("Packages")).unwrap();
    let signature = std::fs::read_to_string(out.join("Packages.sig")).unwrap();
    assert!(keys.usign.public().verify(&list, &signature));
    let list = String::from_utf8(list).unwrap();
    let lamp = std::fs::read(out.join("lamp_1.2.3-r4_aarch64_cortex-a53.ipk")).unwrap();
    let told = format!(
        "Filename: lamp_1.2.3-r4_aarch64_cortex-a53.ipk\nSize: {}\nSHA256sum: {}\nDescription:  Light\n",
        lamp.len(),
        sum(&lamp)
    );
    assert!(list.contains(&told), "{list}");

    let index = std::fs::read(out.join("packages.adb")).unwrap();
    let index = AdbFile::parse(&index).unwrap();
    assert_eq!(index.schema, magic::INDEX);
    assert_eq!(apk::verify(&index, &[keys.apk.public()]), Ok(1));
    let reader = Reader::new(&index.tree).unwrap();
    let root = reader.object(reader.root().unwrap(), "root").unwrap();
    let rows = reader.array(root.field(2), "packages").unwrap();
    assert_eq!(rows.items().len(), 2);
    let row = reader.object(rows.items()[1], "row").unwrap();
    assert_eq!(
        reader.text(row.field(info::ARCH), "arch").unwrap(),
        "noarch"
    );
    let file = std::fs::read(out.join("luci-app-lamp-1.2.3-r4.apk")).unwrap();
    let size = reader.int(row.field(info::FILE_SIZE), "size").unwrap();
    assert_eq!(size, file.len() as u64);
    let tree = AdbFile::parse(&file).unwrap().tree;
    let hash = reader.blob(row.field(info::HASHES), "hashes").unwrap();
    assert_eq!(hash, &Sha256::digest(tree)[..]);
}

#[test]
fn keys_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    feed::Keys::create(folder.path()).unwrap();
    assert!(feed::Keys::create(folder.path()).is_err());
    feed::Keys::read(folder.path()).unwrap();
    let secret = std::fs::metadata(folder.path().join("usign.sec")).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&secret.permissions()) & 0o777,
        0o600
    );
}

#[test]
fn every_cut_of_a_package_is_an_error_and_never_a_panic() {
    let mut small = support::package();
    small.tree = Tree::default();
    small
        .tree
        .put("a/b", Node::File(b"c".to_vec()), 0o644)
        .unwrap();
    let whole = apk::write(&small, None).unwrap();
    let plain = whole.plain();
    for end in 0..plain.len() {
        if let Ok(read) = AdbFile::parse(&plain[..end]) {
            assert!(apk::verify(&read, &[]).is_err(), "cut at {end}");
        }
    }
    let ipk = ipk::write(&small).unwrap().bytes;
    for end in 0..ipk.len() {
        assert!(ipk::read(&ipk[..end]).is_err(), "cut at {end}");
    }
}

proptest! {
    #[test]
    fn values_come_back(
        numbers in proptest::collection::vec(any::<u64>(), 0..20),
        blobs in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..600), 0..20),
    ) {
        let mut writer = Writer::default();
        let ints: Vec<_> = numbers.iter().map(|&n| writer.int(n)).collect();
        let texts: Vec<_> = blobs.iter().map(|b| writer.blob(b)).collect();
        let (ints, texts) = (writer.object(&ints), writer.object(&texts));
        let root = writer.object(&[ints, texts]);
        let tree = writer.finish(root).unwrap();
        let reader = Reader::new(&tree).unwrap();
        let root = reader.object(reader.root().unwrap(), "root").unwrap();
        let ints = reader.object(root.field(1), "ints").unwrap();
        for (at, number) in numbers.iter().enumerate() {
            prop_assert_eq!(reader.int(ints.field(at + 1), "int").unwrap(), *number);
        }
        let texts = reader.object(root.field(2), "texts").unwrap();
        for (at, blob) in blobs.iter().enumerate() {
            prop_assert_eq!(reader.blob(texts.field(at + 1), "blob").unwrap(), &blob[..]);
        }
    }

    #[test]
    fn garbage_never_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..2000), at in 0..3_usize) {
        let heads: [&[u8]; 3] = [b"ADB.pckg", b"ADBd", &[0x1f, 0x8b]];
        bytes.splice(..0, heads[at].iter().copied());
        if let Ok(file) = AdbFile::parse(&bytes) {
            let _ = apk::verify(&file, &[]);
        }
        let _ = ipk::read(&bytes);
        let _ = tar::parse(&bytes);
    }

    #[test]
    fn a_changed_tree_never_panics(at in 0..2000_usize, to in any::<u8>()) {
        let mut file = apk::write(&support::package(), None).unwrap();
        let at = at % file.tree.len();
        file.tree[at] = to;
        let _ = apk::contents(&file);
        let _ = apk::verify(&file, &[]);
    }

    #[test]
    fn tar_members_come_back(
        names in proptest::collection::btree_set("[a-z]{1,40}(/[a-z]{1,60}){0,4}", 1..8),
        content in proptest::collection::vec(any::<u8>(), 0..1500),
    ) {
        let members: Vec<_> = names
            .iter()
            .map(|name| tar::Member::file(&format!("./{name}"), &content, 0o640, 7))
            .collect();
        prop_assert_eq!(tar::parse(&tar::write(&members)).unwrap(), members);
    }
}

/// A package that stands in for another: both package managers are told that it does, and that both is too much.
#[test]
fn a_package_may_take_the_place_of_another() {
    let mut package = support::package();
    package.provides = vec!["light".to_owned()];
    package.conflicts = vec!["light".to_owned(), "torch".to_owned()];
    let control = ipk::write(&package).unwrap().control;
    for line in ["\nProvides: light\n", "\nConflicts: light, torch\n"] {
        assert!(control.contains(line), "{control}");
    }
    let file = apk::write(&package, None).unwrap();
    let reader = Reader::new(&file.tree).unwrap();
    let root = reader.object(reader.root().unwrap(), "root").unwrap();
    let about = reader.object(root.field(field::INFO), "info").unwrap();
    let provides = reader
        .array(about.field(info::PROVIDES), "provides")
        .unwrap();
    let [one] = provides.items() else {
        panic!("{} are provided", provides.items().len());
    };
    let one = reader.object(*one, "one").unwrap();
    assert_eq!(reader.text(one.field(1), "name").unwrap(), "light");
    assert_eq!(reader.text(one.field(2), "version").unwrap(), "1.2.3-r4");
}
