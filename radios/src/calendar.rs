//! Days since 1970-01-01 and the dates they are, in the Gregorian calendar: no zones, no clocks.
//!
//! Both ways count in years that begin in March, so that the leap day comes last, and in eras of 400 years
//! (146,097 days).

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

/// Year, month and day of the `days`-th day after 1970-01-01.
#[must_use]
pub const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(EPOCH);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// Days from 1970-01-01 to the first of a month (1 to 12); of a year before, none.
#[must_use]
pub const fn days_of(year: u64, month: u64) -> u64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.saturating_sub(1), month + 9)
    };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100;
    (days + of_year).saturating_sub(EPOCH)
}

#[cfg(test)]
mod tests {
    use super::{civil, days_of};

    #[test]
    fn days_are_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (11_016, (2000, 2, 29)),
            (19_782, (2024, 2, 29)),
            (20_818, (2026, 12, 31)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(civil(days), date);
        }
    }

    #[test]
    fn a_month_begins_the_day_after_the_last_one_ends() {
        for month in 0..12 * 500 {
            let (year, month) = (1970 + month / 12, month % 12 + 1);
            let first = days_of(year, month);
            assert_eq!(civil(first), (year, month, 1));
            if first > 0 {
                assert_ne!(civil(first - 1).1, month);
            }
        }
    }
}
