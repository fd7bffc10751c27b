//! A host without ASH, for transcripts: hands over EZSP frames and hears what comes back.

use std::time::Duration;

use super::config::SimConfig;
use super::faults::Faults;
use super::world::{Sim, State};
use crate::ezsp::frame::{Control, Frame, Header};
use crate::ezsp::types::{ApsFrame, InitialSecurityState, NetworkParameters};
use crate::ezsp::{Command, Notice, Parameters, Status, Version, callback, command, values, wire};
use crate::zigbee::zcl::Frame as Zcl;
use crate::{Ieee, Value};

pub(super) const NETWORK_KEY: [u8; 16] = [1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 13];
pub(super) const LINK_KEY: [u8; 16] = *b"root of the keys";
pub(super) const LAMP: Ieee = Ieee(0x000b_57ff_fe8c_0a11);

pub(super) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A host.
pub(super) struct Host {
    pub(super) sim: Sim,
    pub(super) faults: Faults,
    version: Version,
    pub(super) now: Duration,
    sequence: u8,
    pub(super) heard: Vec<(u16, Vec<u8>)>,
}

impl Host {
    /// A host that has not yet said anything.
    pub(super) fn blank(version: Version) -> Self {
        Self::with(version, None)
    }

    pub(super) fn with(version: Version, state: Option<State>) -> Self {
        let faults = Faults::default();
        let config = SimConfig {
            version,
            ..SimConfig::default()
        };
        Self {
            sim: Sim::new(config, state, faults.clone()).unwrap(),
            faults,
            version,
            now: Duration::ZERO,
            sequence: 0,
            heard: Vec::new(),
        }
    }

    /// Says hello.
    pub(super) fn hello(mut self) -> Self {
        let reply = self.frame(Header::Legacy, 0, &[self.version.number()]);
        assert_eq!(reply.1.first(), Some(&self.version.number()));
        self
    }

    /// Forms a network, and opens it.
    pub(super) fn formed(version: Version) -> Self {
        let mut host = Self::blank(version).hello();
        let bits = 0x0b84;
        let reply = host.call(command::SetInitialSecurityState {
            state: InitialSecurityState {
                bitmask: bits,
                preconfigured_key: wire::Key(LINK_KEY),
                network_key: wire::Key(NETWORK_KEY),
                network_key_sequence_number: 0,
                preconfigured_trust_center_eui64: Ieee(0),
            },
        });
        assert_eq!(reply.status, Status::OK);
        let reply = host.call(command::FormNetwork {
            parameters: parameters(),
        });
        assert_eq!(reply.status, Status::OK);
        host.pass(ms(100));
        assert_eq!(host.status(), Some(Status::NETWORK_UP));
        host
    }

    pub(super) fn open(&mut self) {
        let well_known = wire::Key(*b"ZigBeeAlliance09");
        let everybody = Ieee(u64::MAX);
        let status = if self.version.since(12) {
            self.call(command::ImportTransientKey {
                eui64: everybody,
                plaintext_key: well_known,
                flags: 0,
            })
            .status
        } else {
            self.call(command::AddTransientLinkKey {
                partner: everybody,
                transient_key: well_known,
            })
            .status
        };
        assert_eq!(status, Status::OK);
        let reply = self.call(command::SetPolicy {
            policy_id: values::policy_id::TRUST_CENTER_POLICY,
            decision_id: 3,
        });
        assert_eq!(reply.status, Status::OK);
        let reply = self.call(command::PermitJoining { duration: 60 });
        assert_eq!(reply.status, Status::OK);
    }

    /// A network with a device in it; its network address.
    pub(super) fn joined(version: Version, device: &str) -> (Self, u16) {
        let mut host = Self::formed(version);
        host.open();
        host.sim.pair(device, host.now).unwrap();
        host.pass(ms(2000));
        let joined = host.take::<callback::TrustCenterJoinHandler>();
        let [joined] = joined.as_slice() else {
            panic!("{joined:?}")
        };
        let address = joined.new_node_id;
        host.heard.clear();
        (host, address)
    }

    /// Sends a frame and takes the reply: its id and parameters.
    pub(super) fn frame(&mut self, header: Header, id: u16, parameters: &[u8]) -> (u16, Vec<u8>) {
        self.sequence = self.sequence.wrapping_add(1);
        let frame = Frame {
            header,
            sequence: self.sequence,
            control: Control::COMMAND,
            id,
            parameters,
        };
        self.sim.receive(&frame.encode().unwrap(), self.now);
        let reply = self.sim.poll_reply().unwrap();
        let reply = Frame::parse(&reply).unwrap();
        assert_eq!((reply.sequence, reply.header), (self.sequence, header));
        assert!(reply.control.is_from_ncp() && !reply.control.is_asynchronous());
        (reply.id, reply.parameters.to_vec())
    }

    #[expect(clippy::needless_pass_by_value)] // reads better
    pub(super) fn call<C: Command>(&mut self, request: C) -> C::Reply {
        let parameters = request.encode(self.version).unwrap();
        let (id, reply) = self.frame(Header::Extended, C::ID, &parameters);
        assert_eq!(id, C::ID, "{} was refused: {reply:?}", C::NAME);
        C::Reply::decode(&reply, self.version).unwrap()
    }

    /// Lets time pass and listens.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let next = self.sim.poll_timeout().unwrap_or(until).min(until);
            self.now = self.now.max(next);
            self.sim.handle_timeout(self.now);
            assert!(self.sim.poll_reply().is_none(), "one reply each");
            while let Some(frame) = self.sim.poll_callback() {
                let frame = Frame::parse(&frame).unwrap();
                assert!(frame.control.is_asynchronous());
                self.heard.push((frame.id, frame.parameters.to_vec()));
            }
            if self.now >= until {
                break;
            }
        }
    }

    /// The callbacks of one kind that were heard.
    pub(super) fn take<N: Notice>(&mut self) -> Vec<N> {
        let version = self.version;
        let heard = self.heard.iter().filter(|(id, _)| *id == N::ID);
        heard
            .map(|(_, parameters)| N::decode(parameters, version).unwrap())
            .collect()
    }

    pub(super) fn status(&mut self) -> Option<Status> {
        self.take::<callback::StackStatusHandler>()
            .last()
            .map(|heard| heard.status)
    }

    /// Sends a unicast to endpoint 1, or to the ZDO.
    pub(super) fn unicast(
        &mut self,
        to: u16,
        profile: u16,
        cluster: u16,
        tag: u16,
        message: Vec<u8>,
    ) -> Status {
        let endpoint = u8::from(profile != 0);
        let request = command::SendUnicast {
            kind: values::outgoing_type::DIRECT,
            destination: to,
            aps_frame: ApsFrame {
                profile_id: profile,
                cluster_id: cluster,
                source_endpoint: endpoint,
                destination_endpoint: endpoint,
                options: 0x1140,
                ..ApsFrame::default()
            },
            tag,
            message,
        };
        self.call(request).status
    }

    /// Sends a ZCL frame to endpoint 1 and takes what comes back from there.
    pub(super) fn zcl(&mut self, to: u16, cluster: u16, frame: &Zcl) -> Vec<Zcl> {
        self.heard.clear();
        assert_eq!(
            self.unicast(to, 0x0104, cluster, 1, frame.encode()),
            Status::OK
        );
        self.pass(ms(20));
        let heard = self.take::<callback::IncomingMessageHandler>();
        let from = heard
            .iter()
            .filter(|heard| heard.sender == to && heard.aps_frame.cluster_id == cluster);
        from.map(|heard| Zcl::parse(&heard.message).unwrap())
            .collect()
    }

    /// The fate of the last message with that tag.
    pub(super) fn fate(&mut self, tag: u16) -> Option<Status> {
        let sent = self.take::<callback::MessageSentHandler>();
        sent.iter()
            .rfind(|sent| sent.tag == tag)
            .map(|sent| sent.status)
    }

    pub(super) fn lamp(&self, property: &str) -> Value {
        let state = self.sim.state("lamp").unwrap();
        state
            .into_iter()
            .find(|(name, _)| *name == property)
            .unwrap()
            .1
    }
}

pub(super) fn parameters() -> NetworkParameters {
    NetworkParameters {
        extended_pan_id: 0x7766_5544_3322_11dd,
        pan_id: 0x1a62,
        radio_tx_power: 5,
        radio_channel: 15,
        join_method: 0,
        nwk_manager_id: 0,
        nwk_update_id: 0,
        channels: 0x07ff_f800,
    }
}
