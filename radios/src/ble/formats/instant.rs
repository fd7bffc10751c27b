//! Moments that devices tell as seconds since 1970, in words.

/// Seconds since 1970 as ISO 8601, UTC: `2023-05-14T19:41:17+00:00`.
pub(super) fn iso(seconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// Year, month and day of the day that many days after 1970-01-01.
const fn civil(days: u32) -> (u32, u32, u32) {
    // Counted from 0000-03-01, so that the leap day is a year's last; eras of 400 years repeat.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn known_moments() {
        assert_eq!(iso(0), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00+00:00");
        assert_eq!(iso(1_684_093_277), "2023-05-14T19:41:17+00:00");
        assert_eq!(iso(u32::MAX), "2106-02-07T06:28:15+00:00");
    }
}
