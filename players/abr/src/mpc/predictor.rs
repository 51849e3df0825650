//! The throughput of the next segments.

use crate::Download;
use crate::estimate::{Mean, Window};

/// The harmonic mean of the last downloads, latency included, and how far off it was before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Predictor {
    rates: Window,
    /// |predicted - actual| / actual; zero for the first download, for which nothing was predicted.
    errors: Window,
    predicted: Option<f64>,
}

impl Predictor {
    pub(crate) fn new(window: usize) -> Self {
        Self { rates: Window::new(window), errors: Window::new(window), predicted: None }
    }

    /// Takes in a download; one that took no time says nothing.
    pub(crate) fn push(&mut self, download: &Download) {
        let seconds = download.ttfb.saturating_add(download.transfer).as_secs_f64();
        let rate = download.bits() / seconds;
        if !rate.is_finite() || rate <= 0.0 {
            return;
        }
        self.errors.push(self.predicted.map_or(0.0, |was| (was - rate).abs() / rate));
        self.rates.push(rate);
        self.predicted = self.rates.get(Mean::Harmonic);
    }

    /// The prediction in bit/s; `None` before the first download. A robust one is as far below the
    /// mean as the worst of the last predictions was off.
    pub(crate) fn bps(&self, robust: bool) -> Option<f64> {
        let worst = if robust { self.errors.highest().unwrap_or(0.0) } else { 0.0 };
        self.predicted.map(|mean| mean / (1.0 + worst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::download;
    use weir_units::{Span, Time};

    #[test]
    fn a_robust_prediction_is_lowered_by_the_worst_error() {
        let mut predictor = Predictor::new(5);
        assert_eq!(predictor.bps(true), None);
        for (kbps, plain, robust) in [
            (1000, 1_000_000.0, 1_000_000.0),
            // 1000 was predicted where 500 came: twice as much.
            (500, 2_000_000.0 / 3.0, 2_000_000.0 / 6.0),
            // 667 was predicted where 2000 came.
            (2000, 3_000_000.0 / 3.5, 3_000_000.0 / 7.0),
        ] {
            let mut sample = download(kbps, Span::from_s(2), Time::from_ns(1));
            sample.ttfb = Span::ZERO;
            predictor.push(&sample);
            assert!((predictor.bps(false).unwrap() - plain).abs() < 1e-3);
            assert!((predictor.bps(true).unwrap() - robust).abs() < 1e-3);
        }
    }
}
