//! The page and its WebSocket.
//!
//! The contract: `GET /` serves one page that needs nothing from elsewhere; `GET /api` is a WebSocket
//! that carries `{"topic","payload"}` text frames both ways, topics without the base topic. A client
//! first gets every retained bridge topic and each device's state, then everything published.
//! What it sends is treated as if it had come over MQTT. Binary frames are sound of its microphone, between
//! `voice/microphone` `{"state":"start"}` and `{"state":"end"}` (see [`crate::voice`]).
//!
//! The hub's loop stays the only owner of the home: this room tells it of clients and hands them
//! what the hub tells them, through one bounded queue a client. A client that falls behind is let
//! go, and told so, rather than served half of the story.

mod access;
mod assets;
mod client;
mod frame;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Utf8Bytes, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub use access::Access;
pub use frame::Frame;

use crate::hub::ClientId;

/// Clients at the same time; more are refused with 503.
pub const MAX_CLIENTS: usize = 32;
/// The largest frame a client may send. Device names, sentences and options are far smaller.
pub const MAX_FRAME: usize = 64 * 1024;
/// Frames on their way to one client: the first burst (two a device) and some more.
const QUEUE: usize = 2048;

/// An address that cannot be listened at is tried again after this: a router's own address comes up after the gateway.
const AGAIN: Duration = Duration::from_secs(5);

/// What the hub's loop hears from here.
#[derive(Debug)]
pub enum FromClient {
    /// A client came.
    Came {
        /// Its number from now on.
        client: ClientId,
        /// The way to it.
        frames: mpsc::Sender<Utf8Bytes>,
    },
    /// A client publishes.
    Said {
        /// Which.
        client: ClientId,
        /// What.
        frame: Frame,
    },
    /// A client's microphone heard something.
    Sounded {
        /// Which.
        client: ClientId,
        /// Samples of 16 bit, little-endian, mono, at the rate the client named.
        sound: Bytes,
    },
    /// A client went.
    Went {
        /// Which.
        client: ClientId,
    },
}

/// The loop's end.
#[derive(Debug)]
pub struct Web {
    clients: HashMap<ClientId, mpsc::Sender<Utf8Bytes>>,
    listen: SocketAddr,
    /// Whether the page is served, or why not.
    page: watch::Receiver<Result<(), String>>,
    task: JoinHandle<()>,
}

impl Web {
    /// Serves at `listen`, at once or as soon as that can be had. What clients do goes to `told`.
    pub async fn open(listen: SocketAddr, access: Access, told: mpsc::Sender<FromClient>) -> Self {
        let first = bind(listen).await;
        Self::spawn(first, listen, access, told)
    }

    /// Serves on what listens at `listen`, or tries again.
    fn spawn(
        first: Result<TcpListener, String>,
        listen: SocketAddr,
        access: Access,
        told: mpsc::Sender<FromClient>,
    ) -> Self {
        let (tell, page) = watch::channel(first.as_ref().map(drop).map_err(Clone::clone));
        let task = tokio::spawn(async move {
            let (mut bound, mut told_of) = (first, false);
            let listener = loop {
                match bound {
                    Ok(listener) => break listener,
                    Err(why) => {
                        if !std::mem::replace(&mut told_of, true) {
                            tracing::error!("no page: {why}; trying again");
                        }
                        tell.send_modify(|page| *page = Err(why));
                        sleep(AGAIN).await;
                        bound = bind(listen).await;
                    }
                }
            };
            tracing::info!("the page is at http://{listen}/");
            tell.send_modify(|page| *page = Ok(()));
            if let Err(error) = axum::serve(listener, app(access, told)).await {
                let why = format!("it is no longer served: {error}");
                tracing::error!("the page: {why}");
                tell.send_modify(|page| *page = Err(why));
            }
        });
        Self {
            clients: HashMap::new(),
            listen,
            page,
            task,
        }
    }

    /// Where the page is.
    ///
    /// # Errors
    /// Why it is not served, for people.
    pub fn page(&self) -> Result<String, String> {
        let served = self.page.borrow().clone();
        served.map(|()| format!("http://{}/", self.listen))
    }

    /// A client came ([`FromClient::Came`]).
    pub fn came(&mut self, client: ClientId, frames: mpsc::Sender<Utf8Bytes>) {
        self.clients.insert(client, frames);
    }

    /// A client went ([`FromClient::Went`]).
    pub fn went(&mut self, client: ClientId) {
        self.clients.remove(&client);
    }

    /// To all clients; `topic` without the base topic, `payload` as MQTT carries it.
    pub fn publish(&mut self, topic: &str, payload: &[u8]) {
        // Formatting costs; without clients there is nothing to do.
        if self.clients.is_empty() {
            return;
        }
        let frame = Utf8Bytes::from(frame::write(topic, payload));
        self.clients
            .retain(|client, frames| hand(*client, frames, frame.clone()));
    }

    /// To one client.
    pub fn tell(&mut self, client: ClientId, topic: &str, payload: &[u8]) {
        if let Some(frames) = self.clients.get(&client)
            && !hand(client, frames, frame::write(topic, payload).into())
        {
            self.clients.remove(&client);
        }
    }
}

/// False when the client is to be forgotten: its queue is full or gone. Its task closes the socket
/// when the queue's sender is dropped.
fn hand(client: ClientId, frames: &mpsc::Sender<Utf8Bytes>, frame: Utf8Bytes) -> bool {
    match frames.try_send(frame) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Closed(_)) => false,
        Err(mpsc::error::TrySendError::Full(_)) => {
            tracing::warn!(client, "let a slow page go: it is {QUEUE} messages behind");
            false
        }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn bind(listen: SocketAddr) -> Result<TcpListener, String> {
    let bound = TcpListener::bind(listen).await;
    bound.map_err(|error| format!("cannot listen at {listen}: {error}"))
}

/// What is served.
fn app(access: Access, told: mpsc::Sender<FromClient>) -> Router {
    let shared = Shared {
        access: Arc::new(access),
        told,
        seats: Arc::default(),
        next: Arc::default(),
    };
    Router::new()
        .route("/api", get(api))
        .fallback(assets::serve)
        .with_state(shared)
}

#[derive(Clone)]
struct Shared {
    access: Arc<Access>,
    told: mpsc::Sender<FromClient>,
    seats: Arc<AtomicUsize>,
    next: Arc<AtomicU32>,
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
    let Some(seat) = Seat::take(&shared.seats) else {
        tracing::warn!("refused a WebSocket: {MAX_CLIENTS} are open");
        return (StatusCode::SERVICE_UNAVAILABLE, "too many clients").into_response();
    };
    let welcome = shared.access.token(&asked.token);
    let client = shared.next.fetch_add(1, Ordering::Relaxed);
    upgrade
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(async move |socket| {
            if welcome {
                client::serve(socket, client, shared.told).await;
            } else {
                client::refuse(socket).await;
            }
            drop(seat);
        })
}

/// One of the places for clients, given back when dropped.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(seats: &Arc<AtomicUsize>) -> Option<Self> {
        seats
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                (n < MAX_CLIENTS).then_some(n + 1)
            })
            .ok()
            .map(|_| Self(Arc::clone(seats)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
