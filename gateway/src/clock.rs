//! Wall time as people and logs write it: `2026-03-01T07:05:09Z`.

mod zone;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// Year, month and day of the `days`-th day after 1970-01-01. Counts in years that begin in March,
/// so that the leap day comes last, and in eras of 400 years (146,097 days).
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // from 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Days from 1970-01-01 to the first of a month; of a year before, none.
const fn days_of(year: u64, month: u64) -> u64 {
    // In years that begin in March, see above.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.saturating_sub(1), month + 9)
    };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * month + 2) / 5;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100;
    (days + day_of_year).saturating_sub(719_468)
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
