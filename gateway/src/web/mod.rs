//! The page and its WebSocket.
//!
//! The contract: `GET /` serves one page that needs nothing from elsewhere; `GET /api` is a WebSocket
//! that carries `{"topic","payload"}` text frames both ways, topics without the base topic. A client
//! first gets every retained bridge topic and each device's state, then everything published.
//! What it sends is treated as if it had come over MQTT.
//!
//! The hub's loop stays the only owner of the home: this room asks it for the first frames
//! ([`FromClient::Connected`]) and hears the rest on one bounded channel. A client that falls behind
//! is let go, and told so, rather than served half of the story.

mod access;
mod assets;
mod client;
mod frame;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::ws::{Utf8Bytes, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;

pub use access::Access;
pub use frame::Frame;

/// Clients at the same time; more are refused with 503.
pub const MAX_CLIENTS: usize = 32;
/// The largest frame a client may send. Device names, sentences and options are far smaller.
pub const MAX_FRAME: usize = 64 * 1024;
/// Frames a client may fall behind before it is let go.
const BEHIND: usize = 512;

/// What clients want from the hub's loop.
#[derive(Debug)]
pub enum FromClient {
    /// A new client: answer with what it should see first.
    Connected(oneshot::Sender<Welcome>),
    /// A message, as if received on MQTT.
    Message {
        /// Without the base topic.
        topic: String,
        /// As MQTT would carry it: text as it is, all else as JSON.
        payload: Vec<u8>,
    },
}

/// The first frames of a client, and where it hears the later ones.
#[derive(Debug)]
pub struct Welcome {
    first: Vec<Utf8Bytes>,
    later: broadcast::Receiver<Utf8Bytes>,
}

/// The loop's end: publishes to all clients.
#[derive(Debug)]
pub struct Web {
    frames: broadcast::Sender<Utf8Bytes>,
    task: JoinHandle<()>,
}

impl Web {
    /// Serves on `listener`. Clients' wishes go to `wishes`.
    #[must_use]
    pub fn spawn(listener: TcpListener, access: Access, wishes: mpsc::Sender<FromClient>) -> Self {
        let frames = broadcast::Sender::new(BEHIND);
        let shared = Shared {
            access: Arc::new(access),
            wishes,
            clients: Arc::default(),
        };
        let app = Router::new()
            .route("/api", get(api))
            .fallback(assets::serve)
            .with_state(shared);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!("the page is no longer served: {error}");
            }
        });
        Self { frames, task }
    }

    /// To all clients: `payload` as MQTT carries it.
    pub fn publish(&self, topic: &str, payload: &[u8]) {
        // Formatting costs; without listeners there is nothing to do.
        if self.frames.receiver_count() > 0 {
            let _ = self.frames.send(frame::write(topic, payload).into());
        }
    }

    /// What a new client sees first, and then.
    pub fn welcome<'a>(&self, first: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Welcome {
        Welcome {
            first: first
                .into_iter()
                .map(|(topic, payload)| frame::write(topic, payload).into())
                .collect(),
            later: self.frames.subscribe(),
        }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Shared {
    access: Arc<Access>,
    wishes: mpsc::Sender<FromClient>,
    clients: Arc<AtomicUsize>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    token: String,
}

async fn api(
    State(shared): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(why) = shared.access.origin(&headers) {
        tracing::warn!("refused a WebSocket: {why}");
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let Some(seat) = Seat::take(&shared.clients) else {
        tracing::warn!("refused a WebSocket: {MAX_CLIENTS} are open");
        return (StatusCode::SERVICE_UNAVAILABLE, "too many clients").into_response();
    };
    let welcome = shared.access.token(&asked.token);
    upgrade
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(async move |socket| {
            if welcome {
                client::serve(socket, shared.wishes).await;
            } else {
                client::refuse(socket).await;
            }
            drop(seat);
        })
}

/// One of the places for clients, given back when dropped.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(clients: &Arc<AtomicUsize>) -> Option<Self> {
        clients
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                (n < MAX_CLIENTS).then_some(n + 1)
            })
            .ok()
            .map(|_| Self(Arc::clone(clients)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
