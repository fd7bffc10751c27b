//! The command line of `hearth-pack`.

mod dump;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, Value, ValueExt};
use pack::definition::{Common, Definition, architectures};
use pack::feed::{self, Keys, key_files};
use pack::tree::Node;
use pack::{gzip, parts};

const HELP: &str = "\
hearth-pack: OpenWrt packages and feeds without the SDK

usage: hearth-pack build [--target RUST-TARGET]... [--definitions DIR] [--build DIR] [--out DIR] [--keys DIR]
                         [--release N] [--only PACKAGE]...
       hearth-pack keys DIR
       hearth-pack dump FILE...
       hearth-pack verify [--key FILE]... FILE...

build   packages and signed indexes of every architecture the targets run on
          --target       as in architectures.toml; without any, all that have been built
          --definitions  where architectures.toml and NAME/package.toml lie (openwrt)
          --build        where builds lie, one folder a target (target/openwrt)
          --out          where feeds go, one folder an architecture (target/openwrt/packages)
          --keys         what signs them; made when missing (target/openwrt/keys)
          --release      the N of version X.Y.Z-rN (1)
          --only         make these packages only
keys    make a pair for opkg (usign.sec, usign.pub) and one for apk (apk.pem, hearth.pem)
dump    what is in a package or index
verify  checksums and signatures of a package, an index, or Packages (beside its Packages.sig)

SOURCE_DATE_EPOCH sets the time of every file; it is 0 otherwise.
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hearth-pack: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut parser = lexopt::Parser::from_env();
    let wrong = |error: lexopt::Error| format!("{error} (--help tells more)");
    match parser.next().map_err(wrong)? {
        Some(Value(verb)) => match verb.to_str() {
            Some("build") => build(parser),
            Some("keys") => {
                let folder = PathBuf::from(parser.value().map_err(wrong)?);
                Keys::create(&folder).map_err(|e| e.to_string())?;
                println!("{}", folder.display());
                Ok(())
            }
            Some("dump") => {
                let (files, _) = files(parser)?;
                files.iter().try_for_each(|file| dump::dump(file))
            }
            Some("verify") => {
                let (files, keys) = files(parser)?;
                let keys = dump::PublicKeys::read(&keys)?;
                files.iter().try_for_each(|file| keys.verify(file))
            }
            _ => Err(format!("no command {} (--help tells more)", verb.display())),
        },
        Some(Long("help") | Short('h')) | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(wrong(other.unexpected())),
    }
}

/// Files, and the keys given by `--key`.
fn files(mut parser: lexopt::Parser) -> Result<(Vec<PathBuf>, Vec<PathBuf>), String> {
    let wrong = |error: lexopt::Error| format!("{error} (--help tells more)");
    let (mut files, mut keys) = (Vec::new(), Vec::new());
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Long("key") => keys.push(parser.value().map_err(wrong)?.into()),
            Value(file) => files.push(file.into()),
            other => return Err(wrong(other.unexpected())),
        }
    }
    Ok((files, keys))
}

struct Build {
    definitions: PathBuf,
    build: PathBuf,
    out: Option<PathBuf>,
    keys: Option<PathBuf>,
    targets: Vec<String>,
    only: Vec<String>,
    release: u32,
}

fn build(mut parser: lexopt::Parser) -> Result<(), String> {
    let wrong = |error: lexopt::Error| format!("{error} (--help tells more)");
    let mut wanted = Build {
        definitions: "openwrt".into(),
        build: "target/openwrt".into(),
        out: None,
        keys: None,
        targets: Vec::new(),
        only: Vec::new(),
        release: 1,
    };
    while let Some(argument) = parser.next().map_err(wrong)? {
        let Long(name) = argument else {
            return Err(wrong(argument.unexpected()));
        };
        let name = name.to_owned();
        let value = parser.value().map_err(wrong)?;
        match name.as_str() {
            "definitions" => wanted.definitions = value.into(),
            "build" => wanted.build = value.into(),
            "out" => wanted.out = Some(value.into()),
            "keys" => wanted.keys = Some(value.into()),
            "release" => wanted.release = value.parse().map_err(wrong)?,
            "target" => wanted.targets.push(value.string().map_err(wrong)?),
            "only" => wanted.only.push(value.string().map_err(wrong)?),
            other => return Err(format!("no option --{other} (--help tells more)")),
        }
    }
    make(&wanted)
}

fn make(wanted: &Build) -> Result<(), String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let table = wanted.definitions.join("architectures.toml");
    let table = architectures(&table).map_err(|e| text(&e))?;
    let mut definitions = Definition::all(&wanted.definitions).map_err(|e| text(&e))?;
    if !wanted.only.is_empty() {
        definitions.retain(|one| wanted.only.contains(&one.name));
    }
    let common = common(wanted.release)?;
    let folder = wanted
        .keys
        .clone()
        .unwrap_or_else(|| wanted.build.join("keys"));
    let keys = match folder.join(key_files::USIGN_SECRET).exists() {
        true => Keys::read(&folder),
        false => Keys::create(&folder),
    };
    let keys = keys.map_err(|e| text(&e))?;
    let out = wanted
        .out
        .clone()
        .unwrap_or_else(|| wanted.build.join("packages"));
    let mut made = 0;
    for (target, row) in &table {
        let asked = wanted.targets.contains(target);
        let place = wanted.build.join(target);
        if !(asked || wanted.targets.is_empty() && place.is_dir()) {
            continue;
        }
        let present = present(&definitions, target, &place)?;
        let told = told(&present, &wanted.definitions, target, &common)?;
        for architecture in &row.architectures {
            let mut packages = Vec::new();
            for definition in &present {
                let package = definition.package(&common, &place, architecture);
                let mut package = package.map_err(|e| text(&e))?;
                for (path, content) in told.get(&definition.name).into_iter().flatten() {
                    let node = Node::File(content.clone());
                    package.tree.put(path, node, 0o644).map_err(|e| text(&e))?;
                }
                packages.push(package);
            }
            let written = feed::write(&out.join(architecture), &packages, &keys);
            for one in written.map_err(|e| text(&e))? {
                println!("{:>10}  {}", one.bytes, one.path.display());
            }
            made += 1;
        }
    }
    let unknown = wanted.targets.iter().find(|one| !table.contains_key(*one));
    match unknown {
        Some(target) => Err(format!("{target}: not in architectures.toml")),
        None if made == 0 => Err(format!("nothing built in {}", wanted.build.display())),
        None => {
            println!(
                "keys for routers: {}/{{usign.pub,hearth.pem}}",
                folder.display()
            );
            Ok(())
        }
    }
}

/// The packages that can be made for a target; tells which cannot, and why.
fn present<'a>(
    definitions: &'a [Definition],
    target: &str,
    place: &Path,
) -> Result<Vec<&'a Definition>, String> {
    let mut present = Vec::new();
    for definition in definitions.iter().filter(|one| one.is_for(target)) {
        let name = &definition.name;
        match (definition.missing(place).first(), &definition.made_by) {
            (None, _) => present.push(definition),
            (Some(missing), Some(made_by)) => {
                eprintln!("{name} left out: no {} (`{made_by}`)", missing.display());
            }
            (Some(missing), None) => return Err(format!("{name}: no {}", missing.display())),
        }
    }
    Ok(present)
}

/// Files by their path on the router.
type Files = Vec<(String, Vec<u8>)>;

/// What each package tells of the crates in it: their list and their licences.
fn told(
    definitions: &[&Definition],
    folder: &Path,
    target: &str,
    common: &Common,
) -> Result<BTreeMap<String, Files>, String> {
    let workspace = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut told = BTreeMap::new();
    for definition in definitions {
        let (Some(wanted), name) = (&definition.parts, &definition.name) else {
            continue;
        };
        let wrong = |e: parts::PartsError| format!("{name}: {e}");
        let found = parts::of(workspace, &wanted.krate, &wanted.features, target).map_err(wrong)?;
        let own = [workspace.join("LICENSE-MIT"), workspace.join("NOTICE")];
        let more = wanted.texts.iter().map(|text| definition.folder.join(text));
        let first: Vec<PathBuf> = own.into_iter().chain(more).collect();
        let licences = parts::licences(&found, &first).map_err(wrong)?;
        let list = parts::cyclonedx(name, &common.version, &found);
        let file = |kind: &str, text: &str| {
            let path = format!("usr/share/hearth/{name}.{kind}.gz");
            (path, gzip::pack(text.as_bytes()))
        };
        let files = vec![file("sbom.json", &list), file("licences.txt", &licences)];
        told.insert(name.clone(), files);
    }
    Ok(told)
}

/// What this program was built with is what the packages are of.
fn common(release: u32) -> Result<Common, String> {
    let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text
            .parse()
            .map_err(|e| format!("SOURCE_DATE_EPOCH {text:?}: {e}"))?,
        Err(_) => 0,
    };
    Ok(Common {
        version: format!("{}-r{release}", env!("CARGO_PKG_VERSION")),
        license: env!("CARGO_PKG_LICENSE").to_owned(),
        maintainer: "The Hearth contributors".to_owned(),
        url: env!("CARGO_PKG_REPOSITORY").to_owned(),
        epoch,
    })
}
