//! What a web user draws: sizes of objects and pauses between them.
//!
//! 2026-11-20: not by `rand_distr`. Its `Pareto` and `Exp` go through `num_traits::Float`, which is
//! the platform's libm as soon as any crate of the build turns on `num-traits/std` (polars does),
//! and that differs between CPUs with and without FMA. Here a uniform number goes through the
//! quantile function, and `ln` and `pow` are the crate `libm`'s, which is the same arithmetic
//! everywhere. The tests hold both against each other.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use weir_units::{Bytes, Seed, Span};

/// The tail index of the sizes of what is transferred in the web: 1.0 to 1.3 in Crovella and
/// Bestavros, "Self-Similarity in World Wide Web Traffic" (IEEE/ACM Transactions on Networking
/// 5(6), 1997), section IV.
const SHAPE: f64 = 1.2;

/// The largest object over the smallest. Without a bound, the mean of any number of trials would be
/// far below the distribution's: most of it would lie in objects that nobody draws.
const RANGE: f64 = 1_000.0;

/// The draws of one user. Sizes and pauses have a stream each.
#[derive(Debug)]
pub(crate) struct User {
    sizes: ChaCha8Rng,
    pauses: ChaCha8Rng,
    /// The smallest object in bytes; not a whole number.
    smallest: f64,
    /// The mean pause in nanoseconds.
    pause: f64,
}

impl User {
    /// A user whose objects have this mean size, and who pauses for this long on average.
    pub fn new(seed: Seed, size: Bytes, pause: Span) -> Self {
        let stream = |label| ChaCha8Rng::seed_from_u64(seed.derive(label).get());
        Self {
            sizes: stream("sizes"),
            pauses: stream("pauses"),
            smallest: size.get() as f64 / mean_over_smallest(),
            pause: pause.ns() as f64,
        }
    }

    /// The size of the next object, at least one byte: a Pareto distribution of shape [`SHAPE`],
    /// bounded at [`RANGE`] times its smallest value.
    pub fn size(&mut self) -> Bytes {
        let bytes = self.smallest * pareto(self.sizes.random());
        Bytes::new((bytes.round() as u64).max(1))
    }

    /// The next pause: exponential.
    pub fn pause(&mut self) -> Span {
        Span::from_ns((self.pause * exponential(self.pauses.random())).round() as u64)
    }
}

/// The quantile function of the bounded Pareto distribution whose smallest value is 1, for `u` from
/// 0 to 1: the solution of u = (1 - x^-a) / (1 - R^-a).
fn pareto(u: f64) -> f64 {
    let tail = 1.0 - libm::pow(RANGE, -SHAPE);
    libm::pow(1.0 - u * tail, -1.0 / SHAPE)
}

/// The mean of that distribution: the integral of x a x^(-a-1) / (1 - R^-a) from 1 to R.
fn mean_over_smallest() -> f64 {
    let partial = (1.0 - libm::pow(RANGE, 1.0 - SHAPE)) / (1.0 - libm::pow(RANGE, -SHAPE));
    SHAPE / (SHAPE - 1.0) * partial
}

/// The quantile function of the exponential distribution of mean 1, for `u` from 0 to less than 1.
fn exponential(u: f64) -> f64 {
    -libm::log(1.0 - u)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
    use rand::distr::Distribution;

    fn user(seed: u64) -> User {
        User::new(Seed::new(seed), Bytes::new(100_000), Span::from_s(2))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_same_seed_draws_the_same_and_sizes_do_not_depend_on_pauses(seed in any::<u64>()) {
            let (mut one, mut other) = (user(seed), user(seed));
            for _ in 0..20 {
                other.pause();
                prop_assert_eq!(one.size(), other.size());
            }
        }

        #[test]
        fn sizes_stay_within_their_bounds(seed in any::<u64>(), size in 1..10_000_000u64) {
            let mut user = User::new(Seed::new(seed), Bytes::new(size), Span::ZERO);
            let smallest = size as f64 / mean_over_smallest();
            for _ in 0..100 {
                let size = user.size().get();
                prop_assert!(size >= 1);
                prop_assert!((size as f64) < RANGE * smallest + 1.0);
                prop_assert!((size as f64) > smallest - 1.0);
                prop_assert_eq!(user.pause(), Span::ZERO);
            }
        }
    }

    #[test]
    fn quantile_functions_begin_and_end_where_they_should() {
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        assert_eq!((pareto(0.0), exponential(0.0)), (1.0, 0.0));
        assert!(near(pareto(1.0), RANGE));
        assert!(near(exponential(0.5), 2f64.ln()));
        assert!(near(
            mean_over_smallest(),
            6.0 * (1.0 - 10f64.powf(-0.6)) / (1.0 - 10f64.powf(-3.6))
        ));
    }

    #[test]
    fn the_first_draws_of_a_seed_are_known() {
        let mut user = user(7);
        let sizes: Vec<_> = (0..4).map(|_| user.size().get()).collect();
        let pauses: Vec<_> = (0..4).map(|_| user.pause().ns()).collect();
        assert_eq!(sizes, [159_840, 28_598, 29_620, 71_483]);
        assert_eq!(pauses, [1_865_295_871, 2_512_726_482, 512_605_576, 2_604_608_032]);
    }

    #[test]
    fn means_are_what_was_asked_for() {
        const DRAWS: u64 = 1_000_000;
        let mut user = user(1);
        let sizes: u64 = (0..DRAWS).map(|_| user.size().get()).sum();
        let pauses: u64 = (0..DRAWS).map(|_| user.pause().us()).sum();
        let off = |sum: u64, mean: f64| (sum as f64 / DRAWS as f64 / mean - 1.0).abs();
        // One standard error is 0.42 % of the mean for sizes and 0.1 % for pauses: four of them.
        assert!(off(sizes, 100_000.0) < 0.017, "{sizes}");
        assert!(off(pauses, 2_000_000.0) < 0.004, "{pauses}");
    }

    /// The largest difference between the distribution functions of two samples of equal size
    /// (Kolmogorov and Smirnov).
    fn distance(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
        assert_eq!(a.len(), b.len());
        a.sort_by(f64::total_cmp);
        b.sort_by(f64::total_cmp);
        let below = |sample: &[f64], x: f64| sample.partition_point(|y| *y <= x) as f64;
        let gaps = a.iter().chain(&b).map(|&x| (below(&a, x) - below(&b, x)).abs());
        gaps.fold(0.0, f64::max) / a.len() as f64
    }

    #[test]
    fn draws_are_distributed_as_those_of_an_independent_library() {
        const DRAWS: usize = 50_000;
        // Two samples of one distribution differ by more once in ten thousand times.
        let limit = 2.23 * (2.0 / DRAWS as f64).sqrt();
        let mut theirs = ChaCha8Rng::seed_from_u64(99);
        let mut user = user(3);

        let exponential = rand_distr::Exp::new(1.0 / 2e9).unwrap();
        let expected = exponential.sample_iter(&mut theirs).take(DRAWS).collect();
        let pauses = (0..DRAWS).map(|_| user.pause().ns() as f64).collect();
        assert!(distance(pauses, expected) < limit);

        // What is drawn below the bound of an unbounded distribution is the bounded one.
        let smallest = 100_000.0 / mean_over_smallest();
        let pareto = rand_distr::Pareto::new(smallest, SHAPE).unwrap();
        let bounded = pareto.sample_iter(&mut theirs).filter(|size| *size <= RANGE * smallest);
        let expected = bounded.take(DRAWS).collect();
        let sizes = (0..DRAWS).map(|_| user.size().get() as f64).collect();
        assert!(distance(sizes, expected) < limit);
    }
}
