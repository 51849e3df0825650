//! Laws of means and medians.

use proptest::prelude::*;
use weir_stats::methods::bootstrap::Limits;
use weir_stats::methods::estimate::Estimate;

fn of(values: &[f64]) -> Option<Estimate> {
    Estimate::of(&values.iter().map(|v| vec![*v]).collect::<Vec<_>>(), Limits::NONE)
}

#[test]
fn nothing_has_no_estimate() {
    assert_eq!(of(&[]), None);
    assert_eq!(Estimate::of(&[vec![], vec![]], Limits::NONE), None);
}

#[test]
fn the_median_of_an_even_number_of_values_lies_between_the_middle_two() {
    let found = of(&[9.0, 1.0, 2.0, 4.0]).unwrap();
    assert_eq!((found.n, found.mean, found.median), (4, 4.0, Some(3.0)));
    assert_eq!(of(&[7.0]).unwrap().median, Some(7.0));
}

#[test]
fn every_session_counts_the_same_and_every_trial_is_one_replicate() {
    let found = Estimate::of(&[vec![1.0, 1.0, 1.0], vec![], vec![5.0]], Limits::NONE).unwrap();
    assert_eq!((found.n, found.mean, found.replicates), (4, 2.0, vec![1.0, 5.0]));
}

proptest! {
    #[test]
    fn mean_and_median_lie_within_the_values(
        values in proptest::collection::vec(0.0f64..1e12, 1..9)
    ) {
        let found = of(&values).unwrap();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        let slack = 1e-9 * high;
        let median = found.median.unwrap();
        for value in [found.mean, median] {
            prop_assert!(low - slack <= value && value <= high + slack);
        }
        let below = values.iter().filter(|v| **v <= median).count();
        prop_assert!(2 * below >= values.len());
    }
}
