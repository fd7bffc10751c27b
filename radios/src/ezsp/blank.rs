//! Traces hold no keys: a copy of a frame with every key in it overwritten with zeros.
//!
//! Where a key may be, everything that may be part of it goes: token data, payloads of raw frames
//! (touchlink hands the network key over in one), Green Power commissioning. What cannot be read to
//! its end is blanked from there on, and so is all of a frame that the table does not know.

use std::borrow::Cow;

use super::Version;
use super::frame::Frame;
use super::layout::{Field, Kind, Row, is_secret, width};
use super::table::{callback, row};
use super::{Notice, Parameters};

/// The Green Power profile: commissioning notifications carry the device's key.
const GREEN_POWER_PROFILE: u16 = 0xa1e0;
/// The Green Power commissioning command, and those after it that set a device up.
const COMMISSIONING: std::ops::RangeInclusive<u8> = 0xe0..=0xef;

/// The frame with its keys blanked; borrowed when it holds none. `version` is none as long as the
/// NCP's is unknown.
#[must_use]
pub fn blank_keys(bytes: &[u8], version: Option<Version>) -> Cow<'_, [u8]> {
    let Ok(frame) = Frame::parse(bytes) else {
        return Cow::Owned(vec![0; bytes.len()]);
    };
    let start = bytes.len() - frame.parameters.len();
    let version = match version {
        Some(version) => version,
        // Before the handshake ended there is only `version`, the same in all versions.
        None if frame.id == 0 => return Cow::Borrowed(bytes),
        None => Version::NEWEST,
    };
    let mut blanks = Vec::new();
    match row(frame.id, version) {
        Some(row) => {
            let layouts = if frame.control.is_from_ncp() {
                row.reply
            } else {
                row.request
            };
            let fields = Row::fields(layouts, version);
            secrets(fields, frame.parameters, version, &mut blanks);
            if carries_green_power_key(&frame, version) {
                blanks.push((0, frame.parameters.len()));
            }
        }
        None => blanks.push((0, frame.parameters.len())),
    }
    if blanks.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let mut copy = bytes.to_vec();
    for (from, to) in blanks {
        if let Some(part) = copy.get_mut(start + from..start + to) {
            part.fill(0);
        }
    }
    Cow::Owned(copy)
}

/// Where the keys are: from and to.
fn secrets(fields: &[Field], input: &[u8], version: Version, blanks: &mut Vec<(usize, usize)>) {
    let mut at = 0;
    for field in fields {
        match walk(field.kind, at, input, version, blanks) {
            Some(next) => at = next,
            // Cut short: what is left cannot be told apart.
            None => {
                if fields.iter().any(|field| is_secret(field.kind)) {
                    blanks.push((at, input.len()));
                }
                return;
            }
        }
    }
    if at < input.len() && fields.iter().any(|field| is_secret(field.kind)) {
        blanks.push((at, input.len()));
    }
}

/// Goes over a field that begins `at`; where it ends, or none when the input ends before.
fn walk(
    kind: Kind,
    at: usize,
    input: &[u8],
    version: Version,
    blanks: &mut Vec<(usize, usize)>,
) -> Option<usize> {
    let rest = input.get(at..)?;
    let end = at.checked_add(width(kind, rest, version)?)?;
    if end > input.len() {
        return None;
    }
    match kind {
        Kind::Secret(inner) => {
            // The number of bytes stays: a blanked frame is still a frame.
            let prefix = prefix(*inner);
            blanks.push(((at + prefix).min(end), end));
        }
        Kind::Struct(fields) if is_secret(kind) => {
            let mut at = at;
            for field in fields {
                at = walk(field.kind, at, input, version, blanks)?;
            }
        }
        Kind::Since(_, inner) | Kind::Until(_, inner) | Kind::Optional(inner) if end > at => {
            walk(*inner, at, input, version, blanks)?;
        }
        Kind::Array(..) | Kind::Counted(..) | Kind::Rest(_) if is_secret(kind) => {
            blanks.push(((at + prefix(kind)).min(end), end));
        }
        _ => {}
    }
    Some(end)
}

/// Bytes before the first item.
const fn prefix(kind: Kind) -> usize {
    match kind {
        Kind::Counted(prefix, _) => prefix,
        _ => 0,
    }
}

fn carries_green_power_key(frame: &Frame<'_>, version: Version) -> bool {
    if !frame.control.is_from_ncp() {
        return false;
    }
    match frame.id {
        callback::IncomingMessageHandler::ID => {
            callback::IncomingMessageHandler::decode(frame.parameters, version)
                .is_ok_and(|it| it.aps_frame.profile_id == GREEN_POWER_PROFILE)
        }
        callback::GpepIncomingMessageHandler::ID => {
            callback::GpepIncomingMessageHandler::decode(frame.parameters, version)
                .is_ok_and(|it| COMMISSIONING.contains(&it.gpd_command_id))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::command::*;
    use super::super::frame::{Control, Header};
    use super::super::table::rows;
    use super::super::types::{InitialSecurityState, SecurityContext};
    use super::super::wire::Key;
    use super::super::{Command, Status};
    use super::*;

    const SECRET: [u8; 16] = *b"ZigBeeAlliance09";

    fn v(number: u8) -> Version {
        Version::new(number).unwrap()
    }

    fn sent<C: Command>(command: &C, version: Version) -> Vec<u8> {
        bytes(C::ID, Control::COMMAND, &command.encode(version).unwrap())
    }

    fn received<C: Command>(reply: &C::Reply, version: Version) -> Vec<u8> {
        bytes(C::ID, Control::REPLY, &reply.encode(version).unwrap())
    }

    fn bytes(id: u16, control: Control, parameters: &[u8]) -> Vec<u8> {
        Frame {
            header: Header::Extended,
            sequence: 3,
            control,
            id,
            parameters,
        }
        .encode()
        .unwrap()
    }

    fn holds_key(bytes: &[u8]) -> bool {
        bytes.windows(4).any(|w| SECRET.windows(4).any(|k| k == w))
    }

    #[test]
    fn keys_are_zeros_and_the_rest_stays() {
        let version = v(13);
        let frame = sent(
            &SetInitialSecurityState {
                state: InitialSecurityState {
                    bitmask: 0x0b84,
                    preconfigured_key: Key(SECRET),
                    network_key: Key(SECRET),
                    network_key_sequence_number: 9,
                    preconfigured_trust_center_eui64: crate::Ieee(0x0102_0304_0506_0708),
                },
            },
            version,
        );
        assert!(holds_key(&frame));
        let blanked = blank_keys(&frame, Some(version));
        let parameters = Frame::parse(&blanked).unwrap().parameters;
        let state = SetInitialSecurityState::decode(parameters, version)
            .unwrap()
            .state;
        assert_eq!(
            state,
            InitialSecurityState {
                bitmask: 0x0b84,
                network_key_sequence_number: 9,
                preconfigured_trust_center_eui64: crate::Ieee(0x0102_0304_0506_0708),
                ..InitialSecurityState::default()
            }
        );
    }

    #[test]
    fn every_way_of_a_key_is_blanked_at_every_version() {
        for version in Version::all() {
            let key = Key(SECRET);
            let mut frames = vec![
                sent(&BroadcastNextNetworkKey { key }, version),
                sent(
                    &SetTokenData {
                        token: 0x1e124,
                        index: 0,
                        token_data: SECRET.to_vec(),
                    },
                    version,
                ),
                received::<GetTokenData>(
                    &GetTokenDataReply {
                        status: Status::OK,
                        value: Some(SECRET.to_vec()),
                    },
                    version,
                ),
            ];
            if version.since(12) {
                let context = SecurityContext {
                    core_key_type: 1,
                    ..SecurityContext::default()
                };
                frames.push(sent(
                    &ImportKey {
                        context: context.clone(),
                        key,
                    },
                    version,
                ));
                frames.push(received::<ExportKey>(
                    &ExportKeyReply {
                        status: Status::OK,
                        key,
                        context,
                    },
                    version,
                ));
                frames.push(sent(
                    &ImportTransientKey {
                        eui64: crate::Ieee(u64::MAX),
                        plaintext_key: key,
                        flags: 0,
                    },
                    version,
                ));
            }
            for frame in frames {
                assert!(holds_key(&frame));
                let blanked = blank_keys(&frame, Some(version));
                assert!(!holds_key(&blanked), "{version}: {blanked:02x?}");
                assert_eq!(blanked.len(), frame.len());
                assert_eq!(blanked[..5], frame[..5]);
                // Cut anywhere, no part of the key is left.
                for length in 5..frame.len() {
                    assert!(!holds_key(&blank_keys(&frame[..length], Some(version))));
                }
            }
        }
    }

    #[test]
    fn frames_without_keys_are_not_touched() {
        let frame = sent(&GetConfigurationValue { config_id: 5 }, v(16));
        assert!(matches!(
            blank_keys(&frame, Some(v(16))),
            Cow::Borrowed(same) if same == frame
        ));
        assert_eq!(blank_keys(&[0, 0, 0, 13], None)[..], [0, 0, 0, 13]);
    }

    #[test]
    fn what_the_table_does_not_know_is_blanked() {
        let frame = bytes(0x7777, Control::REPLY, &SECRET);
        assert_eq!(blank_keys(&frame, Some(v(13)))[5..], [0; 16]);
    }

    proptest! {
        /// A blanked frame is blanked to itself, and reads as its row says.
        #[test]
        fn blanking_keeps_the_form(
            seed in proptest::collection::vec(any::<u8>(), 0..80),
            number in 8u8..=19,
            from_ncp: bool,
        ) {
            let version = v(number);
            for row in rows() {
                let control = if from_ncp { Control::REPLY } else { Control::COMMAND };
                let frame = bytes(row.id, control, &seed);
                let once = blank_keys(&frame, Some(version)).into_owned();
                prop_assert_eq!(&blank_keys(&once, Some(version))[..], &once[..]);
                prop_assert_eq!(once.len(), frame.len());
            }
        }
    }
}
