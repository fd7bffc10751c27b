//! The microphone of this machine (or of the worker's, where that runs elsewhere).

use intents::voice::StreamEvent;

use super::{Ear, Ears};

/// Listens at the ALSA device `device` for as long as there is a home.
///
/// With wake words only what follows one counts.
pub(super) async fn run(device: String, wake: Vec<String>, ear: Ear, mut ears: Ears) {
    loop {
        let client = ears.client().await;
        let mut heard = client.listen_for(device.clone(), wake.clone());
        if wake.is_empty() {
            tracing::info!("listening at {device}");
        } else {
            tracing::info!("listening at {device} for {}", wake.join(", "));
        }
        loop {
            let event = tokio::select! {
                event = heard.recv() => event,
                () = ears.replaced() => None,
            };
            match event {
                None => break,
                Some(StreamEvent::Final(utterance)) if !utterance.text.is_empty() => {
                    drop(ears.heard(&ear, utterance).await);
                }
                Some(StreamEvent::Woken(wake)) => tracing::debug!("heard {wake}"),
                Some(_) => {}
            }
        }
    }
}
