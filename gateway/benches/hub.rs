//! The hub's hot paths: a report on its way to MQTT, and a command on its way to the radio.

use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hearth::config::Config;
use hearth::hub::{Effect, Hub, Input, Message, Now, Origin, Saved, Settings};
use radios::{DeviceId, DeviceInfo, DeviceKind, Endpoint, Event, Ieee, InterviewState};

const DEVICES: u64 = 50;

fn lamp(number: u64) -> DeviceInfo {
    DeviceInfo {
        model_id: Some("TRADFRI bulb E27 WS opal 980lm".to_owned()),
        manufacturer: Some("IKEA of Sweden".to_owned()),
        power_source: Some("Mains (single phase)".to_owned()),
        endpoints: vec![Endpoint {
            id: 1,
            profile: 0x0104,
            device: 0x010c,
            input: vec![0, 3, 4, 5, 6, 8, 0x300],
            ..Endpoint::default()
        }],
        interview: InterviewState::Successful,
        ..DeviceInfo::new(DeviceId::Zigbee(Ieee(number)), DeviceKind::Router)
    }
}

fn now(milliseconds: u64) -> Now {
    Now {
        elapsed: Duration::from_millis(milliseconds),
        unix: Duration::from_secs(1_800_000_000) + Duration::from_millis(milliseconds),
    }
}

/// A home of fifty lamps, each with a state.
fn home() -> Option<Hub> {
    let settings = Settings::new(&Config::default(), radios::devices::define);
    let mut hub = Hub::new(settings, &Saved::default(), now(0)).ok()?;
    hub.handle(Input::BrokerUp, now(0));
    for number in 0..DEVICES {
        let mut inputs = vec![
            Input::Radio(Event::Device(Box::new(lamp(number)))),
            report(number, 100),
        ];
        while let Some(input) = inputs.pop() {
            for effect in hub.handle(input, now(0)) {
                if let Effect::Store { token, .. } = effect {
                    inputs.push(Input::Stored {
                        token,
                        result: Ok(()),
                    });
                }
            }
        }
    }
    Some(hub)
}

fn report(number: u64, brightness: u8) -> Input {
    Input::Radio(Event::Changed {
        id: DeviceId::Zigbee(Ieee(number)),
        changes: vec![
            ("state".into(), "ON".into()),
            ("brightness".into(), brightness.into()),
            ("color_temp".into(), 370u16.into()),
        ],
        linkquality: Some(120),
    })
}

fn paths(c: &mut Criterion) {
    let Some(mut hub) = home() else {
        return;
    };
    let turn = Cell::new(0u64);
    c.bench_function("hub: report to publication", |b| {
        b.iter_batched(
            || {
                turn.set(turn.get() + 1);
                report(
                    turn.get() % DEVICES,
                    u8::try_from(turn.get() % 250).unwrap_or(0),
                )
            },
            |input| black_box(hub.handle(input, now(turn.get()))),
            BatchSize::SmallInput,
        );
    });
    c.bench_function("hub: set to command and its outcome", |b| {
        b.iter_batched(
            || {
                turn.set(turn.get() + 1);
                Input::Message(Message {
                    topic: format!("hearth/0x{:016x}/set", turn.get() % DEVICES),
                    payload: Bytes::from_static(
                        br#"{"state":"ON","brightness":120,"transition":1}"#,
                    ),
                    origin: Origin::Broker,
                })
            },
            |input| {
                let effects = hub.handle(input, now(turn.get()));
                if let Some(Effect::Command { command, .. }) = effects.first() {
                    let token = command.token();
                    let outcome = Ok(vec![("state".into(), "ON".into())]);
                    black_box(hub.handle(
                        Input::Radio(Event::Done { token, outcome }),
                        now(turn.get()),
                    ));
                }
                effects
            },
            BatchSize::SmallInput,
        );
    });
    c.bench_function("hub: start of a home of fifty", |b| {
        b.iter(|| black_box(home()));
    });
}

criterion_group!(benches, paths);
criterion_main!(benches);
