//! What is in a file, and whether it is as it should be.

use std::path::{Path, PathBuf};

use pack::adb::file::AdbFile;
use pack::adb::schema::{self, dependency, info, magic, scripts};
use pack::adb::{AdbError, Reader, Value};
use pack::apk;
use pack::ipk;
use pack::package::hex;
use pack::sign::ec::ApkPublicKey;
use pack::sign::usign::UsignPublicKey;
use pack::tree::Node;

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn is_ipk(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "ipk")
}

/// Prints what is in a package or an index.
pub(crate) fn dump(path: &Path) -> Result<(), String> {
    let wrong = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let bytes = read(path)?;
    if is_ipk(path) {
        let package = ipk::read(&bytes).map_err(|e| wrong(&e))?;
        print!("{}", package.control);
        for member in package.about {
            if let Node::File(content) = member.node {
                println!("\n{}:", member.name);
                print!("{}", String::from_utf8_lossy(&content));
            }
        }
        println!();
        for member in package.data {
            let (kind, more) = match &member.node {
                Node::File(content) => ('-', content.len().to_string()),
                Node::Link(target) => ('l', format!("-> {target}")),
                Node::Folder => ('d', String::new()),
            };
            let (mode, owner) = (member.mode, member.uid);
            println!(
                "{kind}{mode:04o} {owner}:{} {} {more}",
                member.gid, member.name
            );
        }
        return Ok(());
    }
    let file = AdbFile::parse(&bytes).map_err(|e| wrong(&e))?;
    let printed = match file.schema {
        magic::PACKAGE => print_package(&file),
        magic::INDEX => print_index(&file),
        other => return Err(wrong(&format!("schema {other:#x} is not known"))),
    };
    printed.map_err(|e| wrong(&e))
}

fn print_package(file: &AdbFile) -> Result<(), AdbError> {
    let reader = Reader::new(&file.tree)?;
    let root = reader.object(reader.root()?, "package")?;
    print_info(&reader, root.field(schema::package::INFO))?;
    let texts = reader.object(root.field(schema::package::SCRIPTS), "scripts")?;
    for (field, name) in [
        (scripts::POST_INSTALL, "post-install"),
        (scripts::PRE_DEINSTALL, "pre-deinstall"),
        (scripts::POST_DEINSTALL, "post-deinstall"),
        (scripts::PRE_UPGRADE, "pre-upgrade"),
        (scripts::POST_UPGRADE, "post-upgrade"),
    ] {
        let text = reader.text(texts.field(field), name)?;
        if !text.is_empty() {
            println!("\n{name}:\n{text}");
        }
    }
    for one in apk::contents(file)? {
        let (user, group) = one.owner;
        let more = match one.target {
            Some(target) => format!("-> {target}"),
            None => one.size.to_string(),
        };
        println!("{:04o} {user}:{group} /{} {more}", one.mode, one.path);
    }
    println!("{} signature(s)", file.signatures.len());
    Ok(())
}

fn print_index(file: &AdbFile) -> Result<(), AdbError> {
    let reader = Reader::new(&file.tree)?;
    let root = reader.object(reader.root()?, "index")?;
    let description = root.field(schema::index::DESCRIPTION);
    println!("{}", reader.text(description, "description")?);
    let packages = reader.array(root.field(schema::index::PACKAGES), "packages")?;
    for package in packages.items() {
        println!();
        print_info(&reader, *package)?;
    }
    println!("{} signature(s)", file.signatures.len());
    Ok(())
}

fn print_info(reader: &Reader<'_>, value: Value) -> Result<(), AdbError> {
    let about = reader.object(value, "info")?;
    for (field, name) in [
        (info::NAME, "name"),
        (info::VERSION, "version"),
        (info::DESCRIPTION, "description"),
        (info::ARCH, "arch"),
        (info::LICENSE, "license"),
        (info::ORIGIN, "origin"),
        (info::MAINTAINER, "maintainer"),
        (info::URL, "url"),
    ] {
        println!("{name}: {}", reader.text(about.field(field), name)?);
    }
    let hash = reader.blob(about.field(info::HASHES), "hashes")?;
    println!("hashes: {}", hex(hash));
    for (field, name) in [
        (info::INSTALLED_SIZE, "installed-size"),
        (info::FILE_SIZE, "file-size"),
    ] {
        println!("{name}: {}", reader.int(about.field(field), name)?);
    }
    for (field, name) in [(info::DEPENDS, "depends"), (info::PROVIDES, "provides")] {
        for one in reader.array(about.field(field), name)?.items() {
            let one = reader.object(*one, name)?;
            let version = reader.text(one.field(dependency::VERSION), "version")?;
            println!(
                "{name}: {} {version}",
                reader.text(one.field(dependency::NAME), name)?
            );
        }
    }
    Ok(())
}

/// Public keys of both kinds.
pub(crate) struct PublicKeys {
    apk: Vec<ApkPublicKey>,
    usign: Vec<UsignPublicKey>,
}

impl PublicKeys {
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, String> {
        let (mut apk, mut usign) = (Vec::new(), Vec::new());
        for path in files {
            let text = String::from_utf8_lossy(&read(path)?).into_owned();
            match (ApkPublicKey::from_pem(&text), UsignPublicKey::parse(&text)) {
                (Ok(key), _) => apk.push(key),
                (_, Ok(key)) => usign.push(key),
                (Err(a), Err(b)) => return Err(format!("{}: {a}, {b}", path.display())),
            }
        }
        Ok(Self { apk, usign })
    }

    pub(crate) fn verify(&self, path: &Path) -> Result<(), String> {
        let wrong = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let bytes = read(path)?;
        let told = if is_ipk(path) {
            let package = ipk::read(&bytes).map_err(|e| wrong(&e))?;
            format!("{} entries", package.data.len())
        } else if path.file_name().is_some_and(|name| name == "Packages") {
            let signature = path.with_extension("sig");
            let signature = String::from_utf8_lossy(&read(&signature)?).into_owned();
            if !self.usign.iter().any(|key| key.verify(&bytes, &signature)) {
                return Err(wrong(&"not signed by a given key"));
            }
            "signed".to_owned()
        } else {
            let file = AdbFile::parse(&bytes).map_err(|e| wrong(&e))?;
            let good = apk::verify(&file, &self.apk).map_err(|e| wrong(&e))?;
            if good == 0 && !self.apk.is_empty() {
                return Err(wrong(&"not signed by a given key"));
            }
            format!("{good} of {} signatures good", file.signatures.len())
        };
        println!("{}: {told}", path.display());
        Ok(())
    }
}
