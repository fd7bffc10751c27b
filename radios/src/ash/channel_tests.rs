//! Two links over a bad line: what arrives is what was sent, once and in order, or a link says that
//! it failed.
//!
//! The line loses, damages, duplicates, delays and cuts up frames, in order as a wire does. Damage
//! is flipped bits, missing, added and substitute bytes, flags among them. One thing is kept off the
//! line: damage that CRC-16 cannot tell from a good frame. One damaged frame in 65,536 is such, no
//! receiver can notice, and a test with a million damaged frames would meet it.

use std::collections::VecDeque;
use std::time::Duration;

use super::*;

/// A small generator of pseudo-random numbers (SplitMix64): the seed tells all.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

/// One direction of the line.
#[derive(Default)]
struct Lane {
    under_way: VecDeque<(Duration, Vec<u8>)>,
    /// What the receiver will have made of all bytes that were put on the line.
    shadow: Deframer,
    damaged: u32,
}

impl Lane {
    /// Puts one frame on the line, with each fault at `percent`.
    fn carry(&mut self, frame: &[u8], now: Duration, percent: u64, dice: &mut Dice) {
        if dice.percent(percent) {
            return; // lost
        }
        for _ in 0..=usize::from(dice.percent(percent)) {
            let mut bytes = frame.to_vec();
            if dice.percent(percent) {
                for _ in 0..=dice.below(3) {
                    damage(&mut bytes, dice);
                }
                self.damaged += 1;
            }
            if !self.is_told_apart(frame, &bytes) {
                continue;
            }
            let mut at = now + Duration::from_millis(1);
            if dice.percent(percent) {
                at += Duration::from_millis(dice.next() % 500);
            }
            if let Some((last, _)) = self.under_way.back() {
                at = at.max(*last);
            }
            while dice.percent(percent) && bytes.len() > 1 {
                let rest = bytes.split_off(1 + dice.below(bytes.len() - 1));
                self.under_way.push_back((at, bytes));
                at += Duration::from_millis(dice.next() % 50);
                bytes = rest;
            }
            self.under_way.push_back((at, bytes));
        }
    }

    /// Whether the receiver will see the frame that was sent or know that it sees none.
    fn is_told_apart(&mut self, frame: &[u8], bytes: &[u8]) -> bool {
        let mut alone = Deframer::default();
        let sent = frame.iter().find_map(|&b| alone.push(b)).unwrap().unwrap();
        let mut shadow = self.shadow.clone();
        let mut seen = bytes.iter().filter_map(|&b| shadow.push(b));
        let good = seen.all(|frame| frame.is_err() || frame == Ok(sent.clone()));
        if good {
            self.shadow = shadow;
        }
        good
    }
}

fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len());
    match dice.below(6) {
        0 => bytes[at] = frame::SUBSTITUTE,
        1 => bytes[at] = frame::FLAG,
        2 if bytes.len() > 1 => drop(bytes.remove(at)),
        3 => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
        _ => bytes[at] ^= 1 << dice.below(8),
    }
}

/// One end with its application: it sends numbered frames and checks those that come. Responses and
/// callbacks are numbered apart, because responses overtake callbacks that are held back.
struct End {
    link: Link,
    lane: Lane,
    /// How often this end was connected: tells frames of one connection from those of another.
    session: u8,
    sent: [u16; 2],
    to_send: usize,
    /// The session of the other end whose frames come, and how many came.
    from: Option<u8>,
    received: [u16; 2],
    failures: u32,
}

impl End {
    fn of(link: Link, to_send: usize) -> Self {
        Self {
            link,
            lane: Lane::default(),
            session: 0,
            sent: [0; 2],
            to_send,
            from: None,
            received: [0; 2],
            failures: 0,
        }
    }

    fn came(&self) -> usize {
        self.received.map(usize::from).iter().sum()
    }

    /// Everything that can be done at this moment.
    fn run(&mut self, now: Duration, percent: u64, dice: &mut Dice) {
        while let Some(event) = self.link.poll_event() {
            match event {
                Event::Connected { .. } => {
                    self.session = self.session.wrapping_add(1);
                    self.sent = [0; 2];
                    self.from = None;
                    self.received = [0; 2];
                }
                Event::Data(payload) => {
                    let [session, kind, low, high, ..] = payload[..] else {
                        panic!("a frame nobody sent: {payload:02x?}")
                    };
                    let from = *self.from.get_or_insert(session);
                    let expected = &mut self.received[usize::from(kind)];
                    assert_eq!(
                        (session, u16::from_le_bytes([low, high])),
                        (from, *expected),
                        "session and number of kind {kind}"
                    );
                    *expected += 1;
                }
                Event::Reset { .. } | Event::Failed(_) => {
                    self.failures += 1;
                    if self.link.role() == Role::Host && self.failures < 4 {
                        self.link.connect(now);
                    }
                }
            }
        }
        self.speak(dice);
        while let Some(bytes) = self.link.poll_transmit() {
            self.lane.carry(&bytes, now, percent, dice);
        }
    }

    fn speak(&mut self, dice: &mut Dice) {
        // As in EZSP, the NCP speaks when it was spoken to. ASH needs that: when RST comes twice and
        // the second RSTACK is lost, nothing but silence keeps both ends in step.
        if self.link.role() == Role::Ncp && self.came() == 0 {
            return;
        }
        while self.sent.map(usize::from).iter().sum::<usize>() < self.to_send {
            let kind = dice.below(2);
            let [low, high] = self.sent[kind].to_le_bytes();
            let mut payload = vec![self.session, u8::from(kind == 1), low, high];
            payload.resize(4 + dice.below(20), frame::FLAG);
            let taken = match kind {
                0 => self.link.send(payload),
                _ => self.link.send_callback(payload),
            };
            if taken.is_err() {
                break;
            }
            self.sent[kind] += 1;
        }
    }

    fn next(&self) -> Option<Duration> {
        let arrival = self.lane.under_way.front().map(|(at, _)| *at);
        let timeout = self.link.poll_timeout();
        arrival.into_iter().chain(timeout).min()
    }
}

fn arrive(lane: &mut Lane, link: &mut Link, now: Duration) {
    while lane.under_way.front().is_some_and(|(at, _)| *at <= now) {
        if let Some((_, bytes)) = lane.under_way.pop_front() {
            link.receive(&bytes, now);
        }
    }
}

struct Outcome {
    failures: u32,
    delivered: usize,
    damaged: u32,
}

/// Runs two links until nothing is under way any more. `clean`: connects before faults begin.
fn converse(seed: u64, frames: usize, percent: u64, clean: bool) -> Outcome {
    let mut dice = Dice(seed);
    let host = Settings {
        window: 1 + u8::try_from(dice.below(3)).unwrap(),
        ..Settings::host()
    };
    let mut host = End::of(Link::new(Role::Host, host), frames);
    let mut ncp = End::of(Link::ncp(), frames);
    let mut now = Duration::from_secs(dice.next() % 1000);
    let mut faults = if clean { 0 } else { percent };
    host.link.connect(now);
    let mut steps = 0;
    loop {
        host.run(now, faults, &mut dice);
        ncp.run(now, faults, &mut dice);
        if host.session > 0 {
            faults = percent;
        }
        // A host that is busy now and then; it says so until it is not.
        if dice.percent(5) {
            host.link.set_ready(dice.percent(70), now);
        }
        let Some(next) = host.next().into_iter().chain(ncp.next()).min() else {
            break;
        };
        now = now.max(next);
        arrive(&mut host.lane, &mut ncp.link, now);
        arrive(&mut ncp.lane, &mut host.link, now);
        host.link.handle_timeout(now);
        ncp.link.handle_timeout(now);
        steps += 1;
        assert!(steps < 2000 + 100 * frames, "the links never come to rest");
    }
    if host.link.is_connected() && ncp.link.is_connected() && host.failures < 4 {
        // At rest and up: then everything came.
        assert_eq!(host.came(), frames, "NCP to host");
        assert_eq!(ncp.came(), frames, "host to NCP");
    } else {
        assert!(host.failures + ncp.failures > 0, "down, and nobody said so");
    }
    Outcome {
        failures: host.failures + ncp.failures,
        delivered: host.came() + ncp.came(),
        damaged: host.lane.damaged + ncp.lane.damaged,
    }
}

#[test]
fn on_a_terrible_line_every_frame_arrives_once_in_order_or_the_link_fails() {
    let (mut unharmed, mut failed, mut damaged) = (0, 0, 0);
    for seed in 0..4000 {
        let outcome = std::panic::catch_unwind(|| converse(seed, 10, 20, false))
            .unwrap_or_else(|_| panic!("seed {seed}"));
        if outcome.failures == 0 {
            unharmed += 1;
        } else {
            failed += 1;
        }
        damaged += outcome.damaged;
    }
    println!("{unharmed} seeds without a failure, {failed} with, {damaged} damaged frames");
    assert!(
        unharmed > 100 && failed > 100 && damaged > 10_000,
        "a test of both"
    );
}

#[test]
fn on_a_poor_line_no_link_fails_in_a_hundred_thousand_frames() {
    for seed in 0..10 {
        let outcome = converse(seed, 5_000, 1, true);
        assert_eq!((outcome.failures, outcome.delivered), (0, 10_000), "{seed}");
        assert!(outcome.damaged > 50);
    }
}
