//! `.ipk`, for opkg: a gzipped tar of `debian-binary`, `data.tar.gz` and `control.tar.gz`.

use std::fmt::Write;

use crate::package::Package;
use crate::tar::{self, Member};
use crate::tree::{Node, Tree, TreeError};
use crate::{gzip, scripts};

/// The name of the file.
#[must_use]
pub fn file_name(package: &Package) -> String {
    let Package {
        name,
        version,
        architecture,
        ..
    } = package;
    format!("{name}_{version}_{architecture}.ipk")
}

/// A written package.
#[derive(Debug, Clone)]
pub struct Ipk {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its control text, which indexes repeat.
    pub control: String,
}

/// Writes a package.
///
/// # Errors
/// When its tree already brings what is added here.
pub fn write(package: &Package) -> Result<Ipk, TreeError> {
    let at = package.epoch;
    let data = members(&package.with_keep_list()?, at);
    let data = tar::write(&data);
    let control = control(package, data.len());
    let mut about = vec![
        Member::new("./", Node::Folder, 0o755, at),
        Member::file("./control", control.as_bytes(), 0o644, at),
    ];
    let conffiles = package.conffiles_in_tree();
    if !conffiles.is_empty() {
        let text = format!("{}\n", conffiles.join("\n"));
        about.push(Member::file("./conffiles", text.as_bytes(), 0o644, at));
    }
    let scripts = [
        ("./postinst", Some(scripts::ipk_postinst())),
        ("./postrm", scripts::ipk_postrm(package)),
        ("./prerm", Some(scripts::ipk_prerm())),
    ];
    for (name, script) in scripts {
        let Some(script) = script else { continue };
        about.push(Member::file(name, script.as_bytes(), 0o755, at));
    }
    let parts = [
        Member::file("./debian-binary", b"2.0\n", 0o644, at),
        Member::file("./data.tar.gz", &gzip::pack(&data), 0o644, at),
        Member::file(
            "./control.tar.gz",
            &gzip::pack(&tar::write(&about)),
            0o644,
            at,
        ),
    ];
    let bytes = gzip::pack(&tar::write(&parts));
    Ok(Ipk { bytes, control })
}

fn members(tree: &Tree, at: u64) -> Vec<Member> {
    let root = Member::new("./", Node::Folder, 0o755, at);
    let rest = tree.iter().map(|(path, entry)| {
        let slash = if entry.node == Node::Folder { "/" } else { "" };
        let name = format!("./{path}{slash}");
        Member::new(&name, entry.node.clone(), entry.mode, at)
    });
    std::iter::once(root).chain(rest).collect()
}

/// The control text. Fields without content are left out.
fn control(package: &Package, size: usize) -> String {
    let depends: Vec<String> = package.depends.iter().map(ToString::to_string).collect();
    let depends = depends.join(", ");
    let provides = package.provides.join(", ");
    // No `Replaces`: opkg forgets which files are the new package's when the old one had files of the same names.
    let conflicts = package.conflicts.join(", ");
    let (epoch, size) = (package.epoch.to_string(), size.to_string());
    let fields = [
        ("Package", package.name.as_str()),
        ("Version", &package.version),
        ("Depends", &depends),
        ("Provides", &provides),
        ("Conflicts", &conflicts),
        ("Source", &package.source),
        ("SourceName", &package.name),
        ("License", &package.license),
        ("Section", &package.section),
        ("Require-User", package.user.as_deref().unwrap_or_default()),
        ("SourceDateEpoch", &epoch),
        ("URL", &package.url),
        ("Maintainer", &package.maintainer),
        ("Architecture", &package.architecture),
        ("Installed-Size", &size),
    ];
    let mut text = String::new();
    for (name, value) in fields {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    let description = package.description.trim().replace('\n', "\n ");
    let _ = writeln!(text, "Description:  {description}");
    text
}

/// Why a file is no package for opkg.
#[derive(Debug, thiserror::Error)]
pub enum IpkError {
    /// No gzip, or a damaged one.
    #[error("{part}: {error}")]
    Gzip {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        error: std::io::Error,
    },
    /// No tar, or a damaged one.
    #[error("{part}: {error}")]
    Tar {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        error: tar::TarError,
    },
    /// A part is missing.
    #[error("no {0} in it")]
    Missing(&'static str),
}

/// A package that was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// Its control text.
    pub control: String,
    /// What else stands beside it: scripts and conffiles.
    pub about: Vec<Member>,
    /// What it installs.
    pub data: Vec<Member>,
}

/// Reads a package.
///
/// # Errors
/// When it is none.
pub fn read(bytes: &[u8]) -> Result<Read, IpkError> {
    let outer = unpack(bytes, "package")?;
    let part = |name: &'static str| {
        let named = |m: &&Member| m.name.trim_start_matches("./") == name;
        match outer.iter().find(named).map(|m| &m.node) {
            Some(Node::File(content)) => Ok(content),
            _ => Err(IpkError::Missing(name)),
        }
    };
    if part("debian-binary")? != b"2.0\n" {
        return Err(IpkError::Missing("debian-binary 2.0"));
    }
    let mut about = unpack(part("control.tar.gz")?, "control.tar.gz")?;
    let data = unpack(part("data.tar.gz")?, "data.tar.gz")?;
    let at = about.iter().position(|m| m.name == "./control");
    let control = at.map(|at| about.remove(at).node);
    let Some(Node::File(control)) = control else {
        return Err(IpkError::Missing("control"));
    };
    let control = String::from_utf8_lossy(&control).into_owned();
    about.retain(|member| member.node != Node::Folder);
    Ok(Read {
        control,
        about,
        data,
    })
}

fn unpack(bytes: &[u8], part: &'static str) -> Result<Vec<Member>, IpkError> {
    let plain = gzip::unpack(bytes).map_err(|error| IpkError::Gzip { part, error })?;
    tar::parse(&plain).map_err(|error| IpkError::Tar { part, error })
}
