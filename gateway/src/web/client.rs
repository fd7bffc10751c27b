//! One client of the WebSocket, from its first frame to its last.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::frame::{self, Frame};
use super::{FromClient, QUEUE};
use crate::hub::ClientId;

/// zigbee2mqtt's code for a missing or wrong token.
const WRONG_TOKEN: u16 = 4401;
/// Try again later (RFC 6455 registry).
const LATER: u16 = 1013;
/// How long a client may take to accept one frame.
const PATIENCE: Duration = Duration::from_secs(10);
/// Silence after which a client is asked whether it is still there …
const PING: Duration = Duration::from_secs(30);

/// Closes at once: the token was wrong.
pub(super) async fn refuse(mut socket: WebSocket) {
    close(&mut socket, WRONG_TOKEN, "token wanted").await;
}

/// Serves a client until it goes, falls behind, or the gateway stops.
pub(super) async fn serve(socket: WebSocket, client: ClientId, told: mpsc::Sender<FromClient>) {
    let (frames, queue) = mpsc::channel(QUEUE);
    if told.send(FromClient::Came { client, frames }).await.is_ok() {
        talk(socket, client, queue, &told).await;
        let _ = told.send(FromClient::Went { client }).await;
    }
}

async fn talk(
    mut socket: WebSocket,
    client: ClientId,
    mut queue: mpsc::Receiver<Utf8Bytes>,
    told: &mpsc::Sender<FromClient>,
) {
    let mut ping_at = Instant::now() + PING;
    let mut asked = false;
    loop {
        tokio::select! {
            text = queue.recv() => match text {
                Some(text) => if !send(&mut socket, text).await { return },
                None => return close(&mut socket, LATER, "too slow, or the gateway stops").await,
            },
            message = socket.recv() => {
                let Some(Ok(message)) = message else { return };
                ping_at = Instant::now() + PING;
                asked = false;
                let said = match message {
                    Message::Text(text) => Frame::read(&text).map(|frame| FromClient::Said { client, frame }),
                    Message::Binary(sound) => Ok(FromClient::Sounded { client, sound }),
                    _ => continue,
                };
                match said {
                    // Waits while the loop is busy: the client's own TCP window is the brake.
                    Ok(said) => if told.send(said).await.is_err() { return },
                    Err(why) => if !send(&mut socket, complaint(&why)).await { return },
                }
            }
            () = sleep_until(ping_at) => {
                if asked || socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                    return;
                }
                asked = true;
                ping_at = Instant::now() + PING;
            }
        }
    }
}

/// False when the client is gone or does not take it.
async fn send(socket: &mut WebSocket, text: Utf8Bytes) -> bool {
    match timeout(PATIENCE, socket.send(Message::Text(text))).await {
        Ok(sent) => sent.is_ok(),
        Err(_) => {
            tracing::warn!(
                "let a page go: it took no message for {} s",
                PATIENCE.as_secs()
            );
            false
        }
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let _ = timeout(PATIENCE, socket.send(Message::Close(Some(frame)))).await;
}

/// What a client gets back for a frame that is none, where its user will see it.
fn complaint(why: &str) -> Utf8Bytes {
    let payload = serde_json::json!({"level": "error", "message": why, "namespace": "web"});
    frame::write("bridge/logging", payload.to_string().as_bytes()).into()
}
