//! Transcripts: what goes through the air for each command, and the one answer each gets.
//!
//! `>` is a write without, `>>` one with confirmation, `<` a read, `*` a notification.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::operation::MOST_OPERATIONS;
use super::queue::{IDLE, MOST_WAITING};
use super::sim::{
    Behaviour, Fault, SimAir, SimClock, SimGovee, SimLedNetWf, SimPlant, SimTriones, SimYeelight,
};
use super::{Action, NoLink, NoScanning, Operation, Queue, Scanning, Settings, spawn};
use crate::ble::ServiceUuid;
use crate::{Changes, Command, CommandError, DeviceInfo, DeviceKind, Event, Mac, Outcome, Value};

const LAMP: Mac = Mac([0xc1, 0x05, 0x11, 0, 1, 0x66]);
const OTHER: Mac = Mac([0xc4, 0x7c, 0x8d, 1, 2, 3]);

/// A queue, the air it works in, and what it tells.
struct Bench {
    air: SimAir,
    queue: Queue,
    events: mpsc::Receiver<Event>,
    token: u32,
}

fn record(address: Mac, model: &str) -> DeviceInfo {
    let mut record = DeviceInfo::new(address.into(), DeviceKind::Ble);
    record.model_id = Some(model.to_owned());
    if model.starts_with('H') {
        record.manufacturer = Some("Govee".to_owned());
    }
    if model.starts_with("LEDnetWF") {
        record.software_build_id = Some("5".to_owned());
    }
    record
}

fn values(json: &str) -> Changes {
    match serde_json::from_str(json).unwrap() {
        Value::Object(values) => values,
        other => panic!("{other:?}"),
    }
}

fn shown(outcome: Outcome) -> String {
    match outcome {
        Ok(changes) => serde_json::to_string(&Value::Object(changes)).unwrap(),
        Err(error) => error.to_string(),
    }
}

impl Bench {
    fn new() -> Self {
        Self::with(&Settings::default(), Box::new(NoScanning))
    }

    fn with(settings: &Settings, scanning: Box<dyn Scanning>) -> Self {
        let air = SimAir::default();
        let (told, events) = mpsc::channel(64);
        let queue = spawn(settings, &[], air.link(), scanning, told);
        Self {
            air,
            queue,
            events,
            token: 0,
        }
    }

    fn lamp(behaviour: impl Behaviour + 'static) -> Self {
        let bench = Self::new();
        bench.air.add(LAMP, behaviour);
        bench
    }

    /// Hands a command in; the token to expect.
    fn hand_in(&mut self, model: &str, what: &str) -> Result<u32, CommandError> {
        self.token += 1;
        let (token, device) = (self.token, record(LAMP, model));
        let id = device.id;
        let command = if what.is_empty() {
            Command::Get {
                token,
                id,
                properties: vec!["state".into()],
            }
        } else {
            Command::Set {
                token,
                id,
                endpoint: None,
                values: values(what),
            }
        };
        self.queue.take(command, &device).map(|()| token)
    }

    /// The only answer to `token`.
    async fn answer(&mut self, token: u32) -> Outcome {
        match self.events.recv().await {
            Some(Event::Done {
                token: told,
                outcome,
            }) if told == token => outcome,
            other => panic!("{other:?}"),
        }
    }

    /// `/set`, or `/get` of nothing, and what comes of it.
    async fn ask(&mut self, model: &str, what: &str) -> String {
        match self.hand_in(model, what) {
            Ok(token) => shown(self.answer(token).await),
            Err(error) => error.to_string(),
        }
    }

    async fn operate(&mut self, operations: Vec<Operation>, limit: u64) -> Outcome {
        self.token += 1;
        let (token, device) = (self.token, record(LAMP, "?"));
        let command = Command::Gatt {
            token,
            id: device.id,
            operations,
            limit: Duration::from_secs(limit),
        };
        self.queue.take(command, &device)?;
        self.answer(token).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_triones_lamp_is_switched_dimmed_and_read_back() {
    let mut bench = Bench::lamp(SimTriones::default());
    assert_eq!(
        bench.ask("Triones", r#"{"state":"ON"}"#).await,
        r#"{"state":"ON","brightness":254,"color_mode":"xy","color":{"hue":0,"saturation":0,"x":0.3227,"y":0.329}}"#
    );
    assert_eq!(
        bench.air.transcript(),
        [
            "connect",
            "subscribe ffd4",
            "> ffd9 cc2333",
            "> ffd9 ef0177",
            "* ffd4 661523412001ffffff000799"
        ]
    );
    // Still connected: nothing but the frames.
    bench
        .ask(
            "Triones",
            r#"{"brightness":127,"color":{"r":255,"g":0,"b":0}}"#,
        )
        .await;
    assert_eq!(
        bench.air.transcript(),
        [
            "> ffd9 cc2333",
            "> ffd9 5680000000f0aa",
            "> ffd9 ef0177",
            "* ffd4 661523412001800000000799"
        ]
    );
    assert_eq!(bench.air.shows(LAMP).unwrap(), "on 128,0,0 white 0");
    // Dimming keeps the colour; toggling knows what is.
    let dimmed = bench.ask("Triones", r#"{"brightness":254}"#).await;
    assert!(dimmed.contains(r#""hue":0,"saturation":100"#), "{dimmed}");
    assert_eq!(bench.air.shows(LAMP).unwrap(), "on 255,0,0 white 0");
    bench.ask("Triones", r#"{"state":"TOGGLE"}"#).await;
    assert_eq!(bench.air.shows(LAMP).unwrap(), "off 255,0,0 white 0");
    let white = bench.ask("Triones", r#"{"white":100}"#).await;
    assert!(
        white.contains(r#""brightness":100,"color_mode":"white""#),
        "{white}"
    );
    bench.air.transcript();
    sleep(IDLE + Duration::from_secs(1)).await;
    assert_eq!(bench.air.transcript(), ["disconnect"]);
}

#[tokio::test(start_paused = true)]
async fn a_lednetwf_strip_takes_colours_and_whites() {
    let mut bench = Bench::lamp(SimLedNetWf::default());
    let blue = bench
        .ask(
            "LEDnetWF 53",
            r##"{"state":"ON","color":"#0000ff","brightness":254}"##,
        )
        .await;
    assert!(blue.contains(r#""state":"ON","brightness":254"#), "{blue}");
    assert!(blue.contains(r#""hue":240,"saturation":100"#), "{blue}");
    let lines = bench.air.transcript();
    assert_eq!(
        lines[..5],
        [
            "connect",
            "subscribe ff02",
            "> ff01 00018000000d0e0b3b230000000000000032000090",
            "> ff01 00028000000d0e0b3ba1786464000000000000001c",
            "> ff01 000380000004050a818a8b96",
        ]
    );
    let white = bench
        .ask("LEDnetWF 53", r#"{"color_temp":154,"brightness":127}"#)
        .await;
    assert_eq!(
        white,
        r#"{"state":"ON","brightness":127,"color_mode":"color_temp","color_temp":154}"#
    );
    assert_eq!(
        bench.air.shows(LAMP).unwrap(),
        "on (b1, [00, 00, 00, 64, 32])"
    );
}

#[tokio::test(start_paused = true)]
async fn a_govee_strip_is_kept_alive_while_connected() {
    let mut bench = Bench::lamp(SimGovee::default());
    let red = bench
        .ask(
            "H6159",
            r#"{"state":"ON","color":{"x":0.7006,"y":0.2993},"brightness":254}"#,
        )
        .await;
    assert!(red.contains(r#""hue":0,"saturation":100"#), "{red}");
    assert_eq!(bench.air.shows(LAMP).unwrap(), "on 255 255,0,0");
    bench.air.transcript();
    sleep(Duration::from_millis(8500)).await;
    let alive: Vec<_> = bench.air.transcript();
    let said = alive
        .iter()
        .filter(|line| line.contains("> ") && line.contains(" aa01"))
        .count();
    assert_eq!(said, 4, "{alive:?}");
    // Somebody else switched it off: the next answer tells, and it is published.
    assert!(bench.events.try_recv().is_err());
    let mut frame = vec![0xaa, 1, 0];
    frame.resize(19, 0);
    frame.push(0xab);
    let told = ServiceUuid(0x0001_0203_0405_0607_0809_0a0b_0c0d_2b10);
    bench.air.notify(LAMP, told, &frame);
    let Some(Event::Changed { changes, .. }) = bench.events.recv().await else {
        panic!("nothing told")
    };
    assert_eq!(changes[0], ("state".into(), "OFF".into()));
    // Keep-alives do not keep it for ever.
    sleep(IDLE).await;
    assert_eq!(bench.air.transcript().last().unwrap(), "disconnect");
}

#[tokio::test(start_paused = true)]
async fn a_strip_with_segments_is_coloured_whole() {
    let mut bench = Bench::lamp(SimGovee::with_segments());
    let green = bench
        .ask(
            "H617A",
            r#"{"state":"ON","color":{"hue":120,"saturation":100},"brightness":127}"#,
        )
        .await;
    assert!(green.contains(r#""brightness":127"#), "{green}");
    assert_eq!(bench.air.shows(LAMP).unwrap(), "on 50 0,255,0");
}

#[tokio::test(start_paused = true)]
async fn a_yeelight_that_knows_us_obeys() {
    let mut bench = Bench::lamp(SimYeelight::known());
    assert_eq!(
        bench.ask("MJCTD01YL", r#"{"state":"ON"}"#).await,
        r#"{"state":"ON","brightness":254,"color_mode":"color_temp","color_temp":250}"#
    );
    bench.air.transcript();
    bench
        .ask("MJCTD01YL", r#"{"color_temp":370,"brightness":127}"#)
        .await;
    assert_eq!(bench.air.shows(LAMP).unwrap(), "on 50% 2702 K");
    // It fades: asking now would stop it.
    let lines = bench.air.transcript();
    assert_eq!(
        lines.iter().filter(|line| line.contains(" 4344")).count(),
        0,
        "{lines:?}"
    );
    let read = bench.ask("MJCTD01YL", "").await;
    assert!(read.contains(r#""color_temp":370"#), "{read}");
}

#[tokio::test(start_paused = true)]
async fn a_yeelight_that_does_not_know_us_wants_its_button_pressed() {
    let mut bench = Bench::lamp(SimYeelight::pairing(vec![1]));
    assert_eq!(
        bench.ask("MJCTD01YL", r#"{"state":"ON"}"#).await,
        "the device refused: it needs pairing: press the button on it, then try again"
    );
    assert_eq!(bench.air.transcript().last().unwrap(), "disconnect");
    bench.air.add(LAMP, SimYeelight::pairing(vec![1, 2]));
    let pressed = bench.ask("MJCTD01YL", r#"{"state":"ON"}"#).await;
    assert!(pressed.starts_with(r#"{"state":"ON""#), "{pressed}");
}

#[tokio::test(start_paused = true)]
async fn a_plant_is_told_to_measure_and_read() {
    let reading = [
        0xf1, 0, 0, 0xb3, 0, 0, 0, 28, 0x5e, 1, 2, 0x3c, 0, 0xfb, 0x34, 0x9b,
    ];
    let mut bench = Bench::lamp(SimPlant::measuring(&reading));
    assert_eq!(
        bench.ask("HHCCJCY01", "").await,
        r#"{"battery":87,"temperature":24.1,"illuminance":179,"soil_moisture":28,"conductivity":350}"#
    );
    assert_eq!(
        bench.air.transcript(),
        [
            "connect",
            "< 1a02 5710332e332e35",
            ">> 1a00 a01f",
            "< 1a01 f10000b30000001c5e01023c00fb349b",
            "disconnect"
        ]
    );
    bench.air.add(LAMP, SimPlant::measuring(&[0; 16]));
    assert_eq!(
        bench.ask("HHCCJCY01", "").await,
        "the device refused: it sent an impossible `reading`"
    );
}

#[tokio::test(start_paused = true)]
async fn thermometers_say_what_they_measure_and_clocks_are_set() {
    let mut bench = Bench::lamp(SimClock::measuring(&[0x2a, 0x09, 0x37], true));
    assert_eq!(
        bench.ask("LYWSD02", "").await,
        r#"{"battery":64,"temperature_unit":"celsius","temperature":23.46,"humidity":55}"#
    );
    assert_eq!(
        bench
            .ask(
                "LYWSD02",
                r#"{"clock":1700000000,"temperature_unit":"fahrenheit"}"#
            )
            .await,
        r#"{"temperature_unit":"fahrenheit"}"#
    );
    assert_eq!(
        bench.air.shows(LAMP).unwrap(),
        "[00, f1, 53, 65, 00] unit 01"
    );
    let stock = SimClock::measuring(&[0x2a, 0x09, 0x37, 0x8a, 0x0b], false);
    bench.air.add(LAMP, stock);
    assert!(
        bench
            .ask("LYWSD03MMC", "")
            .await
            .contains(r#""battery":85"#)
    );
    assert_eq!(
        bench.ask("LYWSD03MMC", r#"{"humidity":50}"#).await,
        "cannot set `humidity`: this device only tells it"
    );
}

#[tokio::test(start_paused = true)]
async fn sensors_are_read_in_their_turn_and_commands_go_first() {
    let settings = Settings {
        read_every: Some(Duration::from_secs(3600)),
        utc_offset: 0,
    };
    let mut bench = Bench::with(&settings, Box::new(NoScanning));
    let reading = [
        0xf1, 0, 0, 0xb3, 0, 0, 0, 28, 0x5e, 1, 2, 0x3c, 0, 0xfb, 0x34, 0x9b,
    ];
    bench.air.add(OTHER, SimPlant::measuring(&reading));
    bench.air.faults(OTHER, [Fault::None, Fault::Absent]);
    bench.queue.keep(&record(OTHER, "HHCCJCY01"));
    let began = Instant::now();
    let mut at = Vec::new();
    for _ in 0..3 {
        let Some(Event::Changed { id, changes, .. }) = bench.events.recv().await else {
            panic!("not read")
        };
        assert_eq!(id, OTHER.into());
        assert_eq!(changes[0], ("battery".into(), 87u8.into()));
        at.push(began.elapsed().as_secs() / 60);
    }
    // The second turn fails and comes again five minutes later.
    assert_eq!(at, [0, 65, 125]);
    bench.queue.forget(OTHER);
    assert!(
        timeout(Duration::from_secs(90_000), bench.events.recv())
            .await
            .is_err()
    );
}

/// Faults of one lamp, what is said of them, and how often it was tried.
#[tokio::test(start_paused = true)]
async fn every_fault_is_answered_once() {
    use Fault::{Absent, Babbles, DropsAfter, Hangs, Refuses, Silent};
    let on = r#"{"state":"ON"}"#;
    let fine = r#"{"state":"ON","brightness":254"#;
    let refused = "not delivered: le-connection-abort-by-local, after 3 tries";
    for (faults, what, says) in [
        (
            vec![Absent],
            on,
            "not delivered: not in range: it was not heard for 10 s",
        ),
        (vec![Refuses, Refuses], on, fine),
        (vec![Refuses; 3], on, refused),
        (
            vec![Hangs; 3],
            on,
            "not delivered: connecting timed out after 30 s, after 3 tries",
        ),
        (
            vec![DropsAfter(0), DropsAfter(1), DropsAfter(2)],
            on,
            "not delivered: the connection was lost, after 3 tries",
        ),
        (vec![DropsAfter(1), DropsAfter(2)], on, fine),
        // It never spoke before: that it was written is all there is to know.
        (vec![Silent], on, r#"{"state":"ON"}"#),
        (vec![Silent], "", "not delivered: it does not answer"),
        (vec![Babbles(vec![0x66, 1])], on, fine),
        (
            vec![Babbles(vec![])],
            "",
            r#"{"state":"OFF","brightness":254"#,
        ),
    ] {
        let mut bench = Bench::lamp(SimTriones::default());
        bench.air.faults(LAMP, faults.clone());
        let told = bench.ask("Triones", what).await;
        assert!(told.starts_with(says), "{faults:?}: {told}");
        sleep(Duration::from_secs(600)).await;
        assert!(
            bench.events.try_recv().is_err(),
            "{faults:?}: a second answer"
        );
        let lines = bench.air.transcript();
        let ended = lines
            .last()
            .is_none_or(|line| matches!(line.as_str(), "disconnect" | "refuse" | "hang"));
        assert!(ended, "{faults:?}: {lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lamp_that_falls_silent_is_not_believed() {
    let mut bench = Bench::lamp(SimTriones::default());
    bench.ask("Triones", r#"{"state":"ON"}"#).await;
    sleep(IDLE * 2).await;
    bench.air.faults(LAMP, [Fault::Silent]);
    assert_eq!(
        bench.ask("Triones", r#"{"state":"OFF"}"#).await,
        "not delivered: it does not answer"
    );
}

#[tokio::test(start_paused = true)]
async fn without_an_adapter_everything_is_answered() {
    let (told, mut events) = mpsc::channel(8);
    let link = NoLink("no Bluetooth adapter was found".to_owned());
    let mut queue = spawn(
        &Settings::default(),
        &[],
        Box::new(link),
        Box::new(NoScanning),
        told,
    );
    let device = record(LAMP, "Triones");
    let set = Command::Set {
        token: 7,
        id: device.id,
        endpoint: None,
        values: values(r#"{"state":"ON"}"#),
    };
    queue.take(set, &device).unwrap();
    let why = "no Bluetooth adapter was found".to_owned();
    assert_eq!(
        events.recv().await,
        Some(Event::Done {
            token: 7,
            outcome: Err(CommandError::Unavailable(why))
        })
    );
}

#[tokio::test(start_paused = true)]
async fn one_at_a_time_and_what_does_not_fit_is_refused() {
    let mut bench = Bench::lamp(SimTriones::default());
    bench
        .air
        .faults(LAMP, [Fault::Hangs, Fault::Hangs, Fault::Hangs]);
    let mut taken = Vec::new();
    let refused = loop {
        match bench.hand_in("Triones", r#"{"state":"ON"}"#) {
            Ok(token) => taken.push(token),
            Err(error) => break error,
        }
    };
    assert_eq!(taken.len(), MOST_WAITING);
    assert_eq!(
        refused.to_string(),
        "radio not available: 32 commands wait for Bluetooth already"
    );
    let first = taken.remove(0);
    assert!(bench.answer(first).await.is_err());
    for token in taken {
        assert!(bench.answer(token).await.is_ok());
    }
    let lines = bench.air.transcript();
    assert_eq!(lines.iter().filter(|line| *line == "connect").count(), 1);
}

/// Writes down when scanning stood still.
struct Watched(SimAir);

impl Scanning for Watched {
    fn pause(&mut self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.note("pause".to_owned());
        Box::pin(std::future::ready(()))
    }

    fn resume(&mut self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.note("resume".to_owned());
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test(start_paused = true)]
async fn scanning_stands_still_while_a_connection_is_made_and_another_device_ends_the_first() {
    let air = SimAir::default();
    let (told, events) = mpsc::channel(64);
    let scanning = Box::new(Watched(air.clone()));
    let queue = spawn(&Settings::default(), &[], air.link(), scanning, told);
    let mut bench = Bench {
        air,
        queue,
        events,
        token: 0,
    };
    bench.air.add(LAMP, SimTriones::default());
    bench.air.add(OTHER, SimClock::measuring(&[1, 2, 3], false));
    bench.air.faults(LAMP, [Fault::Refuses]);
    bench.ask("Triones", "").await;
    let device = record(OTHER, "LYWSD03MMC");
    let get = Command::Get {
        token: 9,
        id: device.id,
        properties: Vec::new(),
    };
    bench.queue.take(get, &device).unwrap();
    assert!(bench.answer(9).await.is_ok());
    let lines = bench.air.transcript();
    let steps: Vec<&str> = lines
        .iter()
        .map(String::as_str)
        .filter(|line| !line.contains(' '))
        .collect();
    assert_eq!(
        steps,
        [
            "pause",
            "refuse",
            "resume",
            "pause",
            "connect",
            "resume",
            "disconnect",
            "pause",
            "connect",
            "resume",
            "disconnect"
        ]
    );
}

fn operation(characteristic: u16, action: Action) -> Operation {
    Operation {
        service: None,
        characteristic: ServiceUuid::of(characteristic),
        action,
    }
}

#[tokio::test(start_paused = true)]
async fn any_characteristic_is_written_read_and_listened_to() {
    let mut bench = Bench::lamp(SimTriones::default());
    let second = Duration::from_secs(1);
    let state = bench
        .operate(
            vec![
                operation(0xffd9, Action::Write(vec![0xcc, 0x23, 0x33])),
                operation(0xffd4, Action::Notify(second)),
                operation(0xffd9, Action::WriteWithoutResponse(vec![0xef, 1, 0x77])),
            ],
            30,
        )
        .await;
    assert_eq!(
        shown(state),
        r#"{"operations":[{"characteristic":"ffd9","action":"write"},{"characteristic":"ffd4","action":"notify","value":"661523412001ffffff000799"},{"characteristic":"ffd9","action":"write_without_response"}]}"#
    );
    assert_eq!(
        bench.air.transcript(),
        [
            "connect",
            ">> ffd9 cc2333",
            "subscribe ffd4",
            "> ffd9 ef0177",
            "* ffd4 661523412001ffffff000799",
            "disconnect"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_not_done_again_after_a_lost_connection() {
    let mut bench = Bench::lamp(SimPlant::default());
    bench.air.faults(LAMP, [Fault::DropsAfter(1)]);
    let outcome = bench
        .operate(
            vec![
                operation(0x1a00, Action::Write(vec![0xfd, 0xff])),
                operation(0x1a02, Action::Read),
            ],
            30,
        )
        .await;
    assert!(shown(outcome).contains(r#""value":"5710332e332e35""#));
    let lines = bench.air.transcript();
    let writes = lines.iter().filter(|line| line.starts_with(">>")).count();
    assert_eq!(writes, 1, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn requests_that_cannot_be_are_told_why() {
    let read = |characteristic| vec![operation(characteristic, Action::Read)];
    let mut bench = Bench::lamp(SimPlant::default());
    assert_eq!(
        shown(bench.operate(read(0x2a00), 30).await),
        "the device refused: it has no characteristic 2a00"
    );
    let elsewhere = Operation {
        service: Some(ServiceUuid::of(0x180f)),
        ..operation(0x1a02, Action::Read)
    };
    assert_eq!(
        shown(bench.operate(vec![elsewhere], 30).await),
        "the device refused: it has no characteristic 1a02"
    );
    let listen = operation(0x1a01, Action::Notify(Duration::from_secs(60)));
    assert_eq!(
        shown(bench.operate(vec![listen], 5).await),
        "no answer in 5 s"
    );
    bench.air.faults(LAMP, [Fault::Hangs]);
    assert_eq!(
        shown(bench.operate(read(0x1a02), 5).await),
        "no answer in 5 s"
    );
    for operations in [
        Vec::new(),
        vec![operation(1, Action::Read); MOST_OPERATIONS + 1],
    ] {
        assert_eq!(
            shown(bench.operate(operations, 30).await),
            "`operations`: expected 1 to 16 operations"
        );
    }
    let long = vec![operation(1, Action::Write(vec![0; 513]))];
    assert_eq!(
        shown(bench.operate(long, 30).await),
        "`operations`: a value has at most 512 bytes"
    );
    // Whatever went wrong, the next one works.
    assert!(bench.operate(read(0x1a02), 30).await.is_ok());
}
