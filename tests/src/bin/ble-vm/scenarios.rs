//! What the scanner has to stand.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use radios::Mac;
use radios::ble::Advert;
use radios::ble::scan::Scanning;
use tests::air::adverts;
use tests::air::controller::hex;
use tokio::time::{Instant, sleep};

use super::ear::Ear;
use super::world::{World, cpu, due, memory, power, rfkill};

/// What came of it, in figures, or why it failed.
type Outcome = Result<String, String>;

/// All, in an order in which one leaves the world as the next wants it.
pub(crate) const ALL: &[&str] = &[
    "absent", "replay", "churn", "power", "rfkill", "restart", "crash", "unplug", "lamp",
    "passive", "day",
];
/// What fits a test run.
pub(crate) const BRIEF: &[&str] = &[
    "absent", "replay", "churn", "power", "restart", "crash", "unplug", "lamp",
];

/// Recorded adverts, if they are there.
const RECORDED: &str = "/hearth/adverts.jsonl.gz";
/// Healed within this time.
const HEALED: Duration = Duration::from_secs(5);
const RATE: u32 = 40;

pub(crate) async fn run(name: &str, brief: bool, world: &mut World) -> Outcome {
    match name {
        "absent" => absent(world).await,
        "replay" => replay(world, if brief { 400 } else { 1000 }).await,
        "churn" => churn(world, if brief { 400 } else { 2000 }).await,
        "power" => power_cycle(world).await,
        "rfkill" => held_off(world).await,
        "restart" => restart(world, false).await,
        "crash" => restart(world, true).await,
        "unplug" => unplug(world).await,
        "lamp" => lamp(world).await,
        "passive" => passive(world).await,
        "day" => day(world, if brief { 5000 } else { 86_400 }).await,
        _ => Err("no such scenario".into()),
    }
}

/// A scanner that starts before BlueZ does, and before there is a controller.
async fn absent(world: &mut World) -> Outcome {
    world.pull().await;
    world.stop_bluetoothd().await;
    let ear = Ear::open(Scanning::Active, false);
    let told = (ear.until(HEALED, |heard| !heard.told.is_empty())).await;
    told.ok_or("nothing was told of the missing BlueZ")?;
    let told = ear.heard().told.join("; ");
    let begun = Instant::now();
    world.complete().await;
    let there = begun.elapsed();
    heals(world, &ear, 0)
        .await
        .map(|figures| format!("told \"{told}\"; controller there after {there:.1?}; {figures}"))
}

/// Recorded adverts arrive as they were aired.
async fn replay(world: &mut World, count: usize) -> Outcome {
    world.complete().await;
    let recorded = Path::new(RECORDED);
    let list = adverts::list(recorded.exists().then_some(recorded), count);
    let ear = Ear::open(Scanning::Active, true);
    listening(&ear).await?;
    let used = cpu();
    let begun = Instant::now();
    for (advert, number) in list.iter().zip(0..) {
        due(begun, number, RATE).await;
        world.air().advert(advert, number).await;
    }
    // Senders that were missed do not come any more.
    let all = |count: usize| move |heard: &super::ear::Heard| heard.senders.len() >= count;
    ear.until(Duration::from_secs(15), all(count)).await;
    let used = cpu() - used;
    let heard = ear.heard();
    let (mut exact, mut differ, mut missed) = (0, 0, 0);
    let mut first = String::new();
    for advert in &list {
        match heard.senders.get(&advert.address) {
            None => {
                missed += 1;
                let _ = write!(first, "; missed {advert:?}");
            }
            Some(got) if same(advert, got) => exact += 1,
            Some(got) => {
                differ += 1;
                let _ = write!(first, "; aired {advert:?}, heard {got:?}");
            }
        }
    }
    first.truncate(1000);
    let figures = format!(
        "{count} aired at {RATE}/s, {exact} exact, {differ} different, {missed} missed; CPU {used:.1} s; {} kB, bluetoothd {} kB{first}",
        memory("self"),
        world.bluetoothd_memory(),
    );
    // 99.8 %
    if exact * 1000 >= count * 998 {
        Ok(figures)
    } else {
        Err(figures)
    }
}

fn same(aired: &Advert, heard: &Advert) -> bool {
    let sorted = |advert: &Advert| {
        let (mut services, mut companies) = (
            advert.service_data.clone(),
            advert.manufacturer_data.clone(),
        );
        services.sort();
        companies.sort();
        (services, companies)
    };
    sorted(aired) == sorted(heard) && aired.random == heard.random
}

/// Every advert from an address that was never heard before: phones.
async fn churn(world: &mut World, count: u32) -> Outcome {
    world.complete().await;
    let kinds = adverts::list(None, 50);
    let ear = Ear::open(Scanning::Active, true);
    listening(&ear).await?;
    let before = memory("self");
    let begun = Instant::now();
    for (kind, number) in kinds.iter().cycle().zip(0..count) {
        due(begun, number, RATE).await;
        let [_, a, b, c] = number.to_be_bytes();
        let fresh = Advert {
            // Resolvable private addresses look so.
            address: Mac([0x40, 0x11, 0x22, a, b, c]),
            ..kind.clone()
        };
        world.air().advert(&fresh, number).await;
    }
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    (ear.until(Duration::from_secs(15), |heard| {
        heard.senders.len() >= wanted
    }))
    .await;
    let heard = ear.heard().senders.len();
    let shed = ear.control.status().shed;
    let figures = format!(
        "{count} fresh addresses at {RATE}/s, {heard} heard with their data, {shed} shed; {before} → {} kB, bluetoothd {} kB",
        memory("self"),
        world.bluetoothd_memory(),
    );
    if heard == wanted {
        Ok(figures)
    } else {
        Err(figures)
    }
}

async fn power_cycle(world: &mut World) -> Outcome {
    world.complete().await;
    let ear = Ear::open(Scanning::Active, false);
    let beat = beating(world, &ear).await?;
    power(false).await.map_err(|error| error.to_string())?;
    heals(world, &ear, beat).await
}

async fn held_off(world: &mut World) -> Outcome {
    world.complete().await;
    let ear = Ear::open(Scanning::Active, false);
    let beat = beating(world, &ear).await?;
    rfkill(true).map_err(|error| error.to_string())?;
    sleep(Duration::from_secs(4)).await;
    let told = ear.heard().told.last().cloned().unwrap_or_default();
    rfkill(false).map_err(|error| error.to_string())?;
    if !told.contains("rfkill") {
        return Err(format!("told: {told}"));
    }
    heals(world, &ear, beat).await
}

async fn restart(world: &mut World, crash: bool) -> Outcome {
    world.complete().await;
    let ear = Ear::open(Scanning::Active, false);
    let beat = beating(world, &ear).await?;
    if crash {
        world.crash_bluetoothd().await;
    } else {
        world.stop_bluetoothd().await;
    }
    sleep(Duration::from_secs(1)).await;
    world.start_bluetoothd(false);
    heals(world, &ear, beat).await
}

async fn unplug(world: &mut World) -> Outcome {
    world.complete().await;
    let ear = Ear::open(Scanning::Active, false);
    let beat = beating(world, &ear).await?;
    world.pull().await;
    let told = |heard: &super::ear::Heard| heard.told.iter().any(|t| t.contains("unplugged"));
    (ear.until(HEALED, told).await).ok_or("nothing was told of it")?;
    world.complete().await;
    heals(world, &ear, beat).await
}

/// A lamp switched over GATT by the product, and read back; the lamp's own account is held against it.
async fn lamp(world: &mut World) -> Outcome {
    const ADDRESS: Mac = Mac([0xc4, 0, 0, 0, 0, 7]);
    world.complete().await;
    let advert = Advert {
        address: ADDRESS,
        name: Some("Triones-07".into()),
        ..Advert::default()
    };
    let data = adverts::aired(&advert).and_then(|aired| {
        // What can be connected to has its name in the advert itself.
        Some([aired.data, aired.response?].concat())
    });
    let Mac(address) = ADDRESS;
    let line = format!("lamp {} {}", hex(&address), hex(&data.ok_or("no advert")?));
    world.air().forget();
    world.air().line(&line).await;
    let begun = Instant::now();
    let client = tokio::process::Command::new("/hearth/ld.so")
        .args(["--library-path", "/hearth/lib", "/hearth/ble-lamp"])
        .args(["--address", &ADDRESS.colons(), "--model", "Triones"])
        .args([
            "on",
            r#"{"color":{"r":255,"g":128,"b":0}}"#,
            "get",
            "off",
            "get",
        ])
        .output();
    let client = client.await.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&client.stdout).into_owned();
    let took = begun.elapsed();
    let told = world.air().said();
    let written: Vec<&str> = (told.iter())
        .filter_map(|line| line.strip_prefix("written ffd9 "))
        .collect();
    let answers: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("ok "))
        .collect();
    let figures = format!("answers {answers:?} in {took:.1?}; written {written:?}");
    let on = answers
        .get(2)
        .is_some_and(|line| line.contains(r#""state":"ON""#));
    let off = answers
        .get(4)
        .is_some_and(|line| line.contains(r#""state":"OFF""#));
    let obeyed = written.contains(&"cc2333") && written.contains(&"cc2433");
    let colored = written.iter().any(|frame| frame.starts_with("56"));
    if client.status.success() && on && off && obeyed && colored {
        Ok(figures)
    } else {
        let complaint = String::from_utf8_lossy(&client.stderr);
        Err(format!("{figures}; {said}{complaint}; {told:?}"))
    }
}

/// Passive scanning, then passive with active windows.
async fn passive(world: &mut World) -> Outcome {
    world.stop_bluetoothd().await;
    world.start_bluetoothd(true);
    world.complete().await;
    world.air().forget();
    let ear = Ear::open(Scanning::Passive, true);
    let waiting = world
        .air
        .as_ref()
        .ok_or("no controller")?
        .says("scan passive");
    let passive = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    passive.map_err(|_| "the controller was not told to listen passively")?;
    let list = adverts::list(None, 200);
    let begun = Instant::now();
    for (advert, number) in list.iter().zip(0..) {
        due(begun, number, 20).await;
        world.air().advert(advert, number).await;
    }
    ear.until(Duration::from_secs(15), |heard| heard.senders.len() >= 200)
        .await;
    let heard = ear.heard().senders.len();
    let active = world.air().said().iter().any(|line| line == "scan active");
    drop(ear);
    sleep(Duration::from_secs(1)).await;
    world.air().forget();
    let ear = Ear::open(Scanning::Auto, false);
    let window = async {
        let air = world.air.as_ref()?;
        air.says("scan active").await;
        let opened = Instant::now();
        air.forget();
        air.says("scan passive").await;
        Some(opened.elapsed())
    };
    let window = tokio::time::timeout(Duration::from_secs(40), window).await;
    let window = window
        .ok()
        .flatten()
        .ok_or("no active window, or it did not close")?;
    drop(ear);
    // The next scenarios want the usual BlueZ.
    world.stop_bluetoothd().await;
    let figures =
        format!("200 aired, {heard} heard passively; then an active window of {window:.1?}");
    if heard >= 198 && !active {
        Ok(figures)
    } else {
        Err(format!("{figures}; asked actively: {active}"))
    }
}

/// A day of 60 senders, one advert a second, every tenth from a fresh address, as fast as the machine can.
async fn day(world: &mut World, count: u32) -> Outcome {
    const AHEAD: u32 = 48;
    world.complete().await;
    let ear = Ear::open(Scanning::Active, false);
    listening(&ear).await?;
    let start = ear.heard().count;
    let mut marks = Vec::new();
    let begun = Instant::now();
    let mut lost = 0;
    for number in 0..count {
        let mut advert = adverts::own(number);
        let [_, a, b, c] = number.to_be_bytes();
        advert.random = true;
        advert.address = if number % 10 == 9 {
            Mac([0x41, 0x11, 0x22, a, b, c])
        } else {
            adverts::sender(number % 60)
        };
        world.air().advert(&advert, number).await;
        let mut waited = 0;
        loop {
            let behind = number.saturating_sub(ear.heard().count - start);
            if behind <= AHEAD + lost {
                break;
            }
            sleep(Duration::from_millis(2)).await;
            waited += 1;
            // BlueZ puts two adverts of one sender into one signal when it is busy.
            if waited > 500 {
                lost = behind;
            }
        }
        if number % (count / 8) == count / 16 {
            marks.push((memory("self"), world.bluetoothd_memory()));
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let heard = ear.heard().count - start;
    let status = ear.control.status();
    // By noon everything has its size.
    let (morning, noon, night) = (
        marks[0].0,
        marks[marks.len() / 2].0,
        marks[marks.len() - 1].0,
    );
    let list: Vec<_> = marks
        .iter()
        .map(|(own, bluez)| format!("{own}/{bluez}"))
        .collect();
    let figures = format!(
        "{count} aired, {heard} heard, {:.0}/s, {} shed; kB own/bluetoothd: {}",
        f64::from(count) / seconds,
        status.shed,
        list.join(" "),
    );
    let enough = u64::from(heard) * 100 >= u64::from(count) * 98;
    if enough && night <= noon + noon / 50 && night <= morning + morning / 8 {
        Ok(figures)
    } else {
        Err(figures)
    }
}

/// Waits until the scanner says that it listens.
async fn listening(ear: &Ear) -> Result<(), String> {
    let up = |heard: &super::ear::Heard| heard.told.last().is_some_and(|told| told == "up");
    let up = ear.until(Duration::from_secs(40), up).await;
    up.map(|_| ())
        .ok_or_else(|| format!("the radio is not up: {:?}", ear.heard().told))
}

/// Starts the metronome; the number of the beat that is aired next, once it is heard.
async fn beating(world: &mut World, ear: &Ear) -> Result<u32, String> {
    listening(ear).await?;
    let mut beat = 0;
    let begun = Instant::now();
    while ear.heard().beat < 10 {
        beat += 1;
        due(begun, beat, 10).await;
        world.air().beat(beat).await;
        if beat > 200 {
            return Err("nothing is heard".into());
        }
    }
    Ok(beat)
}

/// After a disturbance that has just ended: adverts are heard again in time.
async fn heals(world: &mut World, ear: &Ear, beat: u32) -> Outcome {
    let begun = Instant::now();
    let mut next = beat;
    // What was aired before may be under way yet.
    while ear.heard().beat <= beat + 5 {
        next += 1;
        due(begun, next - beat, 10).await;
        world.air().beat(next).await;
        if begun.elapsed() > 4 * HEALED {
            return Err(format!("not heard again; told: {:?}", ear.heard().told));
        }
    }
    let took = begun.elapsed();
    let figures = format!("heard again after {took:.1?}");
    if took <= HEALED {
        Ok(figures)
    } else {
        Err(figures)
    }
}
