//! What an incoming topic asks for.

/// A topic under the base topic, understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// `<name>[/<endpoint>]/set[/<attribute>]`
    Set(Target<'a>),
    /// `<name>[/<endpoint>]/get[/<attribute>]`
    Get(Target<'a>),
    /// `bridge/request/<path>`
    Request(&'a str),
    /// `voice/say`
    Say,
    /// `voice/listen`
    Listen,
    /// Nothing that is asked of the hub.
    Nothing,
}

/// Whom a message is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// Name or address.
    pub(super) name: &'a str,
    /// Name or number of an endpoint.
    pub(super) endpoint: Option<&'a str>,
    /// The one property meant.
    pub(super) attribute: Option<&'a str>,
}

/// Reads `topic`, which lacks the base topic.
pub(super) fn read(topic: &str) -> Asked<'_> {
    if let Some(path) = topic.strip_prefix("bridge/request/") {
        return Asked::Request(path);
    }
    let mut parts = topic.split('/');
    let parts = [
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ];
    let target = |name, endpoint, attribute| Target {
        name,
        endpoint,
        attribute,
    };
    match parts {
        [Some("bridge"), ..] => Asked::Nothing,
        [Some("voice"), Some("say"), None, ..] => Asked::Say,
        [Some("voice"), Some("listen"), None, ..] => Asked::Listen,
        [Some(name), Some("set"), attribute, None, _] => Asked::Set(target(name, None, attribute)),
        [Some(name), Some("get"), attribute, None, _] => Asked::Get(target(name, None, attribute)),
        [Some(name), endpoint, Some("set"), attribute, None] => {
            Asked::Set(target(name, endpoint, attribute))
        }
        [Some(name), endpoint, Some("get"), attribute, None] => {
            Asked::Get(target(name, endpoint, attribute))
        }
        _ => Asked::Nothing,
    }
}

/// What to subscribe to, without the base topic; nothing the gateway itself publishes is among it.
pub const SUBSCRIPTIONS: [&str; 11] = [
    "bridge/request/#",
    "+/set",
    "+/set/+",
    "+/+/set",
    "+/+/set/+",
    "+/get",
    "+/get/+",
    "+/+/get",
    "+/+/get/+",
    "voice/say",
    "voice/listen",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_name_device_endpoint_and_attribute() {
        let target = |name, endpoint, attribute| Target {
            name,
            endpoint,
            attribute,
        };
        for (topic, expected) in [
            ("Lamp/set", Asked::Set(target("Lamp", None, None))),
            (
                "Lamp/set/state",
                Asked::Set(target("Lamp", None, Some("state"))),
            ),
            (
                "Wall/left/set",
                Asked::Set(target("Wall", Some("left"), None)),
            ),
            (
                "Wall/2/set/state",
                Asked::Set(target("Wall", Some("2"), Some("state"))),
            ),
            ("Lamp/get", Asked::Get(target("Lamp", None, None))),
            (
                "Wall/2/get/state",
                Asked::Get(target("Wall", Some("2"), Some("state"))),
            ),
            (
                "bridge/request/device/rename",
                Asked::Request("device/rename"),
            ),
            ("voice/say", Asked::Say),
            ("voice/listen", Asked::Listen),
            ("bridge/set", Asked::Nothing),
            ("Lamp", Asked::Nothing),
            ("Lamp/availability", Asked::Nothing),
            ("a/b/c/d/set", Asked::Nothing),
            ("", Asked::Nothing),
        ] {
            assert_eq!(read(topic), expected, "{topic}");
        }
    }
}
