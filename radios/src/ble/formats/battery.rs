//! Percent from volts, for formats that tell volts alone.

use crate::Value;

/// A lithium coin cell (CR2032, CR2477). Points of its curve, highest first: from this many
/// millivolts up, this many percent and so many more for each millivolt.
static COIN_CELL: &[(u16, f64, f64)] = &[
    (3000, 100.0, 0.0),
    (2600, 60.0, 0.1),
    (2500, 40.0, 0.2),
    (2450, 20.0, 0.4),
];

/// What is left in a coin cell of so many millivolts.
pub(super) fn coin_cell(millivolts: u16) -> Value {
    let percent = COIN_CELL
        .iter()
        .find(|(from, ..)| millivolts >= *from)
        .map_or(0.0, |(from, percent, slope)| {
            percent + f64::from(millivolts - from) * slope
        });
    Value::rounded(percent, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_empties() {
        for (millivolts, left) in [(3300, 100.0), (2922, 92.2), (2550, 50.0), (2400, 0.0)] {
            assert_eq!(coin_cell(millivolts), left.into());
        }
    }
}
