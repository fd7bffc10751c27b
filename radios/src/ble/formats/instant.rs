//! Moments that devices tell as seconds since 1970, in words.

use crate::calendar::civil;

/// Seconds since 1970 as ISO 8601, UTC: `2023-05-14T19:41:17+00:00`.
pub(super) fn iso(seconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days.into());
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
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
