//! The network against a scripted dongle: each test is the transcript of an evening at home.

mod delivery;
mod devices;
mod start;

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::fake::{Arrived, COORDINATOR, Fake, Fate, LAMP, LAMP_ADDRESS};
use super::*;
use crate::ezsp::Status;
use crate::zigbee::zcl::Data;
use crate::{
    CommandError, DeviceId, DeviceKind, Event, Interview, InterviewState, Outcome, Radio, Value,
};

const ID: DeviceId = DeviceId::Zigbee(LAMP);
const ON: u8 = 1;
const TOGGLE: u8 = 2;
const ON_OFF: u16 = 6;
const PERMIT_JOINING: u16 = 0x0036;

struct Home {
    fake: Fake,
    radio: RadioHandle,
    token: u32,
}

fn config(fake: &Fake) -> ZigbeeConfig {
    let fake = fake.clone();
    ZigbeeConfig {
        seed: Some(1),
        ..ZigbeeConfig::new(Box::new(move || fake.open()))
    }
}

impl Home {
    fn start(fake: &Fake, stored: Option<NetworkSettings>, devices: Vec<DeviceInfo>) -> Self {
        Self {
            radio: spawn(config(fake), stored, devices, Tap::none()),
            fake: fake.clone(),
            token: 0,
        }
    }

    /// A home whose network is up, with an interviewed lamp.
    async fn with_lamp(version: u8) -> Self {
        let mut home = Self::start(&Fake::new(version), None, vec![]);
        home.up().await;
        home.fake.join();
        home.interviewed().await;
        sleep(Duration::from_secs(5)).await;
        home.drain();
        home.fake.arrived();
        home
    }

    async fn event(&mut self) -> Event {
        timeout(Duration::from_secs(700), self.radio.events.recv())
            .await
            .expect("an event in time")
            .expect("the radio goes on")
    }

    fn drain(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.radio.events.try_recv().ok()).collect()
    }

    async fn until<T>(&mut self, mut find: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            let event = self.event().await;
            if let Some(found) = find(&event) {
                return found;
            }
        }
    }

    async fn up(&mut self) -> NetworkSettings {
        let settings = self
            .until(|event| match event {
                Event::Network(settings) => Some(settings.as_ref().clone()),
                Event::RadioDown { reason, .. } => panic!("{reason}"),
                _ => None,
            })
            .await;
        self.until(|event| matches!(event, Event::RadioUp { .. }).then_some(()))
            .await;
        settings
    }

    async fn down(&mut self) -> String {
        self.until(|event| match event {
            Event::RadioDown { reason, radio } => {
                assert_eq!(*radio, Radio::Zigbee);
                Some(reason.clone())
            }
            _ => None,
        })
        .await
    }

    async fn interviewed(&mut self) -> DeviceInfo {
        let mut record = None;
        loop {
            match self.event().await {
                Event::Device(info) => record = Some(*info),
                Event::Interview {
                    stage: Interview::Successful,
                    ..
                } => return record.expect("the record goes up before its success"),
                Event::Interview {
                    stage: Interview::Failed(why),
                    ..
                } => panic!("{why}"),
                _ => {}
            }
        }
    }

    async fn send(&mut self, command: impl FnOnce(u32) -> Command) -> u32 {
        self.token += 1;
        self.radio.commands.send(command(self.token)).await.unwrap();
        self.token
    }

    async fn set(&mut self, state: &'static str) -> u32 {
        self.send(|token| Command::Set {
            token,
            id: ID,
            endpoint: None,
            values: vec![("state".into(), state.into())],
        })
        .await
    }

    async fn done(&mut self, wanted: u32) -> Outcome {
        self.until(|event| match event {
            Event::Done { token, outcome } if *token == wanted => Some(outcome.clone()),
            _ => None,
        })
        .await
    }

    async fn turn(&mut self, state: &'static str) -> Outcome {
        let token = self.set(state).await;
        self.done(token).await
    }
}

fn shown(state: &'static str) -> Outcome {
    Ok(vec![("state".into(), Value::from(state))])
}
