//! Sabre's estimate of throughput and latency (UMass-LIDS/sabre 09b03bb, class `Ewma`).

use super::{DualEwma, rate};
use crate::observation::{Cursor, ms};
use crate::{Download, Observation};
use core::cell::OnceCell;
use weir_units::{BitRate, Span};

/// Throughput is the lower of two averages in which a download weighs the time of its transfer;
/// latency is the higher of two in which it weighs as much as its segment plays. Abandoned
/// downloads are no samples.
#[derive(Debug, Clone)]
pub(crate) struct SabreEstimate {
    throughput: DualEwma,
    latency: DualEwma,
    cursor: Cursor,
    /// The averages as they stand, so that they are computed once for each download; that of
    /// latency when somebody asks.
    throughput_now: Option<f64>,
    latency_now: OnceCell<f64>,
}

/// What a Sabre algorithm counts with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate<'a> {
    /// kbit/s.
    pub throughput: f64,
    of: &'a SabreEstimate,
}

impl Estimate<'_> {
    /// The time to the first byte in milliseconds.
    pub(crate) fn latency(&self) -> f64 {
        *self.of.latency_now.get_or_init(|| self.of.latency.high().unwrap_or(0.0))
    }
}

impl SabreEstimate {
    /// Without samples.
    pub(crate) fn new(fast: Span, slow: Span) -> Self {
        let dual = DualEwma::new(fast, slow);
        let (throughput_now, latency_now) = (None, OnceCell::new());
        Self { throughput: dual, latency: dual, cursor: Cursor::new(), throughput_now, latency_now }
    }

    /// Takes in new downloads; `None` before the first.
    pub(crate) fn update(&mut self, seen: &Observation) -> Option<Estimate<'_>> {
        let fresh = self.cursor.fresh(seen);
        if !fresh.is_empty() {
            fresh.iter().filter(|download| download.is_whole()).for_each(|d| self.push(d));
            let known = self.latency.weight() > 0.0;
            self.throughput_now = if known { self.throughput.low() } else { None };
            self.latency_now = OnceCell::new();
        }
        self.throughput_now.map(|throughput| Estimate { throughput, of: self })
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
        self.throughput_now.map(|kbps| rate(kbps * 1e3))
    }
}
