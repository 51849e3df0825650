//! Sabre's estimate of throughput and latency (UMass-LIDS/sabre 09b03bb, class `Ewma`).

use super::{DualEwma, rate};
use crate::observation::{Cursor, ms};
use crate::{Download, Observation};
use weir_units::{BitRate, Span};

/// Throughput is the lower of two averages in which a download weighs the time of its transfer;
/// latency is the higher of two in which it weighs as much as its segment plays. Abandoned
/// downloads are no samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SabreEstimate {
    throughput: DualEwma,
    latency: DualEwma,
    cursor: Cursor,
    /// The two averages as they stand, so that they are computed once for each download.
    now: Option<Estimate>,
}

/// What a Sabre algorithm counts with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    /// kbit/s.
    pub throughput: f64,
    /// The time to the first byte in milliseconds.
    pub latency: f64,
}

impl SabreEstimate {
    /// Without samples.
    pub(crate) fn new(fast: Span, slow: Span) -> Self {
        let dual = DualEwma::new(fast, slow);
        Self { throughput: dual, latency: dual, cursor: Cursor::new(), now: None }
    }

    /// Takes in new downloads; `None` before the first.
    pub(crate) fn update(&mut self, seen: &Observation) -> Option<Estimate> {
        let fresh = self.cursor.fresh(seen);
        if !fresh.is_empty() {
            fresh.iter().filter(|download| download.is_whole()).for_each(|d| self.push(d));
            self.now = self
                .throughput
                .low()
                .zip(self.latency.high())
                .map(|(throughput, latency)| Estimate { throughput, latency });
        }
        self.now
    }

    fn push(&mut self, download: &Download) {
        if let Some(seconds) = download.sample_seconds() {
            self.throughput.push(seconds, download.bits() / (seconds * 1e3));
            // Sabre counts samples and divides the half-lives by the duration of a segment.
            self.latency.push(download.media.as_secs_f64(), ms(download.ttfb));
        }
    }

    /// The estimate of throughput for the log.
    pub(crate) fn rate(&self) -> Option<BitRate> {
        self.now.map(|now| rate(now.throughput * 1e3))
    }
}
