//! What was published then, and what is now.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value as Json;

/// Points in time, in milliseconds, may differ by so much: a replay takes no time to compute.
pub const TOLERANCE: f64 = 2000.0;

/// Topics, without the base topic, that tell of the moment or the machine.
const ASIDE: [&str; 2] = ["/bridge/logging", "/bridge/health"];
/// Members that hold points in time.
const MOMENTS: [&str; 2] = ["last_seen", "permit_join_end"];

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

/// The difference that comes first in time. Topics are compared each for itself: which of two
/// devices' messages goes first is chance.
pub(super) fn first(then: &[Published], now: &[Published]) -> Option<Difference> {
    let (then, now) = (by_topic(then), by_topic(now));
    let topics = then
        .keys()
        .chain(now.keys().filter(|t| !then.contains_key(*t)));
    topics
        .filter_map(|topic| {
            let then = then.get(topic).map_or(&[][..], Vec::as_slice);
            let now = now.get(topic).map_or(&[][..], Vec::as_slice);
            (0..then.len().max(now.len())).find_map(|at| {
                let (then, now) = (then.get(at), now.get(at));
                let same = matches!((then, now), (Some(then), Some(now))
                    if then.retain == now.retain && alike(&then.payload, &now.payload));
                (!same).then(|| Difference {
                    topic: (*topic).to_owned(),
                    then: then.map(|message| (*message).clone()),
                    now: now.map(|message| (*message).clone()),
                })
            })
        })
        .min_by(|a, b| when(a).total_cmp(&when(b)))
}

fn when(difference: &Difference) -> f64 {
    let sides = [&difference.then, &difference.now];
    sides
        .into_iter()
        .flatten()
        .map(|message| message.t)
        .fold(f64::INFINITY, f64::min)
}

fn by_topic(messages: &[Published]) -> HashMap<&str, Vec<&Published>> {
    let mut topics: HashMap<&str, Vec<&Published>> = HashMap::new();
    for message in messages {
        if !ASIDE.iter().any(|aside| message.topic.ends_with(aside)) {
            topics.entry(&message.topic).or_default().push(message);
        }
    }
    topics
}

fn alike(then: &Json, now: &Json) -> bool {
    match (then, now) {
        (Json::Object(then), Json::Object(now)) => {
            then.len() == now.len()
                && then.iter().all(|(name, then)| {
                    now.get(name).is_some_and(|now| {
                        alike(then, now) || (MOMENTS.contains(&name.as_str()) && near(then, now))
                    })
                })
        }
        (Json::Array(then), Json::Array(now)) => {
            then.len() == now.len() && then.iter().zip(now).all(|(then, now)| alike(then, now))
        }
        _ => then == now,
    }
}

fn near(then: &Json, now: &Json) -> bool {
    match (then.as_f64(), now.as_f64()) {
        (Some(then), Some(now)) => (then - now).abs() <= TOLERANCE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(t: f64, topic: &str, payload: &str) -> Published {
        Published::new(t, topic, payload, false)
    }

    #[test]
    fn order_counts_within_a_topic_only() {
        let then = [
            said(1.0, "h/Lamp", "{\"state\":\"ON\"}"),
            said(1.1, "h/Plug", "{\"power\":1}"),
            said(2.0, "h/Lamp", "{\"state\":\"OFF\"}"),
        ];
        let mut now = then.clone();
        now.swap(0, 1);
        assert_eq!(first(&then, &now), None);
        now.swap(1, 2);
        let difference = first(&then, &now).unwrap();
        assert_eq!(difference.topic, "h/Lamp");
        assert_eq!(difference.then.unwrap().payload["state"], "ON");
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
