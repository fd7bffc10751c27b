//! Blinds (ZCL 7.4) and locks (7.3).

use super::super::exchange::{Heard, Request, Step, report};
use super::super::part::{Context, Incoming, Outgoing, Part, Setting, bad_value};
use super::attribute::per_endpoint;
use super::measure::numeric;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::wire::Counted;
use crate::zigbee::zcl::clusters::{door_lock, window_covering};
use crate::zigbee::zcl::command;
use crate::zigbee::zcl::{Frame, Type};

/// A blind: 100 is open, where the cluster counts how far it is closed.
#[derive(Debug)]
pub(crate) struct Cover;

/// Members of `cover_mode`, by the bits of the attribute.
const MODES: [&str; 4] = ["reversed", "calibration", "maintenance", "led"];

/// An enumeration that is set and shown.
fn choice(property: &'static str, label: &str, values: &[&'static str]) -> Expose {
    let mut expose = Expose::of(ExposeKind::Enum);
    expose.name = Some(property);
    expose.label = Some(label.to_owned());
    expose.property = Some(property.to_owned());
    expose.access = Some(Expose::STATE | Expose::SET);
    expose.values = values.iter().map(|value| (*value).into()).collect();
    expose
}

/// A command and what is shown once it was delivered.
fn send(setting: &Setting<'_>, cluster: u16, frame: Frame) -> Request {
    Request::new(setting.context.target(cluster), cluster, frame)
}

impl Part for Cover {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut cover = Expose::of(ExposeKind::Cover);
        cover
            .features
            .push(choice("state", "State", &["OPEN", "CLOSE", "STOP"]));
        let access = Expose::STATE | Expose::SET | Expose::GET;
        let mut position = numeric(
            "position",
            "Position",
            "Position of this cover",
            "%",
            access,
        );
        position.value_min = Some(0.0);
        position.value_max = Some(100.0);
        cover.features.push(position);
        per_endpoint(context, window_covering::ID, &cover, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        use window_covering::{ID, LIFT_PERCENTAGE, MODE, TILT_PERCENTAGE};
        let percent = |attribute| {
            let closed = incoming.number(ID, attribute)?;
            (0.0..=100.0).contains(&closed).then_some(100.0 - closed)
        };
        let (lift, tilt) = (percent(LIFT_PERCENTAGE), percent(TILT_PERCENTAGE));
        if let Some(open) = lift {
            heard.put(incoming.property("position"), open);
            let state = if open > 0.0 { "OPEN" } else { "CLOSE" };
            heard.put(incoming.property("state"), state);
        }
        if let Some(tilt) = tilt {
            heard.put(incoming.property("tilt"), tilt);
        }
        if let Some(bits) = incoming.whole(ID, MODE) {
            for (bit, name) in MODES.iter().enumerate() {
                let on = bits >> bit & 1 == 1;
                heard.put_member(incoming.property("cover_mode"), name, on.into());
            }
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        use command::window_covering::{ID, ToServer};
        let percent = || {
            let open = setting.number(0.0, 100.0)?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded above
            let closed = (100.0 - open).round() as u8;
            Ok((open, closed))
        };
        Some(match setting.key {
            "state" => {
                let word = setting.value.as_str()?.to_ascii_uppercase();
                let command = match word.as_str() {
                    "OPEN" => ToServer::UpOpen {},
                    "CLOSE" => ToServer::DownClose {},
                    "STOP" => ToServer::Stop {},
                    _ => return None,
                };
                Ok(vec![send(setting, ID, command.frame())])
            }
            "position" => percent().map(|(open, closed)| {
                let command = ToServer::GoToLiftPercentage { percent: closed };
                let shown = vec![(setting.shown("position"), open.into())];
                vec![send(setting, ID, command.frame()).showing(shown)]
            }),
            "tilt" => percent().map(|(open, closed)| {
                let command = ToServer::GoToTiltPercentage { percent: closed };
                let shown = vec![(setting.shown("tilt"), open.into())];
                vec![send(setting, ID, command.frame()).showing(shown)]
            }),
            _ => return None,
        })
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        use window_covering::{ID, LIFT_PERCENTAGE, TILT_PERCENTAGE};
        let attribute = match key {
            "position" => LIFT_PERCENTAGE,
            "tilt" => TILT_PERCENTAGE,
            _ => return None,
        };
        Some(vec![Request::read(
            context.target(ID),
            ID,
            None,
            &[attribute],
        )])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        use window_covering::{ID, LIFT_PERCENTAGE};
        reported(context, ID, LIFT_PERCENTAGE, Type::UINT8, 1, out);
    }
}

/// Binds a cluster and has one attribute of it reported, then reads it.
fn reported(
    context: &Context<'_>,
    cluster: u16,
    attribute: u16,
    of: Type,
    change: u32,
    out: &mut Vec<Step>,
) {
    for endpoint in context.serving(cluster) {
        let endpoint = endpoint.id;
        out.push(Step::Bind { endpoint, cluster });
        out.push(Step::Report {
            endpoint,
            cluster,
            manufacturer: None,
            reports: vec![report(attribute, of, 0, 3600, change)],
        });
        out.push(Step::Send(Request::read(
            endpoint,
            cluster,
            None,
            &[attribute],
        )));
    }
}

/// A lock.
#[derive(Debug)]
pub(crate) struct Lock;

const LOCK_STATES: [&str; 3] = ["not_fully_locked", "locked", "unlocked"];
const DOOR_STATES: [(i64, &str); 6] = [
    (0, "open"),
    (1, "closed"),
    (2, "error_jammed"),
    (3, "error_forced_open"),
    (4, "error_unspecified"),
    (0xff, "undefined"),
];

impl Part for Lock {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut state = Expose::of(ExposeKind::Binary);
        state.name = Some("state");
        state.label = Some("State".to_owned());
        state.property = Some("state".to_owned());
        state.access = Some(Expose::STATE | Expose::SET | Expose::GET);
        state.value_on = Some("LOCK".into());
        state.value_off = Some("UNLOCK".into());
        let mut detail = choice("lock_state", "Lock state", &LOCK_STATES);
        detail.access = Some(Expose::STATE);
        let mut lock = Expose::of(ExposeKind::Lock);
        lock.features = vec![state, detail];
        per_endpoint(context, door_lock::ID, &lock, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        use door_lock::{AUTO_RELOCK_TIME, DOOR_STATE, ID, LOCK_STATE};
        let known = incoming.whole(ID, LOCK_STATE);
        let known = known.and_then(|raw| LOCK_STATES.get(usize::try_from(raw).ok()?));
        if let Some(detail) = known {
            let state = if *detail == "locked" {
                "LOCK"
            } else {
                "UNLOCK"
            };
            heard.put(incoming.property("state"), state);
            heard.put(incoming.property("lock_state"), *detail);
        }
        if let Some(seconds) = incoming.number(ID, AUTO_RELOCK_TIME) {
            heard.put(incoming.property("auto_relock_time"), seconds);
        }
        let door = incoming.whole(ID, DOOR_STATE);
        if let Some((_, door)) = DOOR_STATES.iter().find(|(raw, _)| Some(*raw) == door) {
            heard.put(incoming.property("door_state"), *door);
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        use command::door_lock::{ID, ToServer};
        if setting.key != "state" {
            return None;
        }
        let pin = Counted(Vec::new());
        let command = match setting
            .value
            .as_str()
            .map(str::to_ascii_uppercase)
            .as_deref()
        {
            Some("LOCK") => ToServer::LockDoor { pin },
            Some("UNLOCK") => ToServer::UnlockDoor { pin },
            Some("ON" | "OFF" | "TOGGLE") => return None,
            _ => return Some(Err(bad_value("state", setting.value, "LOCK or UNLOCK"))),
        };
        let mut frame = command.frame();
        // It answers with a response of its own.
        frame.disable_default_response = true;
        Some(Ok(vec![send(setting, ID, frame)]))
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        use door_lock::{ID, LOCK_STATE};
        ["state", "lock_state"]
            .contains(&key)
            .then(|| vec![Request::read(context.target(ID), ID, None, &[LOCK_STATE])])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        use door_lock::{ID, LOCK_STATE};
        reported(context, ID, LOCK_STATE, Type::ENUM8, 0, out);
    }
}
