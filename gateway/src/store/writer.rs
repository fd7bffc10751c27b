//! Writing off the async path, in order.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{Files, Store};
use crate::config::Secret;
use crate::hub::{Document, Input, StoreToken};

/// Writes that may wait for the disk.
const QUEUE: usize = 256;

/// One write.
#[derive(Debug)]
struct Write {
    token: StoreToken,
    document: Document,
    body: Secret<Bytes>,
}

/// A task that writes one document after the other.
///
/// Each write is answered by one [`Input::Stored`]. Of several writes of one document that wait
/// together only the newest is carried out: it holds everything, and flash wears out. What it has
/// borne by then is told before, by one [`Input::Wear`].
#[derive(Debug)]
pub struct Writer {
    queue: mpsc::Sender<Write>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Starts the task; answers go to `answers`.
    pub fn spawn<F: Files>(store: Store<F>, answers: mpsc::Sender<Input>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        Self {
            queue,
            task: tokio::spawn(write(store, waiting, answers)),
        }
    }

    /// Queues a write. When it cannot be queued the answer comes back at once.
    #[must_use]
    pub fn write(
        &self,
        token: StoreToken,
        document: Document,
        body: Secret<Bytes>,
    ) -> Option<Input> {
        let write = Write {
            token,
            document,
            body,
        };
        self.queue.try_send(write).err().map(|error| {
            let why = match error {
                mpsc::error::TrySendError::Full(_) => "too many writes wait for the disk",
                mpsc::error::TrySendError::Closed(_) => "writing has ended",
            };
            Input::Stored {
                token,
                result: Err(why.to_owned()),
            }
        })
    }

    /// Returns when everything queued is on disk.
    pub async fn finish(self) {
        drop(self.queue);
        if self.task.await.is_err() {
            tracing::error!("the writing task did not end well");
        }
    }
}

async fn write<F: Files>(
    mut store: Store<F>,
    mut waiting: mpsc::Receiver<Write>,
    answers: mpsc::Sender<Input>,
) {
    let mut wear = store.wear();
    while let Some(first) = waiting.recv().await {
        let mut batch = vec![first];
        while let Ok(next) = waiting.try_recv() {
            batch.push(next);
        }
        let Ok((returned, results)) = spawn_blocking(move || {
            let results = carry_out(&mut store, &batch);
            (store, results)
        })
        .await
        else {
            tracing::error!("writing to disk broke off: nothing more is kept");
            return;
        };
        store = returned;
        if store.wear() != wear {
            wear = store.wear();
            let _ = answers.send(Input::Wear(wear)).await;
        }
        for (token, result) in results {
            // Whoever ends the process may no longer listen; what is queued is written all the same.
            let _ = answers.send(Input::Stored { token, result }).await;
        }
    }
    if let Ok(Err(error)) = spawn_blocking(move || store.settle()).await {
        tracing::warn!("the last state cannot be kept in the data folder: {error}");
    }
}

type Results = Vec<(StoreToken, Result<(), String>)>;

/// Writes the newest of each document.
fn carry_out<F: Files>(store: &mut Store<F>, batch: &[Write]) -> Results {
    let mut done: Vec<(Document, Result<(), String>)> = Vec::new();
    for (at, write) in batch.iter().enumerate() {
        let later = batch.get(at + 1..).unwrap_or_default();
        if later.iter().all(|other| other.document != write.document) {
            let result = store
                .save(write.document, write.body.reveal())
                .map_err(|error| error.to_string());
            done.push((write.document, result));
        }
    }
    batch
        .iter()
        .filter_map(|write| {
            let (_, result) = done.iter().find(|(of, _)| *of == write.document)?;
            Some((write.token, result.clone()))
        })
        .collect()
}
