//! The dongle of a replay: an NCP that says what the recorded one said.
//!
//! Our host may ask in another order than it did then, and so give its questions other sequence
//! numbers: each recorded answer goes out under the number that its question has now, and waits
//! until that question has come.

use std::collections::VecDeque;

use radios::ash::{Event, Failure, Port, Request};
use radios::zigbee::{Opening, Source, Wire};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

/// Questions and answers that wait for each other; the oldest gives way.
const WAITING: usize = 256;
/// EZSP frame control: neither an asynchronous nor a synchronous callback.
const CALLBACK: u8 = 0x18;

/// The way to the dongle, for the network.
pub(super) struct Way(mpsc::Receiver<Port>);

impl Source for Way {
    fn name(&self) -> String {
        "the trace".to_owned()
    }

    fn open(&mut self) -> Opening<'_> {
        Box::pin(async move {
            let over = || std::io::Error::other("the trace is over");
            let port = self.0.recv().await.ok_or_else(over)?;
            Ok(Wire::Port(port))
        })
    }
}

/// Our end of a link.
struct Link {
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<Event>,
}

/// The recorded dongle.
pub(super) struct Dongle {
    ports: mpsc::Sender<Port>,
    link: Option<Link>,
    /// Recorded questions that have not come yet.
    recorded: VecDeque<Vec<u8>>,
    /// Questions that came before the recorded ones.
    asked: VecDeque<Vec<u8>>,
    /// Recorded sequence number → the number now.
    numbers: [Option<u8>; 256],
    /// Answers whose question has not come yet.
    early: VecDeque<Vec<u8>>,
}

impl Dongle {
    pub(super) fn new() -> (Self, Way) {
        let (ports, way) = mpsc::channel(1);
        let dongle = Self {
            ports,
            link: None,
            recorded: VecDeque::new(),
            asked: VecDeque::new(),
            numbers: [None; 256],
            early: VecDeque::new(),
        };
        (dongle, Way(way))
    }

    /// The link came up or went down then.
    pub(super) async fn link(&mut self, line: &str) {
        // The host may have let go of the link since.
        self.listen().await;
        let code = line
            .rsplit_once("0x")
            .and_then(|(_, digits)| u8::from_str_radix(digits.get(..2)?, 16).ok())
            .unwrap_or(0x0b);
        self.forget();
        match line.split([' ', ':']).next() {
            Some("connected") => {
                if self.link.is_none() {
                    let (port, requests, events) = Port::scripted();
                    self.link = Some(Link { requests, events });
                    let _ = self.ports.send(port).await;
                }
                self.tell(Event::Connected { code }).await;
            }
            Some("reset") => self.tell(Event::Reset { code }).await,
            // Which failure it was matters to people alone.
            Some("failed") => self.tell(Event::Failed(Failure::Ncp { code })).await,
            _ => {
                let why = line.to_owned();
                self.tell(Event::Failed(Failure::Lost(why))).await;
                self.link = None;
            }
        }
    }

    /// The dongle said this then.
    pub(super) async fn says(&mut self, hex: &str) {
        self.listen().await;
        let Some(frame) = from_hex(hex) else { return };
        let Some(now) = self.numbered(frame) else {
            return;
        };
        self.tell(Event::Data(now)).await;
    }

    /// The host asked this then.
    pub(super) async fn heard(&mut self, hex: &str) {
        if let Some(frame) = from_hex(hex) {
            push(&mut self.recorded, frame);
        }
        self.listen().await;
    }

    /// Takes in what the host asks now, and gives answers that waited for it.
    pub(super) async fn listen(&mut self) {
        while let Some(link) = &mut self.link {
            match link.requests.try_recv() {
                Ok(Request::Send(frame)) => push(&mut self.asked, frame),
                Ok(_) => {}
                Err(TryRecvError::Disconnected) => self.link = None,
                Err(TryRecvError::Empty) => break,
            }
        }
        self.asked.retain(|asked| {
            let exact = |recorded: &Vec<u8>| recorded.get(1..) == asked.get(1..);
            // Keys are blank in the trace: then the same command will do.
            let alike = |recorded: &Vec<u8>| {
                recorded.len() == asked.len() && recorded.get(1..5) == asked.get(1..5)
            };
            let found = self
                .recorded
                .iter()
                .position(exact)
                .or_else(|| self.recorded.iter().position(alike));
            let Some(recorded) = found.and_then(|at| self.recorded.remove(at)) else {
                return true;
            };
            if let (Some(then), Some(now)) = (recorded.first(), asked.first())
                && let Some(number) = self.numbers.get_mut(usize::from(*then))
            {
                *number = Some(*now);
            }
            false
        });
        for frame in std::mem::take(&mut self.early) {
            if let Some(now) = self.numbered(frame) {
                self.tell(Event::Data(now)).await;
            }
        }
    }

    /// The frame under its number now; `None` while its question has not come.
    fn numbered(&mut self, mut frame: Vec<u8>) -> Option<Vec<u8>> {
        let (sequence, control) = (*frame.first()?, *frame.get(1)?);
        if control & CALLBACK != 0 {
            return Some(frame);
        }
        let number = self.numbers.get_mut(usize::from(sequence))?;
        let Some(now) = number.take() else {
            push(&mut self.early, frame);
            return None;
        };
        *frame.first_mut()? = now;
        Some(frame)
    }

    /// After a reset nobody waits for old answers.
    fn forget(&mut self) {
        self.recorded.clear();
        self.asked.clear();
        self.early.clear();
        self.numbers = [None; 256];
    }

    async fn tell(&mut self, event: Event) {
        if let Some(link) = &self.link
            && link.events.send(event).await.is_err()
        {
            self.link = None;
        }
    }
}

fn push(queue: &mut VecDeque<Vec<u8>>, frame: Vec<u8>) {
    if queue.len() >= WAITING {
        queue.pop_front();
    }
    queue.push_back(frame);
}

/// The bytes that `text` writes in hexadecimal.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: &u8| char::from(*c).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
            _ => None,
        })
        .collect()
}
