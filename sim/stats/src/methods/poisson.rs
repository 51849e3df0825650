//! The bound of a rate, given what was seen.

/// The share of rates that the bound holds for.
const CONFIDENCE: f64 = 0.95;

/// The one-sided 95 % upper bound of the mean of a Poisson distribution of which `count` was drawn:
/// the mean of which so few or fewer are drawn once in twenty times. It is half of the 95 %
/// quantile of chi-square with 2 (count + 1) degrees of freedom (Garwood, "Fiducial Limits for the
/// Poisson Distribution", Biometrika 28, 1936); without any, 2.996: the rule of three.
pub fn high(count: u64) -> f64 {
    let wanted = 1.0 - CONFIDENCE;
    // The chance of `count` or fewer falls with the mean.
    let n = count as f64;
    let (mut low, mut high) = (n, n + 5.0 + 4.0 * (n + 1.0).sqrt());
    for _ in 0..100 {
        let middle = low.midpoint(high);
        match at_most(count, middle) > wanted {
            true => low = middle,
            false => high = middle,
        }
    }
    low.midpoint(high)
}

/// The chance that no more than `count` are drawn of a Poisson distribution with this mean.
fn at_most(count: u64, mean: f64) -> f64 {
    let log = libm::log(mean);
    // Far below the mean there is nothing that would count.
    let first = count.saturating_sub(20 + 40 * (count as f64).sqrt() as u64);
    let term = |i: u64| libm::exp(i as f64 * log - mean - libm::lgamma(i as f64 + 1.0));
    (first..=count).map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bound_is_half_the_quantile_of_chi_square() {
        // Quantiles of 0.95 with 2, 4, 12 and 200 degrees of freedom, from tables.
        for (count, quantile) in [(0, 5.991465), (1, 9.487729), (5, 21.02607), (99, 233.994)] {
            let found = 2.0 * high(count);
            assert!((found - quantile).abs() < 2e-3, "{count}: {found}");
        }
    }

    proptest! {
        #[test]
        fn the_bound_is_above_what_was_seen_and_rises_with_it(count in 0u64..20_000) {
            let [here, next] = [count, count + 1].map(high);
            prop_assert!(here > count as f64 && next > here);
            prop_assert!((at_most(count, here) - 0.05).abs() < 1e-6);
        }
    }
}
