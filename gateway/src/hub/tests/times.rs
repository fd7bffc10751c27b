//! What time brings: timers, commands for later, alarms, and clocks that are put right.

use super::super::*;
use super::Home;
use super::full::{FAN, define, full, full_with, say, told};
use super::home::{LAMP, settings};

#[test]
fn timers_run_wait_grow_and_ring() {
    let mut home = full();
    let minutes = |n: u64| Duration::from_secs(n * 60);
    let lines = say(&mut home, "set a pizza timer for ten minutes");
    assert_eq!(told(&lines), ["> pizza timer for 10 minutes is running"]);
    assert!(lines.contains(&"store State".to_owned()), "{lines:?}");
    home.pass(minutes(4));
    let lines = say(&mut home, "how much time is left");
    assert_eq!(told(&lines), ["> 6 minutes left"]);
    say(&mut home, "pause the timer");
    home.pass(minutes(60));
    say(&mut home, "resume the timer");
    say(&mut home, "add five minutes to the pizza timer");
    let lines = say(&mut home, "set a timer for 1 minute");
    assert_eq!(told(&lines), ["> Timer for 1 minute is running"]);
    let lines = say(&mut home, "how much time is left on the timer");
    assert_eq!(
        told(&lines),
        ["> pizza: 11 minutes and 1 minute: 1 minute left"]
    );
    let lines = say(&mut home, "cancel the timer");
    assert_eq!(told(&lines), ["> Which timer: pizza and 1 minute?"]);
    say(&mut home, "cancel the 1 minute timer");
    let lines = home.pass(minutes(11));
    assert_eq!(told(&lines), ["> The pizza timer is done"]);
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("hearth/voice/timer {") && l.contains(r#""event":"finished""#)),
        "{lines:?}"
    );
    assert_eq!(
        told(&say(&mut home, "cancel all timers")),
        ["> There is no such timer"]
    );
}

#[test]
fn a_command_for_later_is_done_then_and_outlives_a_restart() {
    let mut home = full();
    let lines = say(&mut home, "turn off the bedroom lamp in ten minutes");
    assert_eq!(told(&lines), ["> I will do that in 10 minutes"]);
    let saved = home.saved();
    let off = format!(r#"Zigbee set {LAMP} {{"state":"OFF"}}"#);
    assert_eq!(told(&home.pass(Duration::from_secs(601))).concat(), off);

    // Started anew four minutes later.
    let settings = || Settings {
        define,
        ..settings()
    };
    let start = |minutes: u64| {
        let mut again = Home::with(settings(), &Saved::default());
        again.now.unix += Duration::from_secs(minutes * 60);
        again.hub = Hub::new(settings(), &saved, again.now).unwrap();
        again
    };
    let mut again = start(4);
    assert!(told(&again.pass(Duration::from_secs(355))).is_empty());
    assert_eq!(told(&again.pass(Duration::from_secs(10))).concat(), off);
    // A little late is better than never; hours late is not.
    assert_eq!(told(&start(15).pass(Duration::from_secs(1))), [off]);
    assert!(told(&start(300).pass(Duration::from_secs(1))).is_empty());
}

/// The clocks of Berlin: put forward at two on 29 March 2026, back at three on 25 October.
fn berlin(utc: Duration) -> Duration {
    let zone = crate::clock::Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    zone.local(utc)
}

fn in_berlin() -> Settings {
    Settings {
        define,
        local: berlin,
        ..settings()
    }
}

/// The full home at so many seconds since 1970.
fn full_at(unix: u64) -> Home {
    let mut home = full_with(in_berlin());
    home.now.unix = Duration::from_secs(unix);
    home
}

#[test]
fn a_command_for_a_time_of_day_is_done_then() {
    let mut home = full_at(EVENING);
    for (said, answer) in [
        (
            "turn off the bedroom lamp at half past ten",
            "> I will do that at 22:30",
        ),
        (
            "turn on the fan at 7 am",
            "> I will do that tomorrow at 7:00",
        ),
        ("turn off the fan at nine", "> I will do that at 21:00"),
        ("wake me at seven", "> I will wake you tomorrow at 7:00"),
        ("wake me", "> At what time?"),
        ("which timers are set", "> Set: 22:30, 7:00, 21:00 and 7:00"),
        (
            "set a pizza timer for ten minutes",
            "> pizza timer for 10 minutes is running",
        ),
        ("cancel the alarm", "> The alarm is off"),
        (
            "which timers are set",
            "> Set: 22:30, 7:00, 21:00 and pizza: 10 minutes",
        ),
        (
            "set an alarm for six thirty",
            "> I will wake you tomorrow at 6:30",
        ),
    ] {
        assert_eq!(told(&say(&mut home, said)), [answer], "{said}");
    }
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let fan = |state| format!(r#"Zigbee set {FAN} {{"fan_state":"{state}"}}"#);
    let lines = home.pass(hours(1)).concat();
    assert!(
        lines.contains("The pizza timer is done") && lines.contains(&fan("OFF")),
        "{lines}"
    );
    // Ninety minutes later, after a restart.
    let saved = home.saved();
    home.hub = Hub::new(in_berlin(), &saved, home.now).unwrap();
    let off = format!(r#"Zigbee set {LAMP} {{"state":"OFF"}}"#);
    assert!(told(&home.pass(Duration::from_secs(5398))).is_empty());
    assert_eq!(told(&home.pass(Duration::from_secs(2))), [off]);
    assert_eq!(told(&home.pass(hours(8))), ["> It is 6:30"]);
    assert_eq!(
        told(&say(&mut home, "cancel all timers")),
        ["> All timers are off"]
    );
}

#[test]
fn the_night_on_which_clocks_are_changed_is_longer_or_shorter() {
    // From 22:00 to 7:00 there are 8 hours on 28 March 2026, and 10 on 24 October.
    for (evening, hours) in [(1_774_731_600, 8), (1_792_872_000, 10)] {
        let mut home = full_at(evening);
        assert_eq!(
            told(&say(&mut home, "wake me at seven")),
            ["> I will wake you tomorrow at 7:00"]
        );
        assert!(told(&home.pass(Duration::from_secs(hours * 3600 - 1))).is_empty());
        assert_eq!(told(&home.pass(Duration::from_secs(1))), ["> It is 7:00"]);
    }
}

#[test]
fn a_clock_that_was_never_set_plans_nothing() {
    let mut home = full_at(86_400);
    for said in ["wake me at seven", "what time is it", "what is the date"] {
        assert_eq!(
            told(&say(&mut home, said)),
            ["> I do not know what time it is"],
            "{said}"
        );
    }
    home.now.unix = Duration::from_secs(EVENING);
    assert_eq!(told(&say(&mut home, "what time is it")), ["> It is 20:00"]);
}

#[test]
fn flash_is_counted_since_the_clock_was_set() {
    let mut home = full_at(86_400);
    home.hub = Hub::new(in_berlin(), &Saved::default(), home.now).unwrap();
    assert_eq!(home.hub.wear().since, 86_400);
    home.now.unix = Duration::from_secs(EVENING);
    home.put(Input::Tick);
    assert_eq!(home.hub.wear().since, EVENING);
    home.now.unix += Duration::from_secs(HOUR);
    home.put(Input::Tick);
    assert_eq!(home.hub.wear().since, EVENING);
}

/// Somebody puts the clock right: by so many seconds.
fn corrected(home: &mut Home, seconds: i64) {
    let by = Duration::from_secs(seconds.unsigned_abs());
    home.now.unix = if seconds < 0 {
        home.now.unix - by
    } else {
        home.now.unix + by
    };
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: i64 = 86_400;

/// 15 January 2026, 20:00 in Berlin.
const EVENING: u64 = 1_768_503_600;

#[test]
fn times_of_day_follow_the_clock_and_durations_do_not() {
    // It shows 20:00, and half an hour later somebody sees that it was an hour slow, or fast.
    for (by, left) in [(3600, 3600 + 1800), (-3600, 3 * 3600 + 1800)] {
        let mut home = full_at(EVENING);
        say(&mut home, "turn off the bedroom lamp at 11 pm");
        say(&mut home, "set a pizza timer for 40 minutes");
        assert!(told(&home.pass(Duration::from_secs(30 * MINUTE))).is_empty());
        corrected(&mut home, by);
        let pizza = home.pass(Duration::from_secs(10 * MINUTE));
        assert_eq!(told(&pizza), ["> The pizza timer is done"], "{by}");
        let rest = left - 10 * MINUTE;
        assert!(told(&home.pass(Duration::from_secs(rest - 1))).is_empty());
        let off = format!(r#"Zigbee set {LAMP} {{"state":"OFF"}}"#);
        assert_eq!(told(&home.pass(Duration::from_secs(1))), [off], "{by}");
    }
}

#[test]
fn a_clock_that_is_slewed_takes_the_alarm_along() {
    let mut home = full_at(EVENING);
    say(&mut home, "wake me at 22:00");
    // Half a second a minute, for an hour: it was half a minute fast.
    for _ in 0..60 {
        home.pass(Duration::from_secs(MINUTE));
        home.now.unix -= Duration::from_millis(500);
    }
    assert!(told(&home.pass(Duration::from_secs(HOUR + 29))).is_empty());
    assert_eq!(told(&home.pass(Duration::from_secs(1))), ["> It is 22:00"]);
}

/// A router without a clock of its own begins where it ended, until a time server tells it better.
#[test]
fn an_alarm_set_by_a_stale_clock_is_for_the_day_on_which_it_was_set() {
    let mut home = full_at(EVENING - 20 * HOUR);
    assert_eq!(
        told(&say(&mut home, "wake me at seven")),
        ["> I will wake you at 7:00"]
    );
    say(&mut home, "turn on the fan tomorrow at 9 am");
    home.pass(Duration::from_secs(10));
    // It was 20:00 two days later when that was said.
    corrected(&mut home, 2 * DAY + 20 * 3600);
    let lines = home.pass(Duration::from_secs(11 * HOUR));
    assert_eq!(told(&lines), ["> It is 7:00"]);
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("hearth/voice/timers [{")),
        "{lines:?}"
    );
    let on = format!(r#"Zigbee set {FAN} {{"fan_state":"ON"}}"#);
    assert_eq!(told(&home.pass(Duration::from_secs(2 * HOUR))), [on]);
}

#[test]
fn what_a_corrected_clock_has_left_behind_is_told_and_not_done() {
    let mut home = full_at(EVENING);
    say(&mut home, "turn off the bedroom lamp at 9 pm");
    let saved = home.saved();
    // The power fails; the clock goes on where it ended, until it is put right after midnight.
    home.hub = Hub::new(in_berlin(), &saved, home.now).unwrap();
    home.pass(Duration::from_secs(30));
    corrected(&mut home, 5 * 3600);
    let lines = home.pass(Duration::from_secs(2 * HOUR));
    assert!(told(&lines).is_empty(), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("log warning: a command for 21:00")),
        "{lines:?}"
    );
    assert_eq!(
        told(&say(&mut home, "which timers are set")),
        ["> There is no such timer"]
    );
}

#[test]
fn an_alarm_goes_by_what_was_left_while_the_clock_is_not_set() {
    let mut home = full_at(EVENING);
    say(&mut home, "wake me at 22:00");
    let saved = home.saved();
    // After a power cut it is 1970.
    let start = || {
        let mut home = full_at(EVENING);
        home.now.unix = Duration::from_secs(20);
        home.hub = Hub::new(in_berlin(), &saved, home.now).unwrap();
        home
    };
    let mut never = start();
    assert!(told(&never.pass(Duration::from_secs(2 * HOUR - 1))).is_empty());
    assert_eq!(told(&never.pass(Duration::from_secs(1))), ["> It is 22:00"]);
    // A minute later it is known to be 21:31.
    let mut soon = start();
    assert!(told(&soon.pass(Duration::from_secs(MINUTE))).is_empty());
    soon.now.unix = Duration::from_secs(EVENING + 91 * MINUTE);
    assert!(told(&soon.pass(Duration::from_secs(29 * MINUTE - 1))).is_empty());
    assert_eq!(told(&soon.pass(Duration::from_secs(1))), ["> It is 22:00"]);
}

#[test]
fn an_alarm_may_be_moved_and_put_off() {
    let mut home = full_at(EVENING);
    say(&mut home, "wake me at 22:00");
    say(&mut home, "add five minutes to the timer");
    assert_eq!(
        told(&say(&mut home, "which timers are set")),
        ["> Set: 22:05"]
    );
    assert!(told(&home.pass(Duration::from_secs(2 * HOUR + 299))).is_empty());
    assert_eq!(told(&home.pass(Duration::from_secs(1))), ["> It is 22:05"]);
    // Paused until it is over, it is for the next day.
    say(&mut home, "wake me at 23:00");
    say(&mut home, "pause the timer");
    home.pass(Duration::from_secs(2 * HOUR));
    say(&mut home, "resume the timer");
    let until = 22 * HOUR + 55 * MINUTE;
    assert!(told(&home.pass(Duration::from_secs(until - 1))).is_empty());
    assert_eq!(told(&home.pass(Duration::from_secs(1))), ["> It is 23:00"]);
}
