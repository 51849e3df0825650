//! Numbers in the files of other programs.

use crate::Rate;
use weir_units::Span;

/// A number that is no NaN, not infinite and not negative.
pub fn number(text: &str, what: &str) -> Result<f64, String> {
    let value: Option<f64> = text.trim().parse().ok();
    value.filter(|value| value.is_finite() && *value >= 0.0).ok_or_else(|| {
        format!("{:?} is not {what} (expected a number, zero or above)", shortened(text.trim()))
    })
}

/// The rate of `value` times `unit` bits per second.
pub fn rate(value: f64, unit: f64) -> Result<Rate, String> {
    if value.is_nan() || value < 0.0 {
        return Err(format!("a rate of {value} (expected a number, zero or above)"));
    }
    Rate::from_bps_f64(value * unit).ok_or_else(|| crate::Fault::TooFast.to_string())
}

/// The span of `value` times `unit` nanoseconds, to the nearest nanosecond.
pub fn span(value: f64, unit: f64) -> Result<Span, String> {
    let ns = (value * unit).round();
    // Below 2^63 every nanosecond count converts.
    if (0.0..9.2e18).contains(&ns) {
        return Ok(Span::from_ns(ns as u64));
    }
    Err(format!("a time of {value} (expected a number, zero or above, and no longer than a month)"))
}

/// The beginning of a text that may be long.
pub fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
