//! Switches a lamp over a real Bluetooth adapter: for testing with a real BlueZ.
//!
//! Each answer is one line: `ok {"state":"ON",…}` or `error …`; the exit code is 1 after any error.

use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;
use radios::ble::scan::ScanConfig;
use radios::ble::{BleConfig, Source};
use radios::tap::Tap;
use radios::{Changes, Command, DeviceInfo, DeviceKind, Event, Mac, Outcome, RadioHandle};

const HELP: &str = "\
ble-lamp: set and read a Bluetooth lamp

  ble-lamp --address AA:BB:CC:DD:EE:FF [--adapter hci0] [--model Triones] [--version 5] ORDER…

An ORDER is `get`, `on`, `off`, or what /set takes: '{\"state\":\"ON\",\"brightness\":120}'.
Models: Triones, QHM, LEDBLE, LEDnetWF, H6159 (Govee), MJCTD01YL and YLFW01YL (Yeelight), …
";

/// The adapter must work within this time.
const UP: Duration = Duration::from_secs(30);

struct Options {
    adapter: Option<String>,
    lamp: DeviceInfo,
    orders: Vec<String>,
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut parser = lexopt::Parser::from_env();
    let (mut adapter, mut address, mut version) = (None, None, None);
    let mut model = "Triones".to_owned();
    let mut orders = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("adapter") => adapter = Some(parser.value()?.string()?),
            Long("address") => address = Some(parser.value()?.parse::<Mac>()?),
            Long("model") => model = parser.value()?.string()?,
            Long("version") => version = Some(parser.value()?.string()?),
            Long("help") | Short('h') => return Ok(None),
            Value(order) => orders.push(order.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let address = address.ok_or("--address is missing")?;
    let mut lamp = DeviceInfo::new(address.into(), DeviceKind::Ble);
    lamp.manufacturer = model.starts_with('H').then(|| "Govee".to_owned());
    lamp.model_id = Some(model);
    lamp.software_build_id = version;
    Ok(Some(Options {
        adapter,
        lamp,
        orders,
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("ble-lamp: {error}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    let config = BleConfig {
        scan: ScanConfig {
            adapter: options.adapter,
            ..ScanConfig::default()
        },
        devices: vec![options.lamp.clone()],
        ..BleConfig::default()
    };
    let mut radio = radios::ble::spawn(config, Source::Adapter, Tap::none());
    if !tokio::time::timeout(UP, up(&mut radio))
        .await
        .unwrap_or(false)
    {
        println!("error Bluetooth does not work");
        return ExitCode::FAILURE;
    }
    let mut failed = false;
    for (token, order) in (1..).zip(&options.orders) {
        let began = std::time::Instant::now();
        let outcome = match command(token, &options.lamp, order) {
            Ok(command) => answer(&mut radio, token, command).await,
            Err(why) => Err(radios::CommandError::Refused(why)),
        };
        let took = began.elapsed().as_millis();
        match outcome {
            Ok(changes) => {
                let shown = serde_json::to_string(&radios::Value::Object(changes));
                println!("ok {} {took} ms", shown.unwrap_or_default());
            }
            Err(error) => {
                failed = true;
                println!("error {error} {took} ms");
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

/// Whether the adapter works.
async fn up(radio: &mut RadioHandle) -> bool {
    loop {
        match radio.events.recv().await {
            Some(Event::RadioUp { .. }) => return true,
            Some(Event::RadioDown { reason, .. }) => eprintln!("ble-lamp: {reason}"),
            Some(_) => {}
            None => return false,
        }
    }
}

fn command(token: u32, lamp: &DeviceInfo, order: &str) -> Result<Command, String> {
    let id = lamp.id;
    let values: Changes = match order {
        "get" => {
            return Ok(Command::Get {
                token,
                id,
                properties: vec!["state".into()],
            });
        }
        "on" => vec![("state".into(), "ON".into())],
        "off" => vec![("state".into(), "OFF".into())],
        json => match serde_json::from_str(json) {
            Ok(radios::Value::Object(values)) => values,
            _ => return Err(format!("`{json}` is no order")),
        },
    };
    Ok(Command::Set {
        token,
        id,
        endpoint: None,
        values,
    })
}

async fn answer(radio: &mut RadioHandle, wanted: u32, command: Command) -> Outcome {
    let ended = || {
        Err(radios::CommandError::Unavailable(
            "Bluetooth has ended".to_owned(),
        ))
    };
    if radio.commands.send(command).await.is_err() {
        return ended();
    }
    while let Some(event) = radio.events.recv().await {
        match event {
            Event::Done { token, outcome } if token == wanted => return outcome,
            _ => {}
        }
    }
    ended()
}
