//! Where an axis has ticks, and what they say.

/// A tick: its place on the axis and its label.
pub(crate) type Tick = (f64, String);

/// About as many intervals fit between the ticks of the vertical axis of a plot of usual height.
pub(crate) const VERTICAL_INTERVALS: f64 = 5.0;

/// The most decimals of a label.
const DIGITS: usize = 6;

/// The vertical axis from zero to at least `top`, with about this many intervals between its ticks;
/// and its upper end, which is a tick.
pub(crate) fn from_zero(top: f64, intervals: f64) -> (Vec<Tick>, f64) {
    let (factor, exponent) = step_for(top / intervals);
    let step = scaled(factor, exponent);
    // A top that is a tick but for rounding needs no further one.
    let count = (top / step - 1e-9).ceil().clamp(1.0, 100.0) as u32;
    let ticks = (0..=count).map(|i| multiple(i64::from(i), factor, exponent)).collect();
    (ticks, f64::from(count) * step)
}

/// An axis from zero or below to zero or above that contains both numbers, with about this many
/// intervals between its ticks; and its ends, which are ticks.
pub(crate) fn around(low: f64, high: f64, intervals: f64) -> (Vec<Tick>, f64, f64) {
    let (low, high) = (low.min(0.0), high.max(0.0));
    if high <= low {
        let (ticks, top) = from_zero(1.0, intervals);
        return (ticks, 0.0, top);
    }
    let (factor, exponent) = step_for((high - low) / intervals);
    let step = scaled(factor, exponent);
    let ends = [(low / step + 1e-9).floor(), (high / step - 1e-9).ceil()];
    let [first, last] = ends.map(|end| end.clamp(-100.0, 100.0) as i64);
    let ticks = (first..=last).map(|i| multiple(i, factor, exponent)).collect();
    (ticks, first as f64 * step, last as f64 * step)
}

/// Round numbers within the axis, about `intervals` of them.
pub(crate) fn between(low: f64, high: f64, intervals: f64) -> Vec<Tick> {
    let (factor, exponent) = step_for((high - low) / intervals);
    let step = scaled(factor, exponent);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).take(100).map(|i| multiple(i, factor, exponent)).collect()
}

/// Round numbers for a logarithmic axis: these multiples of every power of ten.
pub(crate) fn decades(low: f64, high: f64, multiples: &[u32]) -> Vec<Tick> {
    let (first, last) = (libm::log10(low).floor() as i32, libm::log10(high).ceil() as i32);
    (first..=last)
        .take(40)
        .flat_map(|exponent| multiples.iter().map(move |&m| multiple(1, m, exponent)))
        .filter(|(value, _)| low * (1.0 - 1e-9) <= *value && *value <= high * (1.0 + 1e-9))
        .collect()
}

/// A number as a label, without the noise of its last bits.
pub(crate) fn label(value: f64) -> String {
    ((value * 1e6).round() / 1e6).to_string()
}

/// The smallest of 1, 2, 5 or 10 times a power of ten that is at least `rough`.
fn step_for(rough: f64) -> (u32, i32) {
    let rough = if rough.is_finite() && rough > 0.0 { rough } else { 1.0 };
    let exponent = libm::log10(rough).floor() as i32;
    let wanted = rough / scaled(1, exponent);
    match [1, 2, 5].into_iter().find(|factor| f64::from(*factor) >= wanted - 1e-9) {
        Some(factor) => (factor, exponent),
        None => (1, exponent + 1),
    }
}

fn scaled(factor: u32, exponent: i32) -> f64 {
    f64::from(factor) * libm::pow(10.0, f64::from(exponent))
}

fn multiple(i: i64, factor: u32, exponent: i32) -> Tick {
    let value = i as f64 * scaled(factor, exponent);
    let label = match (i, usize::try_from(-exponent)) {
        (0, Err(_)) => "0".to_owned(),
        (_, Ok(decimals)) if decimals <= DIGITS => format!("{value:.decimals$}"),
        (_, Err(_)) if value.abs() < 1e7 => format!("{value:.0}"),
        // Nothing that is measured here; but nothing measured may break a plot.
        _ => format!("{}e{exponent}", i.saturating_mul(factor.into())),
    };
    (value, label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn vertical_ticks_are_round_and_reach_the_top() {
        let (ticks, top) = from_zero(4.3, VERTICAL_INTERVALS);
        assert_eq!((labels(&ticks), top), (vec!["0", "1", "2", "3", "4", "5"], 5.0));
        let (ticks, _) = from_zero(0.021, VERTICAL_INTERVALS);
        assert_eq!(labels(&ticks), ["0.000", "0.005", "0.010", "0.015", "0.020", "0.025"]);
        assert_eq!(from_zero(5.0, VERTICAL_INTERVALS).1, 5.0);
    }

    #[test]
    fn a_logarithmic_axis_has_round_ticks() {
        let ticks = decades(0.2, 20.0, &[1, 2, 5]);
        assert_eq!(labels(&ticks), ["0.2", "0.5", "1", "2", "5", "10", "20"]);
        assert_eq!(labels(&decades(0.2, 20.0, &[1])), ["1", "10"]);
    }

    #[test]
    fn labels_have_no_noise() {
        assert_eq!(label(0.1 + 0.2), "0.3");
        assert_eq!(label(20.0), "20");
    }

    proptest! {
        #[test]
        fn any_top_is_reached_with_a_few_ticks(exponent in -12.0f64..15.0) {
            let wanted = libm::pow(10.0, exponent);
            let (ticks, top) = from_zero(wanted, VERTICAL_INTERVALS);
            prop_assert!(top >= wanted * (1.0 - 1e-6), "{} below {}", top, wanted);
            prop_assert!(top <= wanted * 2.0 + 1e-9, "{} above {}", top, wanted);
            prop_assert!((3..=7).contains(&ticks.len()), "{:?}", ticks);
        }

        #[test]
        fn an_axis_around_zero_contains_its_numbers(low in -1e6f64..1e3, span in 1e-3f64..1e6) {
            let (ticks, begins, ends) = around(low, low + span, VERTICAL_INTERVALS);
            let slack = 1e-6 * (span + low.abs());
            prop_assert!(begins <= low + slack && low + span <= ends + slack);
            prop_assert!(begins <= 0.0 && 0.0 <= ends, "{} {}", begins, ends);
            prop_assert!((2..=9).contains(&ticks.len()), "{:?}", ticks);
        }

        #[test]
        fn ticks_lie_on_the_axis(low in -1e6f64..1e6, span in 1e-3f64..1e6) {
            let high = low + span;
            let ticks = between(low, high, 8.0);
            let slack = 1e-6 * span;
            prop_assert!(ticks.iter().all(|(v, _)| low - slack <= *v && *v <= high + slack));
            prop_assert!((2..=11).contains(&ticks.len()), "{:?}", ticks);
        }

        #[test]
        fn no_number_is_too_odd_for_an_axis(top in proptest::num::f64::ANY) {
            let (ticks, _) = from_zero(top, VERTICAL_INTERVALS);
            prop_assert!(ticks.len() <= 101);
            prop_assert!(ticks.iter().all(|(_, label)| label.len() <= 12), "{:?}", ticks);
        }
    }
}
