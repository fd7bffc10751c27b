//! Push to talk: a button of the home, or a message on `voice/listen`, makes an ear listen as though it had heard its
//! wake word.

use radios::DeviceId;
use serde_json::Value as Json;

use super::command::LARGEST;
use super::{Effect, Hub};
use crate::config::Level;

impl Hub {
    /// `voice/listen`: nothing, a room, or `{"room": …}`.
    pub(super) fn listen(&mut self, payload: &[u8]) {
        match room(payload) {
            Ok(room) => self.out.push(Effect::Listen { room }),
            Err(why) => self.log(Level::Error, format!("voice/listen: {why}")),
        }
    }

    /// A button was pressed, perhaps one to talk by.
    pub(super) fn pressed(&mut self, id: DeviceId, action: &str) {
        let button = self.settings.devices.get(&id);
        if button.and_then(|button| button.push_to_talk.as_deref()) != Some(action) {
            return;
        }
        let room = self
            .registry
            .get(id)
            .and_then(|device| device.options.room.clone());
        self.out.push(Effect::Listen { room });
    }
}

/// Reads the payload of `voice/listen`.
fn room(payload: &[u8]) -> Result<Option<String>, String> {
    if payload.len() > LARGEST {
        return Err(format!(
            "the payload has {} bytes; at most {LARGEST} are taken",
            payload.len()
        ));
    }
    let text = std::str::from_utf8(payload).map_err(|_| "the payload is not UTF-8".to_owned())?;
    let text = text.trim();
    if !text.starts_with('{') {
        return Ok((!text.is_empty()).then(|| text.to_owned()));
    }
    let members: Json =
        serde_json::from_str(text).map_err(|error| format!("the payload is not JSON: {error}"))?;
    match members.get("room") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(room)) => Ok(Some(room.clone())),
        Some(_) => Err("'room' must be a text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_may_be_named_either_way() {
        for (payload, expected) in [
            (&b""[..], Ok(None)),
            (b"{}", Ok(None)),
            (b"Kitchen", Ok(Some("Kitchen"))),
            (br#"{"room":"Kitchen"}"#, Ok(Some("Kitchen"))),
            (br#"{"room":7}"#, Err("'room' must be a text")),
        ] {
            let read = room(payload);
            let read = read.as_ref().map(Option::as_deref).map_err(String::as_str);
            assert_eq!(read, expected, "{payload:?}");
        }
        assert!(room(b"{").is_err() && room(&[0xff]).is_err());
    }
}
