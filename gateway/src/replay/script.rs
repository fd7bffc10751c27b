//! Reading a trace.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use bytes::Bytes;
use radios::NetworkSettings;
use serde_json::Value as Json;

use super::ReplayError;
use super::dongle::from_hex;
use crate::hub::Saved;
use crate::trace::{Head, Line, Network, What};

/// Longer lines are none of ours.
const LONGEST: u64 = 16 << 20;

/// A trace, read.
pub(super) struct Script {
    pub(super) head: Head,
    pub(super) lines: Vec<Line<'static>>,
}

impl Script {
    pub(super) fn read(file: &Path) -> Result<Self, ReplayError> {
        let name = file.display().to_string();
        let failed = |error| ReplayError::File {
            file: name.clone(),
            error,
        };
        let mut input = BufReader::new(File::open(file).map_err(failed)?);
        let mut head = None;
        let mut lines = Vec::new();
        let mut text = String::new();
        for number in 1.. {
            text.clear();
            let read = (&mut input).take(LONGEST).read_line(&mut text);
            if read.map_err(failed)? == 0 {
                break;
            }
            let wrong = |why: String| ReplayError::Line {
                file: name.clone(),
                line: number,
                why,
            };
            if head.is_none() {
                let read: Head = serde_json::from_str(&text)
                    .map_err(|error| wrong(format!("this is no trace of Hearth: {error}")))?;
                if read.hearth_trace != 1 {
                    let why = format!("this version reads format 1, not {}", read.hearth_trace);
                    return Err(wrong(why));
                }
                head = Some(read);
                continue;
            }
            match serde_json::from_str::<Line<'static>>(&text) {
                Ok(line) => lines.push(line),
                // The last line of a gateway that was killed.
                Err(_) if !text.ends_with('\n') => break,
                Err(error) => return Err(wrong(error.to_string())),
            }
        }
        let head = head.ok_or_else(|| ReplayError::Line {
            file: name.clone(),
            line: 1,
            why: "this is no trace of Hearth: it is empty".to_owned(),
        })?;
        Ok(Self { head, lines })
    }

    /// What the hub had kept.
    pub(super) fn saved(&self) -> Saved {
        let body = |json: &Json| (!json.is_null()).then(|| Bytes::from(json.to_string()));
        Saved {
            registry: body(&self.head.registry),
            state: body(&self.head.state),
        }
    }

    /// The network that was stored.
    pub(super) fn network(&self) -> Option<NetworkSettings> {
        self.head.network.map(blank)
    }

    /// The network that was formed in the trace: our host would choose another one by chance.
    pub(super) fn formed(&self) -> Option<NetworkSettings> {
        self.lines.iter().find_map(|line| match &line.what {
            What::Sent { tx } => {
                let frame = from_hex(tx)?;
                let (header, parameters) = frame.split_at_checked(5)?;
                if header.get(3..)? != FORM_NETWORK.to_le_bytes() {
                    return None;
                }
                let extended = <[u8; 8]>::try_from(parameters.get(..8)?).ok()?;
                let pan = <[u8; 2]>::try_from(parameters.get(8..10)?).ok()?;
                Some(blank(Network {
                    extended_pan_id: u64::from_le_bytes(extended),
                    pan_id: u16::from_le_bytes(pan),
                    channel: *parameters.get(11)?,
                }))
            }
            _ => None,
        })
    }
}

/// `formNetwork` begins with the extended PAN identifier, the PAN identifier, power and channel, at
/// all versions with this header.
const FORM_NETWORK: u16 = 0x001e;

/// A network with keys as blank as in the recorded frames.
const fn blank(network: Network) -> NetworkSettings {
    NetworkSettings {
        pan_id: network.pan_id,
        extended_pan_id: network.extended_pan_id,
        channel: network.channel,
        network_key: [0; 16],
        network_key_sequence: 0,
        frame_counter: 0,
        link_key: [0; 16],
    }
}
