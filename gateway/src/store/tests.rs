use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::config::Secret;
use crate::hub::Input;

/// What was done to the files, one step each.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Write(String, Vec<u8>),
    Rename(String, String),
    Sync,
}

pub(super) type Folder = BTreeMap<String, Vec<u8>>;

/// Files in memory that remember every step.
#[derive(Clone, Default)]
pub(super) struct Memory {
    pub(super) files: Arc<Mutex<Folder>>,
    pub(super) steps: Arc<Mutex<Vec<Step>>>,
    broken: bool,
}

impl Memory {
    pub(super) fn of(folder: Folder) -> Self {
        Self {
            files: Arc::new(Mutex::new(folder)),
            ..Self::default()
        }
    }
}

pub(super) fn apply(folder: &mut Folder, step: &Step) -> io::Result<()> {
    match step {
        Step::Write(name, content) => {
            folder.insert(name.clone(), content.clone());
        }
        Step::Rename(from, to) => {
            let content = folder.remove(from).ok_or(io::ErrorKind::NotFound)?;
            folder.insert(to.clone(), content);
        }
        Step::Sync => {}
    }
    Ok(())
}

impl Memory {
    fn step(&self, step: Step) -> io::Result<()> {
        if self.broken {
            return Err(io::ErrorKind::StorageFull.into());
        }
        apply(&mut self.files.lock().unwrap(), &step)?;
        self.steps.lock().unwrap().push(step);
        Ok(())
    }
}

impl Files for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let files = self.files.lock().unwrap();
        files
            .get(name)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.step(Step::Write(name.to_owned(), content.to_vec()))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.step(Step::Rename(from.to_owned(), to.to_owned()))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.step(Step::Sync)
    }
}

/// Every folder that a crash at any moment of `steps` can leave, and whether all steps were done.
///
/// Names are on disk for certain only after a sync; before that any first part of the steps may be.
/// A write in flight leaves any first part of its content.
fn crashes(before: &Folder, steps: &[Step]) -> Vec<(Folder, bool)> {
    let mut images = Vec::new();
    let mut folder = before.clone();
    for step in steps {
        images.push((folder.clone(), false));
        if let Step::Write(name, content) = step {
            for end in 0..content.len() {
                let mut torn = folder.clone();
                torn.insert(name.clone(), content[..end].to_vec());
                images.push((torn, false));
            }
        }
        apply(&mut folder, step).unwrap();
    }
    let synced = matches!(steps.last(), Some(Step::Sync));
    images.push((folder, synced));
    images
}

fn registry(folder: Folder) -> Option<String> {
    let loaded = Store::over(Memory::of(folder)).load().unwrap();
    loaded
        .saved
        .registry
        .map(|body| String::from_utf8(body.to_vec()).unwrap())
}

/// Every step of a start and a save.
fn save(folder: &Folder, body: &str) -> Vec<Step> {
    let memory = Memory::of(folder.clone());
    let mut store = Store::over(memory.clone());
    store.load().unwrap();
    store.save(Document::Registry, body.as_bytes()).unwrap();
    drop(store);
    memory.steps.lock().unwrap().clone()
}

/// The plug is pulled at every moment of three saves in a row, each from every wreck the one before
/// left: what is found is never older than what was acknowledged, and never anything else.
#[test]
fn whenever_the_power_fails_what_was_acknowledged_is_there() {
    let bodies = [r#"{"a":1}"#, r#"{"b":22}"#, r#"{"c":333}"#];
    let mut wrecks: BTreeMap<Folder, Option<usize>> = BTreeMap::from([(Folder::new(), None)]);
    let mut seen = 0;
    for (at, body) in bodies.iter().enumerate() {
        let mut next = BTreeMap::new();
        for (folder, least) in &wrecks {
            let steps = save(folder, body);
            for (image, acknowledged) in crashes(folder, &steps) {
                let found = registry(image.clone());
                let found = found.map(|text| bodies.iter().position(|b| *b == text).unwrap());
                let least = if acknowledged { Some(at) } else { *least };
                assert!(found >= least, "{found:?} after {least:?}: {image:?}");
                assert!(found <= Some(at));
                seen += 1;
                // What was found once counts as known to everyone.
                next.insert(image, found);
            }
        }
        wrecks = next;
    }
    assert!(seen > 5_000, "{seen}");
}

#[test]
fn a_garbled_file_falls_back_to_the_previous_generation_and_says_so() {
    let memory = Memory::default();
    let mut store = Store::over(memory.clone());
    store.save(Document::Registry, b"[1]").unwrap();
    store.save(Document::Registry, b"[2]").unwrap();
    for garbage in [
        &b""[..],
        b"\0\0\0\0\0\0\0\0",
        b"{\"crc32\":\"00000000\",\"data\":[9]}\n",
    ] {
        let mut folder = memory.files.lock().unwrap().clone();
        folder.insert("registry.json".to_owned(), garbage.to_vec());
        let after = Memory::of(folder);
        let mut store = Store::over(after.clone());
        let loaded = store.load().unwrap();
        assert_eq!(loaded.saved.registry.as_deref(), Some(&b"[1]"[..]));
        assert_eq!(loaded.complaints.len(), 2, "{:?}", loaded.complaints);
        assert!(
            loaded.complaints[1].contains("the previous generation"),
            "{:?}",
            loaded.complaints
        );
        assert_eq!(
            after.files.lock().unwrap()["registry.json.damaged"],
            garbage
        );
        // Said once: it is repaired.
        assert!(store.load().unwrap().complaints.is_empty());
    }
}

#[test]
fn when_no_generation_is_whole_it_starts_empty_and_keeps_the_wreck() {
    let folder = Folder::from([("registry.json".to_owned(), b"garbage".to_vec())]);
    let memory = Memory::of(folder);
    let loaded = Store::over(memory.clone()).load().unwrap();
    assert_eq!(loaded.saved.registry, None);
    assert!(
        loaded.complaints[1].contains("registry.json.damaged"),
        "{:?}",
        loaded.complaints
    );
    assert_eq!(
        memory.files.lock().unwrap()["registry.json.damaged"],
        b"garbage"
    );
}

#[test]
fn keys_are_for_their_owner_and_the_folder_for_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("data")).unwrap();
    let network = NetworkSettings {
        pan_id: 1,
        extended_pan_id: 2,
        channel: 15,
        network_key: [7; 16],
        network_key_sequence: 0,
        frame_counter: 0,
        link_key: [8; 16],
    };
    store
        .save(Document::Network, &serde_json::to_vec(&network).unwrap())
        .unwrap();
    assert_eq!(store.load().unwrap().network, Some(network));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(dir.path().join("data/network.json"))
            .unwrap()
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let again = Store::open(&dir.path().join("data"));
    assert!(matches!(again, Err(StoreError::InUse { .. })), "{again:?}");
    drop(store);
    assert!(Store::open(&dir.path().join("data")).is_ok());
    let fresh = dir.path().join("fresh");
    let store = Store::open(&fresh).unwrap();
    assert_eq!(
        std::fs::read_dir(&fresh).unwrap().count(),
        0,
        "nothing was saved yet"
    );
    drop(store);
    let nowhere = Store::open(Path::new("/proc/hearth"))
        .unwrap_err()
        .to_string();
    assert!(
        nowhere.starts_with("data folder /proc/hearth: cannot be created"),
        "{nowhere}"
    );
}

fn body(text: &'static str) -> Secret<Bytes> {
    Secret::new(Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn every_write_is_answered_and_only_the_newest_carried_out() {
    let memory = Memory::default();
    let (answers, mut stored) = tokio::sync::mpsc::channel(16);
    let writer = Writer::spawn(Store::over(memory.clone()), answers);
    for (token, text) in [(1, "[1]"), (2, "[2]"), (3, "[3]")] {
        assert_eq!(writer.write(token, Document::Registry, body(text)), None);
    }
    assert_eq!(writer.write(4, Document::State, body("[4]")), None);
    writer.finish().await;
    let mut tokens = Vec::new();
    let mut wear = Wear::default();
    while let Some(input) = stored.recv().await {
        match input {
            Input::Stored { token, result } => {
                assert_eq!(result, Ok(()));
                tokens.push(token);
            }
            Input::Wear(borne) => wear = borne,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(wear.writes, 2);
    assert_eq!(tokens, [1, 2, 3, 4]);
    let loaded = Store::over(memory.clone()).load().unwrap();
    assert_eq!(loaded.saved.registry.as_deref(), Some(&b"[3]"[..]));
    assert_eq!(loaded.saved.state.as_deref(), Some(&b"[4]"[..]));
    let writes = memory
        .steps
        .lock()
        .unwrap()
        .iter()
        .filter(|s| matches!(s, Step::Write(..)))
        .count();
    assert_eq!(writes, 2);
}

#[tokio::test]
async fn a_full_disk_is_answered() {
    let memory = Memory {
        broken: true,
        ..Memory::default()
    };
    let (answers, mut stored) = tokio::sync::mpsc::channel(16);
    let writer = Writer::spawn(Store::over(memory), answers);
    assert_eq!(writer.write(1, Document::Registry, body("[1]")), None);
    assert!(matches!(stored.recv().await, Some(Input::Wear(_))));
    let Some(Input::Stored {
        token: 1,
        result: Err(why),
    }) = stored.recv().await
    else {
        panic!("no answer");
    };
    assert!(why.contains("no storage space"), "{why}");
}
