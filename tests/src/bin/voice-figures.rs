//! How long it takes from the end of speech to the lamp: recordings, sent by a satellite in real time to a gateway with the
//! packed Korean model, a real broker and a simulated lamp.
//!
//! `voice-figures [ROUNDS]`; needs what `make test-data` fetches. Where the shared folder is, its voices speak,
//! too. A recording that moves no lamp (not heard, or asked back) is told, and counts in no median.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool that ends with the reason"
)]

use std::path::PathBuf;
use std::time::Duration;

use radios::sim::SimConfig;
use tests::{House, places};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};

/// Samples in one event: 64 ms.
const CHUNK: usize = 1024;
/// What is louder belongs to speech.
const QUIET: u16 = 700;
/// Nothing comes of a recording any more.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is said: commands for the bedroom's lamp.
fn recordings() -> Vec<PathBuf> {
    let mut all = vec![places::root().join("tests/audio/bedroom-on.wav")];
    let shared = places::shared().join("facts/voice/audio");
    for voice in ["pf_dora", "im_nicola"] {
        // "침실 조명 켜줘", "침실 조명 꺼줘", "모든 불 켜줘"
        all.extend(["02.wav", "03.wav", "09.wav"].map(|clip| shared.join(voice).join(clip)));
    }
    all.retain(|path| path.exists());
    all
}

#[tokio::main]
async fn main() {
    let rounds: usize = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(10);
    let (Some(model), Some(library)) = (
        places::test_data("vosk-ko"),
        places::test_data("vosk/libvosk.so"),
    ) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = format!("tcp://{}", listener.local_addr().expect("its address"));
    let more = format!(
        "[voice]\nlanguage = \"ko\"\nmodel = {model:?}\nlibrary = {library:?}\n\
         [voice.satellites.hall]\nserver = {server:?}\n"
    );
    let config = SimConfig {
        latency: Duration::from_millis(1),
        ..SimConfig::default()
    };
    let Some(house) = House::build_with(config, &more).await else {
        return;
    };
    house.join("lamp", "침실 불", "침실").await;
    house.listening().await;

    let (mut stream, _) = listener.accept().await.expect("the gateway calls");
    let data = br#"{"satellite":{"name":"hall","installed":true}}"#;
    let head = format!("{{\"type\":\"info\",\"data_length\":{}}}\n", data.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(data).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    tokio::spawn(async move {
        let mut bytes = [0; 4096];
        while read.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    });

    let mut times = Vec::new();
    let recordings = recordings();
    for recording in recordings.iter().cycle().take(rounds) {
        let file = std::fs::read(recording).unwrap();
        let mut samples = intents::voice::Wav::parse(&file).unwrap().samples;
        let end = 1 + samples
            .iter()
            .rposition(|sample| sample.unsigned_abs() > QUIET)
            .expect("speech");
        let length = Duration::from_millis(u64::try_from(end * 1000 / 16_000).unwrap());
        samples.resize(end + 16_000 * 3, 0);
        let before = house.settled().await;
        house.client.forget();
        let run = b"{\"type\":\"run-pipeline\",\"data\":{\"start_stage\":\"asr\",\"end_stage\":\"handle\"}}\n";
        write.write_all(run).await.unwrap();
        let begun = Instant::now();
        let sending = async {
            for (i, piece) in samples.chunks(CHUNK).enumerate() {
                // A microphone hands its sound over when it has heard all of it.
                let heard = u64::try_from((i + 1) * CHUNK * 1000 / 16_000).unwrap();
                sleep_until(begun + Duration::from_millis(heard)).await;
                let head = format!(
                    "{{\"type\":\"audio-chunk\",\"data\":{{\"rate\":16000,\"width\":2,\"channels\":1}},\"payload_length\":{}}}\n",
                    piece.len() * 2
                );
                let mut bytes = head.into_bytes();
                bytes.extend(piece.iter().flat_map(|sample| sample.to_le_bytes()));
                write.write_all(&bytes).await.unwrap();
            }
        };
        let arriving = async {
            loop {
                if house.count().await > before {
                    return Some(begun.elapsed());
                }
                if begun.elapsed() > length + PATIENCE {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let (at, ()) = tokio::join!(arriving, sending);
        let name = recording.strip_prefix(places::root()).unwrap_or(recording);
        let Some(at) = at else {
            println!("{}: no frame for the lamp", name.display());
            continue;
        };
        let heard = house.client.last().get("hearth/voice/heard").cloned();
        println!(
            "{}: {} ms from the end of speech to the lamp; the worker says {} ms",
            name.display(),
            at.saturating_sub(length).as_millis(),
            heard.map_or_else(|| "?".to_owned(), |heard| heard["since_ms"].to_string()),
        );
        times.push(at.saturating_sub(length).as_millis());
    }
    times.sort_unstable();
    println!(
        "end of speech to ZCL: median {} ms, worst {} ms, {} of {rounds} sentences",
        times.get(times.len() / 2).unwrap_or(&0),
        times.last().unwrap_or(&0),
        times.len()
    );
}
