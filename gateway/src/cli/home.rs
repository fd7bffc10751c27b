//! `status`, `permit-join`, `say`, `listen`, `voice keep`.

#[cfg(feature = "sentences")]
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::args::Args;
use super::failure::{Failure, Outcome};
use super::gateway::Gateway;
use super::local;
use crate::config::Config;
use crate::control::{self, Silent};
use crate::parts;
#[cfg(feature = "sentences")]
use crate::voice;

/// `hearth status`
pub(super) fn status(args: &mut Args) -> Outcome {
    let json = args.switch("json");
    args.done()?;
    let config = args.config()?;
    let code = match local::block_on(control::status(&config.control()))? {
        Ok(status) => {
            let text = if json {
                serde_json::to_string_pretty(&status).map_err(Failure::failed)? + "\n"
            } else {
                status.lines()
            };
            super::print(&text)?;
            u8::from(!status.healthy)
        }
        Err(silent) => {
            if json {
                let told = json!({"healthy": false, "complaints": [silent.to_string()]});
                super::print(&format!("{told:#}\n"))?;
            }
            eprintln!("hearth: {silent}");
            match silent {
                Silent::Away(_) => 2,
                Silent::Hangs(_) | Silent::Strange(_) | Silent::Forbidden(_) => 1,
            }
        }
    };
    Ok(ExitCode::from(code))
}

/// `hearth voice pack …` and `hearth voice keep MINUTES`
#[cfg(feature = "sentences")]
pub(super) fn voice(args: &mut Args) -> Outcome {
    match args.value("`pack` or `keep`")?.as_str() {
        "pack" => super::pack::run(args),
        "keep" => keep(args),
        word => Err(Failure::Usage(format!(
            "`{word}`: expected `hearth voice pack` or `hearth voice keep`"
        ))),
    }
}

/// `hearth voice keep MINUTES`
#[cfg(feature = "sentences")]
fn keep(args: &mut Args) -> Outcome {
    let word = args.value("MINUTES")?;
    let most = voice::KEPT_MINUTES;
    let minutes: u32 = word
        .parse()
        .ok()
        .filter(|minutes| *minutes <= most)
        .ok_or_else(|| Failure::Usage(format!("`{word}`: expected 0 to {most} minutes")))?;
    args.done()?;
    let config = args.config()?;
    let ask = control::Ask::Keep { minutes };
    let line = local::block_on(control::ask(&config.control(), ask))?.map_err(Failure::failed)?;
    let told: Json = serde_json::from_str(&line).map_err(Failure::failed)?;
    if let Some(error) = told["error"].as_str() {
        return Err(Failure::failed(error));
    }
    match (told["kept"]["folder"].as_str(), minutes) {
        (Some(folder), 1..) => println!(
            "For {minutes} min what is said is kept in {folder}; then it is removed.\n\
             `hearth voice keep 0` removes it at once."
        ),
        _ => println!("No sound is kept, and none is left."),
    }
    Ok(ExitCode::SUCCESS)
}

/// `hearth permit-join [SECONDS]`
pub(super) fn permit_join(args: &mut Args) -> Outcome {
    let stay = !args.switch("no-wait");
    let seconds = match args.next() {
        None => 254,
        Some(word) => word
            .parse::<u8>()
            .ok()
            .filter(|seconds| *seconds < 255)
            .ok_or_else(|| Failure::Usage(format!("`{word}`: expected 0 to 254 seconds")))?,
    };
    args.done()?;
    let config = args.config()?;
    local::block_on(async {
        let mut gateway = Gateway::connect(&config).await?;
        gateway.subscribe("bridge/event").await?;
        gateway
            .request("permit_join", json!({"time": seconds}))
            .await?;
        if seconds == 0 {
            println!("Joining is closed.");
            return Ok(ExitCode::SUCCESS);
        }
        println!("Joining is open for {seconds} s: press the button on the device.");
        if !stay {
            return Ok(ExitCode::SUCCESS);
        }
        let deadline = Instant::now() + Duration::from_secs(seconds.into());
        while let Some(message) = gateway.next_until(deadline).await? {
            if message.topic == "bridge/event" {
                print_event(&message.json());
            }
        }
        println!("Joining is closed.");
        Ok(ExitCode::SUCCESS)
    })?
}

fn print_event(event: &Json) {
    let data = &event["data"];
    let name = data["friendly_name"].as_str().unwrap_or("a device");
    match (event["type"].as_str(), data["status"].as_str()) {
        (Some("device_joined"), _) => println!("{name} joined"),
        (Some("device_leave"), _) => println!("{name} left"),
        (Some("device_interview"), Some("started")) => println!("{name} is being asked what it is"),
        (Some("device_interview"), Some("successful")) => println!(
            "{name} is ready: {}",
            data["definition"]["description"]
                .as_str()
                .unwrap_or("an unknown model")
        ),
        (Some("device_interview"), Some("failed")) => {
            println!("{name} did not answer all questions; wake it up, or join it again");
        }
        _ => {}
    }
}

/// `hearth say "SENTENCE" [--explain]`
pub(super) fn say(args: &mut Args) -> Outcome {
    let sentence = args.value("SENTENCE")?;
    // Without quotes, the words come one by one.
    let sentence = std::iter::once(sentence)
        .chain(std::iter::from_fn(|| args.next()))
        .collect::<Vec<_>>()
        .join(" ");
    let wish = Wish::read(args);
    args.done()?;
    if !parts::SENTENCES {
        return Err(Failure::failed(parts::NO_SENTENCES));
    }
    let config = args.config()?;
    local::block_on(act(&config, &sentence, "typed", &wish))?
}

/// `hearth listen FILE.wav`
#[cfg(feature = "sentences")]
pub(super) fn listen(args: &mut Args) -> Outcome {
    let file = args.value("FILE.wav")?;
    let wish = Wish::read(args);
    args.done()?;
    let config = args.config()?;
    local::block_on(async {
        let heard = voice::hear(&config, Path::new(&file))
            .await
            .map_err(Failure::failed)?;
        println!("heard: {heard}");
        act(&config, &heard, "file", &wish).await
    })?
}

struct Wish {
    explain: bool,
    room: Option<String>,
}

impl Wish {
    fn read(args: &mut Args) -> Self {
        Self {
            explain: args.switch("explain"),
            room: args
                .option("room")
                .map(|room| room.to_string_lossy().into_owned()),
        }
    }
}

/// Has the gateway do it, or explains it.
async fn act(config: &Config, sentence: &str, source: &str, wish: &Wish) -> Outcome {
    let body = json!({
        "text": sentence,
        "source": source,
        "room": wish.room,
        "explain": wish.explain,
        "dry_run": wish.explain,
    });
    let answer = match Gateway::connect(config).await {
        Ok(mut gateway) => gateway.request("say", body).await?,
        Err(absent) if wish.explain => {
            eprintln!("hearth: {absent}\nhearth: explained with the devices last stored:");
            let answer = local::explain(config, sentence, wish.room.clone())?;
            serde_json::to_value(answer).map_err(Failure::failed)?
        }
        Err(absent) => return Err(absent),
    };
    if let Some(explanation) = answer["explanation"].as_str() {
        println!("{explanation}");
    }
    println!("{}", answer["text"].as_str().unwrap_or_default());
    Ok(if answer["ok"] == true {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
