//! Laws of intervals.

use proptest::prelude::*;
use weir_stats::methods::bootstrap::{Interval, Limits, Replicate, interval, mean};

fn single(values: &[f64]) -> Vec<Replicate> {
    values.iter().map(|&sum| Replicate { sum, count: 1.0 }).collect()
}

fn values(n: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(prop_oneof![Just(0.0), 0.0..1e9f64], n)
}

#[test]
fn fewer_than_ten_replicates_have_no_interval() {
    let values: Vec<f64> = (0..10).map(f64::from).collect();
    assert_eq!(interval(&single(&values[..9]), Limits::NONE), None);
    assert!(interval(&single(&values), Limits::NONE).is_some());
    assert_eq!(interval(&[], Limits::NONE), None);
}

#[test]
fn equal_replicates_have_a_point() {
    let equal = single(&[0.1; 12]);
    let found = interval(&equal, Limits::NONE).unwrap();
    assert!((found.high - found.low).abs() < 1e-12, "{found:?}");
    let zeros = interval(&single(&[0.0; 10]), Limits::POSITIVE).unwrap();
    assert_eq!(zeros, Interval { low: 0.0, high: 0.0 });
}

#[test]
fn one_stall_among_ten_gives_a_finite_interval() {
    let mut values = [0.0; 10];
    values[3] = 1.0;
    let found = interval(&single(&values), Limits::SHARE).unwrap();
    assert_eq!(found.low, 0.0);
    assert!((0.5..=0.8).contains(&found.high), "{found:?}");
}

#[test]
fn values_at_the_edge_of_their_type_have_no_interval() {
    let mut values = [f64::MAX; 10];
    assert_eq!(interval(&single(&values), Limits::NONE), None);
    values[0] = f64::NAN;
    assert_eq!(interval(&single(&values), Limits::NONE), None);
}

#[test]
fn sessions_of_a_trial_do_not_count_as_independent() {
    // Twelve trials of 50 equal sessions know as much as twelve sessions.
    let means: Vec<f64> = (0..12).map(|i| f64::from(i * i % 7)).collect();
    let many: Vec<Replicate> =
        means.iter().map(|mean| Replicate { sum: 50.0 * mean, count: 50.0 }).collect();
    let (one, many) =
        (interval(&single(&means), Limits::NONE).unwrap(), interval(&many, Limits::NONE).unwrap());
    assert!((one.low - many.low).abs() < 1e-9 && (one.high - many.high).abs() < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn an_interval_contains_its_mean_and_keeps_its_limits(
        values in values(10..40), counts in proptest::collection::vec(1u32..9, 40),
    ) {
        let replicates: Vec<Replicate> = values
            .iter()
            .zip(&counts)
            .map(|(value, &count)| Replicate { sum: *value, count: f64::from(count) })
            .collect();
        let Interval { low, high } = interval(&replicates, Limits::POSITIVE).unwrap();
        let mean = mean(&replicates).unwrap();
        prop_assert!(0.0 <= low && low <= mean && mean <= high, "{} {} {}", low, mean, high);
    }

    #[test]
    fn an_interval_follows_its_values(
        values in values(10..30), factor in 0.01f64..100.0, shift in -1e6f64..1e6,
    ) {
        let moved: Vec<f64> = values.iter().map(|v| v * factor + shift).collect();
        let before = interval(&single(&values), Limits::NONE).unwrap();
        let after = interval(&single(&moved), Limits::NONE).unwrap();
        let slack = 1e-6 * factor * (1.0 + before.high.abs() + before.low.abs()) + 1e-6 * shift.abs();
        for (before, after) in [(before.low, after.low), (before.high, after.high)] {
            prop_assert!((before * factor + shift - after).abs() <= slack);
        }
    }
}
