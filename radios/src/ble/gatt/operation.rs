//! What anybody may ask of a device over GATT: plain data, and the results as plain data.

use super::link::{LinkError, Write};
use super::session::Session;
use crate::Value;
use crate::ble::ServiceUuid;
use crate::ble::advert::to_hex;
use std::time::Duration;

/// Operations that one request may hold.
pub const MOST_OPERATIONS: usize = 16;
/// Bytes that one write may hold: the longest attribute value.
pub const LONGEST_VALUE: usize = 512;

/// One thing to do with one characteristic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service; any that has the characteristic where none is named.
    pub service: Option<ServiceUuid>,
    /// The characteristic.
    pub characteristic: ServiceUuid,
    /// What to do with it.
    pub action: Action,
}

/// What to do with a characteristic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write, and wait for the confirmation.
    Write(Vec<u8>),
    /// Write without confirmation.
    WriteWithoutResponse(Vec<u8>),
    /// Read.
    Read,
    /// Subscribe; the first notification from then on, or within so long, is the result. A write
    /// that follows directly is done before waiting, because it is mostly what makes the device speak.
    Notify(Duration),
}

impl Action {
    /// As requests name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Write(_) => "write",
            Self::WriteWithoutResponse(_) => "write_without_response",
            Self::Read => "read",
            Self::Notify(_) => "notify",
        }
    }
}

/// Operations and how far they have come: what is done is not done again after a lost connection.
#[derive(Debug)]
pub(super) struct Progress {
    operations: Vec<Operation>,
    results: Vec<Option<Vec<u8>>>,
}

impl Progress {
    pub(super) const fn new(operations: Vec<Operation>) -> Self {
        Self {
            operations,
            results: Vec::new(),
        }
    }

    /// Goes on where it stopped.
    pub(super) async fn go_on(&mut self, session: &mut Session) -> Result<(), LinkError> {
        while let Some(operation) = self.operations.get(self.results.len()) {
            let at = session.find(operation.service, operation.characteristic)?;
            let mut read = None;
            match &operation.action {
                Action::Write(data) => session.write(at, data, Write::Acknowledged).await?,
                Action::WriteWithoutResponse(data) => {
                    session.write(at, data, Write::Command).await?;
                }
                Action::Read => read = Some(session.read(at).await?),
                Action::Notify(limit) => {
                    session.forget_notifications();
                    session.subscribe(at).await?;
                    let next = self.operations.get(self.results.len() + 1);
                    if let Some(next) = next {
                        let to = session.find(next.service, next.characteristic)?;
                        let written = match &next.action {
                            Action::Write(data) => {
                                session.write(to, data, Write::Acknowledged).await?;
                                true
                            }
                            Action::WriteWithoutResponse(data) => {
                                session.write(to, data, Write::Command).await?;
                                true
                            }
                            Action::Read | Action::Notify(_) => false,
                        };
                        if written {
                            let told = session.notified_at(at, *limit).await?;
                            self.results.push(Some(told));
                            self.results.push(None);
                            continue;
                        }
                    }
                    read = Some(session.notified_at(at, *limit).await?);
                }
            }
            self.results.push(read);
        }
        Ok(())
    }

    /// The results, in the operations' order.
    pub(super) fn results(self) -> Value {
        let results = self.operations.iter().zip(self.results);
        Value::List(
            results
                .map(|(operation, read)| {
                    let mut row = vec![
                        (
                            "characteristic".into(),
                            operation.characteristic.to_string().into(),
                        ),
                        ("action".into(), operation.action.name().into()),
                    ];
                    if let Some(data) = read {
                        row.push(("value".into(), to_hex(&data).into()));
                    }
                    Value::Object(row)
                })
                .collect(),
        )
    }
}
