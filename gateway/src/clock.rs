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

/// What clocks show where this machine is. Its zone is looked up each time: it may be set while Hearth runs.
#[must_use]
pub fn local(utc: Duration) -> Duration {
    Zone::of_machine(Path::new("/"), std::env::var_os("TZ").as_deref()).local(utc)
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
}
