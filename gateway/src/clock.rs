//! Wall time as people and logs write it: `2026-03-01T07:05:09Z`.

mod zone;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radios::calendar::civil;

pub use zone::{Zone, ZoneError};

/// Time since the Unix epoch; zero on a router that woke up in the past.
#[must_use]
pub fn wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Nobody's clock showed this when Hearth was written: 2026-01-01.
const WRITTEN: Duration = Duration::from_secs(1_767_225_600);

/// Whether a clock that shows so much since 1970 can have been set at all.
#[must_use]
pub fn is_set(unix: Duration) -> bool {
    unix >= WRITTEN
}

/// What clocks show where this machine is. Its zone is looked up each time: it may be set while Hearth runs.
#[must_use]
pub fn local(utc: Duration) -> Duration {
    Zone::of_machine(Path::new("/"), std::env::var_os("TZ").as_deref()).local(utc)
}

const DAY: u64 = 86_400;

/// The next time after `now` at which clocks show so many minutes after midnight, `today` or tomorrow: all but
/// that in UTC since 1970, by what `local` clocks show. Where clocks are put forward they never show some times:
/// then it is as long after midnight. Where they are put back and show it twice, it is the first.
#[must_use]
pub fn next(
    local: impl Fn(Duration) -> Duration,
    now: Duration,
    minutes: u64,
    today: bool,
) -> Duration {
    let this_day = local(now).as_secs() / DAY;
    let at = |day: u64| shows(&local, day * DAY + minutes * 60);
    let first = this_day + u64::from(!today);
    (first..first + 2)
        .map(at)
        .find(|when| *when > now)
        .unwrap_or_else(|| at(first + 2))
}

/// When clocks show so many seconds since 1970.
fn shows(local: impl Fn(Duration) -> Duration, shown: u64) -> Duration {
    // Clocks are changed less often than once in two days.
    let utc = |near: u64| {
        let there = local(Duration::from_secs(near)).as_secs();
        Duration::from_secs((shown + near).saturating_sub(there))
    };
    let (before, after) = (utc(shown.saturating_sub(DAY)), utc(shown + DAY));
    let right = |when: &Duration| local(*when).as_secs() == shown;
    [before, after].into_iter().find(right).unwrap_or(before)
}

/// `2026-03-01T07:05:09Z` (RFC 3339, UTC), of a time since the Unix epoch.
#[must_use]
pub fn utc(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// What answers tell of a local time: hours, minutes, day, month, year and the day of the week.
#[must_use]
pub fn told(local: Duration) -> Vec<(&'static str, String)> {
    let seconds = local.as_secs();
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute) = (of_day / 3600, of_day / 60 % 60);
    vec![
        ("hour", hour.to_string()),
        ("hour12", ((hour + 11) % 12 + 1).to_string()),
        ("half", if hour < 12 { "am" } else { "pm" }.to_owned()),
        ("minute", minute.to_string()),
        ("minute2", format!("{minute:02}")),
        ("year", year.to_string()),
        ("month", month.to_string()),
        ("day", day.to_string()),
        // 1970-01-01 was a Thursday.
        ("weekday", ((days + 4) % 7).to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_772_348_709, "2026-03-01T07:05:09Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(Duration::from_secs(seconds)), text);
        }
    }

    /// What clocks show in Berlin, and when: in the night to 29 March 2026 they leave out two to three, in that to 25
    /// October they show it twice.
    #[test]
    fn the_next_time_clocks_show_a_time() {
        let zone = Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (now, minutes, today, then) in [
            (
                "2026-01-15T19:00:00Z",
                22 * 60 + 30,
                true,
                "2026-01-15T21:30:00Z",
            ),
            (
                "2026-01-15T19:00:00Z",
                20 * 60,
                true,
                "2026-01-16T19:00:00Z",
            ),
            ("2026-01-15T19:00:00Z", 7 * 60, true, "2026-01-16T06:00:00Z"),
            (
                "2026-01-15T19:00:00Z",
                22 * 60,
                false,
                "2026-01-16T21:00:00Z",
            ),
            // Half past midnight is tomorrow already where the sun is ahead.
            ("2026-01-15T23:15:00Z", 30, true, "2026-01-15T23:30:00Z"),
            ("2026-03-28T21:00:00Z", 7 * 60, true, "2026-03-29T05:00:00Z"),
            (
                "2026-03-28T21:00:00Z",
                2 * 60 + 30,
                true,
                "2026-03-29T01:30:00Z",
            ),
            ("2026-10-24T20:00:00Z", 7 * 60, true, "2026-10-25T06:00:00Z"),
            (
                "2026-10-24T20:00:00Z",
                2 * 60 + 30,
                true,
                "2026-10-25T00:30:00Z",
            ),
            (
                "2026-10-25T00:45:00Z",
                2 * 60 + 30,
                true,
                "2026-10-26T01:30:00Z",
            ),
        ] {
            let since = (0..400 * 1440)
                .map(|minute| Duration::from_secs(1_767_225_600 + minute * 60))
                .find(|time| utc(*time) == now)
                .unwrap();
            let when = next(|time| zone.local(time), since, minutes, today);
            assert_eq!(utc(when), then, "{now} {minutes}");
        }
    }
}
