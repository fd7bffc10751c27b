//! What a program is made of: a CycloneDX list of its crates, and their licence texts.
//!
//! cargo tells both, from the lock file: `cargo tree` which crates a build with these features for this target links,
//! `cargo metadata` where they lie and what they are under. Of a crate under one licence or another, one text is
//! enough: the shorter. Equal texts are told once, for flash counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

/// Why the parts are not known.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// cargo could not be run or said no.
    #[error("cargo {what}: {reason}")]
    Cargo {
        /// Its command.
        what: &'static str,
        /// What it said.
        reason: String,
    },
    /// A licence text that cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
}

/// A crate that is linked in.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// An SPDX expression.
    pub license: Option<String>,
    /// Where it is developed.
    pub repository: Option<String>,
    /// Its `Cargo.toml`.
    manifest_path: PathBuf,
    /// Where it came from; nothing for a crate of this project.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Part>,
}

fn cargo(workspace: &Path, what: &'static str, arguments: &[&str]) -> Result<String, PartsError> {
    let failed = |reason: String| PartsError::Cargo { what, reason };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace).arg(what).arg("--locked");
    let output = command.args(arguments).output();
    let output = output.map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(failed(reason.trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The crates of other people that a crate with these features links for a target, by name and version.
///
/// # Errors
/// When cargo does not tell.
pub fn of(
    workspace: &Path,
    krate: &str,
    features: &[String],
    target: &str,
) -> Result<Vec<Part>, PartsError> {
    let features = features.join(",");
    let tree = cargo(
        workspace,
        "tree",
        &[
            "--package",
            krate,
            "--no-default-features",
            "--features",
            &features,
            "--target",
            target,
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ],
    )?;
    // `name v1.2.3`, and perhaps where it lies.
    let linked: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, rest)| {
            let version = rest.strip_prefix('v')?;
            Some((name, version.split(' ').next()?))
        })
        .collect();
    let metadata = cargo(workspace, "metadata", &["--format-version", "1"])?;
    let metadata: Metadata = serde_json::from_str(&metadata).map_err(|e| PartsError::Cargo {
        what: "metadata",
        reason: e.to_string(),
    })?;
    let mut parts = metadata.packages;
    parts.retain(|part| {
        let known = linked.contains(&(part.name.as_str(), part.version.as_str()));
        known && part.source.is_some()
    });
    parts.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(parts)
}

/// The list in CycloneDX 1.5. It bears no time, so that equal parts give equal bytes.
#[must_use]
pub fn cyclonedx(name: &str, version: &str, parts: &[Part]) -> String {
    let components: Vec<Value> = parts
        .iter()
        .map(|part| {
            let license = part.license.as_deref().unwrap_or("NOASSERTION");
            let mut component = json!({
                "type": "library",
                "name": part.name,
                "version": part.version,
                "purl": format!("pkg:cargo/{}@{}", part.name, part.version),
                "licenses": [{ "expression": license.replace('/', " OR ") }],
            });
            if let Some(url) = &part.repository {
                component["externalReferences"] = json!([{ "type": "vcs", "url": url }]);
            }
            component
        })
        .collect();
    let list = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": { "type": "application", "name": name, "version": version } },
        "components": components,
    });
    format!("{list}\n")
}

/// The licence texts of the parts, each with the crates it is of; `first` stand before them.
///
/// # Errors
/// When a text cannot be read.
pub fn licences(parts: &[Part], first: &[PathBuf]) -> Result<String, PartsError> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut bare = Vec::new();
    for part in parts {
        let name = format!("{} {}", part.name, part.version);
        let license = part.license.as_deref().unwrap_or("no licence told");
        let files = texts_of(part);
        if files.is_empty() {
            bare.push(format!(
                "{name} ({license}) {}",
                part.repository.as_deref().unwrap_or("")
            ));
        }
        for file in files {
            texts.entry(read(&file)?).or_default().insert(name.clone());
        }
    }
    let mut all = String::new();
    for file in first {
        all.push_str(&read(file)?);
        all.push_str("\n\n");
    }
    if !bare.is_empty() {
        let bare = bare.join("\n  ");
        all.push_str(&format!(
            "Without a text in the crate, under what its name is followed by:\n\n  {bare}\n\n"
        ));
    }
    // Crates in order, by the first that a text is of.
    let mut texts: Vec<_> = texts
        .into_iter()
        .map(|(text, names)| (names, text))
        .collect();
    texts.sort();
    for (names, text) in texts {
        let names: Vec<String> = names.into_iter().collect();
        all.push_str(&format!("---- {}\n\n{text}\n\n", names.join(", ")));
    }
    Ok(all)
}

fn read(path: &Path) -> Result<String, PartsError> {
    let bytes = std::fs::read(path).map_err(|error| PartsError::Io {
        path: path.display().to_string(),
        error,
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    Ok(lines.join("\n").trim_matches('\n').to_owned())
}

/// The files of a crate with licences, less those of licences that need not be chosen.
fn texts_of(part: &Part) -> Vec<PathBuf> {
    let folder = part.manifest_path.parent();
    let Some(inside) = folder.and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.map(str::to_ascii_uppercase).unwrap_or_default()
    };
    let starts = [
        "LICENSE",
        "LICENCE",
        "COPYING",
        "COPYRIGHT",
        "NOTICE",
        "UNLICENSE",
    ];
    let mut files: Vec<PathBuf> = inside
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && starts.iter().any(|start| named(path).starts_with(start)))
        .collect();
    files.sort();
    let license = part.license.as_deref().unwrap_or_default();
    let choice = license.contains(" OR ") || license.contains('/');
    let simple = choice && !license.contains(" AND ");
    if simple && license.contains("MIT") {
        let mit = |path: &&PathBuf| named(path).contains("MIT");
        if let Some(mit) = files.iter().find(mit) {
            return vec![mit.clone()];
        }
    }
    if simple && files.len() > 1 {
        files.retain(|path| !named(path).contains("APACHE"));
    }
    files
}
