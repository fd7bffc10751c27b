//! The handle against an NCP that follows a script, over a real ASH link on a paused clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::duplex;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::callback::{Callback, StackStatusHandler};
use super::command::*;
use super::frame::{Control, Frame, Header};
use super::*;
use crate::ash::{Event, Failure, Port, Request, Role, code};
use crate::tap::{Direction, Tap, Tapped};

/// The other side: answers what the test tells it to.
struct Script {
    port: Port,
    version: Version,
}

/// A command as the script sees it.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    header: Header,
    sequence: u8,
    id: u16,
    parameters: Vec<u8>,
}

impl Script {
    async fn asked(&mut self) -> Asked {
        loop {
            match self.port.events.recv().await.expect("the host goes on") {
                Event::Data(bytes) => {
                    let frame = Frame::parse(&bytes).unwrap();
                    assert!(!frame.control.is_from_ncp());
                    return Asked {
                        header: frame.header,
                        sequence: frame.sequence,
                        id: frame.id,
                        parameters: frame.parameters.to_vec(),
                    };
                }
                Event::Connected { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next command, which must be a `C`.
    async fn expect<C: Command>(&mut self) -> (u8, C) {
        let asked = self.asked().await;
        assert_eq!((asked.id, asked.header), (C::ID, Header::Extended));
        let command = C::decode(&asked.parameters, self.version).unwrap();
        (asked.sequence, command)
    }

    async fn send(&self, header: Header, sequence: u8, control: Control, id: u16, bytes: &[u8]) {
        let frame = Frame {
            header,
            sequence,
            control,
            id,
            parameters: bytes,
        };
        let bytes = frame.encode().unwrap();
        self.port.send.send(Request::Send(bytes)).await.unwrap();
    }

    async fn reply<C: Command>(&self, sequence: u8, reply: &C::Reply) {
        let bytes = reply.encode(self.version).unwrap();
        self.send(Header::Extended, sequence, Control::REPLY, C::ID, &bytes)
            .await;
    }

    async fn callback<N: Notice>(&self, callback: &N) {
        let bytes = callback.encode(self.version).unwrap();
        self.send(Header::Extended, 0, Control::CALLBACK, N::ID, &bytes)
            .await;
    }

    /// Agrees on the version as firmware does.
    async fn handshake(&mut self) {
        let number = self.version.number();
        let asked = self.asked().await;
        assert_eq!((asked.header, asked.id), (Header::Legacy, 0));
        assert_eq!(asked.parameters, [13]);
        let reply = [number, 2, 0x40, 0x74];
        self.send(Header::Legacy, asked.sequence, Control::REPLY, 0, &reply)
            .await;
        if number != 13 {
            let asked = self.asked().await;
            assert_eq!((asked.header, asked.id), (Header::Extended, 0));
            assert_eq!(asked.parameters, [number]);
            self.send(Header::Extended, asked.sequence, Control::REPLY, 0, &reply)
                .await;
        }
    }
}

fn version(number: u8) -> Version {
    Version::new(number).unwrap()
}

fn line(version: Version) -> (Port, Script) {
    let (host, ncp) = duplex(4096);
    let port = Port::spawn(host, Role::Host, Tap::none());
    let script = Script {
        port: Port::spawn(ncp, Role::Ncp, Tap::none()),
        version,
    };
    (port, script)
}

async fn connected(number: u8) -> (Ncp, mpsc::Receiver<Callback>, Script) {
    connected_with(number, Tap::none()).await
}

async fn connected_with(number: u8, tap: Tap) -> (Ncp, mpsc::Receiver<Callback>, Script) {
    let (port, mut script) = line(version(number));
    let (connected, ()) = tokio::join!(Ncp::connect(port, tap), script.handshake());
    let (ncp, callbacks) = connected.unwrap();
    (ncp, callbacks, script)
}

#[tokio::test(start_paused = true)]
async fn host_and_ncp_agree_on_every_version() {
    for v in Version::all() {
        let (ncp, _callbacks, mut script) = connected(v.number()).await;
        assert_eq!((ncp.version(), ncp.stack_version()), (v, 0x7440));
        let command = GetConfigurationValue { config_id: 5 };
        let ncp_side = async {
            let (sequence, asked) = script.expect::<GetConfigurationValue>().await;
            assert_eq!(asked.config_id, 5);
            let reply = GetConfigurationValueReply {
                status: Status::OK,
                value: 16,
            };
            script
                .reply::<GetConfigurationValue>(sequence, &reply)
                .await;
        };
        let (reply, ()) = tokio::join!(ncp.call(command), ncp_side);
        assert_eq!(reply.unwrap().value, 16);
    }
}

#[tokio::test(start_paused = true)]
async fn other_versions_are_named() {
    for number in [7, 20] {
        let (port, mut script) = line(Version::COMMON);
        let ncp_side = async {
            let asked = script.asked().await;
            script
                .send(
                    Header::Legacy,
                    asked.sequence,
                    Control::REPLY,
                    0,
                    &[number, 2, 0, 0],
                )
                .await;
        };
        let (connected, ()) = tokio::join!(Ncp::connect(port, Tap::none()), ncp_side);
        assert_eq!(connected.err(), Some(EzspError::UnsupportedVersion(number)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_line_is_told_after_five_resets() {
    let (host, _nobody) = duplex(64);
    let port = Port::spawn(host, Role::Host, Tap::none());
    let error = Ncp::connect(port, Tap::none()).await.err();
    assert_eq!(
        error,
        Some(EzspError::Lost(Lost::Link(Failure::NoAnswer { tries: 5 })))
    );
}

#[tokio::test(start_paused = true)]
async fn callers_are_served_one_at_a_time() {
    let (ncp, _callbacks, mut script) = connected(13).await;
    let ncp_side = async {
        for turn in 0..3u16 {
            let (sequence, _) = script.expect::<GetNodeId>().await;
            assert_eq!(u16::from(sequence), 2 + turn);
            // Nothing more comes before the reply.
            sleep(Duration::from_secs(1)).await;
            assert!(script.port.events.try_recv().is_err());
            let reply = GetNodeIdReply { node_id: turn };
            script.reply::<GetNodeId>(sequence, &reply).await;
        }
    };
    let (a, b, c, ()) = tokio::join!(
        ncp.call(GetNodeId {}),
        ncp.call(GetNodeId {}),
        ncp.call(GetNodeId {}),
        ncp_side
    );
    let replies = [a, b, c].map(|reply| reply.unwrap().node_id);
    assert_eq!(replies, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_known_by_its_number_and_id() {
    let (ncp, _callbacks, mut script) = connected(13).await;
    let ncp_side = async {
        let (sequence, _) = script.expect::<GetNodeId>().await;
        // Another id, another number, a command: none of them is the reply.
        script
            .reply::<GetEui64>(sequence, &GetEui64Reply::default())
            .await;
        let wrong = GetNodeIdReply { node_id: 1 };
        script
            .reply::<GetNodeId>(sequence.wrapping_sub(1), &wrong)
            .await;
        script
            .send(
                Header::Extended,
                sequence,
                Control::COMMAND,
                GetNodeId::ID,
                &[9, 9],
            )
            .await;
        let right = GetNodeIdReply { node_id: 2 };
        script.reply::<GetNodeId>(sequence, &right).await;
    };
    let (reply, ()) = tokio::join!(ncp.call(GetNodeId {}), ncp_side);
    assert_eq!(reply.unwrap().node_id, 2);
    assert_eq!(ncp.counters().foreign, 3);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_why_in_one_byte_or_four() {
    for (number, reason) in [(13, &[0x31][..]), (14, &[0x31]), (16, &[0x31, 0, 0, 0])] {
        let (ncp, _callbacks, mut script) = connected(number).await;
        let ncp_side = async {
            let (sequence, _) = script.expect::<GetEui64>().await;
            script
                .send(Header::Extended, sequence, Control::REPLY, 0x58, reason)
                .await;
        };
        let (reply, ()) = tokio::join!(ncp.call(GetEui64 {}), ncp_side);
        let error = reply.unwrap_err();
        assert_eq!(
            error,
            EzspError::InvalidCommand {
                command: "getEui64",
                reason: Status::EZSP_INVALID_FRAME_ID
            }
        );
        assert_eq!(
            error.to_string(),
            "the radio refuses getEui64: EZSP_INVALID_FRAME_ID"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_of_another_version_is_not_sent() {
    let (ncp, _callbacks, mut script) = connected(13).await;
    let error = ncp.call(GetKey { key_type: 3 }).await.unwrap_err();
    assert_eq!(error.to_string(), "getKey is not part of EZSP 13");
    let error = ncp
        .call(SendReply {
            message: vec![0; 240],
            ..SendReply::default()
        })
        .await
        .unwrap_err();
    assert_eq!(
        error,
        EzspError::TooLong {
            command: "sendReply"
        }
    );
    assert_eq!(ncp.counters().commands, 0);
    sleep(Duration::from_secs(1)).await;
    assert!(script.port.events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_cut_reply_is_an_error() {
    let (ncp, _callbacks, mut script) = connected(13).await;
    let ncp_side = async {
        let (sequence, _) = script.expect::<GetEui64>().await;
        let control = Control::REPLY.with_truncated();
        script
            .send(Header::Extended, sequence, control, GetEui64::ID, &[1, 2])
            .await;
        // Cut without saying so.
        let (sequence, _) = script.expect::<GetEui64>().await;
        script
            .send(
                Header::Extended,
                sequence,
                Control::REPLY,
                GetEui64::ID,
                &[1, 2],
            )
            .await;
    };
    let host_side = async {
        let first = ncp.call(GetEui64 {}).await.unwrap_err();
        assert_eq!(
            first,
            EzspError::Truncated {
                command: "getEui64"
            }
        );
        let second = ncp.call(GetEui64 {}).await.unwrap_err();
        assert_eq!(
            second.to_string(),
            "getEui64: eui64 is cut short at byte 0 (EZSP 13)"
        );
    };
    tokio::join!(host_side, ncp_side);
}

#[tokio::test(start_paused = true)]
async fn an_ncp_out_of_memory_is_left_alone_for_a_while() {
    let (ncp, _callbacks, mut script) = connected(13).await;
    let mut gaps = Vec::new();
    let ncp_side = async {
        let mut replied: Option<Instant> = None;
        for turn in 0..7 {
            let (sequence, _) = script.expect::<Nop>().await;
            gaps.extend(replied.map(|at| at.elapsed().as_millis() / 50 * 50));
            let control = match turn {
                0..5 => Control::REPLY.with_overflow(),
                _ => Control::REPLY,
            };
            script
                .send(Header::Extended, sequence, control, Nop::ID, &[])
                .await;
            replied = Some(Instant::now());
        }
    };
    let host_side = async {
        for _ in 0..7 {
            // Not an error for the command itself.
            ncp.call(Nop {}).await.unwrap();
        }
    };
    tokio::join!(host_side, ncp_side);
    assert_eq!(gaps, [50, 100, 200, 400, 800, 0]);
    assert_eq!(ncp.counters().overflows, 5);
}

#[tokio::test(start_paused = true)]
async fn without_a_reply_in_ten_seconds_a_command_fails_and_twice_the_ncp_is_lost() {
    let (ncp, mut callbacks, mut script) = connected(13).await;
    let ncp_side = async {
        let (late, _) = script.expect::<GetNodeId>().await;
        // The reply comes when the next command is under way.
        let (sequence, _) = script.expect::<GetNodeId>().await;
        script
            .reply::<GetNodeId>(late, &GetNodeIdReply { node_id: 1 })
            .await;
        script
            .reply::<GetNodeId>(sequence, &GetNodeIdReply { node_id: 2 })
            .await;
        while script.port.events.recv().await.is_some() {}
    };
    let host_side = async {
        let begin = Instant::now();
        let command = "getNodeId";
        assert_eq!(
            ncp.call(GetNodeId {}).await,
            Err(EzspError::Timeout { command })
        );
        assert_eq!(begin.elapsed().as_secs(), 10);
        assert_eq!(ncp.call(GetNodeId {}).await.unwrap().node_id, 2);
        assert_eq!(
            ncp.call(GetNodeId {}).await,
            Err(EzspError::Timeout { command })
        );
        assert_eq!(
            ncp.call(GetNodeId {}).await,
            Err(EzspError::Timeout { command })
        );
        assert_eq!(
            ncp.call(GetNodeId {}).await,
            Err(EzspError::Lost(Lost::Silent))
        );
        assert_eq!(callbacks.recv().await, None);
        assert_eq!(ncp.lost(), Some(Lost::Silent));
    };
    tokio::join!(host_side, ncp_side);
}

#[tokio::test(start_paused = true)]
async fn a_reboot_fails_everything_that_waits_and_is_told_once() {
    let (ncp, mut callbacks, mut script) = connected(14).await;
    let lost = Lost::Reset {
        code: code::WATCHDOG,
    };
    let ncp_side = async {
        let _ = script.expect::<GetNodeId>().await;
        let up = StackStatusHandler {
            status: Status::NETWORK_UP,
        };
        script.callback(&up).await;
        sleep(Duration::from_millis(100)).await;
        let restart = Request::Restart(code::WATCHDOG);
        script.port.send.send(restart).await.unwrap();
        while script.port.events.recv().await.is_some() {}
    };
    let host_side = async {
        let (a, b) = tokio::join!(ncp.call(GetNodeId {}), ncp.call(GetEui64 {}));
        assert_eq!(a, Err(EzspError::Lost(lost.clone())));
        assert_eq!(b, Err(EzspError::Lost(lost.clone())));
        // What was told before is still told, then the end.
        let up = StackStatusHandler {
            status: Status::NETWORK_UP,
        };
        assert_eq!(
            callbacks.recv().await,
            Some(Callback::StackStatusHandler(up))
        );
        assert_eq!(callbacks.recv().await, None);
        assert_eq!(ncp.lost(), Some(lost.clone()));
        assert_eq!(ncp.call(Nop {}).await, Err(EzspError::Lost(lost.clone())));
    };
    tokio::join!(host_side, ncp_side);
}

#[tokio::test(start_paused = true)]
async fn a_pulled_cable_is_told() {
    let (ncp, mut callbacks, script) = connected(13).await;
    drop(script);
    assert_eq!(callbacks.recv().await, None);
    assert!(matches!(ncp.lost(), Some(Lost::Link(Failure::Lost(_)))));
}

#[tokio::test(start_paused = true)]
async fn the_line_is_closed_when_nobody_holds_the_ncp() {
    let (ncp, callbacks, mut script) = connected(13).await;
    drop((ncp, callbacks));
    let mut last = None;
    while let Some(event) = script.port.events.recv().await {
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Failed(Failure::Lost(_)))));
}

#[tokio::test(start_paused = true)]
async fn replies_pass_callbacks_that_nobody_reads() {
    let (ncp, mut callbacks, mut script) = connected(13).await;
    let told = |n: u16| StackStatusHandler {
        status: Status::from_ember(n.to_le_bytes()[0]),
    };
    let ncp_side = async {
        let (sequence, _) = script.expect::<GetNodeId>().await;
        for n in 0..200 {
            script.callback(&told(n)).await;
        }
        let reply = GetNodeIdReply { node_id: 7 };
        script.reply::<GetNodeId>(sequence, &reply).await;
        while script.port.events.recv().await.is_some() {}
    };
    let host_side = async {
        assert_eq!(ncp.call(GetNodeId {}).await.unwrap().node_id, 7);
        // 32 wait for the reader and 128 behind them; the others were thrown away, and counted.
        let counters = ncp.counters();
        assert_eq!((counters.callbacks, counters.callbacks_shed), (160, 40));
        for n in 0..160 {
            let callback = callbacks.recv().await;
            assert_eq!(callback, Some(Callback::StackStatusHandler(told(n))));
        }
        drop(ncp);
    };
    tokio::join!(host_side, ncp_side);
}

#[tokio::test(start_paused = true)]
async fn while_nothing_is_asked_callbacks_wait_in_the_ncp() {
    let (ncp, mut callbacks, mut script) = connected(13).await;
    let told = |n: u16| StackStatusHandler {
        status: Status::from_ember(n.to_le_bytes()[0]),
    };
    let ncp_side = async {
        for n in 0..250u16 {
            let bytes = told(n).encode(script.version).unwrap();
            let frame = Frame {
                header: Header::Extended,
                sequence: 0,
                control: Control::CALLBACK,
                id: StackStatusHandler::ID,
                parameters: &bytes,
            };
            // As firmware does: callbacks wait while the host is not ready.
            let bytes = frame.encode().unwrap();
            script.port.callbacks.send(bytes).await.unwrap();
        }
        while script.port.events.recv().await.is_some() {}
    };
    let host_side = async {
        sleep(Duration::from_secs(1)).await;
        for n in 0..250u16 {
            let callback = callbacks.recv().await;
            assert_eq!(callback, Some(Callback::StackStatusHandler(told(n))));
        }
        assert_eq!(ncp.counters().callbacks_shed, 0);
        drop(ncp);
    };
    tokio::join!(host_side, ncp_side);
}

#[tokio::test(start_paused = true)]
async fn a_call_nobody_awaits_any_more_does_not_confuse_the_next() {
    let (ncp, _callbacks, mut script) = connected(13).await;
    let ncp_side = async {
        let (first, _) = script.expect::<GetNodeId>().await;
        sleep(Duration::from_secs(3)).await;
        script
            .reply::<GetNodeId>(first, &GetNodeIdReply { node_id: 1 })
            .await;
        let (second, _) = script.expect::<GetNodeId>().await;
        script
            .reply::<GetNodeId>(second, &GetNodeIdReply { node_id: 2 })
            .await;
    };
    let host_side = async {
        let impatient = tokio::time::timeout(Duration::from_secs(1), ncp.call(GetNodeId {}));
        assert!(impatient.await.is_err());
        assert_eq!(ncp.call(GetNodeId {}).await.unwrap().node_id, 2);
    };
    tokio::join!(host_side, ncp_side);
    assert_eq!(ncp.counters().foreign, 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_counted_and_passed_over() {
    let (ncp, mut callbacks, script) = connected(13).await;
    let unknown = 0x3333;
    script
        .send(Header::Extended, 0, Control::CALLBACK, unknown, &[1])
        .await;
    // stackStatusHandler without its status, and a frame without its id.
    let id = StackStatusHandler::ID;
    script
        .send(Header::Extended, 0, Control::CALLBACK, id, &[])
        .await;
    let bytes = vec![0, 0x90, 1, 0];
    script.port.send.send(Request::Send(bytes)).await.unwrap();
    let up = StackStatusHandler {
        status: Status::NETWORK_UP,
    };
    script.callback(&up).await;
    assert_eq!(
        callbacks.recv().await,
        Some(Callback::StackStatusHandler(up))
    );
    assert_eq!(ncp.counters().unreadable, 3);
}

#[tokio::test(start_paused = true)]
async fn the_tap_sees_every_frame_but_no_key() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let tap = Tap::new(move |tapped| {
        if let Tapped::Ezsp(direction, bytes) = tapped {
            sink.lock().unwrap().push((direction, bytes.to_vec()));
        }
    });
    let (ncp, _callbacks, mut script) = connected_with(13, tap).await;
    let key = wire::Key(*b"ZigBeeAlliance09");
    let ncp_side = async {
        let (sequence, asked) = script.expect::<BroadcastNextNetworkKey>().await;
        assert_eq!(asked.key, key);
        let reply = BroadcastNextNetworkKeyReply { status: Status::OK };
        script
            .reply::<BroadcastNextNetworkKey>(sequence, &reply)
            .await;
    };
    let (reply, ()) = tokio::join!(ncp.call(BroadcastNextNetworkKey { key }), ncp_side);
    assert!(reply.unwrap().status.is_ok());
    let mut blanked = vec![2, 0, 1, 0x73, 0];
    blanked.extend([0; 16]);
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (Direction::Sent, vec![0, 0, 0, 13]),
            (Direction::Received, vec![0, 0x80, 0, 13, 2, 0x40, 0x74]),
            (Direction::Sent, blanked),
            (Direction::Received, vec![2, 0x80, 1, 0x73, 0, 0]),
        ]
    );
}
