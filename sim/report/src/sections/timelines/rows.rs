//! The rows that timelines are made of, read for a few trials from tables of any size.

use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use weir_records::Segment;
use weir_tables::{TableReader, table_row};

/// Intervals of links that begin later are not kept: a day of a wide network would fill the memory,
/// and no picture can show it.
const HORIZON_US: u64 = 2 * 3_600 * 1_000_000;

/// The rows of some trials.
#[derive(Debug, Clone, Default)]
pub(super) struct TrialRows {
    /// By trial and session, in the order of requests.
    segments: BTreeMap<(Arc<str>, u64), Vec<SegmentRow>>,
    /// By trial and session.
    stalls: BTreeMap<(Arc<str>, u64), Vec<StallRow>>,
    /// By trial.
    links: BTreeMap<Arc<str>, Vec<LinkRow>>,
}

table_row! {
    /// What a timeline needs of a segment request; see [`Segment`].
    pub(super) struct SegmentRow of Segment {
        pub trial: Arc<str>,
        session: u64,
        pub declared_bps: u64,
        pub request_us: u64,
        pub ttfb_us: Option<u64>,
        pub download_us: u64,
        pub throughput_bps: Option<u64>,
        pub buffer_before_us: u64,
        pub buffer_after_us: u64,
        err: Option<Arc<str>>,
    }
}

impl SegmentRow {
    /// Whether it failed by itself: not because the session ended.
    pub(super) fn has_failed(&self) -> bool {
        self.err.as_deref().is_some_and(|err| err != Segment::CUT_OFF)
    }
}

table_row! {
    /// When playback stopped, and for how long.
    pub(super) struct StallRow of Stall {
        pub trial: Arc<str>,
        session: u64,
        pub start_us: u64,
        pub duration_us: u64,
    }
}

table_row! {
    /// What a timeline needs of an interval of one direction of a link; see
    /// [`Link`](weir_records::Link).
    pub(super) struct LinkRow of Link {
        pub trial: Arc<str>,
        pub link: Arc<str>,
        pub from: Arc<str>,
        pub to: Arc<str>,
        pub start_us: u64,
        pub end_us: u64,
        pub rate_bps: Option<u64>,
        pub queue_bytes: Option<u64>,
        pub bytes: u64,
        pub queue_drops: u64,
        pub aqm_drops: u64,
        /// Lost at random.
        pub losses: u64,
        pub backlog_bytes: Option<u64>,
        pub utilisation: Option<f64>,
    }
}

impl LinkRow {
    /// Dropped by the queue, full or managed.
    pub(super) fn drops(&self) -> u64 {
        self.queue_drops.saturating_add(self.aqm_drops)
    }
}

impl TrialRows {
    /// Of these trials.
    pub(super) fn read(dir: &Path, trials: &BTreeSet<&str>) -> Result<Self> {
        let mut rows = Self::default();
        if trials.is_empty() {
            return Ok(rows);
        }
        TableReader::<SegmentRow>::open(dir)?.for_each(|row| {
            if trials.contains(&*row.trial) {
                rows.segments.entry((row.trial.clone(), row.session)).or_default().push(row);
            }
        })?;
        TableReader::<StallRow>::open(dir)?.for_each(|row| {
            if trials.contains(&*row.trial) {
                rows.stalls.entry((row.trial.clone(), row.session)).or_default().push(row);
            }
        })?;
        TableReader::<LinkRow>::open(dir)?.for_each(|row| {
            if row.start_us < HORIZON_US && trials.contains(&*row.trial) {
                rows.links.entry(row.trial.clone()).or_default().push(row);
            }
        })?;
        Ok(rows)
    }

    pub(super) fn segments(&self, trial: &str, session: u64) -> &[SegmentRow] {
        self.segments.get(&(trial.into(), session)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn stalls(&self, trial: &str, session: u64) -> &[StallRow] {
        self.stalls.get(&(trial.into(), session)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn links(&self, trial: &str) -> &[LinkRow] {
        self.links.get(trial).map_or(&[], Vec::as_slice)
    }
}
