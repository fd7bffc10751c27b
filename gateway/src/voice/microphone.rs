//! The microphone of this machine (or of the worker's, where that runs elsewhere).

use super::{Ear, Ears};

/// Listens at the ALSA device `device` for as long as there is a home.
pub(super) async fn run(device: String, ear: Ear, mut ears: Ears) {
    loop {
        let client = ears.client().await;
        let mut heard = client.listen(device.clone());
        tracing::info!("listening at {device}");
        loop {
            let utterance = tokio::select! {
                utterance = heard.recv() => utterance,
                () = ears.replaced() => None,
            };
            let Some(utterance) = utterance else { break };
            drop(ears.heard(&ear, utterance).await);
        }
    }
}
