//! A percentile of weighted samples in a sliding window (media3 2bc2078, `SlidingPercentile`).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Weighted samples, the newest of a bounded total weight.
#[derive(Debug, Clone, PartialEq)]
pub struct SlidingPercentile {
    most: u64,
    total: u64,
    /// Weight and value, oldest first.
    samples: VecDeque<(u64, f64)>,
    /// For sorting.
    scratch: Vec<(u64, f64)>,
}

impl SlidingPercentile {
    /// A window without samples whose weights add up to `most` at most.
    pub const fn new(most: u64) -> Self {
        Self { most, total: 0, samples: VecDeque::new(), scratch: Vec::new() }
    }

    /// Adds a sample; the oldest lose weight, and then their place, until the total fits. A sample
    /// without weight is none.
    pub fn push(&mut self, weight: u64, value: f64) {
        // More than everything is everything: the window is bounded whatever comes.
        let weight = weight.min(self.most);
        if weight == 0 {
            return;
        }
        self.samples.push_back((weight, value));
        self.total += weight;
        while self.total > self.most {
            let excess = self.total - self.most;
            match self.samples.front_mut() {
                Some((oldest, _)) if *oldest > excess => {
                    *oldest -= excess;
                    self.total -= excess;
                }
                Some((oldest, _)) => {
                    self.total -= *oldest;
                    self.samples.pop_front();
                }
                None => return,
            }
        }
    }

    /// The lowest value at which the share `share` of the total weight is reached; `None` before
    /// the first sample.
    pub fn get(&mut self, share: f64) -> Option<f64> {
        self.scratch.clear();
        self.scratch.extend(&self.samples);
        self.scratch.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let wanted = share * self.total as f64;
        let mut reached = 0;
        for (weight, value) in &self.scratch {
            reached += weight;
            if reached as f64 >= wanted {
                return Some(*value);
            }
        }
        self.scratch.last().map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_median_is_where_half_the_weight_is_reached() {
        let mut window = SlidingPercentile::new(100);
        assert_eq!(window.get(0.5), None);
        for (weight, value) in [(1, 10.0), (1, 30.0), (3, 20.0)] {
            window.push(weight, value);
        }
        assert_eq!(
            [0.0, 0.2, 0.21, 0.5, 0.81, 1.0].map(|p| window.get(p).unwrap()),
            [10.0, 10.0, 20.0, 20.0, 30.0, 30.0]
        );
    }

    #[test]
    fn the_oldest_samples_lose_weight_first() {
        let mut window = SlidingPercentile::new(10);
        for (weight, value) in [(6, 1.0), (4, 2.0), (5, 3.0)] {
            window.push(weight, value);
        }
        // The first is left with a weight of 1.
        assert_eq!([0.1, 0.11, 0.51].map(|p| window.get(p).unwrap()), [1.0, 2.0, 3.0]);
        window.push(1, 4.0);
        assert_eq!(window.get(0.0), Some(2.0));
    }

    proptest! {
        #[test]
        fn the_total_weight_is_bounded(
            samples in prop::collection::vec((any::<u64>(), 0.0..1e9f64), 1..40),
        ) {
            let mut window = SlidingPercentile::new(2_000);
            for (weight, value) in samples {
                window.push(weight, value);
                let total: u64 = window.samples.iter().map(|(weight, _)| weight).sum();
                prop_assert!(total <= 2_000 && total == window.total);
            }
        }
    }
}
