//! Exponentially weighted moving averages, as hls.js, dash.js, Shaka Player and Sabre use them: the
//! zero factor corrects for the empty start.

use weir_units::Span;

/// A moving average in which a sample's weight halves with every half-life of newer samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ewma {
    half_life: f64,
    value: f64,
    weight: f64,
    /// The weight of the last sample, and what it left of those before: samples often weigh the
    /// same.
    last: (f64, f64),
}

impl Ewma {
    /// An average without samples, whose samples weigh seconds.
    pub fn new(half_life: Span) -> Self {
        Self::counting(half_life.as_secs_f64())
    }

    /// An average without samples, with its half-life in the unit of its samples' weights.
    pub(crate) const fn counting(half_life: f64) -> Self {
        Self { half_life, value: 0.0, weight: 0.0, last: (0.0, 1.0) }
    }

    /// Adds `sample` with this weight: with a = 0.5^(weight / half-life),
    /// value <- a * value + (1 - a) * sample (Sabre `Ewma.push`, hls.js `EWMA.sample`).
    pub fn push(&mut self, weight: f64, sample: f64) {
        if weight != self.last.0 {
            self.last = (weight, libm::exp2(-weight / self.half_life));
        }
        let a = self.last.1;
        self.value = a * self.value + (1.0 - a) * sample;
        self.weight += weight;
    }

    /// The average; `None` before the first sample. The average starts at 0, which is no sample:
    /// dividing by the weight that all samples have together, 1 - 0.5^(total / half-life), takes
    /// that zero out again (hls.js `EWMA.getEstimate`).
    pub fn get(&self) -> Option<f64> {
        // From 2^-54 on, what is left of the zero is lost in the last bit.
        if self.weight >= 55.0 * self.half_life {
            return Some(self.value);
        }
        let zero_factor = 1.0 - libm::exp2(-(self.weight / self.half_life));
        (zero_factor > 0.0).then(|| self.value / zero_factor)
    }

    /// The weight of all samples together.
    pub(crate) const fn weight(&self) -> f64 {
        self.weight
    }
}

/// A fast and a slow average of the same samples. The lower of the two falls as fast as the first
/// and rises as slowly as the second; the higher of the two does the opposite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DualEwma {
    fast: Ewma,
    slow: Ewma,
}

impl DualEwma {
    /// An estimator without samples, with these two half-lives; its samples weigh seconds.
    pub fn new(fast: Span, slow: Span) -> Self {
        Self { fast: Ewma::new(fast), slow: Ewma::new(slow) }
    }

    /// The same with half-lives in the unit of the samples' weights.
    pub(crate) const fn counting(fast: f64, slow: f64) -> Self {
        Self { fast: Ewma::counting(fast), slow: Ewma::counting(slow) }
    }

    /// Adds `sample` with this weight to both.
    pub fn push(&mut self, weight: f64, sample: f64) {
        self.fast.push(weight, sample);
        self.slow.push(weight, sample);
    }

    /// The lower of the two; `None` before the first sample.
    pub fn low(&self) -> Option<f64> {
        let fast = self.fast.get()?;
        // Taking its zero out makes the slow average only higher.
        if fast <= self.slow.value {
            return Some(fast);
        }
        Some(fast.min(self.slow.get()?))
    }

    /// The higher of the two; `None` before the first sample.
    pub fn high(&self) -> Option<f64> {
        Some(self.fast.get()?.max(self.slow.get()?))
    }

    /// The weight of all samples together.
    pub(crate) const fn weight(&self) -> f64 {
        self.fast.weight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn averages(samples: &[(f64, f64)]) -> (f64, f64) {
        let (mut fast, mut slow) = (Ewma::new(Span::from_s(3)), Ewma::new(Span::from_s(8)));
        for (weight, sample) in samples {
            fast.push(*weight, *sample);
            slow.push(*weight, *sample);
        }
        (fast.get().unwrap(), slow.get().unwrap())
    }

    /// What Sabre (UMass-LIDS/sabre 09b03bb) computes for the same samples.
    #[test]
    fn the_averages_are_those_of_sabre() {
        let (fast, slow) = averages(&[(3.0, 4000.0), (2.0, 1000.0), (4.0, 2500.0)]);
        assert!((fast - 2_462.542_406_299_343_4).abs() < 1e-9, "{fast}");
        assert!((slow - 2_565.369_529_957_436).abs() < 1e-9, "{slow}");
    }

    proptest! {
        #[test]
        fn an_average_lies_between_its_samples(
            samples in prop::collection::vec((1e-3..100.0f64, 1e3..1e9f64), 1..40),
        ) {
            let (fast, slow) = averages(&samples);
            let low = samples.iter().map(|s| s.1).fold(f64::INFINITY, f64::min);
            let high = samples.iter().map(|s| s.1).fold(0.0, f64::max);
            for average in [fast, slow] {
                prop_assert!(average >= low * (1.0 - 1e-9) && average <= high * (1.0 + 1e-9));
            }
        }
    }
}
