//! The feed's Makefiles keep OpenWrt's conventions, and name what there is.

#![expect(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tests::places;

const PACKAGES: [&str; 3] = ["hearth", "hearth-voice", "luci-app-hearth"];

/// What a Makefile says.
struct Makefile {
    folder: PathBuf,
    text: String,
    variables: BTreeMap<String, String>,
    /// Each variable's last comment line above it.
    comments: BTreeMap<String, String>,
    defines: BTreeMap<String, Vec<String>>,
}

impl Makefile {
    fn read(package: &str) -> Self {
        let folder = places::root().join("openwrt").join(package);
        Self::parse(
            folder.clone(),
            fs::read_to_string(folder.join("Makefile")).unwrap(),
        )
    }

    fn parse(folder: PathBuf, text: String) -> Self {
        let mut variables = BTreeMap::new();
        let mut comments = BTreeMap::new();
        let mut defines = BTreeMap::new();
        let mut define: Option<(String, Vec<String>)> = None;
        let mut comment = String::new();
        for line in text.replace("\\\n", " ").lines() {
            if let Some((name, mut lines)) = define.take() {
                if line == "endef" {
                    defines.insert(name, lines);
                } else {
                    lines.push(line.to_owned());
                    define = Some((name, lines));
                }
            } else if let Some(name) = line.strip_prefix("define ") {
                define = Some((name.to_owned(), Vec::new()));
            } else if let Some(rest) = line.strip_prefix('#') {
                rest.clone_into(&mut comment);
            } else if let Some((name, value)) = assignment(line) {
                comments.insert(name.clone(), std::mem::take(&mut comment));
                let all: &mut String = variables.entry(name).or_default();
                if line.contains("+=") {
                    all.push(' ');
                } else {
                    all.clear();
                }
                all.push_str(value);
            } else {
                comment.clear();
            }
        }
        assert!(define.is_none(), "a define without endef");
        Self {
            folder,
            text,
            variables,
            comments,
            defines,
        }
    }

    fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", |value| value.trim())
    }

    /// What `package.toml` says; the workspace's licence unless it says another.
    fn licence(&self) -> String {
        let about = fs::read_to_string(self.folder.join("package.toml")).unwrap_or_default();
        let own = about
            .lines()
            .find_map(|line| line.strip_prefix("license = "));
        own.unwrap_or("MIT OR Apache-2.0")
            .trim_matches('"')
            .to_owned()
    }

    fn define(&self, name: &str) -> &[String] {
        self.defines.get(name).map_or(&[], |lines| lines)
    }

    /// A line such as `TITLE:=…` of a define.
    fn field(&self, define: &str, name: &str) -> Option<&str> {
        self.define(define).iter().find_map(|line| {
            let (key, value) = assignment(line.trim())?;
            (key == name).then_some(value)
        })
    }

    /// Files that are installed as they lie there, by their paths on the router.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let root = self.folder.join("files");
        gather(&root, &mut found);
        found
            .into_iter()
            .map(|path| Path::new("/").join(path.strip_prefix(&root).unwrap()))
            .collect()
    }

    /// Everything that is wrong.
    fn complaints(&self, package: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{package}: {what}"));
            }
        };
        let luci = package.starts_with("luci-");
        must(
            self.text.contains("\ninclude $(TOPDIR)/rules.mk\n"),
            "rules.mk comes first",
        );
        must(
            self.variable("PKG_VERSION") == env!("CARGO_PKG_VERSION"),
            "PKG_VERSION is the workspace's",
        );
        must(
            self.variable("PKG_RELEASE")
                .parse::<u32>()
                .is_ok_and(|n| n > 0),
            "PKG_RELEASE is a number from 1: versions read X.Y.Z-rN",
        );
        must(
            self.licence() == self.variable("PKG_LICENSE"),
            "PKG_LICENSE is the package's or the workspace's",
        );
        let maintainer = self.variable("PKG_MAINTAINER");
        must(
            maintainer.contains(" <") && maintainer.ends_with('>'),
            "PKG_MAINTAINER is a name and an address",
        );
        if luci {
            must(
                !self.variable("LUCI_TITLE").is_empty(),
                "LUCI_TITLE is missing",
            );
            must(
                self.variable("LUCI_DEPENDS").contains("+hearth"),
                "LUCI_DEPENDS lacks +hearth",
            );
            must(
                self.text
                    .ends_with("\n# call BuildPackage - OpenWrt buildroot signature\n"),
                "the comment that marks a package is not the last line",
            );
            return wrong;
        }
        must(
            self.variable("PKG_NAME") == package,
            "PKG_NAME is the folder's",
        );
        let hash = self.variable("PKG_HASH");
        must(
            hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit())
                || hash == "skip" && self.comments["PKG_HASH"].contains("FIXUP=1"),
            "PKG_HASH is a SHA-256, or `skip` under a comment that says how it comes",
        );
        for name in ["PKG_SOURCE", "PKG_SOURCE_URL"] {
            must(
                self.variable(name).contains("$(PKG_VERSION)"),
                &format!("{name} names no version"),
            );
        }
        for license in self.variable("PKG_LICENSE_FILES").split_whitespace() {
            must(places::root().join(license).exists(), "a licence's file");
        }
        let about = format!("Package/{package}");
        for field in ["SECTION", "CATEGORY", "TITLE", "URL", "DEPENDS"] {
            must(
                self.field(&about, field)
                    .is_some_and(|value| !value.is_empty()),
                &format!("{about} lacks {field}"),
            );
        }
        must(
            self.field(&about, "TITLE")
                .is_some_and(|title| title.len() <= 60),
            "TITLE is too long for menuconfig",
        );
        must(
            self.field(&about, "USERID") == Some("hearth=6210:hearth=6210:dialout=20,audio=29"),
            "USERID is not user, group and further groups with their numbers",
        );
        must(
            !self.define(&format!("{about}/description")).is_empty(),
            "no description",
        );
        let conffiles = self.define(&format!("{about}/conffiles"));
        for file in self.files() {
            let path = file.display().to_string();
            let kept = conffiles
                .iter()
                .any(|kept| *kept == path || kept.ends_with('/') && path.starts_with(&**kept));
            must(
                kept || !path.starts_with("/etc/config/"),
                &format!("{path} is not among the conffiles"),
            );
        }
        for line in conffiles {
            must(line.starts_with('/'), "a conffile is no whole path");
        }
        let install = self.define(&format!("{about}/install"));
        must(
            install.iter().any(|line| line.contains("./files/. $(1)/")),
            "files/ is not installed",
        );
        for (name, lines) in &self.defines {
            let recipe = name.starts_with("Build/") || name.ends_with("/install");
            must(
                !recipe || lines.iter().all(|line| line.starts_with('\t')),
                &format!("{name} is not indented by tabs"),
            );
        }
        for name in self.variable("PKG_CONFIG_DEPENDS").split_whitespace() {
            let symbol = name.trim_start_matches("CONFIG_");
            let asked = format!("config {symbol}");
            must(
                self.define(&format!("{about}/config"))
                    .iter()
                    .any(|line| line.trim() == asked),
                &format!("{symbol} is never asked"),
            );
        }
        must(
            self.text
                .trim_end()
                .ends_with(&format!("$(eval $(call BuildPackage,{package}))")),
            "it does not end with BuildPackage",
        );
        wrong
    }
}

fn assignment(line: &str) -> Option<(String, &str)> {
    let at = line.find('=')?;
    let name = line[..at].trim_end_matches([':', '+', '?', ' ']);
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    plain.then(|| (name.to_owned(), line[at + 1..].trim()))
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => gather(&path, found),
            path => found.push(path),
        }
    }
}

#[test]
fn the_feed_keeps_the_conventions() {
    let complaints: Vec<String> = PACKAGES
        .iter()
        .flat_map(|package| Makefile::read(package).complaints(package))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn a_broken_makefile_is_complained_about() {
    let good = Makefile::read("hearth");
    for (from, to, named) in [
        ("PKG_VERSION:=0.1.0", "PKG_VERSION:=0.1", "PKG_VERSION"),
        ("PKG_RELEASE:=1", "PKG_RELEASE:=r1", "PKG_RELEASE"),
        ("FIXUP=1", "", "PKG_HASH"),
        ("PKG_HASH:=skip", "PKG_HASH:=0123", "PKG_HASH"),
        ("  TITLE:=", "  TITEL:=", "TITLE"),
        ("dialout=20", "dialout", "USERID"),
        ("\t$(CP) ./files", "  $(CP) ./files", "tabs"),
        ("config HEARTH_BLE", "config HEARTH_BEL", "HEARTH_BLE"),
        (
            "\n/etc/config/hearth\n",
            "\netc/config/hearth\n",
            "conffile",
        ),
        (
            "BuildPackage,hearth)",
            "BuildPackage,heart)",
            "BuildPackage",
        ),
    ] {
        assert!(good.text.contains(from), "{from}");
        let broken = Makefile::parse(good.folder.clone(), good.text.replace(from, to));
        let complaints = broken.complaints("hearth");
        assert!(
            complaints.iter().any(|complaint| complaint.contains(named)),
            "{to}: {complaints:?}"
        );
    }
}

/// The features that the feed turns on exist; so does what OpenWrt's Cargo is told to build.
#[test]
fn the_feed_names_features_and_programs_that_there_are() {
    let makefile = Makefile::read("hearth");
    let manifest = fs::read_to_string(places::root().join("gateway/Cargo.toml")).unwrap();
    let features = makefile.variable("RUST_PKG_FEATURES");
    let named: Vec<&str> = features
        .split(|c: char| !(c.is_ascii_lowercase() || c == '-'))
        .filter(|word| !word.is_empty() && *word != "if")
        .collect();
    assert!(named.len() >= 3, "{features}");
    for feature in named {
        assert!(manifest.contains(&format!("\n{feature} = [")), "{feature}");
    }
    assert!(makefile.text.contains("--bin hearth"));
    assert!(manifest.contains("[[bin]]\nname = \"hearth\""));
}

/// What lies under `files/` can run, or can be read, as its place there asks for.
#[test]
fn installed_files_are_what_their_places_ask_for() {
    for package in PACKAGES {
        let makefile = Makefile::read(package);
        for file in makefile.files() {
            let source = makefile
                .folder
                .join("files")
                .join(file.strip_prefix("/").unwrap());
            let text = fs::read_to_string(&source).unwrap_or_default();
            let executable = fs::metadata(&source).unwrap().permissions().mode() & 0o111 != 0;
            let shown = source.display();
            let path = file.display().to_string();
            if path.starts_with("/etc/init.d/") {
                assert!(text.starts_with("#!/bin/sh /etc/rc.common\n"), "{shown}");
                assert!(text.contains("\nUSE_PROCD=1\n"), "{shown}");
                assert!(executable, "{shown} cannot be run");
            }
            if path.starts_with("/etc/uci-defaults/") {
                assert!(
                    text.starts_with("#!/bin/sh\n") || !text.starts_with("#!"),
                    "{shown}"
                );
            }
            if path.ends_with(".json") {
                let json: serde_json::Value =
                    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{shown}: {why}"));
                if path.starts_with("/etc/capabilities/") {
                    let sets = [
                        "bounding",
                        "effective",
                        "ambient",
                        "permitted",
                        "inheritable",
                    ];
                    for set in sets {
                        assert!(json[set].is_array(), "{shown}: {set}");
                    }
                }
            }
        }
    }
}
