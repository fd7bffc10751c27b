//! Conversations with one end of a link, frame by frame.

use std::time::Duration;

use super::*;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn data(number: u8, ack: u8, payload: &[u8]) -> Frame {
    Frame::Data {
        number,
        retransmit: false,
        ack,
        payload: payload.to_vec(),
    }
}

fn again(number: u8, ack: u8, payload: &[u8]) -> Frame {
    Frame::Data {
        number,
        retransmit: true,
        ack,
        payload: payload.to_vec(),
    }
}

const fn ack(ack: u8) -> Frame {
    Frame::Ack {
        ack,
        not_ready: false,
    }
}

const fn nak(ack: u8) -> Frame {
    Frame::Nak {
        ack,
        not_ready: false,
    }
}

const fn busy(ack: u8) -> Frame {
    Frame::Ack {
        ack,
        not_ready: true,
    }
}

const fn rstack(code: u8) -> Frame {
    Frame::RstAck { version: 2, code }
}

const fn error(code: u8) -> Frame {
    Frame::Error { version: 2, code }
}

const A: &[u8] = b"first";
const B: &[u8] = b"second";
const C: &[u8] = b"third";

/// One end, and what it says to what it hears.
struct End {
    link: Link,
    now: Duration,
}

impl End {
    fn of(link: Link) -> Self {
        Self {
            link,
            now: ms(1_000),
        }
    }

    fn host() -> Self {
        Self::of(Link::host())
    }

    /// A host that is connected.
    fn connected() -> Self {
        Self::connected_with(Settings::host())
    }

    fn connected_with(settings: Settings) -> Self {
        let mut end = Self::of(Link::new(Role::Host, settings));
        end.link.connect(end.now);
        end.says(&[Frame::Rst]);
        end.hears(&rstack(code::SOFTWARE));
        end.tells(&[Event::Connected {
            code: code::SOFTWARE,
        }]);
        end
    }

    /// An NCP that was reset.
    fn ncp() -> Self {
        let mut end = Self::of(Link::ncp());
        end.hears(&Frame::Rst);
        end.says(&[rstack(code::SOFTWARE)]);
        end.tells(&[Event::Connected {
            code: code::SOFTWARE,
        }]);
        end
    }

    fn hears(&mut self, frame: &Frame) {
        self.link.receive(&frame.encode(), self.now);
    }

    /// Hears a frame with a flipped bit in its last byte before the flag.
    fn hears_damaged(&mut self, frame: &Frame) {
        let mut bytes = frame.encode();
        let last = bytes.len() - 2;
        bytes[last] ^= 0x01;
        self.link.receive(&bytes, self.now);
    }

    #[track_caller]
    fn says(&mut self, frames: &[Frame]) {
        let mut deframer = Deframer::default();
        let mut said = Vec::new();
        while let Some(bytes) = self.link.poll_transmit() {
            for byte in bytes {
                said.extend(deframer.push(byte));
            }
        }
        let said: Vec<Frame> = said.into_iter().map(Result::unwrap).collect();
        assert_eq!(said, frames);
    }

    #[track_caller]
    fn tells(&mut self, events: &[Event]) {
        let told: Vec<Event> = std::iter::from_fn(|| self.link.poll_event()).collect();
        assert_eq!(told, events);
    }

    #[track_caller]
    fn delivers(&mut self, payloads: &[&[u8]]) {
        let events: Vec<Event> = payloads.iter().map(|p| Event::Data(p.to_vec())).collect();
        self.tells(&events);
    }

    #[track_caller]
    fn sends(&mut self, payload: &[u8]) {
        self.link.send(payload).unwrap();
    }

    /// Time passes without a word.
    fn waits(&mut self, time: Duration) {
        self.now += time;
        self.link.handle_timeout(self.now);
    }

    /// Time passes up to the next deadline, which is `after` from now.
    #[track_caller]
    fn wakes_after(&mut self, after: Duration) {
        let deadline = self.link.poll_timeout().expect("a deadline");
        assert_eq!(deadline - self.now, after);
        self.waits(after);
    }
}

#[test]
fn the_host_cancels_resets_and_connects() {
    let mut host = End::host();
    assert_eq!(host.link.send(A), Err(SendError::NotConnected));
    host.link.connect(host.now);
    assert_eq!(
        host.link.poll_transmit().unwrap(),
        [0x1a, 0xc0, 0x38, 0xbc, 0x7e]
    );
    assert_eq!(host.link.poll_transmit(), None);
    assert_eq!(host.link.send(A), Err(SendError::NotConnected));
    host.hears(&data(3, 0, A)); // from before the reset
    host.hears(&error(0x51));
    host.tells(&[]);
    host.hears(&rstack(code::SOFTWARE));
    host.tells(&[Event::Connected {
        code: code::SOFTWARE,
    }]);
    host.says(&[]);
    assert!(host.link.is_connected());
    assert_eq!(host.link.poll_timeout(), None, "a quiet link has no timers");
}

#[test]
fn any_reset_code_connects_but_no_other_version() {
    let mut host = End::host();
    host.link.connect(host.now);
    host.hears(&rstack(code::POWER_ON));
    host.tells(&[Event::Connected {
        code: code::POWER_ON,
    }]);

    let mut host = End::host();
    host.link.connect(host.now);
    host.hears(&Frame::RstAck {
        version: 3,
        code: code::SOFTWARE,
    });
    host.tells(&[Event::Failed(Failure::Version(3))]);
    assert!(!host.link.is_connected());
}

#[test]
fn reset_is_tried_five_times() {
    let mut host = End::host();
    host.link.connect(host.now);
    for _ in 0..5 {
        host.says(&[Frame::Rst]);
        host.tells(&[]);
        host.wakes_after(ms(3200));
    }
    host.says(&[]);
    host.tells(&[Event::Failed(Failure::NoAnswer { tries: 5 })]);
    assert_eq!(host.link.poll_timeout(), None);
    host.hears(&rstack(code::SOFTWARE)); // too late: nobody asks any more
    host.tells(&[]);
    host.link.connect(host.now);
    host.says(&[Frame::Rst]);
}

#[test]
fn frames_count_and_acknowledgements_ride_on_data() {
    let mut host = End::connected();
    for round in 0..20u8 {
        let n = round % 8;
        host.sends(A);
        host.says(&[data(n, n, A)]);
        host.hears(&data(n, (n + 1) % 8, B));
        host.delivers(&[B]);
        host.says(&[ack((n + 1) % 8)]);
    }
    // The answer goes out with the acknowledgement.
    let n = 20 % 8;
    host.hears(&data(n, n, B));
    host.sends(C);
    host.says(&[data(n, n + 1, C)]);
}

#[test]
fn the_host_keeps_one_frame_under_way() {
    let mut host = End::connected();
    host.sends(A);
    host.sends(B);
    host.says(&[data(0, 0, A)]);
    host.hears(&ack(1));
    host.says(&[data(1, 0, B)]);
}

#[test]
fn the_queue_is_bounded() {
    let mut host = End::connected_with(Settings {
        queue: 2,
        ..Settings::host()
    });
    assert_eq!(host.link.room(), 2);
    host.sends(A);
    host.sends(B);
    assert_eq!(host.link.room(), 0);
    assert_eq!(host.link.send(C), Err(SendError::Full));
    host.says(&[data(0, 0, A)]);
    host.sends(C);
    assert_eq!(host.link.send(vec![0; 2]), Err(SendError::Length(2)));
    assert_eq!(host.link.send(vec![0; 221]), Err(SendError::Length(221)));
}

#[test]
fn a_lost_frame_on_a_quiet_link_is_sent_again_by_the_clock() {
    let mut host = End::connected();
    host.sends(A);
    host.says(&[data(0, 0, A)]);
    host.wakes_after(ms(1600));
    host.says(&[again(0, 0, A)]);
    host.waits(ms(50));
    host.hears(&ack(1));
    host.says(&[]);
    assert_eq!(host.link.poll_timeout(), None);
}

#[test]
fn the_wait_doubles_and_the_fifth_in_vain_is_the_last() {
    let mut host = End::connected();
    host.sends(A);
    host.sends(B);
    host.says(&[data(0, 0, A)]);
    for wait in [1600, 3200, 3200, 3200] {
        host.wakes_after(ms(wait));
        host.says(&[again(0, 0, A)]);
    }
    host.wakes_after(ms(3200));
    host.says(&[]);
    host.tells(&[Event::Failed(Failure::NotAcknowledged { tries: 5 })]);
    assert_eq!(host.link.send(C), Err(SendError::NotConnected));
    assert_eq!(host.link.counters().expiries, 5);
}

#[test]
fn the_wait_adapts_to_measured_round_trips() {
    let mut host = End::connected();
    let mut expected = ms(1600);
    for n in 0..40 {
        host.sends(A);
        host.says(&[data(n % 8, 0, A)]);
        let deadline = host.link.poll_timeout().unwrap();
        assert_eq!(deadline - host.now, expected);
        host.waits(ms(80));
        host.hears(&ack((n + 1) % 8));
        expected = (expected * 7 / 8 + ms(40)).max(ms(400));
    }
    assert_eq!(
        expected,
        ms(400),
        "settles at four round trips, but no lower"
    );

    // A frame that was sent again measures nothing: which one was acknowledged?
    host.sends(A);
    host.says(&[data(0, 0, A)]);
    host.wakes_after(ms(400));
    host.says(&[again(0, 0, A)]);
    host.waits(ms(1));
    host.hears(&ack(1));
    host.sends(A);
    host.says(&[data(1, 0, A)]);
    host.wakes_after(ms(800));
}

#[test]
fn an_acknowledgement_forgives_earlier_waits() {
    let mut host = End::connected();
    for n in 0..8 {
        host.sends(A);
        host.says(&[data(n, 0, A)]);
        for _ in 0..4 {
            let deadline = host.link.poll_timeout().unwrap();
            host.waits(deadline - host.now);
            host.says(&[again(n, 0, A)]);
        }
        host.hears(&ack((n + 1) % 8));
        host.tells(&[]);
    }
}

#[test]
fn nak_brings_back_all_from_its_number_on() {
    let mut ncp = End::ncp();
    for payload in [A, B, C] {
        ncp.sends(payload);
    }
    ncp.says(&[data(0, 0, A), data(1, 0, B), data(2, 0, C)]);
    ncp.hears(&nak(1));
    ncp.says(&[again(1, 0, B), again(2, 0, C)]);
    ncp.hears(&ack(3));
    ncp.says(&[]);
    assert_eq!(ncp.link.poll_timeout(), None);
}

/// The acknowledgement lost its flag; the next one must not be lost with it.
#[test]
fn what_is_said_again_begins_with_a_flag() {
    let mut host = End::connected();
    host.sends(A);
    assert_ne!(host.link.poll_transmit().unwrap()[0], 0x7e);
    host.wakes_after(ms(1600));
    assert_eq!(host.link.poll_transmit().unwrap()[0], 0x7e);
    host.hears(&data(0, 1, B));
    assert_eq!(host.link.poll_transmit().unwrap(), ack(1).encode());
    host.hears(&again(0, 1, B));
    assert_eq!(
        host.link.poll_transmit().unwrap(),
        [&[0x7e][..], &ack(1).encode()].concat()
    );
}

#[test]
fn damage_is_told_once_until_a_good_frame_comes() {
    let mut host = End::connected();
    host.hears_damaged(&data(0, 0, A));
    host.says(&[nak(0)]);
    host.hears_damaged(&data(0, 0, A));
    host.hears(&data(1, 0, B)); // follows the one that was lost
    host.says(&[]);
    host.hears(&again(0, 0, A));
    host.hears(&again(1, 0, B));
    host.says(&[ack(2)]);
    host.delivers(&[A, B]);
    host.hears_damaged(&data(2, 0, C));
    host.says(&[nak(2)]);
    let counters = host.link.counters();
    assert_eq!((counters.crc_errors, counters.naks_sent), (3, 2));
}

#[test]
fn damaged_acks_and_handshakes_are_not_worth_a_nak() {
    let mut host = End::connected();
    for frame in [ack(0), nak(0), rstack(code::SOFTWARE), error(0x51)] {
        host.hears_damaged(&frame);
        host.says(&[]);
        host.tells(&[]);
    }
}

#[test]
fn duplicates_are_acknowledged_and_not_delivered() {
    let mut host = End::connected();
    host.hears(&data(0, 0, A));
    host.says(&[ack(1)]);
    host.hears(&again(0, 0, A));
    host.says(&[ack(1)]);
    host.delivers(&[A]);
    assert_eq!(host.link.counters().duplicates, 1);
}

#[test]
fn a_duplicate_is_acknowledged_even_while_rejecting() {
    let mut host = End::connected();
    host.hears(&data(0, 0, A));
    host.says(&[ack(1)]); // let it be lost
    host.hears_damaged(&data(1, 0, B));
    host.says(&[nak(1)]); // and this too
    host.hears(&again(0, 0, A));
    host.says(&[ack(1)]);
    host.delivers(&[A]);
}

#[test]
fn an_impossible_acknowledgement_spoils_its_frame() {
    let mut host = End::connected();
    host.sends(A);
    host.says(&[data(0, 0, A)]);
    host.hears(&ack(2)); // only 0 and 1 are possible
    host.hears(&ack(7));
    host.says(&[]);
    host.hears(&data(0, 3, B));
    host.says(&[nak(0)]);
    host.tells(&[]);
    host.hears(&again(0, 1, B)); // takes A's acknowledgement
    host.says(&[ack(1)]);
    host.delivers(&[B]);
    assert_eq!(host.link.counters().unexpected, 3);
    assert_eq!(host.link.poll_timeout(), None);
}

#[test]
fn a_rejected_frame_still_acknowledges() {
    let mut host = End::connected();
    host.sends(A);
    host.says(&[data(0, 0, A)]);
    host.hears(&data(1, 1, C)); // frame 0 of the NCP was lost, but it has ours
    host.says(&[nak(0)]);
    assert_eq!(host.link.poll_timeout(), None);
}

#[test]
fn a_reset_of_the_ncp_drops_everything() {
    let mut host = End::connected();
    host.sends(A);
    host.sends(B);
    host.says(&[data(0, 0, A)]);
    host.hears(&rstack(code::WATCHDOG));
    host.tells(&[Event::Reset {
        code: code::WATCHDOG,
    }]);
    host.says(&[]);
    assert_eq!(host.link.poll_timeout(), None);
    assert_eq!(host.link.send(C), Err(SendError::NotConnected));
    host.link.connect(host.now);
    host.says(&[Frame::Rst]);
    host.hears(&rstack(code::SOFTWARE));
    host.sends(C);
    host.says(&[data(0, 0, C)]);
}

/// The NCP was slow, RST went out twice, both are answered: no reason to begin again.
#[test]
fn a_second_answer_to_the_handshake_is_no_reset() {
    let mut host = End::host();
    host.link.connect(host.now);
    host.says(&[Frame::Rst]);
    host.wakes_after(ms(3200));
    host.says(&[Frame::Rst]);
    host.hears(&rstack(code::SOFTWARE));
    host.tells(&[Event::Connected {
        code: code::SOFTWARE,
    }]);
    host.sends(A);
    host.says(&[data(0, 0, A)]);
    host.hears(&rstack(code::SOFTWARE));
    host.tells(&[]);
    host.hears(&data(0, 1, B));
    host.delivers(&[B]);
    // Now the NCP has had a frame of ours, so it is a reset.
    host.hears(&rstack(code::SOFTWARE));
    host.tells(&[Event::Reset {
        code: code::SOFTWARE,
    }]);
}

#[test]
fn the_error_of_an_ncp_fails_the_link() {
    let mut host = End::connected();
    host.sends(A);
    host.hears(&error(0x51));
    host.tells(&[Event::Failed(Failure::Ncp { code: 0x51 })]);
    host.says(&[]);
    host.hears(&error(0x51));
    host.hears(&data(0, 0, A));
    host.tells(&[]);
    host.says(&[]);
}

#[test]
fn one_byte_at_a_time_is_as_good() {
    let mut host = End::connected();
    for byte in data(0, 0, &[0x7e; 220]).encode() {
        host.delivers(&[]);
        host.link.receive(&[byte], host.now);
    }
    host.delivers(&[&[0x7e; 220]]);
}

#[test]
fn a_host_that_is_not_ready_says_so_until_it_is() {
    let mut host = End::connected();
    host.link.set_ready(false, host.now);
    host.says(&[busy(0)]);
    host.wakes_after(ms(480));
    host.says(&[busy(0)]);
    host.hears(&data(0, 0, A)); // a response comes all the same, and is acknowledged at once
    host.says(&[busy(1)]);
    // DATA cannot say it, so the ACK goes out beside it.
    host.wakes_after(ms(480));
    host.sends(B);
    host.says(&[data(0, 1, B), busy(1)]);
    host.link.set_ready(true, host.now);
    host.says(&[ack(1)]);
    host.hears(&ack(1));
    assert_eq!(host.link.poll_timeout(), None);
}

#[test]
fn an_ncp_that_reset_is_told_again() {
    let mut host = End::connected();
    host.link.set_ready(false, host.now);
    host.says(&[busy(0)]);
    host.link.connect(host.now);
    host.says(&[Frame::Rst]);
    host.hears(&rstack(code::SOFTWARE));
    host.says(&[busy(0)]);
}

#[test]
fn the_ncp_holds_callbacks_but_no_responses() {
    let mut ncp = End::ncp();
    ncp.hears(&busy(0));
    ncp.link.send_callback(A).unwrap();
    ncp.sends(B);
    ncp.says(&[data(0, 0, B)]);
    ncp.hears(&busy(1));
    ncp.says(&[]);
    ncp.hears(&ack(1));
    ncp.says(&[data(1, 0, A)]);
    ncp.hears(&ack(2));
    // A host that falls silent is believed for a second only.
    ncp.hears(&busy(2));
    ncp.link.send_callback(C).unwrap();
    ncp.says(&[]);
    ncp.wakes_after(ms(1000));
    ncp.says(&[data(2, 0, C)]);
}

#[test]
fn held_callbacks_keep_no_response_out() {
    let mut ncp = End::ncp();
    ncp.hears(&busy(0));
    while ncp.link.send_callback(A).is_ok() {}
    assert_eq!((ncp.link.callback_room(), ncp.link.room()), (0, 64));
    ncp.sends(B);
    ncp.says(&[data(0, 0, B)]);
}

#[test]
fn the_ncp_waits_a_little_with_its_acknowledgements() {
    let mut ncp = End::ncp();
    ncp.hears(&data(0, 0, A));
    ncp.delivers(&[A]);
    ncp.says(&[]);
    ncp.wakes_after(ms(20));
    ncp.says(&[ack(1)]);
    ncp.hears(&data(1, 0, B));
    ncp.delivers(&[B]);
    ncp.waits(ms(5));
    ncp.sends(C);
    ncp.says(&[data(0, 2, C)]);
    ncp.waits(ms(20));
    ncp.says(&[]);
}

#[test]
fn the_ncp_keeps_five_frames_under_way() {
    let mut ncp = End::ncp();
    for n in 0..7 {
        ncp.sends(&[n; 3]);
    }
    ncp.says(&[0, 1, 2, 3, 4].map(|n| data(n, 0, &[n; 3])));
    ncp.hears(&ack(2));
    ncp.says(&[5, 6].map(|n| data(n, 0, &[n; 3])));
    ncp.wakes_after(ms(1400)); // 7/8 of 1600, as the round trip took no time
    ncp.says(&[2, 3, 4, 5, 6].map(|n| again(n, 0, &[n; 3])));
}

#[test]
fn an_ncp_that_failed_answers_all_but_rst_with_error() {
    let mut ncp = End::ncp();
    ncp.sends(A);
    ncp.says(&[data(0, 0, A)]);
    for wait in [1600, 3200, 3200, 3200] {
        ncp.wakes_after(ms(wait));
        ncp.says(&[again(0, 0, A)]);
    }
    ncp.wakes_after(ms(3200));
    ncp.says(&[error(0x51)]);
    ncp.tells(&[Event::Failed(Failure::NotAcknowledged { tries: 5 })]);
    ncp.hears(&data(0, 0, B));
    ncp.says(&[error(0x51)]);
    ncp.hears(&ack(1));
    ncp.says(&[error(0x51)]);
    ncp.tells(&[]);
    ncp.hears(&Frame::Rst);
    ncp.says(&[rstack(code::SOFTWARE)]);
    ncp.tells(&[Event::Connected {
        code: code::SOFTWARE,
    }]);
    ncp.hears(&data(0, 0, B));
    ncp.delivers(&[B]);
}

#[test]
fn an_ncp_reboots_and_fails_when_told_to() {
    let mut ncp = End::of(Link::ncp());
    ncp.link.connect(ncp.now);
    assert_eq!(
        ncp.link.poll_transmit().unwrap(),
        [0x1a, 0xc1, 0x02, 0x02, 0x9b, 0x7b, 0x7e]
    );
    ncp.link.restart(code::WATCHDOG, ncp.now);
    ncp.says(&[rstack(code::WATCHDOG)]);
    ncp.hears(&data(0, 0, A));
    ncp.delivers(&[A]);
    ncp.link.fail(0x52, ncp.now);
    ncp.says(&[error(0x52)]);
    ncp.hears(&data(1, 0, A));
    ncp.says(&[error(0x52)]);
    ncp.tells(&[]);
}

#[test]
fn frames_of_the_wrong_end_are_counted_and_ignored() {
    let mut host = End::connected();
    host.hears(&Frame::Rst);
    let mut ncp = End::ncp();
    ncp.hears(&rstack(code::SOFTWARE));
    ncp.hears(&error(0x51));
    for end in [&mut host, &mut ncp] {
        end.says(&[]);
        end.tells(&[]);
    }
    assert_eq!(host.link.counters().unexpected, 1);
    assert_eq!(ncp.link.counters().unexpected, 2);
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut host = End::connected();
    host.sends(A);
    host.says(&[data(0, 0, A)]);
    host.link.handle_timeout(ms(0));
    host.link.receive(&ack(1).encode(), ms(0));
    host.says(&[]);
    assert_eq!(host.link.poll_timeout(), None);
}
