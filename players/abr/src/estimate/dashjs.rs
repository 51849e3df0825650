//! The estimate of dash.js 5 in its default mode (Dash-Industry-Forum/dash.js ccf3b95,
//! `ThroughputController.js`, `ThroughputModel.js`).

use super::{DualEwma, rate};
use crate::Observation;
use crate::observation::{Cursor, ms};
use weir_units::BitRate;

/// `weightDownloadTimeMultiplicationFactor`: a millisecond of download weighs this many seconds.
const WEIGHT: f64 = 0.0015;
/// `bandwidthSafetyFactor`.
const SAFETY: f64 = 0.9;

/// The lower of two averages in which a download weighs one and a half times its transfer. Latency
/// is left out, samples and average are rounded to kbit/s, and abandoned downloads are no samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DashJsEstimate {
    throughput: DualEwma,
    cursor: Cursor,
    kbps: Option<f64>,
}

impl DashJsEstimate {
    /// Without samples: half-lives of 3 s and 8 s.
    pub(crate) const fn new() -> Self {
        Self { throughput: DualEwma::counting(3.0, 8.0), cursor: Cursor::new(), kbps: None }
    }

    /// Takes in new downloads.
    pub(crate) fn update(&mut self, seen: &Observation) {
        let fresh = self.cursor.fresh(seen);
        for download in fresh.iter().filter(|download| download.is_whole()) {
            if let Some(seconds) = download.sample_seconds() {
                let took = seconds * 1e3;
                let kbps = libm::round(download.bits() / took);
                self.throughput.push(WEIGHT * took, kbps);
            }
        }
        if !fresh.is_empty() {
            self.kbps = self.throughput.low().map(libm::round);
        }
    }

    /// The average in kbit/s.
    pub(crate) const fn kbps(&self) -> Option<f64> {
        self.kbps
    }

    /// The share of it that is used, in kbit/s.
    pub(crate) fn safe_kbps(&self) -> Option<f64> {
        self.kbps.map(|kbps| kbps * SAFETY)
    }

    /// The average for the log.
    pub(crate) fn rate(&self) -> Option<BitRate> {
        self.kbps.map(|kbps| rate(kbps * 1e3))
    }
}

/// The highest rung at or below this rate; the lowest if there is none
/// (`getOptimalRepresentationForBitrate`).
pub(crate) fn rung_for(seen: &Observation, kbps: f64) -> usize {
    (0..seen.ladder.len()).rev().find(|rung| seen.mean_kbps(*rung) <= kbps).unwrap_or(0)
}

/// A throughput over a part of a download, rounded to kbit/s.
pub(crate) fn rounded_kbps(bits: f64, took: weir_units::Span) -> f64 {
    libm::round(bits / ms(took).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{download, observation};
    use alloc::vec;
    use weir_units::{Span, Time};

    /// A second of download weighs as 1.5 s do elsewhere: the vector of Sabre's averages with
    /// download times divided by 1.5.
    #[test]
    fn a_second_of_download_weighs_one_and_a_half() {
        let mut seen = observation(&[500]);
        seen.downloads = [(3_000, 4000), (2_000, 1000), (4_000, 2500)]
            .iter()
            .enumerate()
            .map(|(i, (weight_ms, kbps))| {
                let transfer = Span::from_us(weight_ms * 2_000 / 3);
                download(*kbps, Span::from_ms(transfer.ms()), Time::from_ns(i as u64 + 1))
            })
            .collect();
        let mut estimate = DashJsEstimate::new();
        estimate.update(&seen);
        let kbps = estimate.kbps().unwrap();
        assert!((kbps - 2_463.0).abs() <= 1.0, "{kbps}");
        assert!((estimate.safe_kbps().unwrap() - 0.9 * kbps).abs() < 1e-9);
    }

    #[test]
    fn rates_are_rounded_to_kbit_per_second() {
        let mut seen = observation(&[500]);
        let mut sample = download(1000, Span::from_s(1), Time::from_ns(1));
        sample.transfer = Span::from_us(1_000_600);
        seen.downloads = vec![sample];
        let mut estimate = DashJsEstimate::new();
        estimate.update(&seen);
        assert_eq!(estimate.kbps(), Some(999.0));
    }
}
