//! One lamp over one connection: opened, asked, set.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{debug, info};

use super::lamps::{Lamp, Told};
use super::link::{LinkError, Write};
use super::look::{Look, Wish};
use super::session::Session;

/// A lamp answers a question within this time.
const ANSWER: Duration = Duration::from_secs(3);
/// Time to press the lamp's button.
const BUTTON: Duration = Duration::from_secs(25);
/// A lamp that fades tells where it is, not where it goes, for so long.
const FADE: Duration = Duration::from_secs(2);
/// A lamp that shows something else than it was told may be on its way there.
const SETTLE: Duration = Duration::from_millis(400);

/// What is kept of a lamp while the gateway runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    pub(super) look: Look,
    /// It has answered before: its silence means something.
    pub(super) talks: bool,
}

/// A lamp on an open connection.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) lamp: Lamp,
    write: usize,
    notify: Option<usize>,
    count: u8,
    /// When to say the next keep-alive.
    pub(super) alive_at: Option<Instant>,
    fades_until: Option<Instant>,
}

impl Opened {
    /// Finds where to write and listens; introduces us where that is needed.
    pub(super) async fn open(session: &mut Session, lamp: Lamp) -> Result<Self, LinkError> {
        let writes = lamp.codec.writes();
        let write = session
            .first(writes, |c| c.write || c.command)
            .ok_or_else(|| missing(writes))?;
        let notify = session.first(lamp.codec.notifies(), |c| c.notify);
        if let Some(notify) = notify {
            session.subscribe(notify).await?;
        }
        let mut opened = Self {
            lamp,
            write,
            notify,
            count: 0,
            alive_at: None,
            fades_until: None,
        };
        if let Some(pairing) = lamp.codec.pairing() {
            opened.send(session, pairing.frame).await?;
            opened.pair(session, pairing.answered).await?;
        }
        opened.rest();
        Ok(opened)
    }

    async fn pair(&self, session: &mut Session, answered: bool) -> Result<(), LinkError> {
        let Some(notify) = self.notify else {
            return if answered {
                Err(LinkError::Silent)
            } else {
                Ok(())
            };
        };
        let mut limit = ANSWER;
        let mut asked = false;
        loop {
            let frame = match session.notified_at(notify, limit).await {
                Ok(frame) => frame,
                Err(LinkError::Silent) if asked => return Err(LinkError::Unpaired),
                Err(LinkError::Silent) if !answered => return Ok(()),
                Err(error) => return Err(error),
            };
            match self.lamp.codec.told(&frame) {
                Ok(Told::Paired) => return Ok(()),
                Ok(Told::NotPaired) => return Err(LinkError::Unpaired),
                Ok(Told::PressButton) => {
                    info!(device = %session.address, "BLE: press the button on the lamp now, so that it knows Hearth");
                    asked = true;
                    limit = BUTTON;
                }
                Ok(_) => {}
                Err(error) => debug!(device = %session.address, "BLE: {error}"),
            }
        }
    }

    async fn send(&mut self, session: &mut Session, frame: Vec<u8>) -> Result<(), LinkError> {
        self.count = self.count.wrapping_add(1);
        let frame = self.lamp.codec.wrap(frame, self.count);
        session.write(self.write, &frame, Write::Command).await
    }

    /// The next keep-alive is as far away as it may be.
    fn rest(&mut self) {
        let alive = self.lamp.codec.keep_alive();
        self.alive_at = alive.map(|(every, _)| Instant::now() + every);
    }

    /// Keeps the connection.
    pub(super) async fn keep_alive(&mut self, session: &mut Session) -> Result<(), LinkError> {
        if let Some((_, frame)) = self.lamp.codec.keep_alive() {
            self.send(session, frame).await?;
        }
        self.rest();
        Ok(())
    }

    /// What an unasked-for notification of `from` tells.
    pub(super) fn heard(&self, from: usize, frame: &[u8]) -> Option<Look> {
        if self.notify != Some(from) {
            return None;
        }
        let fades = self.fades_until.is_some_and(|until| Instant::now() < until);
        match self.lamp.codec.told(frame) {
            Ok(Told::Look(look) | Told::Part(look)) if fades => Some(Look {
                on: look.on,
                ..Look::default()
            }),
            Ok(Told::Look(look) | Told::Part(look)) => Some(look),
            _ => None,
        }
    }

    /// Asks for its state.
    pub(super) async fn ask(&mut self, session: &mut Session) -> Result<Look, LinkError> {
        let notify = self
            .notify
            .ok_or_else(|| missing(self.lamp.codec.notifies()))?;
        session.forget_notifications();
        let questions = self.lamp.codec.questions();
        let wanted = questions.len();
        for question in questions {
            self.send(session, question).await?;
        }
        self.rest();
        let deadline = Instant::now() + ANSWER;
        let mut look = Look::default();
        let mut answers = 0;
        while answers < wanted {
            let left = deadline.saturating_duration_since(Instant::now());
            let frame = match session.notified_at(notify, left).await {
                Ok(frame) => frame,
                // Part of an answer is better than none.
                Err(LinkError::Silent) if answers > 0 => break,
                Err(error) => return Err(error),
            };
            match self.lamp.codec.told(&frame) {
                Ok(Told::Look(part)) => {
                    look = look.with(part);
                    answers += 1;
                }
                Ok(Told::Part(part)) => look = look.with(part),
                Ok(_) => {}
                // Not what was asked for: the right one may still come.
                Err(error) => debug!(device = %session.address, "BLE: {error}"),
            }
        }
        Ok(look)
    }

    /// Brings the lamp to `wish`; gives what it shows then.
    pub(super) async fn set(
        &mut self,
        session: &mut Session,
        wish: &Wish,
        memory: &mut Memory,
    ) -> Result<Look, LinkError> {
        if wish.depends_on(&memory.look) && self.notify.is_some() {
            match self.ask(session).await {
                Ok(look) => {
                    memory.talks = true;
                    memory.look = memory.look.with(look);
                }
                Err(LinkError::Silent) => {}
                Err(error) => return Err(error),
            }
        }
        let wished = wish.resolved(&memory.look);
        let to = memory.look.with(wished);
        for frame in self.lamp.codec.frames(&wished, &to) {
            self.send(session, frame).await?;
        }
        self.rest();
        memory.look = to;
        self.fades_until = None;
        if !self.lamp.codec.can_read_back(&wished) {
            self.fades_until = Some(Instant::now() + FADE);
            return Ok(to);
        }
        if self.notify.is_none() {
            return Ok(to);
        }
        for last in [false, true] {
            match self.ask(session).await {
                Ok(told) => {
                    memory.talks = true;
                    // What differs only by rounding is what was wished.
                    if told.resembles(&wished) {
                        memory.look = to.with(told).with(wished);
                        break;
                    }
                    memory.look = to.with(told);
                }
                Err(LinkError::Silent) if last && memory.talks => return Err(LinkError::Silent),
                // It never spoke: that what was written arrived is all there is to know.
                Err(LinkError::Silent) if memory.talks => {}
                Err(LinkError::Silent) => break,
                Err(error) => return Err(error),
            }
            if !last {
                sleep(SETTLE).await;
            }
        }
        Ok(memory.look)
    }
}

fn missing(uuids: &[crate::ble::ServiceUuid]) -> LinkError {
    uuids
        .first()
        .map_or(LinkError::Silent, |uuid| LinkError::NoCharacteristic(*uuid))
}
