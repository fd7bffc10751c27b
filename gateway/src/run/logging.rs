//! From the log to `bridge/logging`: what the rooms say that users should see.

use tokio::sync::mpsc;

use crate::log::{self, Record};

/// Records on their way; a storm of more is counted, not kept.
const QUEUE: usize = 64;

/// Where the process's records go from now on. The hub publishes its own lines itself.
pub(super) fn listen() -> mpsc::Receiver<Record> {
    let (records, queue) = mpsc::channel(QUEUE);
    log::listen(Box::new(move |record| {
        if record.room != "hub" {
            // Stderr has it in any case.
            let _ = records.try_send(record);
        }
    }));
    queue
}

/// The payload of `bridge/logging`; the same line twice in a row only once.
#[derive(Debug, Default)]
pub(super) struct Last(String);

impl Last {
    pub(super) fn payload(&mut self, record: &Record) -> Option<String> {
        if self.0 == record.message {
            return None;
        }
        self.0.clone_from(&record.message);
        let payload = serde_json::json!({
            "level": record.level,
            "message": record.message,
            "namespace": format!("hearth:{}", record.room),
        });
        Some(payload.to_string())
    }
}
