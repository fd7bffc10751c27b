//! Who waits for what: message tags for their fate, transaction numbers for their answer.
//!
//! A waiter is removed when its answer comes or when whoever waited gives up ([`Awaited`] is
//! dropped), and all of them fail at once when the dongle is lost.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::Ieee;
use crate::ezsp::Status;

/// Which answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Conversation {
    /// The ZCL answer of a device on a cluster.
    Zcl {
        device: Ieee,
        cluster: u16,
        sequence: u8,
    },
    /// The ZDO answer of that response cluster; the sequence number alone says to what.
    Zdo { cluster: u16, sequence: u8 },
}

/// An answer: who sent it, and the ZCL frame or ZDO payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) sender: u16,
    pub(super) payload: Vec<u8>,
}

#[derive(Debug)]
struct Waiter<T> {
    generation: u32,
    sender: oneshot::Sender<T>,
}

#[derive(Debug, Default)]
struct Tables {
    fates: BTreeMap<u8, Waiter<Status>>,
    answers: BTreeMap<Conversation, Waiter<Answer>>,
    /// Tells a waiter from an earlier one with the same number.
    generation: u32,
    tag: u8,
    zcl: u8,
    zdo: u8,
}

impl Tables {
    fn waiter<T>(&mut self, sender: oneshot::Sender<T>) -> (u32, Waiter<T>) {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        (generation, Waiter { generation, sender })
    }
}

/// The tables, shared between those who wait and the task that reads the dongle.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiters(Arc<Mutex<Tables>>);

/// ZDO sequence numbers from 128 up are the stack's own.
const ZDO_SEQUENCES: u8 = 0x80;

impl Waiters {
    fn with<T>(&self, act: impl FnOnce(&mut Tables) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new message tag, never 0, and its fate; none when all are under way.
    pub(super) fn fate(&self) -> Option<Awaited<u8, Status>> {
        let (sender, receiver) = oneshot::channel();
        let (key, generation) = self.with(|tables| {
            let tag = (0..u8::MAX).find_map(|_| {
                tables.tag = tables.tag.checked_add(1).unwrap_or(1);
                (!tables.fates.contains_key(&tables.tag)).then_some(tables.tag)
            })?;
            let (generation, waiter) = tables.waiter(sender);
            tables.fates.insert(tag, waiter);
            Some((tag, generation))
        })?;
        Some(
            self.awaited(key, generation, receiver, |tables, tag, generation| {
                if let Entry::Occupied(entry) = tables.fates.entry(*tag)
                    && entry.get().generation == generation
                {
                    entry.remove();
                }
            }),
        )
    }

    /// A new ZCL transaction with `device` on `cluster`.
    pub(super) fn zcl(&self, device: Ieee, cluster: u16) -> Option<Awaited<Conversation, Answer>> {
        self.conversation(u8::MAX, |tables| {
            tables.zcl = tables.zcl.wrapping_add(1);
            Conversation::Zcl {
                device,
                cluster,
                sequence: tables.zcl,
            }
        })
    }

    /// A new ZDO transaction answered on `cluster`.
    pub(super) fn zdo(&self, cluster: u16) -> Option<Awaited<Conversation, Answer>> {
        self.conversation(ZDO_SEQUENCES, |tables| {
            tables.zdo = tables.zdo.wrapping_add(1) % ZDO_SEQUENCES;
            Conversation::Zdo {
                cluster,
                sequence: tables.zdo,
            }
        })
    }

    /// A ZCL sequence number for a frame that nobody answers.
    pub(super) fn unanswered(&self) -> u8 {
        self.with(|tables| {
            tables.zcl = tables.zcl.wrapping_add(1);
            tables.zcl
        })
    }

    fn conversation(
        &self,
        tries: u8,
        mut next: impl FnMut(&mut Tables) -> Conversation,
    ) -> Option<Awaited<Conversation, Answer>> {
        let (sender, receiver) = oneshot::channel();
        let (key, generation) = self.with(|tables| {
            let key = (0..tries).find_map(|_| {
                let key = next(tables);
                (!tables.answers.contains_key(&key)).then_some(key)
            })?;
            let (generation, waiter) = tables.waiter(sender);
            tables.answers.insert(key, waiter);
            Some((key, generation))
        })?;
        Some(
            self.awaited(key, generation, receiver, |tables, key, generation| {
                if let Entry::Occupied(entry) = tables.answers.entry(*key)
                    && entry.get().generation == generation
                {
                    entry.remove();
                }
            }),
        )
    }

    fn awaited<K, T>(
        &self,
        key: K,
        generation: u32,
        receiver: oneshot::Receiver<T>,
        forget: fn(&mut Tables, &K, u32),
    ) -> Awaited<K, T> {
        Awaited {
            key,
            generation,
            receiver,
            waiters: self.clone(),
            forget,
        }
    }

    /// The dongle told the fate of `tag`. Whether anybody waited.
    pub(super) fn tell_fate(&self, tag: u8, status: Status) -> bool {
        self.with(|tables| tables.fates.remove(&tag))
            .is_some_and(|waiter| waiter.sender.send(status).is_ok())
    }

    /// An answer came. Whether anybody waited.
    pub(super) fn tell_answer(&self, key: Conversation, answer: Answer) -> bool {
        self.with(|tables| tables.answers.remove(&key))
            .is_some_and(|waiter| waiter.sender.send(answer).is_ok())
    }

    /// The dongle is gone, and with it every answer.
    pub(super) fn clear(&self) {
        self.with(|tables| {
            tables.fates.clear();
            tables.answers.clear();
        });
    }
}

/// Something that will come, or fail when the dongle is lost.
pub(super) struct Awaited<K, T> {
    key: K,
    generation: u32,
    receiver: oneshot::Receiver<T>,
    waiters: Waiters,
    forget: fn(&mut Tables, &K, u32),
}

impl<K: Copy, T> Awaited<K, T> {
    /// The tag or transaction.
    pub(super) const fn key(&self) -> K {
        self.key
    }

    /// Waits; none: the dongle was lost.
    pub(super) async fn get(&mut self) -> Option<T> {
        (&mut self.receiver).await.ok()
    }
}

impl Awaited<Conversation, Answer> {
    /// The sequence number to send.
    pub(super) const fn sequence(&self) -> u8 {
        match self.key {
            Conversation::Zcl { sequence, .. } | Conversation::Zdo { sequence, .. } => sequence,
        }
    }
}

impl<K, T> Drop for Awaited<K, T> {
    fn drop(&mut self) {
        self.waiters
            .with(|tables| (self.forget)(tables, &self.key, self.generation));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: Ieee = Ieee(0x00aa);

    #[tokio::test]
    async fn an_answer_reaches_who_asked() {
        let waiters = Waiters::default();
        let mut asked = waiters.zcl(LAMP, 6).unwrap();
        assert_eq!(asked.sequence(), 1, "counters start at fixed values");
        let other = Conversation::Zcl {
            device: LAMP,
            cluster: 8,
            sequence: 1,
        };
        let answer = Answer {
            sender: 0x1234,
            payload: vec![1],
        };
        assert!(!waiters.tell_answer(other, answer.clone()));
        assert!(waiters.tell_answer(asked.key(), answer.clone()));
        assert!(!waiters.tell_answer(asked.key(), answer.clone()), "once");
        assert_eq!(asked.get().await, Some(answer));
    }

    #[tokio::test]
    async fn a_lost_dongle_fails_all_and_giving_up_frees_the_number() {
        let waiters = Waiters::default();
        let mut fate = waiters.fate().unwrap();
        waiters.clear();
        assert_eq!(fate.get().await, None);
        for _ in 0..1000 {
            assert!(waiters.zdo(0x8002).unwrap().sequence() < 128);
        }
        let held: Vec<_> = std::iter::from_fn(|| waiters.zdo(0x8002)).collect();
        assert_eq!(held.len(), 128, "bounded by the sequence numbers");
        assert!(waiters.with(|tables| tables.answers.len()) == 128);
        drop(held);
        assert!(waiters.with(|tables| tables.answers.is_empty()));
    }
}
