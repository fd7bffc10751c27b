//! `.apk`, for apk-tools 3: a tree of values that describes the package, and the files' contents behind it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::adb::file::AdbFile;
use crate::adb::schema::{self, acl, file, info, magic, path, scripts as script};
use crate::adb::{AdbError, Reader, Value, Writer};
use crate::dependency::{Comparison, Dependency};
use crate::package::Package;
use crate::scripts;
use crate::sign::ec::{ApkKey, ApkPublicKey};
use crate::tree::{Entry, Node, Tree, TreeError};

/// The name of the file; the architecture is told by the folder it lies in.
#[must_use]
pub fn file_name(package: &Package) -> String {
    format!("{}-{}.apk", package.name, package.version)
}

/// Why a package could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ApkError {
    /// Its tree already brings what is added.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// It does not fit into the format.
    #[error(transparent)]
    Adb(#[from] AdbError),
}

/// Writes a package, and signs it when there is a key.
///
/// # Errors
/// When its tree already brings what is added here, or it is too large.
pub fn write(package: &Package, key: Option<&ApkKey>) -> Result<AdbFile, ApkError> {
    let mut writer = Writer::default();
    let head = info_start(&mut writer, package);
    let tree = package.with_apk_lists()?;
    let (paths, data) = write_paths(&mut writer, &tree, package.epoch);
    let size = writer.int(tree.size().max(1));
    // The identity is a part of what it identifies: it is zero while it is computed.
    let (identity, identity_at) = writer.blob_apart(&[0; 20]);
    let mut fields = head;
    fields[info::INSTALLED_SIZE - 1] = size;
    fields[info::HASHES - 1] = identity;
    let info = writer.object(&fields);
    let paths = writer.array(&paths);
    let scripts = write_scripts(&mut writer, package);
    let root = writer.object(&schema::fields([
        (schema::package::INFO, info),
        (schema::package::PATHS, paths),
        (schema::package::SCRIPTS, scripts),
    ]));
    let mut tree = writer.finish(root).ok_or(AdbError::Size)?;
    let digest = Sha256::digest(&tree);
    tree[identity_at..identity_at + 20].copy_from_slice(&digest[..20]);
    Ok(signed(magic::PACKAGE, tree, data, key))
}

/// A package in an index: its file and the name it is known by.
#[derive(Debug, Clone, Copy)]
pub struct Indexed<'a> {
    /// The package.
    pub package: &'a Package,
    /// Its description and contents, from [`write()`].
    pub file: &'a AdbFile,
    /// How many bytes the packed file has.
    pub size: u64,
}

/// Writes an index of packages, and signs it when there is a key.
///
/// # Errors
/// When it is too large.
pub fn write_index(
    description: &str,
    packages: &[Indexed<'_>],
    key: Option<&ApkKey>,
) -> Result<AdbFile, ApkError> {
    let mut writer = Writer::default();
    let mut sorted: Vec<&Indexed<'_>> = packages.iter().collect();
    sorted.sort_by_key(|one| (&one.package.name, &one.package.version));
    let mut rows = Vec::new();
    for one in sorted {
        let mut fields = info_start(&mut writer, one.package);
        // As the package itself tells it: with all lists in it.
        let installed = one.package.with_apk_lists()?.size().max(1);
        fields[info::INSTALLED_SIZE - 1] = writer.int(installed);
        fields[info::FILE_SIZE - 1] = writer.int(one.size);
        fields[info::HASHES - 1] = writer.blob(&Sha256::digest(&one.file.tree));
        rows.push(writer.object(&fields));
    }
    let description = writer.blob(description.as_bytes());
    let packages = writer.array(&rows);
    let root = writer.object(&schema::fields([
        (schema::index::DESCRIPTION, description),
        (schema::index::PACKAGES, packages),
    ]));
    let tree = writer.finish(root).ok_or(AdbError::Size)?;
    Ok(signed(magic::INDEX, tree, Vec::new(), key))
}

fn signed(schema: u32, tree: Vec<u8>, data: Vec<Vec<u8>>, key: Option<&ApkKey>) -> AdbFile {
    let signatures = key.map(|key| key.sign(schema, &tree));
    AdbFile {
        schema,
        signatures: signatures.into_iter().collect(),
        tree,
        data,
    }
}

/// What package and index tell alike, as fields of an object.
fn info_start(writer: &mut Writer, package: &Package) -> Vec<Value> {
    let architecture = match package.architecture.as_str() {
        "all" => "noarch",
        other => other,
    };
    // One line: apk has no other.
    let description = package.description.split_whitespace().collect::<Vec<_>>();
    let description = description.join(" ");
    let mut fields = vec![Value::NULL; info::COUNT];
    for (field, text) in [
        (info::NAME, package.name.as_str()),
        (info::VERSION, &package.version),
        (info::DESCRIPTION, &description),
        (info::ARCH, architecture),
        (info::LICENSE, &package.license),
        (info::ORIGIN, &package.source),
        (info::MAINTAINER, &package.maintainer),
        (info::URL, &package.url),
    ] {
        fields[field - 1] = writer.blob(text.as_bytes());
    }
    fields[info::DEPENDS - 1] = write_dependencies(writer, &package.depends);
    // apk installs no two packages that are the same name in a version.
    let provide = |name: &String| Dependency {
        name: name.clone(),
        version: Some((Comparison::Equal, package.version.clone())),
    };
    let provides: Vec<Dependency> = package.provides.iter().map(provide).collect();
    if !provides.is_empty() {
        fields[info::PROVIDES - 1] = write_dependencies(writer, &provides);
    }
    fields
}

/// The comparison that need not be said.
const EQUAL: u64 = 1;

fn write_dependencies(writer: &mut Writer, dependencies: &[Dependency]) -> Value {
    let mut items: Vec<(&Dependency, Value)> = Vec::new();
    for one in dependencies {
        let mut fields = vec![writer.blob(one.name.as_bytes())];
        if let Some((comparison, version)) = &one.version {
            fields.push(writer.blob(version.as_bytes()));
            if comparison.mask() != EQUAL {
                fields.push(writer.int(comparison.mask()));
            }
        }
        items.push((one, writer.object(&fields)));
    }
    // apk looks through them as through a sorted list.
    items.sort_by_key(|(one, _)| *one);
    items.dedup();
    let items: Vec<Value> = items.into_iter().map(|(_, value)| value).collect();
    writer.array(&items)
}

/// A folder's mode, and what lies in it by name.
type Folder<'a> = (u32, Vec<(&'a str, &'a Entry)>);

/// Folders with what lies in them, both sorted by name, and the contents of all files in that order.
fn write_paths(writer: &mut Writer, tree: &Tree, epoch: u64) -> (Vec<Value>, Vec<Vec<u8>>) {
    let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
    folders.insert("", (0o755, Vec::new()));
    for (path, entry) in tree.iter() {
        if entry.node == Node::Folder {
            folders.entry(path).or_default().0 = entry.mode;
            continue;
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        folders.entry(folder).or_default().1.push((name, entry));
    }
    let mut paths = Vec::new();
    let mut data = Vec::new();
    for (number, (folder, (mode, mut files))) in (1_u32..).zip(folders) {
        files.sort_by_key(|(name, _)| *name);
        let mut items = Vec::new();
        for (at, (name, entry)) in (1_u32..).zip(files) {
            items.push(write_file(writer, name, entry, epoch));
            match &entry.node {
                Node::File(content) if !content.is_empty() => {
                    let place = [number.to_le_bytes(), at.to_le_bytes()].concat();
                    data.push([&place, content.as_slice()].concat());
                }
                _ => {}
            }
        }
        let name = writer.blob(folder.as_bytes());
        let acl = write_acl(writer, mode);
        let files = writer.array(&items);
        paths.push(writer.object(&schema::fields([
            (path::NAME, name),
            (path::ACL, acl),
            (path::FILES, files),
        ])));
    }
    (paths, data)
}

fn write_file(writer: &mut Writer, name: &str, entry: &Entry, epoch: u64) -> Value {
    let name = writer.blob(name.as_bytes());
    let (hash, target, size) = match &entry.node {
        Node::File(content) => {
            let hash = writer.blob(&Sha256::digest(content));
            (hash, Value::NULL, content.len())
        }
        Node::Link(target) => {
            let target = [&schema::LINK.to_le_bytes(), target.as_bytes()].concat();
            let size = target.len() - 2;
            (Value::NULL, writer.blob(&target), size)
        }
        Node::Folder => (Value::NULL, Value::NULL, 0),
    };
    let mtime = writer.int(epoch);
    let size = writer.int(size as u64);
    let acl = write_acl(writer, entry.mode);
    writer.object(&schema::fields([
        (file::NAME, name),
        (file::ACL, acl),
        (file::SIZE, size),
        (file::MTIME, mtime),
        (file::HASH, hash),
        (file::TARGET, target),
    ]))
}

fn write_acl(writer: &mut Writer, mode: u32) -> Value {
    let mode = writer.int(u64::from(mode));
    let root = writer.blob(b"root");
    writer.object(&schema::fields([
        (acl::MODE, mode),
        (acl::USER, root),
        (acl::GROUP, root),
    ]))
}

fn write_scripts(writer: &mut Writer, package: &Package) -> Value {
    let mut fields = vec![Value::NULL; script::POST_UPGRADE];
    for (field, text) in [
        (
            script::POST_INSTALL,
            Some(scripts::apk_post_install(package)),
        ),
        (
            script::PRE_DEINSTALL,
            Some(scripts::apk_pre_deinstall(package)),
        ),
        (script::POST_DEINSTALL, scripts::apk_post_deinstall(package)),
        (script::PRE_UPGRADE, scripts::apk_pre_upgrade(package)),
        (
            script::POST_UPGRADE,
            Some(scripts::apk_post_upgrade(package)),
        ),
    ] {
        fields[field - 1] = writer.blob(text.unwrap_or_default().as_bytes());
    }
    writer.object(&fields)
}

/// Checks a package or index: every signature by one of the keys, and every content by its checksum. Gives back
/// how many signatures are good.
///
/// # Errors
/// When a content does not fit, is missing or too much, or the file is damaged.
pub fn verify(read: &AdbFile, keys: &[ApkPublicKey]) -> Result<usize, AdbError> {
    let good = |signature: &&Vec<u8>| {
        keys.iter()
            .any(|key| key.verify(read.schema, &read.tree, signature))
    };
    let signed = read.signatures.iter().filter(good).count();
    if read.schema != magic::PACKAGE {
        return Ok(signed);
    }
    let mut data: BTreeMap<(u32, u32), &[u8]> = BTreeMap::new();
    for block in &read.data {
        let word = |at: usize| {
            block
                .get(at..at + 4)?
                .try_into()
                .ok()
                .map(u32::from_le_bytes)
        };
        let place = word(0).zip(word(4)).ok_or(AdbError::Cut("data block"))?;
        data.insert(place, &block[8..]);
    }
    for one in contents(read)? {
        match one.hash {
            Some(hash) => {
                let content = data.remove(&one.place).unwrap_or_default();
                if content.len() as u64 != one.size || Sha256::digest(content)[..] != hash[..] {
                    return Err(AdbError::Content(one.path));
                }
            }
            None => {
                if data.contains_key(&one.place) {
                    return Err(AdbError::Content(one.path));
                }
            }
        }
    }
    match data.keys().next() {
        Some((folder, file)) => Err(AdbError::Content(format!("file {folder}/{file}"))),
        None => Ok(signed),
    }
}

/// A file or link of a package that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Where it goes, without the leading slash.
    pub path: String,
    /// Numbers of folder and file, from one.
    pub place: (u32, u32),
    /// Bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u64,
    /// Owner and group.
    pub owner: (String, String),
    /// Seconds since 1970.
    pub mtime: u64,
    /// SHA-256 of a file's content.
    pub hash: Option<Vec<u8>>,
    /// Where a link leads.
    pub target: Option<String>,
}

/// All files and links of a package.
///
/// # Errors
/// When the file is damaged.
pub fn contents(read: &AdbFile) -> Result<Vec<Content>, AdbError> {
    let reader = Reader::new(&read.tree)?;
    let root = reader.object(reader.root()?, "package")?;
    let paths = reader.array(root.field(schema::package::PATHS), "paths")?;
    let mut all = Vec::new();
    for (folder_number, folder) in (1_u32..).zip(paths.items()) {
        let folder = reader.object(*folder, "path")?;
        let folder_name = reader.text(folder.field(path::NAME), "path name")?;
        let files = reader.array(folder.field(path::FILES), "files")?;
        for (file_number, one) in (1_u32..).zip(files.items()) {
            let one = reader.object(*one, "file")?;
            let name = reader.text(one.field(file::NAME), "file name")?;
            let path = match folder_name.as_str() {
                "" => name,
                folder => format!("{folder}/{name}"),
            };
            let rights = reader.object(one.field(file::ACL), "acl")?;
            let hash = reader.blob(one.field(file::HASH), "hash")?;
            let target = reader.blob(one.field(file::TARGET), "target")?;
            let target = target
                .get(2..)
                .map(|t| String::from_utf8_lossy(t).into_owned());
            all.push(Content {
                path,
                place: (folder_number, file_number),
                size: reader.int(one.field(file::SIZE), "size")?,
                mode: reader.int(rights.field(acl::MODE), "mode")?,
                owner: (
                    reader.text(rights.field(acl::USER), "user")?,
                    reader.text(rights.field(acl::GROUP), "group")?,
                ),
                mtime: reader.int(one.field(file::MTIME), "mtime")?,
                hash: (!hash.is_empty()).then(|| hash.to_vec()),
                target,
            });
        }
    }
    Ok(all)
}
