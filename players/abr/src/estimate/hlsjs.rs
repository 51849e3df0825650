//! The estimate of hls.js (video-dev/hls.js afe5b8b, `ewma-bandwidth-estimator.ts`).

use super::{DualEwma, Ewma};

/// `abrEwmaFastVoD`, `abrEwmaSlowVoD` and their live counterparts, in seconds.
const FAST: f64 = 3.0;
const SLOW: f64 = 9.0;
/// `minWeight_`: below it, the default holds.
const LEAST_WEIGHT: f64 = 0.001;
/// `defaultTTFB_` and the least sample of latency, in seconds.
const DEFAULT_TTFB: f64 = 0.1;
const LEAST_TTFB: f64 = 0.005;

/// Throughput is the lower of two averages in which a download weighs the time it took, latency an
/// average in which short times weigh more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HlsJsEstimate {
    throughput: DualEwma,
    ttfb: Ewma,
    default_bps: f64,
}

impl HlsJsEstimate {
    /// Without samples.
    pub(crate) const fn new(default_bps: f64) -> Self {
        Self::with_half_lives(FAST, SLOW, default_bps)
    }

    const fn with_half_lives(fast: f64, slow: f64, default_bps: f64) -> Self {
        let throughput = DualEwma::counting(fast, slow);
        Self { throughput, ttfb: Ewma::counting(slow), default_bps }
    }

    /// Adds a download: its bits, and the seconds they took. It counts as if it had taken 50 ms, or
    /// a millisecond for each 100 kB, if it took less than either.
    pub(crate) fn push(&mut self, seconds: f64, bits: f64) {
        if bits > 0.0 {
            let least = f64::min(50.0, bits / 8.0 / 100_000.0) / 1e3;
            let seconds = seconds.max(least);
            self.throughput.push(seconds, bits / seconds);
        }
    }

    /// Adds a time to the first byte, in seconds.
    pub(crate) fn push_ttfb(&mut self, seconds: f64) {
        let weight = core::f64::consts::SQRT_2 * libm::exp(-seconds * seconds / 2.0);
        self.ttfb.push(weight, seconds.max(LEAST_TTFB));
    }

    /// Whether there is more than the default.
    pub(crate) fn is_known(&self) -> bool {
        self.throughput.weight() >= LEAST_WEIGHT
    }

    /// bit/s.
    pub(crate) fn bps(&self) -> f64 {
        let known = self.throughput.low().filter(|_| self.is_known());
        known.unwrap_or(self.default_bps)
    }

    /// The time to the first byte in seconds.
    pub(crate) fn ttfb(&self) -> f64 {
        let known = self.ttfb.get().filter(|_| self.ttfb.weight() >= LEAST_WEIGHT);
        known.unwrap_or(DEFAULT_TTFB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A megabyte in 8 s, in 4 s and in 1 s.
    fn estimates(fast: f64, slow: f64) -> [f64; 3] {
        let mut estimate = HlsJsEstimate::with_half_lives(fast, slow, 5e5);
        assert_eq!(estimate.bps(), 5e5);
        [8.0, 4.0, 1.0].map(|seconds| {
            estimate.push(seconds, 8e6);
            estimate.bps()
        })
    }

    /// The unit test of hls.js.
    #[test]
    fn the_averages_are_those_of_the_player() {
        for (fast, slow, expected) in [
            (4.0, 15.0, [1_000_000.0, 1_396_480.154_473_622_6, 2_056_826.948_982_794_8]),
            (5.0, 9.0, [1_000_000.0, 1_439_580.319_105_247, 2_208_342.324_322_311]),
        ] {
            for (got, expected) in estimates(fast, slow).into_iter().zip(expected) {
                assert!((got - expected).abs() < 1e-6, "{got} instead of {expected}");
            }
        }
    }

    #[test]
    fn short_latencies_weigh_more() {
        let mut estimate = HlsJsEstimate::new(5e5);
        assert_eq!(estimate.ttfb(), DEFAULT_TTFB);
        estimate.push_ttfb(0.001);
        assert!((estimate.ttfb() - LEAST_TTFB).abs() < 1e-12);
        estimate.push_ttfb(3.0);
        assert!(estimate.ttfb() < 0.1);
    }
}
