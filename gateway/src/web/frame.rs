//! The frames of the WebSocket: `{"topic":"…","payload":…}`.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// A frame from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Without the base topic.
    pub topic: String,
    /// As MQTT would carry it: text as it is, all else as JSON; nothing if there is none.
    pub payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Read {
    topic: String,
    #[serde(default)]
    payload: serde_json::Value,
}

impl Frame {
    /// Reads a client's frame.
    ///
    /// # Errors
    /// What is wrong with it, for the client to see.
    pub fn read(text: &str) -> Result<Self, String> {
        let Read { topic, payload } = serde_json::from_str(text)
            .map_err(|error| format!("expected {{\"topic\",\"payload\"}}: {error}"))?;
        if topic.is_empty() || topic.contains(['+', '#', '\0']) {
            return Err("`topic`: expected a topic without wildcards".to_owned());
        }
        let payload = match payload {
            serde_json::Value::Null => Vec::new(),
            serde_json::Value::String(text) => text.into_bytes(),
            other => other.to_string().into_bytes(),
        };
        Ok(Self { topic, payload })
    }
}

/// Writes a frame. A payload that is no JSON (such as the plain text of an action) goes as text.
pub(super) fn write(topic: &str, payload: &[u8]) -> String {
    let mut frame = String::with_capacity(topic.len() + payload.len() + 26);
    frame.push_str("{\"topic\":");
    frame.push_str(&quoted(topic));
    frame.push_str(",\"payload\":");
    match std::str::from_utf8(payload) {
        Ok(text) if serde_json::from_str::<IgnoredAny>(text).is_ok() => frame.push_str(text),
        _ => frame.push_str(&quoted(&String::from_utf8_lossy(payload))),
    }
    frame.push('}');
    frame
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn client_frames_become_what_mqtt_carries() {
        for (text, topic, payload) in [
            (
                r#"{"topic":"Lamp/set","payload":{"state":"ON"}}"#,
                "Lamp/set",
                r#"{"state":"ON"}"#,
            ),
            (r#"{"topic":"Lamp/set","payload":"ON"}"#, "Lamp/set", "ON"),
            (r#"{"topic":"Lamp/get"}"#, "Lamp/get", ""),
            (
                r#"{"payload":254,"topic":"bridge/request/permit_join"}"#,
                "bridge/request/permit_join",
                "254",
            ),
        ] {
            let frame = Frame::read(text).unwrap();
            assert_eq!(
                (frame.topic.as_str(), frame.payload.as_slice()),
                (topic, payload.as_bytes())
            );
        }
    }

    #[test]
    fn other_frames_are_refused_by_name() {
        for text in [
            "",
            "hello",
            "[]",
            "{}",
            r#"{"topic":7}"#,
            r#"{"topic":""}"#,
            r#"{"topic":"a/#"}"#,
        ] {
            assert!(Frame::read(text).unwrap_err().contains("topic"), "{text}");
        }
    }

    #[test]
    fn payloads_that_are_no_json_go_as_text() {
        assert_eq!(
            write("Lamp/action", b"on"),
            r#"{"topic":"Lamp/action","payload":"on"}"#
        );
        assert_eq!(
            write("Lamp", br#"{"a":1}"#),
            r#"{"topic":"Lamp","payload":{"a":1}}"#
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_json(topic in ".*", payload in proptest::collection::vec(any::<u8>(), 0..40)) {
            let frame: serde_json::Value = serde_json::from_str(&write(&topic, &payload)).unwrap();
            prop_assert_eq!(frame["topic"].as_str(), Some(topic.as_str()));
        }
    }
}
