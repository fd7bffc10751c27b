//! What was published then, and what is now.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::trace::BLANK;

/// Points in time, in milliseconds, may differ by so much: a replay takes no time to compute.
pub const TOLERANCE: f64 = 2000.0;

/// Messages of one topic, so many seconds apart at most, are one burst.
const BURST: f64 = 0.25;
/// Parts of topics whose messages are events rather than states.
const EVENTS: [&str; 4] = ["/bridge/event", "/bridge/response/", "/voice/", "/action"];
/// Topics, without the base topic, that tell of the moment or the machine.
const ASIDE: [&str; 2] = ["/bridge/logging", "/bridge/health"];
/// Members that hold points in time.
const MOMENTS: [&str; 3] = ["last_seen", "key_status_since", "permit_join_end"];
/// Members that tell of the last frame heard (which one that is when a command ends is chance), and of
/// how long something took.
const CHANCE: [&str; 4] = ["linkquality", "rssi", "recognise_us", "act_ms"];

/// A message published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Published {
    /// Seconds since the trace began.
    pub t: f64,
    /// Its topic.
    pub topic: String,
    /// Its payload; text if it is no JSON.
    pub payload: Json,
    /// Whether it is retained.
    pub retain: bool,
}

impl Published {
    pub(super) fn new(t: f64, topic: &str, payload: &str, retain: bool) -> Self {
        Self {
            t,
            topic: topic.to_owned(),
            payload: serde_json::from_str(payload).unwrap_or_else(|_| Json::from(payload)),
            retain,
        }
    }
}

/// The first difference: what was published then, and what is instead now.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The topic.
    pub topic: String,
    /// Then; none: it is only published now.
    pub then: Option<Published>,
    /// Now; none: it is no longer published.
    pub now: Option<Published>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut side = |name: &str, message: &Option<Published>| match message {
            Some(message) => {
                let retained = if message.retain { ", retained" } else { "" };
                writeln!(
                    f,
                    "  {name} ({:.3} s{retained}): {}",
                    message.t, message.payload
                )
            }
            None => writeln!(f, "  {name}: nothing"),
        };
        side("then", &self.then)?;
        side("now ", &self.now)
    }
}

/// The difference that comes first in time.
///
/// Topics are compared each for itself: which of two devices' messages goes first is chance. So is,
/// within a [`BURST`], what a device's state looks like on its way (the answer to a command and a
/// report may come in either order): there, what counts is where it ends. Of messages that are
/// events, each counts.
pub(super) fn first(then: &[Published], now: &[Published]) -> Option<Difference> {
    let mut topics: BTreeMap<&str, Vec<(bool, &Published)>> = BTreeMap::new();
    for (is_now, side) in [(false, then), (true, now)] {
        for message in side {
            if !ASIDE.iter().any(|aside| message.topic.ends_with(aside)) {
                let topic = topics.entry(&message.topic).or_default();
                topic.push((is_now, message));
            }
        }
    }
    topics
        .into_iter()
        .filter_map(|(topic, mut messages)| {
            messages.sort_by(|(_, a), (_, b)| a.t.total_cmp(&b.t));
            let (then, now) = messages
                .chunk_by(|(_, a), (_, b)| b.t - a.t <= BURST)
                .find_map(|burst| in_burst(topic, burst))?;
            Some(Difference {
                topic: topic.to_owned(),
                then: then.cloned(),
                now: now.cloned(),
            })
        })
        .min_by(|a, b| when(a).total_cmp(&when(b)))
}

type Sides<'a> = (Option<&'a Published>, Option<&'a Published>);

fn in_burst<'a>(topic: &str, burst: &[(bool, &'a Published)]) -> Option<Sides<'a>> {
    let side = |wanted: bool| {
        let side = burst.iter().filter(move |(is_now, _)| *is_now == wanted);
        side.map(|(_, message)| *message).collect::<Vec<_>>()
    };
    let (then, mut now) = (side(false), side(true));
    if !EVENTS.iter().any(|part| topic.contains(part)) {
        let (then, now) = (then.last().copied(), now.last().copied());
        let same = matches!((then, now), (Some(then), Some(now)) if same(then, now));
        return (!same).then_some((then, now));
    }
    for message in then {
        match now.iter().position(|now| same(message, now)) {
            Some(at) => drop(now.remove(at)),
            None => return Some((Some(message), now.first().copied())),
        }
    }
    now.first().map(|now| (None, Some(*now)))
}

fn same(then: &Published, now: &Published) -> bool {
    then.retain == now.retain && alike(&then.payload, &now.payload)
}

fn when(difference: &Difference) -> f64 {
    let sides = [&difference.then, &difference.now];
    sides
        .into_iter()
        .flatten()
        .map(|message| message.t)
        .fold(f64::INFINITY, f64::min)
}

fn alike(then: &Json, now: &Json) -> bool {
    match (then, now) {
        (Json::Object(then), Json::Object(now)) => {
            // A replay does not know secrets, and so may not show where one is.
            let open = |members: &Map<String, Json>| {
                members.values().filter(|value| *value != BLANK).count()
            };
            open(then) == open(now)
                && then
                    .iter()
                    .filter(|(_, then)| *then != BLANK)
                    .all(|(name, then)| {
                        now.get(name).is_some_and(|now| {
                            alike(then, now)
                                || (MOMENTS.contains(&name.as_str()) && near(then, now))
                                || (CHANCE.contains(&name.as_str()) && numbers(then, now))
                        })
                    })
        }
        (Json::Array(then), Json::Array(now)) => {
            then.len() == now.len() && then.iter().zip(now).all(|(then, now)| alike(then, now))
        }
        _ => then == now,
    }
}

fn numbers(then: &Json, now: &Json) -> bool {
    then.is_number() && now.is_number()
}

fn near(then: &Json, now: &Json) -> bool {
    match (then.as_f64(), now.as_f64()) {
        (Some(then), Some(now)) => (then - now).abs() <= TOLERANCE,
        // Written out, to the second.
        _ => then.is_string() && now.is_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(t: f64, topic: &str, payload: &str) -> Published {
        Published::new(t, topic, payload, false)
    }

    #[test]
    fn topics_are_compared_each_for_itself() {
        let then = [
            said(1.0, "h/Lamp", "{\"state\":\"ON\"}"),
            said(1.1, "h/Plug", "{\"power\":1}"),
            said(2.0, "h/Lamp", "{\"state\":\"OFF\"}"),
        ];
        let mut now = then.clone();
        now.swap(0, 1);
        assert_eq!(first(&then, &now), None);
        now[1].payload = json!({"state": "OFF"});
        let difference = first(&then, &now).unwrap();
        assert_eq!(difference.topic, "h/Lamp");
        assert_eq!(difference.then.unwrap().payload["state"], "ON");
    }

    #[test]
    fn the_end_of_a_burst_counts_and_every_event() {
        let states = |values: [u8; 3]| {
            let at = |i: u8| 1.0 + f64::from(i) / 10.0;
            [0, 1, 2].map(|i| said(at(i), "h/Lamp", &values[usize::from(i)].to_string()))
        };
        assert_eq!(first(&states([1, 2, 3]), &states([2, 1, 3])), None);
        assert!(first(&states([1, 2, 3]), &states([1, 3, 2])).is_some());
        let events = |values: [u8; 3]| {
            states(values).map(|m| Published {
                topic: "h/bridge/event".to_owned(),
                ..m
            })
        };
        assert_eq!(first(&events([1, 2, 3]), &events([1, 3, 2])), None);
        assert!(first(&events([1, 2, 3]), &events([1, 3, 3])).is_some());
        assert!(first(&events([1, 2, 3]), &events([1, 2, 3])[..2]).is_some());
    }

    #[test]
    fn the_first_difference_in_time_is_told() {
        let then = [said(5.0, "h/A", "1"), said(3.0, "h/B", "1")];
        let now = [said(5.0, "h/A", "2"), said(3.0, "h/B", "2")];
        assert_eq!(first(&then, &now).unwrap().topic, "h/B");
        assert_eq!(first(&then, &[]).unwrap().now, None);
        assert_eq!(first(&[], &now).unwrap().then, None);
    }

    #[test]
    fn moments_may_differ_a_little_and_logs_altogether() {
        let then = [
            said(1.0, "h/A", "{\"last_seen\":1000}"),
            said(1.0, "h/bridge/logging", "{\"message\":\"a\"}"),
        ];
        assert_eq!(
            first(&then, &[said(1.0, "h/A", "{\"last_seen\":1900}")]),
            None
        );
        assert!(first(&then, &[said(1.0, "h/A", "{\"last_seen\":9000}")]).is_some());
    }
}
