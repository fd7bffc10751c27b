//! The files of the LuCI app as they lie: scripts, menu, access rights, the form's keys, translations.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used, clippy::panic)]

use std::process::Command;

use serde_json::{Value as Json, json};
use tests::luci::app;
use tests::luci::po::messages;
use tests::places;

/// Every script of the app.
fn scripts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![app().join("htdocs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "js") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 7, "{} scripts", found.len());
    found
}

#[test]
fn scripts_are_javascript() {
    let Some(node) = places::system_program("node") else {
        return;
    };
    for (file, text) in scripts() {
        // A view ends in a `return`, which stands in a function there.
        let whole = tempfile::NamedTempFile::with_suffix(".js").unwrap();
        std::fs::write(whole.path(), format!("(function() {{{text}\n}})")).unwrap();
        let checked = Command::new(&node)
            .arg("--check")
            .arg(whole.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success(), "{file}: {told}");
        // A text as the only child would be markup.
        for (number, line) in text.lines().enumerate() {
            assert!(!line.contains("innerHTML"), "{file}:{}", number + 1);
        }
    }
}

fn json_file(path: &str) -> Json {
    let text = std::fs::read_to_string(app().join(path)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The menu names views that exist, and rights that the app declares.
#[test]
fn menu_and_access_rights_fit_the_views() {
    let menu = json_file("root/usr/share/luci/menu.d/luci-app-hearth.json");
    let acl = json_file("root/usr/share/rpcd/acl.d/luci-app-hearth.json");
    assert_eq!(
        menu["admin/services/hearth"]["depends"]["acl"],
        json!(["luci-app-hearth"])
    );
    let mut shown = 0;
    for (entry, about) in menu.as_object().unwrap() {
        assert!(
            about["title"].is_string() && about["order"].is_u64(),
            "{entry}"
        );
        if about["action"]["type"] == "view" {
            let path = about["action"]["path"].as_str().unwrap();
            let file = app().join(format!("htdocs/luci-static/resources/view/{path}.js"));
            assert!(file.exists(), "{entry} shows {path}");
            shown += 1;
        }
    }
    assert_eq!(shown, 6);
    // Each method the views call is one that may be called and that exists; reading never changes.
    let home = scripts()
        .into_iter()
        .find(|(file, _)| file.ends_with("hearth/home.js"))
        .unwrap()
        .1;
    let methods = home
        .split("const methods = {")
        .nth(1)
        .and_then(|rest| rest.split("};").next())
        .unwrap();
    let right = |kind: &str| -> Vec<String> {
        serde_json::from_value(acl["luci-app-hearth"][kind]["ubus"]["hearth"].clone()).unwrap()
    };
    let (read, write) = (right("read"), right("write"));
    for line in methods.lines().filter(|line| line.contains(':')) {
        let (name, arguments) = line.trim().split_once(':').unwrap();
        assert!(read.iter().chain(&write).any(|m| m == name), "{name}");
        let method = hearth::ubus::METHODS.iter().find(|m| m.name == name);
        let method = method.unwrap_or_else(|| panic!("{name} is no method"));
        for argument in arguments.split('\'').skip(1).step_by(2) {
            assert!(
                method.arguments.iter().any(|(known, _)| *known == argument),
                "{name} takes no {argument}"
            );
        }
    }
    for name in [
        "set",
        "permit_join",
        "rename",
        "remove",
        "adopt",
        "say",
        "reload",
    ] {
        assert!(!read.iter().any(|m| m == name), "{name} is no reading");
    }
    let publish: Json = serde_json::from_str(
        &std::fs::read_to_string(
            places::root().join("openwrt/hearth/files/usr/share/acl.d/hearth.json"),
        )
        .unwrap(),
    )
    .unwrap();
    assert_eq!(publish["user"], "hearth");
    assert_eq!(publish["publish"], json!([hearth::ubus::OBJECT]));
}

/// Options that are not for a router, or not for a form.
const NOT_IN_THE_FORM: [&str; 6] = [
    "control",
    "ubus",
    "state_dir",
    "mqtt.listen",
    "voice.wyoming.listen",
    "voice.wyoming.allow",
];

/// What the service or the section itself reads, and what a gateway without speech does not.
const OF_THE_FORM_ALONE: [&str; 6] = [
    "main.enabled",
    "[device].address",
    "[device].push_to_talk",
    "voice.speaker",
    "voice.tts",
    "voice.earcons",
];

/// Every key of the configuration is in the form, and the form has no other.
#[test]
fn the_form_has_every_key() {
    let settings = scripts()
        .into_iter()
        .find(|(file, _)| file.ends_with("settings.js"))
        .unwrap()
        .1;
    let mut section = String::new();
    let mut found = Vec::new();
    for line in settings.lines().map(str::trim) {
        let quoted = |n: usize| {
            line.split('\'')
                .nth(n * 2 + 1)
                .unwrap_or_default()
                .to_owned()
        };
        if line.contains("m.section(form.NamedSection") {
            section = quoted(0);
        } else if line.contains("m.section(form.GridSection") {
            section = format!("[{}]", quoted(0));
        } else if line.starts_with("flag(s,") || line.starts_with("value(s,") {
            found.push(format!("{section}.{}", quoted(0)));
        }
    }
    let keys: Vec<String> = hearth::config::keys::KEYS
        .iter()
        .filter(|key| !NOT_IN_THE_FORM.contains(&key.path))
        .map(|key| match key.path.split_once('.') {
            Some(_) => key.path.to_owned(),
            None => format!("main.{}", key.path),
        })
        .chain(
            hearth::config::keys::DEVICE_KEYS
                .iter()
                .map(|key| format!("[device].{}", key.name)),
        )
        .chain(
            hearth::config::keys::TRACKER_KEYS
                .iter()
                .map(|key| format!("[tracker].{}", key.name)),
        )
        .collect();
    for key in &keys {
        assert!(found.contains(key), "{key} is not in the form");
    }
    for option in found {
        let known = keys.contains(&option)
            || option.starts_with("[satellite].")
            || OF_THE_FORM_ALONE.contains(&option.as_str());
        assert!(known, "{option} is in the form and is no key");
    }
}

/// The texts in `_('…')`, and the titles of the menu.
fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    for (_, script) in scripts() {
        let mut rest = script.as_str();
        while let Some(at) = rest.find("_('") {
            rest = &rest[at + 3..];
            let mut text = String::new();
            let mut letters = rest.chars();
            while let Some(letter) = letters.next() {
                match letter {
                    '\\' => text.extend(letters.next()),
                    '\'' => break,
                    other => text.push(other),
                }
            }
            texts.push(text);
        }
    }
    let menu = json_file("root/usr/share/luci/menu.d/luci-app-hearth.json");
    for entry in menu.as_object().unwrap().values() {
        texts.push(entry["title"].as_str().unwrap().to_owned());
    }
    let acl = json_file("root/usr/share/rpcd/acl.d/luci-app-hearth.json");
    texts.push(
        acl["luci-app-hearth"]["description"]
            .as_str()
            .unwrap()
            .to_owned(),
    );
    texts.sort();
    texts.dedup();
    texts
}

fn languages() -> [&'static str; 4] {
    ["de", "ko", "vi", "zh_Hans"]
}

#[test]
fn every_text_is_translated() {
    let texts = texts();
    let template = messages(&app().join("po/templates/hearth.pot"));
    for text in &texts {
        assert!(template.contains_key(text), "not in hearth.pot: {text:?}");
    }
    for id in template.keys() {
        assert!(
            texts.contains(id),
            "in hearth.pot, but nowhere used: {id:?}"
        );
    }
    let places = |text: &str| -> Vec<String> {
        let mut found: Vec<String> = text
            .split('%')
            .skip(1)
            .filter_map(|rest| {
                let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
                Some(rest[..=end].to_owned())
            })
            .collect();
        // In a translation they stand in the order of the original.
        found.retain(|place| !place.is_empty());
        found
    };
    for language in languages() {
        let words = messages(&app().join(format!("po/{language}/hearth.po")));
        for text in &texts {
            let translated = words.get(text).map(String::as_str).unwrap_or_default();
            assert!(
                !translated.is_empty(),
                "{language}: {text:?} is not translated"
            );
            assert_eq!(places(text), places(translated), "{language}: {text:?}");
        }
        assert_eq!(words.len(), texts.len(), "{language} has texts of no use");
    }
}

#[test]
fn translations_compile() {
    let Some(msgfmt) = places::system_program("msgfmt") else {
        return;
    };
    for language in languages() {
        let compiled = Command::new(&msgfmt)
            .args(["--check-format", "--check-header", "-o", "/dev/null"])
            .arg(app().join(format!("po/{language}/hearth.po")))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&compiled.stderr).into_owned();
        assert!(compiled.status.success(), "{language}: {told}");
    }
}
