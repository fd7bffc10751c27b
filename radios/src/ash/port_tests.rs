//! Ports on streams in memory, with a paused clock, and on a real pseudo-terminal.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::tap::{Tap, Tapped};

const SOFTWARE: Event = Event::Connected {
    code: code::SOFTWARE,
};

fn frame(n: usize) -> Vec<u8> {
    let [low, high, ..] = n.to_le_bytes();
    vec![0x7e, low, high]
}

async fn pair() -> (Port, Port) {
    let (a, b) = duplex(4096);
    let mut ncp = Port::spawn(a, Role::Ncp, Tap::none());
    let mut host = Port::spawn(b, Role::Host, Tap::none());
    assert_eq!(host.events.recv().await, Some(SOFTWARE));
    assert_eq!(ncp.events.recv().await, Some(SOFTWARE));
    (host, ncp)
}

async fn send(port: &Port, payload: Vec<u8>) {
    port.send.send(Request::Send(payload)).await.unwrap();
}

async fn data(port: &mut Port) -> Vec<u8> {
    match timeout(Duration::from_secs(60), port.events.recv()).await {
        Ok(Some(Event::Data(payload))) => payload,
        other => panic!("expected a frame, got {other:?}"),
    }
}

/// An NCP played by hand.
struct Raw(DuplexStream, Deframer);

impl Raw {
    async fn hear(&mut self) -> Frame {
        loop {
            let byte = self.0.read_u8().await.unwrap();
            if let Some(frame) = self.1.push(byte) {
                return frame.unwrap();
            }
        }
    }

    async fn say(&mut self, frame: Frame) {
        self.0.write_all(&frame.encode()).await.unwrap();
    }
}

async fn host_and_raw() -> (Port, Raw) {
    let (a, b) = duplex(4096);
    let mut raw = Raw(a, Deframer::default());
    let mut host = Port::spawn(b, Role::Host, Tap::none());
    assert_eq!(raw.hear().await, Frame::Rst);
    let code = code::SOFTWARE;
    raw.say(Frame::RstAck { version: 2, code }).await;
    assert_eq!(host.events.recv().await, Some(SOFTWARE));
    (host, raw)
}

#[tokio::test(start_paused = true)]
async fn frames_go_both_ways() {
    let (mut host, mut ncp) = pair().await;
    for n in 0..100 {
        send(&host, frame(n)).await;
        assert_eq!(data(&mut ncp).await, frame(n));
        send(&ncp, frame(n + 1000)).await;
        assert_eq!(data(&mut host).await, frame(n + 1000));
    }
    assert_eq!(host.counters().sent, 100);
    assert_eq!(host.counters().received, 100);
    assert_eq!(host.counters().retransmitted, 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_holds_callbacks_back_and_loses_none() {
    let (mut host, mut ncp) = pair().await;
    let started = Instant::now();
    let callbacks = ncp.callbacks.clone();
    let sender = tokio::spawn(async move {
        for n in 0..500 {
            callbacks.send(frame(n)).await.unwrap();
        }
    });
    // Nobody reads for a minute: far longer than an NCP waits for acknowledgements.
    sleep(Duration::from_secs(60)).await;
    assert!(!sender.is_finished(), "500 frames fit nowhere");
    let held = host.counters().received;
    assert!((96..=110).contains(&held), "{held} came before the hold");
    // Commands and responses still pass the link meanwhile.
    send(&host, frame(7777)).await;
    assert_eq!(data(&mut ncp).await, frame(7777));
    send(&ncp, frame(8888)).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(host.counters().received, held + 1, "a response is not held");
    let mut response = None;
    for n in 0..500 {
        let mut payload = data(&mut host).await;
        if payload == frame(8888) {
            response = Some(n);
            payload = data(&mut host).await;
        }
        assert_eq!(payload, frame(n));
    }
    assert!(response.is_some_and(|n| n < 200), "{response:?}");
    assert_eq!((host.counters().shed, ncp.counters().expiries), (0, 0));
    assert!(started.elapsed() < Duration::from_secs(62));
}

#[tokio::test(start_paused = true)]
async fn an_ncp_that_does_not_listen_is_acknowledged_and_frames_are_shed() {
    let (mut host, mut raw) = host_and_raw().await;
    for n in 0..300 {
        raw.say(Frame::Data {
            number: u8::try_from(n % 8).unwrap(),
            retransmit: false,
            ack: 0,
            payload: frame(n),
        })
        .await;
        let ack = u8::try_from((n + 1) % 8).unwrap();
        let hold = loop {
            match raw.hear().await {
                Frame::Ack { ack: a, not_ready } if a == ack => break not_ready,
                Frame::Ack { .. } => {} // repeats that it is not ready
                other => panic!("{other:?}"),
            }
        };
        // 8 events wait in the channel; with 97 in the queue it says not ready.
        assert_eq!(hold, n >= 104, "frame {n}");
    }
    assert_eq!(host.counters().received, 300);
    let shed = host.counters().shed;
    assert_eq!(shed, 300 - 128 - 8);
    for n in 0..300 - usize::try_from(shed).unwrap() {
        assert_eq!(data(&mut host).await, frame(n), "the oldest are kept");
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_takes_no_bytes_does_not_stop_reading() {
    let (a, b) = duplex(16); // the host's first RST fits, little more
    let (mut from_host, mut to_host) = tokio::io::split(a);
    let mut host = Port::spawn(b, Role::Host, Tap::none());
    let mut rst = [0; 5];
    from_host.read_exact(&mut rst).await.unwrap();
    let code = code::SOFTWARE;
    let mut say = Frame::RstAck { version: 2, code }.encode();
    for n in 0..20 {
        say.extend(
            Frame::Data {
                number: n % 8,
                retransmit: false,
                ack: 0,
                payload: frame(n.into()),
            }
            .encode(),
        );
    }
    let writer = tokio::spawn(async move { to_host.write_all(&say).await });
    assert_eq!(host.events.recv().await, Some(SOFTWARE));
    for n in 0..20 {
        assert_eq!(data(&mut host).await, frame(n));
    }
    writer.await.unwrap().unwrap();
    // And what it says when the line takes bytes again is up to date, not 20 old acknowledgements.
    let mut deframer = Deframer::default();
    let mut last = None;
    while let Ok(Ok(byte)) = timeout(Duration::from_secs(1), from_host.read_u8()).await {
        last = deframer.push(byte).map(Result::unwrap).or(last);
    }
    assert_eq!(
        last,
        Some(Frame::Ack {
            ack: 4,
            not_ready: false
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_frame_is_sent_again_without_any_traffic() {
    let (host, mut raw) = host_and_raw().await;
    send(&host, frame(1)).await;
    assert!(matches!(
        raw.hear().await,
        Frame::Data {
            retransmit: false,
            ..
        }
    ));
    let lost = Instant::now();
    assert!(matches!(
        raw.hear().await,
        Frame::Data {
            retransmit: true,
            ..
        }
    ));
    assert_eq!(lost.elapsed(), Duration::from_millis(1600));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_is_the_last_event() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let tap = Tap::new({
        let lines = Arc::clone(&lines);
        move |tapped| {
            if let Tapped::Link(line) = tapped {
                lines.lock().unwrap().push(line.to_owned());
            }
        }
    });
    let (a, b) = duplex(4096);
    let mut ncp = Port::spawn(a, Role::Ncp, Tap::none());
    let mut host = Port::spawn(b, Role::Host, tap);
    assert_eq!(host.events.recv().await, Some(SOFTWARE));
    assert_eq!(ncp.events.recv().await, Some(SOFTWARE));
    send(&ncp, frame(1)).await;
    sleep(Duration::from_secs(1)).await;
    drop(ncp);
    assert_eq!(data(&mut host).await, frame(1));
    assert!(matches!(
        host.events.recv().await,
        Some(Event::Failed(Failure::Lost(_)))
    ));
    assert_eq!(host.events.recv().await, None);
    assert!(host.send.is_closed());
    assert_eq!(
        *lines.lock().unwrap(),
        ["connected 0x0b", "lost: end of stream"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_reboot_and_an_error_are_told_and_connect_recovers() {
    let (mut host, mut ncp) = pair().await;
    for (request, event) in [
        (
            Request::Restart(code::WATCHDOG),
            Event::Reset {
                code: code::WATCHDOG,
            },
        ),
        (
            Request::Fail(code::ACK_TIMEOUTS),
            Event::Failed(Failure::Ncp {
                code: code::ACK_TIMEOUTS,
            }),
        ),
    ] {
        ncp.send.send(request).await.unwrap();
        assert_eq!(host.events.recv().await, Some(event));
        send(&host, frame(1)).await; // dropped: the link is down
        host.send.send(Request::Connect).await.unwrap();
        assert_eq!(host.events.recv().await, Some(SOFTWARE));
        assert_eq!(ncp.events.recv().await, Some(SOFTWARE));
        send(&host, frame(2)).await;
        assert_eq!(data(&mut ncp).await, frame(2));
    }
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_told_and_the_port_lives_on() {
    let (_silent, b) = duplex(4096);
    let mut host = Port::spawn(b, Role::Host, Tap::none());
    let started = Instant::now();
    assert_eq!(
        host.events.recv().await,
        Some(Event::Failed(Failure::NoAnswer { tries: 5 }))
    );
    assert_eq!(started.elapsed(), Duration::from_secs(16));
    assert!(!host.send.is_closed());
}

#[tokio::test]
async fn a_real_pseudo_terminal_carries_every_byte() {
    let (a, b) = tokio_serial::SerialStream::pair().unwrap();
    let mut ncp = Port::spawn(a, Role::Ncp, Tap::none());
    let mut host = Port::spawn(b, Role::Host, Tap::none());
    assert_eq!(host.events.recv().await, Some(SOFTWARE));
    assert_eq!(ncp.events.recv().await, Some(SOFTWARE));
    for n in 0..=255u8 {
        let payload: Vec<u8> = (0..220).map(|i: u8| i.wrapping_add(n)).collect();
        send(&host, payload.clone()).await;
        assert_eq!(data(&mut ncp).await, payload);
        send(&ncp, payload.clone()).await;
        assert_eq!(data(&mut host).await, payload);
    }
    assert_eq!(host.counters().crc_errors, 0);
    drop(ncp);
    assert!(matches!(
        host.events.recv().await,
        Some(Event::Failed(Failure::Lost(_)))
    ));
}
