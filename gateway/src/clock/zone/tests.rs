use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;
use crate::clock::utc;

/// Rules of zones as OpenWrt lists them, and of the standard's own corners.
const RULES: &[&str] = &[
    "UTC0",
    "GMT0",
    "KST-9",
    "<+07>-7",
    "<+0330>-3:30",
    "IST-5:30",
    "<-03>3",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "EST5EDT,M3.2.0,M11.1.0",
    "EST5EDT",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "EET-2EEST,M3.4.4/50,M10.4.4/50",
    "AAA3BBB,J60/0,J300/24",
    "AAA3BBB,59/0,299/-24",
    "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
    "XXX-1:02:03YYY-2:04:06,J100/0:00:01,J300/23:59:59",
];

/// Times around every change of some years, and many between.
fn times() -> Vec<u64> {
    let mut times = vec![0, 1, 86_399, 951_868_799, 951_868_800, 4_102_444_799];
    for year in 2019..2030 {
        let first = days_of(year, 1) * 86_400;
        times.extend((0..366 * 4).map(|quarter| first + quarter * 21_600 + year));
        times.extend((0..366 * 24).step_by(5).map(|hour| first + hour * 3600 - 1));
        times.extend((0..366 * 24).step_by(5).map(|hour| first + hour * 3600));
    }
    times
}

/// What GNU's `date`, and with it the C library, shows in `zone` at these times.
fn c_library(zone: &str, times: &[u64]) -> Option<Vec<String>> {
    let mut date = Command::new("date")
        .args(["-f", "-", "+%Y-%m-%dT%H:%M:%SZ"])
        .env("TZ", zone)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let asked: String = times.iter().map(|time| format!("@{time}\n")).collect();
    let mut input = date.stdin.take()?;
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = date.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    let shown = String::from_utf8(output.stdout).ok()?;
    (output.status.success()).then(|| shown.lines().map(str::to_owned).collect())
}

#[test]
fn clocks_show_what_the_c_library_shows() {
    let times = times();
    for rule in RULES {
        let zone = Zone::parse(rule).unwrap();
        let Some(expected) = c_library(rule, &times) else {
            println!("skipped: there is no GNU date");
            return;
        };
        assert_eq!(expected.len(), times.len());
        for (time, expected) in times.iter().zip(&expected) {
            // Hours before 1970 are shown as its beginning.
            if expected.starts_with("1969") {
                continue;
            }
            let local = zone.local(Duration::from_secs(*time));
            assert_eq!(utc(local), *expected, "{rule} at {time}");
        }
    }
}

/// Every zone of the machine that the test runs on, from now on.
#[test]
fn zone_files_end_with_their_rule() {
    let root = Path::new("/");
    let table = ["zone1970.tab", "zone.tab"]
        .iter()
        .find_map(|name| std::fs::read_to_string(root.join("usr/share/zoneinfo").join(name)).ok());
    let Some(table) = table else {
        println!("skipped: there are no zone files");
        return;
    };
    let times: Vec<u64> = (0..400).map(|i| 1_767_225_600 + i * 86_401).collect();
    let names = table.lines().filter(|line| !line.starts_with('#'));
    for name in names.filter_map(|line| line.split('\t').nth(2)) {
        let zone = Zone::of_machine(root, Some(OsStr::new(name)));
        let Some(expected) = c_library(name, &times) else {
            return;
        };
        for (time, expected) in times.iter().zip(&expected) {
            // Ramadan interrupts Morocco's summer: such zones have no rule.
            if !["Africa/Casablanca", "Africa/El_Aaiun"].contains(&name) {
                let local = zone.local(Duration::from_secs(*time));
                assert_eq!(utc(local), *expected, "{name} at {time}");
            }
        }
    }
}

#[test]
fn a_machine_tells_its_zone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let shown = |environment: Option<&str>| {
        let zone = Zone::of_machine(root, environment.map(OsStr::new));
        utc(zone.local(Duration::from_secs(1_784_000_000)))
    };
    assert_eq!(shown(None), "2026-07-14T03:33:20Z");
    std::fs::create_dir_all(root.join("etc")).unwrap();
    std::fs::create_dir_all(root.join("usr/share/zoneinfo/Asia")).unwrap();
    let file = |rule: &str| [b"TZif2\0\0\n\x01\0\n".as_slice(), rule.as_bytes(), b"\n"].concat();
    std::fs::write(root.join("etc/localtime"), file("KST-9")).unwrap();
    assert_eq!(shown(None), "2026-07-14T12:33:20Z");
    // OpenWrt's goes first: it has no zone files unless somebody wants them.
    std::fs::write(root.join("etc/TZ"), "CET-1CEST,M3.5.0,M10.5.0/3\n").unwrap();
    assert_eq!(shown(None), "2026-07-14T05:33:20Z");
    std::fs::write(root.join("usr/share/zoneinfo/Asia/Hanoi"), file("<+07>-7")).unwrap();
    assert_eq!(shown(Some("Asia/Hanoi")), "2026-07-14T10:33:20Z");
    assert_eq!(shown(Some(":/etc/localtime")), "2026-07-14T12:33:20Z");
    assert_eq!(shown(Some("EST5EDT")), "2026-07-13T23:33:20Z");
    // What is wrong is UTC, as C libraries have it.
    assert_eq!(shown(Some("Nowhere/Land")), "2026-07-14T03:33:20Z");
}

#[test]
fn what_is_no_zone_is_refused() {
    for text in [
        "",
        "X1",
        "CET",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.1.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-25",
        "CET-1:60",
        "CET-1CEST,J0,J365",
        "CET-1CEST,366,1",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "<+07-7",
        "UTC0 ",
    ] {
        assert!(Zone::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_and_time_is_survived(text in "[A-Z<>0-9+:,./MJ-]{0,40}", time in any::<u64>()) {
        if let Ok(zone) = Zone::parse(&text) {
            let _ = zone.local(Duration::from_secs(time));
        }
    }
}
