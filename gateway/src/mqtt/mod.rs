//! The broker: connects, subscribes, publishes; comes back after any failure.
//!
//! The contract: [`Broker::publish`] never waits. While the broker is away nothing is queued for it,
//! because the hub publishes everything that is retained again at [`Input::BrokerUp`]; what cannot be
//! queued while it is there is shed, counted and logged, and everything is published again later.
//! Incoming messages are handed on in order; when the hub is behind, the broker waits.

mod backoff;
#[cfg(feature = "embedded-broker")]
mod embedded;
mod options;

#[cfg(feature = "tls")]
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, EventLoop, Incoming, Outgoing, QoS,
    SubscribeFilter,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::config::Config;
use crate::hub::{Input, Message, Origin, Publish, Qos, SUBSCRIPTIONS};
use backoff::Backoff;

/// Messages on their way to the broker. A home publishes everything at once when the broker is back.
const QUEUE: usize = 8192;
/// Everything is published again so long after something was shed.
const AGAIN: Duration = Duration::from_secs(30);
/// Bytes of a packet besides its topic and payload.
const OVERHEAD: usize = 16;
/// How long a connection attempt may take, in seconds.
const CONNECT: u64 = 10;

/// The way to the broker, and the task that keeps it open.
#[derive(Debug)]
pub struct Broker {
    client: AsyncClient,
    shared: Arc<Shared>,
    largest: usize,
    task: JoinHandle<()>,
}

/// What publisher and task both see.
#[derive(Debug, Default)]
struct Shared {
    up: AtomicBool,
    /// Shed since everything was published last.
    shed: AtomicU32,
}

impl Broker {
    /// Starts connecting to the broker `config` names; what happens is told to `inputs`.
    ///
    /// # Errors
    /// A certificate file that cannot be used, or an embedded broker that cannot listen.
    pub fn spawn(config: &Config, inputs: mpsc::Sender<Input>) -> Result<Self, String> {
        let server = options::start(config)?;
        let options = options::options(config, server)?;
        let subscriptions = subscriptions(config);
        let shown = config.mqtt.server.to_string();
        let (client, mut events) = AsyncClient::new(options, QUEUE);
        events
            .network_options
            .set_connection_timeout(CONNECT)
            .set_tcp_nodelay(true);
        let shared = Arc::new(Shared::default());
        let connection = Connection {
            client: client.clone(),
            events,
            inputs,
            shared: Arc::clone(&shared),
            subscriptions,
            shown,
            complaint: String::new(),
        };
        Ok(Self {
            client,
            shared,
            largest: config.mqtt.maximum_packet_size,
            task: tokio::spawn(connection.run()),
        })
    }

    /// Publishes, if the broker is there.
    pub fn publish(&self, publish: Publish) {
        if !self.shared.up.load(Ordering::Relaxed) {
            tracing::trace!(topic = publish.topic, "not published: the broker is away");
            return;
        }
        let size = publish.topic.len() + publish.payload.len() + OVERHEAD;
        if size > self.largest {
            // Trying would end the connection, and again with every new one.
            tracing::error!(
                "not published: `{}` has {size} bytes, more than mqtt.maximum_packet_size",
                publish.topic
            );
            return;
        }
        let qos = match publish.qos {
            Qos::AtMostOnce => QoS::AtMostOnce,
            Qos::AtLeastOnce => QoS::AtLeastOnce,
        };
        let sent = self
            .client
            .try_publish(publish.topic, qos, publish.retain, publish.payload);
        if sent.is_err() && self.shared.shed.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("the broker is too slow: messages are shed");
        }
    }

    /// Says goodbye when everything queued is sent, and returns when that is done.
    pub async fn finish(self) {
        if self.shared.up.load(Ordering::Relaxed) && self.client.disconnect().await.is_ok() {
            let _ = self.task.await;
        } else {
            self.task.abort();
        }
    }
}

/// How a program beside the gateway reaches its broker, under the name `id`.
///
/// # Errors
/// A certificate file that cannot be used.
pub fn visitor(config: &Config, id: &str) -> Result<rumqttc::MqttOptions, String> {
    options::visitor(config, id)
}

/// What to subscribe to.
fn subscriptions(config: &Config) -> Vec<SubscribeFilter> {
    let own = SUBSCRIPTIONS
        .iter()
        .map(|topic| format!("{}/{topic}", config.mqtt.base_topic));
    let ha = config
        .homeassistant
        .enabled
        .then(|| config.homeassistant.status_topic.clone());
    let trackers = (config.ble.enabled && !config.ble.trackers.is_empty())
        .then(|| format!("{}/+/+", config.ble.presence_topic));
    own.chain(ha)
        .chain(trackers)
        .map(|topic| SubscribeFilter::new(topic, QoS::AtLeastOnce))
        .collect()
}

/// The task's side.
struct Connection {
    client: AsyncClient,
    events: EventLoop,
    inputs: mpsc::Sender<Input>,
    shared: Arc<Shared>,
    subscriptions: Vec<SubscribeFilter>,
    /// The broker, for people.
    shown: String,
    /// The last thing complained about: said once.
    complaint: String,
}

impl Connection {
    async fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut published = Instant::now();
        loop {
            match self.events.poll().await {
                Ok(rumqttc::Event::Incoming(Incoming::ConnAck(_))) => {
                    backoff.reset();
                    self.complaint.clear();
                    self.up().await;
                    published = Instant::now();
                }
                Ok(rumqttc::Event::Incoming(Incoming::Publish(publish))) => {
                    let message = Message {
                        topic: publish.topic,
                        payload: publish.payload,
                        origin: Origin::Broker,
                    };
                    self.tell(Input::Message(message)).await;
                }
                Ok(rumqttc::Event::Outgoing(Outgoing::Disconnect)) => return,
                Ok(_) => {}
                Err(ConnectionError::RequestsDone) => return,
                Err(error) => {
                    self.down(&error).await;
                    sleep(backoff.next()).await;
                }
            }
            if published.elapsed() >= AGAIN {
                let shed = self.shared.shed.swap(0, Ordering::Relaxed);
                if shed > 0 {
                    tracing::warn!("{shed} messages were shed; everything is published again");
                    self.tell(Input::BrokerUp).await;
                }
                published = Instant::now();
            }
        }
    }

    async fn up(&mut self) {
        tracing::info!("connected to the broker {}", self.shown);
        // Before anyone can learn that we are here, we listen.
        let subscribed = self.client.try_subscribe_many(self.subscriptions.clone());
        if subscribed.is_err() {
            tracing::error!("cannot subscribe: the queue to the broker is full");
        }
        self.shared.shed.store(0, Ordering::Relaxed);
        self.shared.up.store(true, Ordering::Relaxed);
        self.tell(Input::BrokerUp).await;
    }

    async fn down(&mut self, error: &ConnectionError) {
        let reason = reason(error);
        if self.shared.up.swap(false, Ordering::Relaxed) {
            tracing::warn!("lost the broker {}: {reason}", self.shown);
            self.tell(Input::BrokerDown {
                reason: reason.clone(),
            })
            .await;
        } else if self.complaint != reason {
            tracing::warn!(
                "cannot reach the broker {}: {reason}; trying on",
                self.shown
            );
            // For the status document: the hub knows already.
            self.tell(Input::BrokerDown {
                reason: reason.clone(),
            })
            .await;
        }
        self.complaint = reason;
    }

    async fn tell(&mut self, input: Input) {
        // At the end nobody listens any more; what is queued for the broker is sent all the same.
        if self.inputs.send(input).await.is_err() {
            tracing::trace!("nobody listens to the broker any more");
        }
    }
}

/// What went wrong, for people.
fn reason(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(code) => match code {
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
                "it does not accept mqtt.user and mqtt.password".to_owned()
            }
            other => format!("it refused: {other:?}"),
        },
        ConnectionError::MqttState(rumqttc::StateError::Deserialization(
            rumqttc::mqttbytes::Error::PayloadSizeLimitExceeded(size),
        )) => format!("it sent a message of {size} bytes, more than mqtt.maximum_packet_size"),
        ConnectionError::MqttState(rumqttc::StateError::ConnectionAborted) => {
            "it closed the connection".to_owned()
        }
        ConnectionError::NetworkTimeout => format!("no answer in {CONNECT} s"),
        other => other.to_string(),
    }
}
