//! Means over a window of the newest samples.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// How the samples of a window become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mean {
    /// The sum over the count.
    Arithmetic,
    /// The count over the sum of reciprocals: for rates over equal amounts of data, the rate over
    /// all of it (Pensieve's and Puffer's MPC; FESTIVE).
    Harmonic,
    /// The middle one; of an even count, the mean of the middle two.
    Median,
    /// The newest.
    Last,
}

/// The newest samples, at most a given number.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    most: usize,
    samples: VecDeque<f64>,
    /// For sorting.
    scratch: Vec<f64>,
}

impl Window {
    /// A window without samples that keeps `most`, at least one.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        let samples = VecDeque::with_capacity(most);
        Self { most, samples, scratch: Vec::with_capacity(most) }
    }

    /// Adds a sample, and drops the oldest if there are too many.
    pub fn push(&mut self, sample: f64) {
        if self.samples.len() == self.most {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The mean of the samples; `None` before the first.
    pub fn get(&mut self, mean: Mean) -> Option<f64> {
        let count = self.samples.len() as f64;
        let last = *self.samples.back()?;
        Some(match mean {
            Mean::Arithmetic => self.samples.iter().sum::<f64>() / count,
            Mean::Harmonic => count / self.samples.iter().map(|sample| 1.0 / sample).sum::<f64>(),
            Mean::Median => self.median(),
            Mean::Last => last,
        })
    }

    /// The highest sample; `None` before the first.
    pub fn highest(&self) -> Option<f64> {
        self.samples.iter().copied().reduce(f64::max)
    }

    fn median(&mut self) -> f64 {
        self.scratch.clear();
        self.scratch.extend(&self.samples);
        self.scratch.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| self.scratch.get(index).copied().unwrap_or_default();
        let middle = self.scratch.len() / 2;
        if self.scratch.len() % 2 == 1 {
            at(middle)
        } else {
            f64::midpoint(at(middle.saturating_sub(1)), at(middle))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn means(samples: &[f64]) -> [f64; 4] {
        let mut window = Window::new(5);
        samples.iter().for_each(|sample| window.push(*sample));
        [Mean::Arithmetic, Mean::Harmonic, Mean::Median, Mean::Last]
            .map(|mean| window.get(mean).unwrap())
    }

    #[test]
    fn means_are_what_their_names_say() {
        assert_eq!(means(&[4.0]), [4.0; 4]);
        assert_eq!(means(&[2.0, 6.0]), [4.0, 3.0, 4.0, 6.0]);
        assert_eq!(means(&[6.0, 2.0, 3.0]), [11.0 / 3.0, 3.0, 3.0, 3.0]);
        assert_eq!(Window::new(3).get(Mean::Median), None);
    }

    #[test]
    fn only_the_newest_samples_count() {
        assert_eq!(means(&[1e9, 2.0, 2.0, 2.0, 2.0, 2.0]), [2.0; 4]);
    }

    proptest! {
        #[test]
        fn the_harmonic_mean_is_the_lowest(samples in prop::collection::vec(1.0..1e9f64, 1..9)) {
            let [arithmetic, harmonic, median, _] = means(&samples);
            prop_assert!(harmonic <= arithmetic * (1.0 + 1e-12));
            let newest = &samples[samples.len().saturating_sub(5)..];
            let low = newest.iter().copied().fold(f64::INFINITY, f64::min);
            let high = newest.iter().copied().fold(0.0, f64::max);
            for mean in [arithmetic, harmonic, median] {
                prop_assert!(mean >= low * (1.0 - 1e-12) && mean <= high * (1.0 + 1e-12));
            }
        }
    }
}
