//! The lines of a trace: one type, both directions.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::secret;

/// One further line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line<'a> {
    /// Seconds since the trace began.
    pub t: f64,
    /// What.
    #[serde(flatten)]
    pub what: What<'a>,
}

impl Line<'_> {
    /// Since the trace began; a line with an impossible time counts as its first moment.
    #[must_use]
    pub fn at(&self) -> Duration {
        Duration::try_from_secs_f64(self.t).unwrap_or_default()
    }
}

/// What a line tells. The table is in the [module](super).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum What<'a> {
    /// An EZSP frame from the dongle.
    Received {
        /// Hexadecimal.
        rx: Cow<'a, str>,
    },
    /// An EZSP frame to the dongle.
    Sent {
        /// Hexadecimal.
        tx: Cow<'a, str>,
    },
    /// The serial link came up or went down.
    Link {
        /// How.
        link: Cow<'a, str>,
    },
    /// An advertisement.
    Advert {
        /// As [`radios::ble::Advert`] reads it.
        advert: Json,
    },
    /// What the BLE radio told the hub: see [`super::ble_line`].
    Ble {
        /// The event.
        ble: Json,
    },
    /// A message that came.
    In {
        /// Its topic: whole from the broker, without the base topic from a page.
        r#in: Cow<'a, str>,
        /// As text.
        payload: Cow<'a, str>,
        /// The page it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<u32>,
    },
    /// A message published.
    Out {
        /// Its whole topic.
        out: Cow<'a, str>,
        /// As text.
        payload: Cow<'a, str>,
        /// Whether it is retained.
        retain: bool,
    },
    /// An utterance.
    Said {
        /// The text.
        said: Cow<'a, str>,
        /// `typed`, `microphone`, …
        source: Cow<'a, str>,
        /// The room it was said in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// What it may have been as well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        or: Option<String>,
        /// Whether to explain.
        #[serde(default)]
        explain: bool,
        /// Whether not to act.
        #[serde(default)]
        dry_run: bool,
    },
    /// The broker came or went.
    Broker {
        /// Empty: it came; else why it went.
        broker: Cow<'a, str>,
    },
    /// A document is on disk, or not.
    Stored {
        /// The token of its write.
        stored: u32,
        /// What the disk said, if it did not go well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// What the flash has borne.
    Wear {
        /// So far.
        wear: crate::store::Wear,
    },
    /// The gateway was told to end.
    Ended {
        /// Always true.
        ended: bool,
    },
    /// Lines are missing here.
    Lost {
        /// So many.
        lost: u32,
    },
}

impl What<'_> {
    /// A payload as a trace keeps it: text, secrets blanked.
    #[must_use]
    pub fn payload(payload: &[u8]) -> Cow<'static, str> {
        Cow::Owned(secret::blank(&String::from_utf8_lossy(payload)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_as_they_are_written() {
        for what in [
            What::Received { rx: "00a1".into() },
            What::Sent { tx: "0b".into() },
            What::Link {
                link: "connected".into(),
            },
            What::Advert {
                advert: serde_json::json!({"address": "A4:C1:38:02:83:F4"}),
            },
            What::In {
                r#in: "hearth/Lamp/set".into(),
                payload: "{\"state\":\"ON\"}".into(),
                client: None,
            },
            What::Out {
                out: "hearth/Lamp".into(),
                payload: "{}".into(),
                retain: true,
            },
            What::Said {
                said: "불 켜".into(),
                source: "typed".into(),
                room: None,
                or: None,
                explain: false,
                dry_run: false,
            },
            What::Broker { broker: "".into() },
            What::Ble {
                ble: serde_json::json!({"up": true}),
            },
            What::Stored {
                stored: 7,
                error: None,
            },
            What::Wear {
                wear: crate::store::Wear {
                    writes: 3,
                    bytes: 4096,
                },
            },
            What::Ended { ended: true },
            What::Lost { lost: 3 },
        ] {
            let line = Line { t: 1.25, what };
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(
                serde_json::from_str::<Line<'_>>(&text).unwrap(),
                line,
                "{text}"
            );
        }
    }

    #[test]
    fn impossible_times_do_no_harm() {
        for t in ["-1", "1e300"] {
            let text = format!("{{\"t\":{t},\"rx\":\"00\"}}");
            let line: Line<'_> = serde_json::from_str(&text).unwrap();
            assert_eq!(line.at(), Duration::ZERO);
        }
    }
}
