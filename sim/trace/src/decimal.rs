//! Decimal numbers that are whole numbers of a small unit: exact in both directions.

/// `value` units of 10^-`digits`, without zeros at the end.
pub fn text(value: u64, digits: usize) -> String {
    let padded = format!("{value:0width$}", width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// The number in units of 10^-`digits`; `None` if it is no plain decimal number, finer than that,
/// or too large.
pub fn parse(text: &str, digits: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > digits {
        return None;
    }
    format!("{whole}{fraction:0<digits$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn printing_and_then_parsing_is_the_identity(value: u64, digits in 0usize..16) {
            prop_assert_eq!(parse(&text(value, digits), digits), Some(value));
        }
    }

    #[test]
    fn what_is_no_plain_decimal_number_is_refused() {
        for bad in ["", ".", "1.", ".1", "-1", "+1", "1e3", "1.2.3", "0x1", "1 ", "nan", "1_0"] {
            assert_eq!(parse(bad, 6), None, "{bad:?}");
        }
        assert_eq!(parse("1.0000001", 6), None, "finer");
        assert_eq!(parse("18446744073709551616", 0), None, "too large");
        assert_eq!(text(1_500_000, 6), "1.5");
    }
}
