//! The estimate of media3 (androidx/media 2bc2078, `DefaultBandwidthMeter`).

use super::SlidingPercentile;

/// `DEFAULT_SLIDING_WINDOW_MAX_WEIGHT`.
const MOST_WEIGHT: u64 = 2_000;
/// `ELAPSED_MILLIS_FOR_ESTIMATE` in seconds, `BYTES_TRANSFERRED_FOR_ESTIMATE` in bits: from either
/// on, there is an estimate.
const ENOUGH_TIME: f64 = 2.0;
const ENOUGH_BITS: f64 = 512.0 * 1024.0 * 8.0;

/// The median of throughputs, each of which weighs as the square root of its bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Media3Estimate {
    window: SlidingPercentile,
    seconds: f64,
    bits: f64,
    bps: f64,
}

impl Media3Estimate {
    /// Without samples.
    pub(crate) const fn new(initial_bps: f64) -> Self {
        let window = SlidingPercentile::new(MOST_WEIGHT);
        Self { window, seconds: 0.0, bits: 0.0, bps: initial_bps }
    }

    /// Adds a download: its bits, and the seconds of their transfer.
    pub(crate) fn push(&mut self, seconds: f64, bits: f64) {
        self.seconds += seconds;
        self.bits += bits;
        // `as` rounds down, as the player does.
        self.window.push(libm::sqrt(bits / 8.0) as u64, bits / seconds);
        if self.seconds >= ENOUGH_TIME || self.bits >= ENOUGH_BITS {
            self.bps = self.window.get(0.5).unwrap_or(self.bps);
        }
    }

    /// bit/s.
    pub(crate) const fn bps(&self) -> f64 {
        self.bps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_by_the_root_of_bytes_counts() {
        let mut estimate = Media3Estimate::new(1e6);
        estimate.push(1.0, 1e6);
        assert_eq!(estimate.bps(), 1e6);
        // Roots of 125,000, 500,000 and 250,000 bytes: 353, 707 and 500 of 1560.
        estimate.push(1.0, 4e6);
        assert_eq!(estimate.bps(), 4e6);
        estimate.push(1.0, 2e6);
        assert_eq!(estimate.bps(), 2e6);
    }
}
