//! Decimals of numbers that are none: floats, and factors that do not divide ten.

/// `number` with so many decimals, as it would be written: by its exact value, where a product with
/// a power of ten would be rounded twice.
pub(super) fn rounded(number: f64, digits: usize) -> f64 {
    format!("{number:.digits$}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn halves_go_by_the_exact_value() {
        // 24.15 is a little less, in binary; 86.25 is exact, and goes to the even digit.
        assert_eq!(rounded(-69.0 * 0.35, 1), -24.1);
        assert_eq!(rounded(86.25, 1), 86.2);
        assert_eq!(rounded(1e300, 2), 1e300);
    }
}
