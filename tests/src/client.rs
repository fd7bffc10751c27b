//! A user's MQTT client: sees all topics, waits for what should come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value as Json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// One message, as received.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
    /// Whether it was retained (published before this client came).
    pub retained: bool,
}

impl Message {
    /// The payload as JSON; bare text becomes a string.
    #[must_use]
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.payload)
            .unwrap_or_else(|_| Json::String(String::from_utf8_lossy(&self.payload).into_owned()))
    }
}

/// A client that is subscribed to everything.
#[derive(Debug)]
pub struct Client {
    mqtt: AsyncClient,
    seen: Arc<Mutex<Vec<Message>>>,
    news: Arc<Notify>,
    task: JoinHandle<()>,
}

/// How long anything may take before a test says that it does not come.
pub const PATIENCE: Duration = Duration::from_secs(20);

impl Client {
    /// Connects to the broker on 127.0.0.1:`port` and subscribes to `#`.
    pub async fn connect(port: u16) -> Self {
        let mut options = MqttOptions::new(
            format!("test-{}-{port}", std::process::id()),
            "127.0.0.1",
            port,
        );
        options.set_client_id(format!("test-{:x}", rand_id()));
        options.set_max_packet_size(8 << 20, 8 << 20);
        let (mqtt, mut events) = AsyncClient::new(options, 64);
        // Else the kernel holds small packets back for up to 40 ms, which is nobody's latency.
        events.network_options.set_tcp_nodelay(true);
        mqtt.subscribe("#", QoS::AtLeastOnce)
            .await
            .expect("subscribed");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let news = Arc::new(Notify::new());
        let (inbox, bell) = (Arc::clone(&seen), Arc::clone(&news));
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        inbox.lock().expect("inbox").push(Message {
                            topic: publish.topic,
                            payload: publish.payload.to_vec(),
                            retained: publish.retain,
                        });
                        bell.notify_waiters();
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        Self {
            mqtt,
            seen,
            news,
            task,
        }
    }

    /// Publishes.
    pub async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.mqtt
            .publish(topic, QoS::AtLeastOnce, false, payload.into())
            .await
            .expect("published");
    }

    /// Forgets what was seen so far.
    pub fn forget(&self) {
        self.seen.lock().expect("inbox").clear();
    }

    /// Everything seen since the start or the last [`Client::forget`].
    #[must_use]
    pub fn seen(&self) -> Vec<Message> {
        self.seen.lock().expect("inbox").clone()
    }

    /// The last payload of each topic.
    #[must_use]
    pub fn last(&self) -> BTreeMap<String, Json> {
        self.seen()
            .into_iter()
            .map(|m| (m.topic.clone(), m.json()))
            .collect()
    }

    /// Waits until a message on `topic` satisfies `wanted`, also one seen before; gives its JSON.
    ///
    /// # Panics
    /// When none comes; says what came instead.
    pub async fn expect(&self, topic: &str, wanted: impl Fn(&Json) -> bool) -> Json {
        self.expect_among(topic, |_| true, wanted).await
    }

    /// The same among messages published since this client came: retained ones do not count.
    ///
    /// # Panics
    /// When none comes.
    pub async fn expect_fresh(&self, topic: &str, wanted: impl Fn(&Json) -> bool) -> Json {
        self.expect_among(topic, |message| !message.retained, wanted)
            .await
    }

    async fn expect_among(
        &self,
        topic: &str,
        among: impl Fn(&Message) -> bool,
        wanted: impl Fn(&Json) -> bool,
    ) -> Json {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let bell = self.news.notified();
            if let Some(found) = self.find(topic, &among, &wanted) {
                return found;
            }
            if tokio::time::timeout_at(deadline, bell).await.is_err() {
                if let Some(found) = self.find(topic, &among, &wanted) {
                    return found;
                }
                let came: Vec<_> = self
                    .seen()
                    .iter()
                    .map(|m| (m.topic.clone(), m.json()))
                    .collect();
                let about: Vec<_> = came.iter().filter(|(t, _)| t == topic).collect();
                let topics: std::collections::BTreeSet<_> = came.iter().map(|(t, _)| t).collect();
                panic!(
                    "nothing as expected on `{topic}`.\nThere: {about:#?}\nTopics seen: {topics:#?}"
                );
            }
        }
    }

    fn find(
        &self,
        topic: &str,
        among: &impl Fn(&Message) -> bool,
        wanted: &impl Fn(&Json) -> bool,
    ) -> Option<Json> {
        let seen = self.seen.lock().expect("inbox");
        seen.iter()
            .filter(|m| m.topic == topic && among(m))
            .map(Message::json)
            .find(|json| wanted(json))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn rand_id() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}
