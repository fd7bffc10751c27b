//! The time on the wall where the home is, from a POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`: what OpenWrt keeps
//! in `/etc/TZ`, and what ends every zone file of other systems.
//!
//! The contract: pure, but for [`Zone::of_machine`]. The rule that holds today is taken for all years: of the past only
//! what is shown would be wrong. Ranges are those of RFC 9636, section 3.3.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use nom::branch::alt;
use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, u8 as number8, u16 as number16};
use nom::combinator::{all_consuming, map, opt, verify};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use radios::calendar::{civil, days_of};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Zone files are small.
const LARGEST: u64 = 64 * 1024;

/// A rule for local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Seconds east of Greenwich.
    standard: i64,
    summer: Option<Summer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Summer {
    /// Seconds east of Greenwich.
    offset: i64,
    from: Change,
    until: Change,
}

/// When the clocks are changed: a day, and seconds of local time since its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    day: Day,
    time: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// `J60` is always the first of March.
    Julian(u16),
    /// Days since the first of January.
    OfYear(u16),
    /// The `week`-th `weekday` (Sunday is 0) of a month; the fifth is the last.
    OfMonth { month: u8, week: u8, weekday: u8 },
}

/// No rule for local time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time zone such as CET-1CEST,M3.5.0,M10.5.0/3")]
pub struct ZoneError(String);

impl Default for Zone {
    /// UTC.
    fn default() -> Self {
        Self {
            standard: 0,
            summer: None,
        }
    }
}

impl Zone {
    /// Reads a POSIX rule.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let wrong = || ZoneError(text.chars().take(64).collect());
        let (_, zone) = all_consuming(zone).parse(text).map_err(|_| wrong())?;
        Ok(zone)
    }

    /// The zone of a machine whose files lie below `root`, in the order in which C libraries look: `TZ` of the
    /// environment, OpenWrt's `/etc/TZ`, the zone file `/etc/localtime`. Where none is, UTC.
    #[must_use]
    pub fn of_machine(root: &Path, environment: Option<&OsStr>) -> Self {
        let named = environment.and_then(OsStr::to_str).unwrap_or_default();
        let named = named.trim_start_matches(':');
        if !named.is_empty() {
            let file = Path::new(named);
            let file = file.strip_prefix("/").unwrap_or(file);
            let known = root.join("usr/share/zoneinfo").join(file);
            return Self::parse(named)
                .ok()
                .or_else(|| Self::read(&known))
                .or_else(|| Self::read(&root.join(file)))
                .unwrap_or_default();
        }
        let openwrt = std::fs::read_to_string(root.join("etc/TZ")).ok();
        openwrt
            .and_then(|text| Self::parse(text.trim()).ok())
            .or_else(|| Self::read(&root.join("etc/localtime")))
            .unwrap_or_default()
    }

    /// The rule at the end of a zone file: after its last but one line feed.
    fn read(file: &Path) -> Option<Self> {
        let about = std::fs::metadata(file).ok()?;
        if !about.is_file() || about.len() > LARGEST {
            return None;
        }
        let content = std::fs::read(file).ok()?;
        let content = content.strip_prefix(b"TZif")?.strip_suffix(b"\n")?;
        let begin = content.iter().rposition(|byte| *byte == b'\n')? + 1;
        Self::parse(std::str::from_utf8(content.get(begin..)?).ok()?).ok()
    }

    /// What clocks there show at `utc`, both as time since 1970.
    #[must_use]
    pub fn local(&self, utc: Duration) -> Duration {
        let seconds = i64::try_from(utc.as_secs()).unwrap_or(0);
        let offset = self.offset(seconds);
        let local = u64::try_from(seconds.saturating_add(offset)).unwrap_or(0);
        Duration::new(local, utc.subsec_nanos())
    }

    /// Seconds east of Greenwich at this time.
    fn offset(&self, utc: i64) -> i64 {
        let Some(summer) = &self.summer else {
            return self.standard;
        };
        let days = utc.saturating_add(self.standard).max(0) / DAY;
        let (year, ..) = civil(u64::try_from(days).unwrap_or(0));
        let from = summer.from.at(year) - self.standard;
        let until = summer.until.at(year) - summer.offset;
        // South of the equator the year begins in summer.
        let is_summer = if from < until {
            (from..until).contains(&utc)
        } else {
            !(until..from).contains(&utc)
        };
        if is_summer {
            summer.offset
        } else {
            self.standard
        }
    }
}

impl Change {
    /// When that is in a year, in local seconds since 1970.
    fn at(self, year: u64) -> i64 {
        let first = days_of(year, 1);
        let day = match self.day {
            Day::OfYear(day) => first + u64::from(day),
            Day::Julian(day) => {
                // The leap day is not counted.
                let leap = days_of(year, 3) - first - 59;
                first + u64::from(day) - 1 + if day >= 60 { leap } else { 0 }
            }
            Day::OfMonth {
                month,
                week,
                weekday,
            } => {
                let first = days_of(year, month.into());
                // 1970-01-01 was a Thursday.
                let ahead = (u64::from(weekday) + 7 - (first + 4) % 7) % 7;
                let next = if month == 12 {
                    days_of(year + 1, 1)
                } else {
                    days_of(year, u64::from(month) + 1)
                };
                let mut day = first + ahead + 7 * (u64::from(week) - 1);
                if day >= next {
                    day -= 7;
                }
                day
            }
        };
        i64::try_from(day).unwrap_or(0) * DAY + self.time
    }
}

type Read<'a, T> = IResult<&'a str, T>;

/// `CET`, or `<+0330>`.
fn name(input: &str) -> Read<'_, ()> {
    let quoted = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '-';
    let bare = verify(take_while1(|c: char| c.is_ascii_alphabetic()), |n: &str| {
        n.len() >= 3
    });
    let quoted = delimited(char('<'), take_while_m_n(1, 32, quoted), char('>'));
    map(alt((quoted, bare)), |_| ()).parse(input)
}

/// `[+-]hh[:mm[:ss]]` in seconds, with at most so many hours.
fn time(hours: u16) -> impl Fn(&str) -> Read<'_, i64> {
    move |input| {
        let sixty = || opt(preceded(char(':'), verify(number8, |n| *n < 60)));
        let (input, sign) = opt(one_of("+-")).parse(input)?;
        let (input, hour) = verify(number16, |hour| *hour <= hours).parse(input)?;
        let (input, minute) = sixty().parse(input)?;
        let (input, second) = match minute {
            Some(_) => sixty().parse(input)?,
            None => (input, None),
        };
        let seconds = i64::from(hour) * HOUR
            + i64::from(minute.unwrap_or(0)) * 60
            + i64::from(second.unwrap_or(0));
        Ok((input, if sign == Some('-') { -seconds } else { seconds }))
    }
}

/// West is positive there, east is here.
fn offset(input: &str) -> Read<'_, i64> {
    map(time(24), |seconds| -seconds).parse(input)
}

fn day(input: &str) -> Read<'_, Day> {
    let within = |least: u8, most: u8| verify(number8, move |n| (least..=most).contains(n));
    let month = map(
        (
            preceded(char('M'), within(1, 12)),
            preceded(char('.'), within(1, 5)),
            preceded(char('.'), within(0, 6)),
        ),
        |(month, week, weekday)| Day::OfMonth {
            month,
            week,
            weekday,
        },
    );
    let julian = preceded(char('J'), verify(number16, |day| (1..=365).contains(day)));
    let of_year = verify(number16, |day| *day <= 365);
    alt((month, map(julian, Day::Julian), map(of_year, Day::OfYear))).parse(input)
}

fn change(input: &str) -> Read<'_, Change> {
    let (input, day) = preceded(char(','), day).parse(input)?;
    // Two in the morning, unless it is said.
    let (input, time) = opt(preceded(char('/'), time(167))).parse(input)?;
    Ok((
        input,
        Change {
            day,
            time: time.unwrap_or(2 * HOUR),
        },
    ))
}

fn zone(input: &str) -> Read<'_, Zone> {
    let (input, standard) = preceded(name, offset).parse(input)?;
    let (input, summer) = opt(preceded(name, opt(offset))).parse(input)?;
    let Some(summer) = summer else {
        let zone = Zone {
            standard,
            summer: None,
        };
        return Ok((input, zone));
    };
    let (input, changes) = opt((change, change)).parse(input)?;
    // What C libraries take where nothing is said: the rule of the United States.
    let sunday = |month, week| Change {
        day: Day::OfMonth {
            month,
            week,
            weekday: 0,
        },
        time: 2 * HOUR,
    };
    let (from, until) = changes.unwrap_or_else(|| (sunday(3, 2), sunday(11, 1)));
    let summer = Summer {
        offset: summer.unwrap_or(standard + HOUR),
        from,
        until,
    };
    let zone = Zone {
        standard,
        summer: Some(summer),
    };
    Ok((input, zone))
}

#[cfg(test)]
mod tests;
