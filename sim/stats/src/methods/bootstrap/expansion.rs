//! The tails of the statistic without resamples, for many replicates that are not too skewed.
//!
//! Let r be the rest of a replicate's sum without the mean, in standard deviations, c its count
//! over the mean count, and t the shift of the mean in its estimated standard errors. To the order
//! of 1/sqrt(n), t has the mean (rho - gamma/2) / sqrt(n) and the third cumulant (6 rho - 2 gamma)
//! / sqrt(n), where gamma = E\[r^3\] and rho = E\[rc\], and its quantiles are those of Student's
//! distribution, moved by
//!
//! (rho z^2 - gamma (2 z^2 + 1) / 6) / sqrt(n).
//!
//! With equal counts rho is zero, and this is the classical expansion (Hall, "Theoretical
//! Comparison of Bootstrap Confidence Intervals", Annals of Statistics 16, 1988; "The Bootstrap and
//! Edgeworth Expansion", 1992): bootstrap-t has the same quantiles to this order. What both leave
//! out is of the order of 1/n, and of the square of what they move.

use super::replicate::{Replicate, Sums};

/// Fewer replicates than this do not say how skewed they are.
const LEAST: usize = 100;

/// The quantiles may be moved by as much, in standard errors: the square of this is 1 % of one.
const FARTHEST: f64 = 0.1;

/// The quantile of the normal distribution that 2.5 % exceed.
const Z: f64 = 1.959_963_984_540_054;

/// The statistic that is exceeded with a probability of 97.5 %, and the one that is exceeded with
/// 2.5 %; `None` where this cannot tell.
pub(super) fn tails(rests: &[Replicate], sums: &Sums) -> Option<(f64, f64)> {
    if rests.len() < LEAST {
        return None;
    }
    let n = rests.len() as f64;
    let deviation = (sums.rr / n).sqrt();
    let third = rests.iter().map(|r| r.sum * r.sum * r.sum).sum::<f64>() / n;
    let gamma = third / (deviation * deviation * deviation);
    let rho = sums.rc / (deviation * sums.c);
    let moved = (rho * Z * Z - gamma * (2.0 * Z * Z + 1.0) / 6.0) / n.sqrt();
    let t = student(n - 1.0);
    // Not a number, of replicates that are all equal, is not near either.
    (moved.abs() <= FARTHEST).then_some((moved - t, moved + t))
}

/// The quantile of Student's distribution that 2.5 % exceed, with this many degrees of freedom
/// (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5, to the second order: exact
/// to 2e-6 from 99 on).
fn student(freedom: f64) -> f64 {
    let (z3, z5) = (Z * Z * Z, Z * Z * Z * Z * Z);
    let first = (z3 + Z) / 4.0;
    let second = (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / 96.0;
    Z + first / freedom + second / (freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::super::resample;
    use super::*;

    fn tails_of(rests: &[Replicate]) -> (Option<(f64, f64)>, (f64, f64)) {
        let sums = Sums::of(rests.iter().copied());
        (tails(rests, &sums), resample::tails(rests, sums.error(rests.len())))
    }

    /// The quantiles of a distribution in place of draws, without their mean.
    fn rests(n: usize, quantile: fn(f64) -> f64, count: fn(usize) -> f64) -> Vec<Replicate> {
        let values = (0..n).map(|i| quantile((i as f64 + 0.5) / n as f64));
        let all: Vec<(f64, f64)> = values.enumerate().map(|(i, v)| (v, count(i))).collect();
        let counts: f64 = all.iter().map(|(_, count)| count).sum();
        let mean = all.iter().map(|(value, count)| value * count).sum::<f64>() / counts;
        all.iter()
            .map(|(value, count)| Replicate { sum: (value - mean) * count, count: *count })
            .collect()
    }

    #[test]
    fn the_tails_are_those_of_resamples_where_both_can_tell() {
        let exponential = |p: f64| -libm::log(1.0 - p);
        let even = |p: f64| p;
        // Equal counts, different ones, and higher ones of higher values.
        for rests in [
            rests(2_000, exponential, |_| 1.0),
            rests(2_000, exponential, |i| (1 + i % 2) as f64),
            rests(2_000, even, |i| (1 + i / 500) as f64),
        ] {
            let (computed, drawn) = tails_of(&rests);
            let (low, high) = computed.unwrap();
            // The standard deviation of a drawn quantile is 0.06.
            let near = |one: f64, other: f64| (one - other).abs() < 0.2;
            assert!(near(low, drawn.0) && near(high, drawn.1), "{low} {high} {drawn:?}");
        }
        let (low, high) = tails_of(&rests(2_000, exponential, |_| 1.0)).0.unwrap();
        assert!(low + high < -0.1, "the lower tail is the longer one: {low} {high}");
    }

    #[test]
    fn few_or_skewed_or_equal_replicates_are_resampled() {
        let even = |p: f64| p;
        assert!(tails_of(&rests(99, even, |_| 1.0)).0.is_none());
        assert!(tails_of(&rests(100, even, |_| 1.0)).0.is_some());
        let rare = |p: f64| if p < 0.99 { 0.0 } else { 1.0 };
        assert!(tails_of(&rests(1_000, rare, |_| 1.0)).0.is_none());
        assert!(tails_of(&rests(1_000, |_| 1.0, |_| 1.0)).0.is_none());
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, expected) in [(99.0, 1.984_217), (199.0, 1.971_957), (999.0, 1.962_341)] {
            assert!((student(freedom) - expected).abs() < 3e-6, "{freedom}");
        }
    }
}
