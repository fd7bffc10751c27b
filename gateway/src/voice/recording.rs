//! A recording: what it says, without a running home.

use std::path::Path;

use intents::Context;
use intents::voice::{Client, Wav};

use super::meaning::{Meaning, meaning};
use super::worker;
use crate::config::Config;
use crate::hub::{Hub, Now};
use crate::run;
use crate::store::Store;

/// What a recording says, with the names of the home as last stored.
///
/// # Errors
/// In words for people: a file that is no recording, no worker, nothing understood.
pub async fn hear(config: &Config, wav: &Path) -> Result<String, String> {
    let shown = wav.display();
    let content = std::fs::read(wav).map_err(|error| format!("{shown}: {error}"))?;
    let sound = Wav::parse(&content).map_err(|error| format!("{shown}: {error}"))?;
    let hub = stored(config)?;
    worker::tell(worker::prepare(config, &hub)?);
    let worker = worker::worker(config)
        .ok_or("speech needs a model: set voice.model (and voice.library) in the configuration")?;
    let client = Client::start(worker);
    if let Some(engine) = hub.engine() {
        client.set_grammar(engine.grammar().phrases);
    }
    worker::ready(&client).await?;
    let utterance = client
        .transcribe(sound.rate, &sound.samples)
        .await
        .map_err(|error| error.to_string())?;
    match meaning(&hub, &utterance, &Context::default()) {
        Meaning::Sentence(text) => Ok(text.to_owned()),
        Meaning::Doubt(one, other) => Err(format!(
            "{shown}: “{one}” or “{other}”? Please say it again"
        )),
        Meaning::Nothing => utterance
            .texts()
            .next()
            .map(str::to_owned)
            .ok_or_else(|| format!("{shown}: nothing was understood")),
    }
}

/// A hub with the home as last stored.
pub(crate) fn stored(config: &Config) -> Result<Hub, String> {
    let loaded = Store::peek(config)
        .load()
        .map_err(|error| error.to_string())?;
    run::hub(config, &loaded.saved, Now::default()).map_err(|error| error.to_string())
}
