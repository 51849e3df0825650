//! Rate-based adaptation: the highest rung that the measured throughput carries.

use crate::estimate::rate;
use crate::observation::Cursor;
use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Download, DualEwma, Observation};
use alloc::boxed::Box;
use weir_units::{BitRate, Bytes, Ratio, Span};

// 3 s and 8 s are the half-lives of Sabre and dash.js, and 0.9 is the safety factor of both.
pub(crate) const ENTRY: Entry = Entry {
    name: "throughput",
    about: "the highest rung below 90 % of the throughput (the lower of two moving averages)",
    params: &[
        Param { name: "fast", default: "3 s", doc: "half-life of the average that falls quickly" },
        Param { name: "slow", default: "8 s", doc: "half-life of the average that rises slowly" },
        Param { name: "safety", default: "90 %", doc: "the share of the estimate that is used" },
    ],
    verified: None,
    build: |params| {
        let (fast, slow) = (params.span("fast")?, params.span("slow")?);
        Ok(Box::new(Throughput::new(fast, slow, params.share("safety")?)))
    },
};

/// Below this many segments in the buffer, a rung's peak rate counts instead of its mean: two, as
/// in hls.js 1.7 (`abr-controller.ts`).
const CAUTIOUS: f64 = 2.0;

/// Smaller downloads are no samples of their own: a few packets that arrive together say nothing of
/// the rate. They count together, once they are as many bytes. 16 kB as in Shaka Player 5
/// (`EwmaBandwidthEstimator`, `minBytes`), which leaves them out.
const LEAST_SAMPLE: Bytes = Bytes::new(16_000);

/// The algorithm `throughput`. Before the first sample it takes the lowest rung; it never waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    average: DualEwma,
    cursor: Cursor,
    /// Downloads that wait until they are enough for a sample.
    small: (Bytes, Span),
    safety: f64,
}

impl Throughput {
    /// An algorithm that uses the share `safety` of the lower of two moving averages.
    pub fn new(fast: Span, slow: Span, safety: Ratio) -> Self {
        let small = (Bytes::ZERO, Span::ZERO);
        Self {
            average: DualEwma::new(fast, slow),
            cursor: Cursor::new(),
            small,
            safety: safety.as_f64(),
        }
    }
}

impl Throughput {
    fn count(&mut self, download: &Download) {
        let (bytes, transfer) = self.small;
        let sample = Download {
            bytes: bytes.checked_add(download.bytes).unwrap_or(download.bytes),
            transfer: transfer.saturating_add(download.transfer),
            ..*download
        };
        if sample.bytes < LEAST_SAMPLE {
            self.small = (sample.bytes, sample.transfer);
        } else {
            if let Some(seconds) = sample.sample_seconds() {
                self.average.push(seconds, sample.bits() / seconds);
            }
            self.small = (Bytes::ZERO, Span::ZERO);
        }
    }
}

impl Abr for Throughput {
    /// A rung can be afforded if its mean rate is at most the safe estimate; while less than
    /// two segments are in the buffer, its peak rate (as in hls.js 1.7's
    /// `findBestLevel`: the mean alone lets a run of large segments stall a player that has just
    /// started). Where the coming segment's sizes are known, if it takes no longer than it plays.
    fn decide(&mut self, seen: &Observation) -> Decision {
        let mut cursor = self.cursor;
        cursor.fresh(seen).iter().for_each(|download| self.count(download));
        self.cursor = cursor;
        let safe_bps = self.average.low().unwrap_or(0.0) * self.safety;
        let cautious = seen.buffer.as_secs_f64() < CAUTIOUS * seen.segment_seconds();
        let bits =
            if cautious { Observation::coming_bits_at_most } else { Observation::coming_bits };
        let affordable = |rung: &usize| bits(seen, *rung) <= safe_bps * seen.segment_seconds();
        let rung = (0..seen.ladder.len()).rev().find(affordable).unwrap_or(0);
        Decision::now(rung)
    }

    /// The average itself, without the safety factor.
    fn estimate(&self) -> Option<BitRate> {
        self.average.low().map(rate)
    }

    fn abandons(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{download, observation};
    use alloc::vec;
    use weir_units::{Bytes, Time};

    fn throughput() -> Throughput {
        Throughput::new(Span::from_s(3), Span::from_s(8), Ratio::from_ppb(900_000_000))
    }

    #[test]
    fn the_lowest_rung_comes_first() {
        assert_eq!(throughput().decide(&observation(&[500, 1000, 2000])).rung, 0);
    }

    #[test]
    fn the_rung_is_the_highest_below_the_safe_estimate() {
        let mut seen = observation(&[500, 1000, 2000]);
        seen.buffer = Span::from_s(6);
        for (kbps, rung) in [(400, 0), (1100, 0), (1112, 1), (2222, 1), (2223, 2), (90_000, 2)] {
            seen.downloads = vec![download(kbps, Span::from_s(2), Time::from_ns(1))];
            let mut abr = throughput();
            assert_eq!(abr.decide(&seen).rung, rung, "at {kbps} kbit/s");
            assert_eq!(abr.estimate(), Some(BitRate::from_bps(kbps * 1000)));
        }
    }

    #[test]
    fn a_few_packets_are_no_sample() {
        let mut seen = observation(&[500, 1000]);
        seen.downloads = vec![download(40_000, Span::from_ms(3), Time::from_ns(1))];
        let mut abr = throughput();
        assert_eq!((abr.decide(&seen).rung, abr.estimate()), (0, None));
        // With the next ones they are enough: 15,000 bytes in 3 ms, and 15,000 in 30 ms.
        seen.downloads.push(download(4_000, Span::from_ms(30), Time::from_ns(2)));
        abr.decide(&seen);
        assert_eq!(abr.estimate(), Some(BitRate::from_bps(7_272_727)));
    }

    #[test]
    fn peaks_count_while_the_buffer_is_low() {
        // The peaks are 750, 1500 and 3000 kbit/s, the safe estimate is 1350.
        let mut seen = observation(&[500, 1000, 2000]);
        seen.downloads = vec![download(1500, Span::from_s(2), Time::from_ns(1))];
        for (buffer, rung) in [(0, 0), (5_999, 0), (6_000, 1), (20_000, 1)] {
            seen.buffer = Span::from_ms(buffer);
            assert_eq!(throughput().decide(&seen).rung, rung, "with {buffer} ms");
        }
    }

    #[test]
    fn known_sizes_replace_the_declared_rates() {
        let mut seen = observation(&[500, 1000, 2000]);
        seen.downloads = vec![download(1000, Span::from_s(2), Time::from_ns(1))];
        assert_eq!(throughput().decide(&seen).rung, 0);
        // 3 s at 900 kbit/s carry 337,500 bytes; the estimate itself is a rounded number.
        seen.sizes = vec![[100_000, 200_000, 337_499].map(Bytes::new).to_vec()];
        assert_eq!(throughput().decide(&seen).rung, 2);
        seen.sizes = vec![[100_000, 200_000, 337_501].map(Bytes::new).to_vec()];
        assert_eq!(throughput().decide(&seen).rung, 1);
    }

    #[test]
    fn a_download_counts_once_however_often_it_is_shown() {
        let mut seen = observation(&[500, 1000, 2000]);
        seen.downloads = vec![download(4000, Span::from_s(3), Time::from_ns(1))];
        let mut often = throughput();
        let mut once = often;
        for _ in 0..5 {
            often.decide(&seen);
        }
        seen.downloads.push(download(1000, Span::from_s(2), Time::from_ns(2)));
        often.decide(&seen);
        once.decide(&seen);
        assert_eq!(often, once);
    }

    #[test]
    fn a_body_that_came_in_one_piece_is_a_sample_too() {
        let mut seen = observation(&[500, 1000]);
        let mut whole = download(8_000, Span::from_ms(100), Time::from_ns(1));
        (whole.ttfb, whole.transfer) = (whole.transfer, Span::ZERO);
        seen.downloads = vec![whole];
        let mut abr = throughput();
        abr.decide(&seen);
        assert_eq!(abr.estimate(), Some(BitRate::from_bps(8_000_000)));
    }
}
