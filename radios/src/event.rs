//! The seam between radios and everything else: [`Event`]s up, [`Command`]s down.
//!
//! The contract:
//! - every [`Command`] that carries a [`Token`] is answered by exactly one [`Event::Done`] with that
//!   token, also when the dongle is pulled while it waits;
//! - a device's record ([`Event::Device`]) is sent before anything that depends on it, and again
//!   whenever it changed: whoever stores devices stores that;
//! - both queues are bounded. A radio that cannot hand up an event waits; it never drops one silently.

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{Changes, DeviceId, DeviceInfo, Property};

/// Ties an answer to its command. Chosen by the sender, unique among those under way.
pub type Token = u32;

/// Which radio speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Radio {
    /// The Zigbee dongle.
    Zigbee,
    /// The Bluetooth adapter.
    Ble,
}

/// What a radio tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The radio works. Sent again after each recovery.
    RadioUp {
        /// Which.
        radio: Radio,
        /// The network it serves; none for BLE.
        network: Option<NetworkInfo>,
    },
    /// The radio is gone; it is being looked for. Commands wait, within bounds.
    RadioDown {
        /// Which.
        radio: Radio,
        /// For people: what happened and what will be tried.
        reason: String,
    },
    /// The network as the dongle holds it, keys included, after forming or resuming: keep it in a
    /// file that only its owner reads. Never logged, traced or published.
    Network(Box<NetworkSettings>),
    /// Joining is open for so many seconds; 0: closed.
    PermitJoin {
        /// Seconds from now.
        seconds: u8,
    },
    /// A device came (for the first time, or again after it left).
    Joined {
        /// Which.
        id: DeviceId,
    },
    /// A known device announced itself, for example after a power cut.
    Announced {
        /// Which.
        id: DeviceId,
    },
    /// A device left the network.
    Left {
        /// Which.
        id: DeviceId,
    },
    /// The interview of a device went on.
    Interview {
        /// Which.
        id: DeviceId,
        /// How far.
        stage: Interview,
    },
    /// A device's record is new or changed: store it.
    Device(Box<DeviceInfo>),
    /// Properties of a device have these values now.
    Changed {
        /// Which.
        id: DeviceId,
        /// What; may be empty (the device was heard, nothing more).
        changes: Changes,
        /// Link quality of the frame, 0…255.
        linkquality: Option<u8>,
    },
    /// A command came to its end.
    Done {
        /// The command's.
        token: Token,
        /// What came of it.
        outcome: Outcome,
    },
}

/// What came of a command: the state to show now, or why not.
pub type Outcome = Result<Changes, CommandError>;

/// How far an interview came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interview {
    /// Begun.
    Started,
    /// Complete; the record went up just before.
    Successful,
    /// Given up for now, with the step that failed.
    Failed(String),
}

/// The Zigbee network, without its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInfo {
    /// The dongle's own address.
    pub coordinator: crate::Ieee,
    /// PAN identifier.
    pub pan_id: u16,
    /// Extended PAN identifier, as a number.
    pub extended_pan_id: u64,
    /// Channel 11…26.
    pub channel: u8,
    /// For people: `EmberZNet 7.4.4, EZSP 13`.
    pub firmware: String,
}

/// Everything that makes a Zigbee network this one and no other. Holds keys: `Debug` hides them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSettings {
    /// PAN identifier.
    pub pan_id: u16,
    /// Extended PAN identifier, as a number.
    pub extended_pan_id: u64,
    /// Channel 11…26.
    pub channel: u8,
    /// The network key.
    pub network_key: [u8; 16],
    /// Its sequence number.
    #[serde(default)]
    pub network_key_sequence: u8,
    /// How many frames the key had protected when this was sent. Devices ignore a network that
    /// starts again below what they saw, so a restored one starts well above it.
    #[serde(default)]
    pub frame_counter: u32,
    /// The trust centre link key, root of hashed link keys.
    pub link_key: [u8; 16],
}

impl std::fmt::Debug for NetworkSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetworkSettings")
            .field("pan_id", &format_args!("{:#06x}", self.pan_id))
            .field(
                "extended_pan_id",
                &format_args!("{:#018x}", self.extended_pan_id),
            )
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// A key as its user typed it. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(pub String);

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText(…)")
    }
}

/// What a radio is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Set properties. The outcome holds the state to show.
    Set {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// Whom.
        id: DeviceId,
        /// Name or number of the endpoint, where the topic named one.
        endpoint: Option<String>,
        /// What.
        values: Changes,
    },
    /// Read properties; the values come as [`Event::Changed`].
    Get {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// Whom.
        id: DeviceId,
        /// What. Nothing: only whether it answers.
        properties: Vec<Property>,
    },
    /// Open for joining for so many seconds (0 closes), everywhere or through one router.
    PermitJoin {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// 0…254.
        seconds: u8,
        /// Only through this one.
        through: Option<DeviceId>,
    },
    /// Interview a device again.
    Interview {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// Whom.
        id: DeviceId,
    },
    /// Tell a device to leave and forget it.
    Remove {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// Whom.
        id: DeviceId,
        /// Forget it even if it does not answer.
        force: bool,
    },
    /// The key of a BLE device's advertisements; `None` forgets it. It is checked against an advert
    /// that was heard: one that is wrong is refused, and the outcome of a good one holds `key_status`
    /// and a `message` for people.
    BindKey {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// Whose.
        id: DeviceId,
        /// 24 or 32 hexadecimal digits.
        key: Option<KeyText>,
    },
    /// Who else can be heard over BLE. The outcome holds `nearby`, a list.
    Nearby {
        /// Echoed in [`Event::Done`].
        token: Token,
    },
    /// Take a BLE device up, with its key where it needs one. The outcome says of the key what
    /// [`Command::BindKey`]'s does.
    Adopt {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// Whom.
        id: DeviceId,
        /// 24 or 32 hexadecimal digits.
        key: Option<KeyText>,
    },
    /// Write and read characteristics of a BLE device, in one connection. The outcome holds
    /// `operations`, a list with what was read.
    Gatt {
        /// Echoed in [`Event::Done`].
        token: Token,
        /// Whom.
        id: DeviceId,
        /// What, in this order.
        operations: Vec<crate::ble::gatt::Operation>,
        /// For all of it, from when it is its turn.
        limit: std::time::Duration,
    },
}

impl Command {
    /// The token to answer with.
    #[must_use]
    pub const fn token(&self) -> Token {
        match self {
            Self::Set { token, .. }
            | Self::Get { token, .. }
            | Self::PermitJoin { token, .. }
            | Self::Interview { token, .. }
            | Self::Remove { token, .. }
            | Self::BindKey { token, .. }
            | Self::Nearby { token }
            | Self::Adopt { token, .. }
            | Self::Gatt { token, .. } => *token,
        }
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such device.
    #[error("no device {0}")]
    UnknownDevice(DeviceId),
    /// The device has no such property, or it cannot be set or read.
    #[error("cannot {what} `{property}`: {why}")]
    Unsupported {
        /// `set` or `read`.
        what: &'static str,
        /// Which property.
        property: String,
        /// The reason.
        why: String,
    },
    /// A value out of range or of the wrong type.
    #[error("`{property}`: {why}")]
    BadValue {
        /// Which property.
        property: String,
        /// What was expected.
        why: String,
    },
    /// The message did not arrive after all tries.
    #[error("not delivered: {0}")]
    NotDelivered(String),
    /// The device answered with a ZCL status other than success.
    #[error("the device refused: {0}")]
    Refused(String),
    /// No answer in time.
    #[error("no answer in {0} s")]
    Timeout(u16),
    /// The radio is down and its queue is full, or it is not configured.
    #[error("radio not available: {0}")]
    Unavailable(String),
}

/// Both ends of a radio, for the gateway.
#[derive(Debug)]
pub struct RadioHandle {
    /// Down.
    pub commands: mpsc::Sender<Command>,
    /// Up.
    pub events: mpsc::Receiver<Event>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_command_holds_no_key() {
        let key = Some(KeyText("00112233445566778899aabbccddeeff".to_owned()));
        let id = DeviceId::Ble(crate::Mac([0; 6]));
        let printed = format!("{:?}", Command::BindKey { token: 1, id, key });
        assert!(!printed.contains("0011"), "{printed}");
    }
}
