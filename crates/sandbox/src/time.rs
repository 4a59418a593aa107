//! Timestamps as the providers write them.

use jiff::Timestamp;

/// `YYYY-MM-DDThh:mm:ss[.f…]Z` with `digits` fraction digits.
pub(crate) fn iso(ms: i64, digits: u8) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{at:.*}", usize::from(digits.min(9)))
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn fraction_digits_are_exact() {
        assert_eq!(iso(1_704_164_645_678, 3), "2024-01-02T03:04:05.678Z");
        assert_eq!(iso(1_704_164_645_600, 1), "2024-01-02T03:04:05.6Z");
        assert_eq!(iso(1_704_164_645_000, 0), "2024-01-02T03:04:05Z");
    }
}
