//! The estimate of Shaka Player (shaka-project/shaka-player 35b290e, `EwmaBandwidthEstimator`).

use super::DualEwma;

/// `fastHalfLife` and `slowHalfLife` in seconds.
const FAST: f64 = 2.0;
const SLOW: f64 = 5.0;
/// `minBytes` and `minTotalBytes`, in bits.
const LEAST_SAMPLE: f64 = 16e3 * 8.0;
const LEAST_TOTAL: f64 = 128e3 * 8.0;
/// `cacheLoadThreshold` in seconds: what comes faster came from a cache.
const CACHED: f64 = 0.005;

/// The lower of two averages in which a download weighs the time it took, latency included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ShakaEstimate {
    throughput: DualEwma,
    total: f64,
    default_bps: f64,
}

impl ShakaEstimate {
    /// Without samples.
    pub(crate) const fn new(default_bps: f64) -> Self {
        Self { throughput: DualEwma::counting(FAST, SLOW), total: 0.0, default_bps }
    }

    /// Adds a download: its bits, and the seconds they took. Small ones do not count.
    pub(crate) fn push(&mut self, seconds: f64, bits: f64) {
        if seconds >= CACHED && bits >= LEAST_SAMPLE {
            self.throughput.push(seconds, bits / seconds);
            self.total += bits;
        }
    }

    /// Whether there is more than the default.
    pub(crate) fn is_good(&self) -> bool {
        self.total >= LEAST_TOTAL
    }

    /// bit/s.
    pub(crate) fn bps(&self) -> f64 {
        self.throughput.low().filter(|_| self.is_good()).unwrap_or(self.default_bps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_downloads_do_not_count_and_few_are_not_trusted() {
        let mut estimate = ShakaEstimate::new(1e6);
        for _ in 0..100 {
            estimate.push(1.0, 15e3 * 8.0);
            estimate.push(0.004, 1e9);
        }
        assert_eq!(estimate.bps(), 1e6);
        estimate.push(1.0, 64e3 * 8.0);
        assert_eq!(estimate.bps(), 1e6);
        estimate.push(1.0, 64e3 * 8.0);
        assert!((estimate.bps() - 512e3).abs() < 1e-6);
    }

    /// By hand: 4 Mbit/s for 2 s and 1 Mbit/s for 1 s. With a half-life of 2 s the first weighs
    /// (1 - 0.5) * 0.5^0.5, the second 1 - 0.5^0.5, of 1 - 0.5^1.5 together.
    #[test]
    fn the_lower_average_counts() {
        let mut estimate = ShakaEstimate::new(1e6);
        estimate.push(2.0, 8e6);
        estimate.push(1.0, 1e6);
        let root = core::f64::consts::FRAC_1_SQRT_2;
        let fast = (4e6 * 0.5 * root + 1e6 * (1.0 - root)) / (1.0 - 0.5 * root);
        assert!((estimate.bps() - fast).abs() < 1e-3);
    }
}
