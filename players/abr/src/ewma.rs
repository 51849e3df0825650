//! Exponentially weighted moving averages of throughput, as hls.js, dash.js, Shaka and Sabre use
//! them: a sample weighs as much as its download took, and the zero factor corrects for the empty
//! start.

use crate::Download;
use weir_units::{BitRate, Span};

/// A moving average in which a sample's weight halves with every half-life of newer samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ewma {
    half_life_s: f64,
    value: f64,
    weight_s: f64,
}

impl Ewma {
    /// An average without samples.
    pub fn new(half_life: Span) -> Self {
        Self { half_life_s: half_life.as_secs_f64(), value: 0.0, weight_s: 0.0 }
    }

    /// Adds `sample`, which lasted for `weight_s` seconds: with a = 0.5^(weight / half-life),
    /// value <- a * value + (1 - a) * sample (Sabre `Ewma.push`, hls.js `EWMA.sample`).
    pub fn push(&mut self, weight_s: f64, sample: f64) {
        let a = libm::exp2(-weight_s / self.half_life_s);
        self.value = a * self.value + (1.0 - a) * sample;
        self.weight_s += weight_s;
    }

    /// The average; `None` before the first sample. The average starts at 0, which is no sample:
    /// dividing by the weight that all samples have together, 1 - 0.5^(total / half-life), takes
    /// that zero out again (hls.js `EWMA.getEstimate`).
    pub fn get(&self) -> Option<f64> {
        let zero_factor = 1.0 - libm::exp2(-self.weight_s / self.half_life_s);
        (zero_factor > 0.0).then(|| self.value / zero_factor)
    }
}

/// The throughput of segment downloads: the lower of a fast and a slow average, so that the
/// estimate falls as fast as the first and rises as slowly as the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DualEwma {
    fast: Ewma,
    slow: Ewma,
}

impl DualEwma {
    /// An estimator without samples, with these two half-lives.
    pub fn new(fast: Span, slow: Span) -> Self {
        Self { fast: Ewma::new(fast), slow: Ewma::new(slow) }
    }

    /// Counts a download.
    ///
    /// The sample is the body's bytes over the time from its first to its last byte, and weighs
    /// that time: the time to the first byte is latency, not throughput (Sabre and dash.js leave it
    /// out as well). A body that arrived in one piece has no such time; it counts over the time
    /// since the request, or a player of small segments would never get an estimate.
    pub fn push(&mut self, download: &Download) {
        let took = match download.transfer {
            Span::ZERO => download.ttfb,
            transfer => transfer,
        };
        let seconds = took.as_secs_f64();
        if seconds > 0.0 {
            let bits_per_second = download.bytes.get() as f64 * 8.0 / seconds;
            self.fast.push(seconds, bits_per_second);
            self.slow.push(seconds, bits_per_second);
        }
    }

    /// The estimate in bit/s; `None` before the first sample.
    pub fn get(&self) -> Option<f64> {
        Some(self.fast.get()?.min(self.slow.get()?))
    }

    /// The estimate rounded down to a whole bit per second.
    pub fn rate(&self) -> Option<BitRate> {
        // `as` saturates, and an estimate is never negative.
        self.get().map(|bps| BitRate::from_bps(bps as u64))
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

    /// The unit test of hls.js (afe5b8b): half-lives 4 s and 15 s; 1 MB in 8 s, 4 s and 1 s.
    #[test]
    fn the_averages_are_those_of_hls_js() {
        let mut dual = DualEwma::new(Span::from_s(4), Span::from_s(15));
        for (seconds, expected) in
            [(8.0, 1_000_000.0), (4.0, 1_396_480.154_473_622_6), (1.0, 2_056_826.948_982_794_8)]
        {
            dual.fast.push(seconds, 8_000_000.0 / seconds);
            dual.slow.push(seconds, 8_000_000.0 / seconds);
            let got = dual.get().unwrap();
            assert!((got - expected).abs() < 1e-6, "{got} instead of {expected}");
        }
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
