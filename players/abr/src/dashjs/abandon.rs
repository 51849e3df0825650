//! `AbandonRequestsRule.js`: a download that will take too long gives way to a smaller one.

use crate::estimate::{dashjs_rounded_kbps as rounded_kbps, dashjs_rung_for as rung_for};
use crate::{Observation, Progress};
use weir_units::{Span, Time};

/// `abandonDurationMultiplier`: how many times as long as it plays a segment may take.
const SLOW: f64 = 1.8;
/// `minSegmentDownloadTimeThresholdInMs`, from the first byte.
const GRACE: Span = Span::from_ms(500);
/// `minThroughputSamplesThreshold`: how often progress was reported.
const REPORTS: u32 = 6;

/// The rule; it follows one request at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AbandonRule {
    buffer_time: Span,
    request: Option<Followed>,
    /// The segment that was abandoned last: none is abandoned twice.
    abandoned: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Followed {
    requested: Time,
    /// The first report, which is no sample.
    first: (Time, f64),
    reports: u32,
}

impl AbandonRule {
    pub(crate) const fn new(buffer_time: Span) -> Self {
        Self { buffer_time, request: None, abandoned: None }
    }

    /// The rung for which the download is to be abandoned.
    pub(crate) fn progress(&mut self, seen: &Observation, progress: &Progress) -> Option<usize> {
        let ttfb = progress.ttfb?;
        let bits = progress.downloaded_bits();
        let known = self.request.filter(|followed| followed.requested == progress.requested);
        let mut followed = known.unwrap_or(Followed {
            requested: progress.requested,
            first: (seen.now, bits),
            reports: 0,
        });
        followed.reports = followed.reports.saturating_add(1);
        self.request = Some(followed);

        let since_first_byte = seen.now.since(progress.requested.after(ttfb));
        if self.abandoned == Some(seen.segment)
            || seen.buffer > self.buffer_time
            || followed.reports < REPORTS
            || since_first_byte <= GRACE
            || bits >= progress.size_bits()
            || progress.rung == 0
        {
            return None;
        }
        let (began, before) = followed.first;
        let kbps = rounded_kbps(bits - before, seen.now.since(began));
        let seconds = progress.size_bits() / kbps / 1e3;
        if seconds < SLOW * seen.segment_seconds() {
            return None;
        }
        let to = rung_for(seen, kbps);
        let instead = progress.size_bits() * seen.mean_kbps(to) / seen.mean_kbps(progress.rung);
        if to >= progress.rung || progress.size_bits() - bits <= instead {
            return None;
        }
        self.abandoned = Some(seen.segment);
        Some(to)
    }
}
