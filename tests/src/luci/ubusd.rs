//! A stand-in for OpenWrt's ubusd: clients publish objects on a Unix socket, tests call them.
//!
//! It speaks through the gateway's own codec, which is held to bytes of the real one in its tests.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth::ubus::blob::{self, Value};
use hearth::ubus::json::{members, object};
use hearth::ubus::message::{Body, HEAD, Header, Kind, table};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::client::PATIENCE;

/// An answer: data, if any, and ubus' status.
pub type Answer = (Option<Json>, u32);

/// A running bus; gone with this value.
#[derive(Debug)]
pub struct Ubusd {
    folder: TempDir,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Objects by name: number, and the way to who published it.
    objects: HashMap<String, (u32, mpsc::UnboundedSender<Vec<u8>>)>,
    waiting: HashMap<u32, Waiting>,
    events: Vec<(String, Json)>,
    next: u32,
}

#[derive(Debug)]
struct Waiting {
    data: Option<Json>,
    /// Who answers: when it goes, so does the answer.
    by: mpsc::UnboundedSender<Vec<u8>>,
    answer: oneshot::Sender<Answer>,
}

impl Ubusd {
    /// Starts one.
    ///
    /// # Panics
    /// When there can be no socket.
    #[must_use]
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("ubus.sock")).expect("a socket");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).client(stream));
            }
        });
        Self {
            folder,
            shared,
            task,
        }
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        Path::join(self.folder.path(), "ubus.sock")
    }

    /// Waits until `name` is published.
    ///
    /// # Panics
    /// When it is not.
    pub async fn published(&self, name: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.shared.lock().objects.contains_key(name) {
            assert!(Instant::now() < deadline, "nobody publishes `{name}`");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Calls a method; not found (4) when nobody publishes `name`.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call(&self, name: &str, method: &str, arguments: Json) -> Answer {
        let (answer, answered) = oneshot::channel();
        {
            let mut inner = self.shared.lock();
            let Some((number, to)) = inner.objects.get(name).cloned() else {
                return (None, 4);
            };
            inner.next += 1;
            let peer = inner.next;
            let data = table(&members(arguments));
            let mut bytes = Vec::new();
            Body {
                object: Some(number),
                method: Some(method),
                data: Some(&data),
                user: Some("root"),
                group: Some("root"),
                ..Body::default()
            }
            .write(&mut bytes, Kind::Invoke, 1, peer);
            let waiting = Waiting {
                data: None,
                by: to.clone(),
                answer,
            };
            inner.waiting.insert(peer, waiting);
            if to.send(bytes).is_err() {
                return (None, 4);
            }
        }
        timeout(Duration::from_secs(30), answered)
            .await
            .expect("an answer within 30 s")
            .unwrap_or((None, 4))
    }

    /// Events sent so far.
    #[must_use]
    pub fn events(&self) -> Vec<(String, Json)> {
        self.shared.lock().events.clone()
    }
}

impl Drop for Ubusd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test holds it while it fails")
    }

    async fn client(self: Arc<Self>, stream: UnixStream) {
        let (mut input, mut output) = stream.into_split();
        let (to, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
        let mut hello = Vec::new();
        Body::default().write(&mut hello, Kind::Hello, 0, 7);
        let _ = to.send(hello);
        tokio::spawn(async move {
            while let Some(bytes) = queue.recv().await {
                if output.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        });
        let mut head = [0; HEAD];
        while input.read_exact(&mut head).await.is_ok() {
            let header = Header::read(&head).expect("a header");
            let mut content = vec![0; header.length];
            if input.read_exact(&mut content).await.is_err() {
                break;
            }
            self.hear(&header, &content, &to);
        }
        let mut inner = self.lock();
        inner.objects.retain(|_, (_, who)| !who.same_channel(&to));
        inner
            .waiting
            .retain(|_, waiting| !waiting.by.same_channel(&to));
    }

    fn hear(&self, header: &Header, content: &[u8], to: &mpsc::UnboundedSender<Vec<u8>>) {
        let body = Body::read(content).expect("a message");
        let mut inner = self.lock();
        let done = |status: u32| {
            let mut bytes = Vec::new();
            Body {
                status: Some(status),
                ..Body::default()
            }
            .write(&mut bytes, Kind::Status, header.seq, header.peer);
            let _ = to.send(bytes);
        };
        match header.kind {
            Some(Kind::AddObject) => {
                let name = body.path.expect("a name").to_owned();
                let signature = body.signature.expect("methods");
                blob::table(signature).expect("methods");
                inner.next += 1;
                let number = 0x1000 + inner.next;
                inner.objects.insert(name, (number, to.clone()));
                let mut bytes = Vec::new();
                Body {
                    object: Some(number),
                    kind: Some(number + 1),
                    ..Body::default()
                }
                .write(&mut bytes, Kind::Data, header.seq, header.peer);
                let _ = to.send(bytes);
                done(0);
            }
            Some(Kind::Invoke) => {
                assert_eq!((body.object, body.method), (Some(1), Some("send")));
                let event = blob::table(body.data.expect("an event")).expect("an event");
                if let [(_, Value::Text(id)), (_, Value::Table(data))] = event.as_slice() {
                    let data = Json::Object(object(data.clone()));
                    inner.events.push((id.clone(), data));
                }
                done(0);
            }
            Some(Kind::Data) => {
                if let (Some(waiting), Some(data)) =
                    (inner.waiting.get_mut(&header.peer), body.data)
                {
                    let data = blob::table(data).expect("an answer");
                    waiting.data = Some(Json::Object(object(data)));
                }
            }
            Some(Kind::Status) => {
                if let Some(waiting) = inner.waiting.remove(&header.peer) {
                    let status = body.status.expect("a status");
                    let _ = waiting.answer.send((waiting.data, status));
                }
            }
            _ => done(1),
        }
    }
}
