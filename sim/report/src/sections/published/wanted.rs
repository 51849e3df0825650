//! What a value is expected to be.

/// What a value is expected to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    /// As it was written.
    pub text: String,
    pub kind: WantedKind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum WantedKind {
    /// This number, give or take.
    Near {
        number: f64,
        /// The most that it may be off.
        slack: f64,
    },
    /// Of each session, no more than this.
    AtMost(f64),
    /// Of each session, no less than this.
    AtLeast(f64),
}

/// Below this share of the slack, what is left is rounding of the comparison itself.
const ROUNDING: f64 = 1e-6;

impl Wanted {
    /// What this text says: `2.845474`, the same with `~1e-6` after it, `<=1`, or `>=0.9`.
    ///
    /// # Errors
    /// With what was expected instead.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let kind = if let Some(bound) = text.strip_prefix("<=") {
            WantedKind::AtMost(number(bound)?.0)
        } else if let Some(bound) = text.strip_prefix(">=") {
            WantedKind::AtLeast(number(bound)?.0)
        } else {
            let (published, relative) = match text.split_once('~') {
                Some((published, relative)) => (published, number(relative)?.0),
                None => (text, 0.0),
            };
            if relative < 0.0 {
                return Err(format!("\"{text}\" has a negative tolerance"));
            }
            let (number, half) = number(published)?;
            WantedKind::Near { number, slack: half + relative * number.abs() }
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// Whether it has to hold for each session, and not for the mean.
    pub(super) fn is_bound(&self) -> bool {
        !matches!(self.kind, WantedKind::Near { .. })
    }

    /// Whether this value is as expected.
    pub(super) fn agrees(&self, found: f64) -> bool {
        match self.kind {
            WantedKind::Near { number, slack } => {
                let rounding = ROUNDING * slack + f64::EPSILON * number.abs();
                (found - number).abs() <= slack + rounding
            }
            WantedKind::AtMost(bound) => found <= bound,
            WantedKind::AtLeast(bound) => found >= bound,
        }
    }

    /// How far off this value is, relative to what is expected; `None` for bounds and zero.
    pub(super) fn deviation(&self, found: f64) -> Option<f64> {
        match self.kind {
            WantedKind::Near { number, .. } if number != 0.0 => Some((found - number) / number),
            _ => None,
        }
    }

    /// The one of two values that is farther on a bound's wrong side.
    pub(super) fn worse(&self, one: f64, other: f64) -> f64 {
        if matches!(self.kind, WantedKind::AtLeast(_)) { one.min(other) } else { one.max(other) }
    }

    /// The decimals that were written.
    pub(super) fn decimals(&self) -> usize {
        let published = self.text.split('~').next().unwrap_or_default();
        match published.contains(['e', 'E']) {
            true => 3,
            false => published.split_once('.').map_or(0, |(_, digits)| digits.trim().len()),
        }
    }
}

/// A decimal number, and half a unit of its last digit: `2.5` is 2.5 and 0.05, `17.4e3` is 17,400
/// and 50.
fn number(text: &str) -> Result<(f64, f64), String> {
    let text = text.trim();
    let wrong = || {
        format!(
            "\"{}\" is not a number: expected one such as 2.845474, 17.4e3, 2.845474~1e-6, <=1 or >=0.9",
            text.chars().take(40).collect::<String>()
        )
    };
    // Rust also reads "inf" and "nan".
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    if !text.chars().all(plain) || !text.contains(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let value: f64 = text.parse().map_err(|_| wrong())?;
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| wrong())?;
    let digits = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
    let half = 0.5 * libm::pow(10.0, f64::from(exponent) - digits as f64);
    if value.is_finite() && half.is_finite() { Ok((value, half)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Wanted {
        Wanted::of(text).unwrap()
    }

    #[test]
    fn a_number_agrees_within_half_a_unit_of_its_last_digit() {
        let wanted = of("2.845474");
        assert!(wanted.agrees(2.845_474_499) && wanted.agrees(2.845_473_5));
        assert!(!wanted.agrees(2.845_475) && !wanted.agrees(2.845_473));
        assert!(of("0.000000").agrees(4e-7) && !of("0.000000").agrees(6e-7));
        assert!(of("934181").agrees(934_181.4) && !of("934181").agrees(934_182.0));
        assert!(of("17428.87e3").agrees(17_428_873.0) && !of("17428.87e3").agrees(17_428_876.0));
        assert!(of("-0.30").agrees(-0.304));
    }

    #[test]
    fn a_tolerance_is_relative_and_adds_to_the_last_digit() {
        let wanted = of("2285627.205~1e-6");
        assert!(wanted.agrees(2_285_627.205 + 2.28) && !wanted.agrees(2_285_627.205 + 2.30));
        assert_eq!(wanted.decimals(), 3);
    }

    #[test]
    fn bounds_have_a_side() {
        assert!(of("<=1").agrees(1.0) && !of("<=1").agrees(1.000_1));
        assert!(of(">= 0.9").agrees(0.9) && !of(">= 0.9").agrees(0.899));
        assert!(of("<=1").is_bound() && !of("1").is_bound());
        assert_eq!((of("<=1").worse(0.5, 2.0), of(">=1").worse(0.5, 2.0)), (2.0, 0.5));
        assert_eq!(of("<=1").deviation(2.0), None);
        assert_eq!(of("0.0").deviation(2.0), None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", "two", "nan", "inf", "1,5", "<=", "~1e-6", "1~-1e-6", "1e", "5 %", "--1", "1e999"]
        {
            assert!(Wanted::of(text).is_err(), "{text}");
        }
        assert!(Wanted::of("2,8").unwrap_err().contains("\"2,8\" is not a number"));
    }

    proptest! {
        #[test]
        fn a_rounded_number_agrees_with_what_it_was_rounded_from(
            value in -1e6f64..1e6, digits in 0usize..9,
        ) {
            let text = format!("{value:.digits$}");
            prop_assert!(of(&text).agrees(value), "{}", text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = Wanted::of(&text);
        }
    }
}
