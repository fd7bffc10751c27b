//! The running gateway, as commands talk to it: over MQTT, like any other program.
//!
//! One way for all: the broker of the configuration. What a command can do, a script can do with
//! `mosquitto_pub` just as well.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, Packet, QoS};
use serde_json::{Value as Json, json};
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;
use crate::config::{Config, Server};
use crate::mqtt;

/// For the broker to answer and for what it retained to come.
const CONNECT: Duration = Duration::from_secs(5);
/// For the gateway to answer a request.
const ANSWER: Duration = Duration::from_secs(20);

/// A connection to the running gateway.
pub(crate) struct Gateway {
    client: AsyncClient,
    events: EventLoop,
    base: String,
    transaction: u32,
    /// What came while an answer was waited for.
    backlog: VecDeque<Message>,
}

/// Messages kept while an answer is waited for.
const BACKLOG: usize = 1024;

/// A message, its topic without the base topic.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
}

impl Message {
    /// The payload as JSON; text if it is none.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.payload)
            .unwrap_or_else(|_| Json::String(String::from_utf8_lossy(&self.payload).into_owned()))
    }
}

impl Gateway {
    /// Connects, and sees that a gateway is there.
    pub(crate) async fn connect(config: &Config) -> Result<Self, Failure> {
        let server = match &config.mqtt.server {
            Server::Embedded => format!("mqtt://{}", config.mqtt.listen),
            server => server.to_string(),
        };
        let base = config.mqtt.base_topic.clone();
        let id = format!(
            "hearth-cli-{:08x}",
            getrandom::u32().map_err(Failure::failed)?
        );
        let options = mqtt::visitor(config, &id).map_err(Failure::failed)?;
        let (client, events) = AsyncClient::new(options, 32);
        let mut gateway = Self {
            client,
            events,
            base,
            transaction: 0,
            backlog: VecDeque::new(),
        };
        let absent = |why: &str| {
            Failure::Failed(format!(
                "no gateway is running at {server} under `{}`: {why}\nStart it with `hearth run`.",
                config.mqtt.base_topic
            ))
        };
        let unreachable = |error: &Failure| match config.mqtt.server {
            Server::Embedded => absent(&error.to_string()),
            _ => Failure::Failed(format!(
                "cannot reach the broker {server}: {error}\n`hearth doctor` looks for what is wrong."
            )),
        };
        gateway.subscribe("bridge/state").await?;
        let deadline = Instant::now() + CONNECT;
        loop {
            match timeout_at(deadline, gateway.next()).await {
                Ok(Ok(message)) if message.topic == "bridge/state" => {
                    let online = message.json()["state"] == "online" || message.json() == "online";
                    return if online {
                        Ok(gateway)
                    } else {
                        Err(absent("it said goodbye, or was cut off"))
                    };
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(unreachable(&error)),
                Err(_) => return Err(absent("the broker answers, but nobody says `online`")),
            }
        }
    }

    /// Hears `topic` from now on.
    pub(crate) async fn subscribe(&mut self, topic: &str) -> Result<(), Failure> {
        self.client
            .subscribe(format!("{}/{topic}", self.base), QoS::AtLeastOnce)
            .await
            .map_err(Failure::failed)
    }

    /// Publishes.
    pub(crate) async fn publish(&mut self, topic: &str, payload: String) -> Result<(), Failure> {
        self.client
            .publish(
                format!("{}/{topic}", self.base),
                QoS::AtLeastOnce,
                false,
                payload,
            )
            .await
            .map_err(Failure::failed)
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Result<Message, Failure> {
        match self.backlog.pop_front() {
            Some(message) => Ok(message),
            None => self.receive().await,
        }
    }

    async fn receive(&mut self) -> Result<Message, Failure> {
        loop {
            let event = self.events.poll().await.map_err(Failure::failed)?;
            if let Event::Incoming(Packet::Publish(publish)) = event
                && let Some(topic) = publish
                    .topic
                    .strip_prefix(&self.base)
                    .and_then(|rest| rest.strip_prefix('/'))
            {
                return Ok(Message {
                    topic: topic.to_owned(),
                    payload: publish.payload.to_vec(),
                });
            }
        }
    }

    /// The next message, or `None` at `deadline`.
    pub(crate) async fn next_until(
        &mut self,
        deadline: Instant,
    ) -> Result<Option<Message>, Failure> {
        match timeout_at(deadline, self.next()).await {
            Ok(message) => message.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Asks the bridge; gives the data of its answer.
    pub(crate) async fn request(&mut self, path: &str, mut body: Json) -> Result<Json, Failure> {
        self.transaction += 1;
        let transaction = format!("cli-{}-{}", std::process::id(), self.transaction);
        body["transaction"] = json!(transaction);
        let answer = format!("bridge/response/{path}");
        self.subscribe(&answer).await?;
        self.publish(&format!("bridge/request/{path}"), body.to_string())
            .await?;
        let deadline = Instant::now() + ANSWER;
        while let Ok(message) = timeout_at(deadline, self.receive()).await {
            let message = message?;
            let mut body = message.json();
            if message.topic != answer || body["transaction"] != transaction.as_str() {
                if self.backlog.len() >= BACKLOG {
                    self.backlog.pop_front();
                }
                self.backlog.push_back(message);
                continue;
            }
            return match body["status"].as_str() {
                Some("ok") => Ok(body["data"].take()),
                _ => Err(Failure::Failed(
                    body["error"].as_str().unwrap_or("refused").to_owned(),
                )),
            };
        }
        Err(Failure::Failed(format!(
            "the gateway did not answer within {} s",
            ANSWER.as_secs()
        )))
    }

    /// Everything retained under the base topic, and the state of each device.
    pub(crate) async fn everything(&mut self) -> Result<BTreeMap<String, Json>, Failure> {
        self.subscribe("#").await?;
        // Retained messages come first; the answer to this tells that they have all come.
        self.transaction += 1;
        let transaction = format!("cli-{}-{}", std::process::id(), self.transaction);
        let ask = json!({ "transaction": transaction });
        self.publish("bridge/request/device/states", ask.to_string())
            .await?;
        let mut seen = BTreeMap::new();
        let deadline = Instant::now() + CONNECT;
        while let Some(message) = self.next_until(deadline).await? {
            let mut body = message.json();
            if message.topic == "bridge/response/device/states"
                && body["transaction"] == transaction.as_str()
            {
                if let Json::Object(states) = body["data"].take() {
                    seen.extend(states);
                }
                break;
            }
            seen.insert(message.topic, body);
        }
        Ok(seen)
    }
}
