//! Laws of Jain's index.

use proptest::prelude::*;
use weir_stats::methods::fairness::jain;

fn of(values: &[f64]) -> Option<f64> {
    jain(values.iter().copied())
}

#[test]
fn equal_shares_are_fair_and_one_taker_is_not() {
    assert_eq!(of(&[3.0, 3.0, 3.0, 3.0]), Some(1.0));
    assert_eq!(of(&[0.0, 0.0, 5.0, 0.0]), Some(0.25));
    assert_eq!(of(&[1.0, 2.0]), Some(0.9));
}

#[test]
fn one_user_and_users_without_anything_have_no_index() {
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[7.0]), None);
    assert_eq!(of(&[0.0, 0.0]), None);
    assert_eq!(of(&[f64::MAX, f64::MAX]), None, "its square has no place in the type");
}

proptest! {
    #[test]
    fn the_index_is_at_least_one_of_n_and_has_no_unit(
        values in proptest::collection::vec(1e-3f64..1e9, 2..20), factor in 1e-3f64..1e3,
    ) {
        let index = of(&values).unwrap();
        prop_assert!(1.0 / values.len() as f64 - 1e-12 <= index && index <= 1.0);
        let scaled: Vec<f64> = values.iter().map(|v| v * factor).collect();
        prop_assert!((of(&scaled).unwrap() - index).abs() < 1e-9);
    }

    #[test]
    fn k_equal_shares_of_n_are_k_over_n(k in 1usize..10, none in 0usize..10) {
        prop_assume!(k + none >= 2);
        let values: Vec<f64> = (0..k + none).map(|i| f64::from(u8::from(i < k))).collect();
        prop_assert!((of(&values).unwrap() - k as f64 / (k + none) as f64).abs() < 1e-12);
    }
}
