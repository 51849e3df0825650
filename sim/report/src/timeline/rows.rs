//! The rows that timelines are made of, read for a few trials from tables of any size.

use crate::columns::{floats, ints, texts};
use crate::files::Groups;
use anyhow::{Context, Result};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use weir_records::{Link, Row, Segment, Stall};

/// Intervals of links that begin later are not read: a day of a wide network would fill the memory,
/// and no picture can show it.
const HORIZON_US: u64 = 2 * 3_600 * 1_000_000;

/// The rows of some trials.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrialRows {
    /// By trial and session, in the order of requests.
    segments: BTreeMap<(String, u64), Vec<SegmentRow>>,
    /// By trial and session: when playback stopped, and for how long.
    stalls: BTreeMap<(String, u64), Vec<(u64, u64)>>,
    /// By trial.
    links: BTreeMap<String, Vec<LinkRow>>,
}

/// What a timeline needs of a segment request; see [`Segment`].
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SegmentRow {
    pub declared_bps: u64,
    pub request_us: u64,
    pub ttfb_us: Option<u64>,
    pub download_us: u64,
    pub throughput_bps: Option<u64>,
    pub buffer_before_us: u64,
    pub buffer_after_us: u64,
    pub failed: bool,
}

/// What a timeline needs of an interval of one direction of a link; see [`Link`].
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LinkRow {
    pub link: String,
    pub from: String,
    pub to: String,
    pub start_us: u64,
    pub end_us: u64,
    pub rate_bps: Option<u64>,
    pub queue_bytes: Option<u64>,
    pub bytes: u64,
    /// Dropped by the queue, full or managed.
    pub drops: u64,
    /// Lost at random.
    pub losses: u64,
    pub backlog_bytes: Option<u64>,
    pub utilisation: Option<f64>,
}

impl TrialRows {
    /// Of these trials.
    pub(crate) fn read(dir: &Path, trials: &BTreeSet<&str>) -> Result<Self> {
        let mut rows = Self::default();
        if trials.is_empty() {
            return Ok(rows);
        }
        let mut segments = Groups::open(dir, Segment::TABLE.name, &SEGMENT)?;
        while let Some(frame) = segments.next()? {
            rows.add_segments(&frame, trials).context("table segments")?;
        }
        let mut stalls = Groups::open(dir, Stall::TABLE.name, &STALL)?;
        while let Some(frame) = stalls.next()? {
            rows.add_stalls(&frame, trials).context("table stalls")?;
        }
        let mut links = Groups::open(dir, Link::TABLE.name, &LINK)?;
        while let Some(frame) = links.next()? {
            rows.add_links(&frame, trials).context("table links")?;
        }
        Ok(rows)
    }

    pub(crate) fn segments(&self, trial: &str, session: u64) -> &[SegmentRow] {
        self.segments.get(&(trial.to_owned(), session)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn stalls(&self, trial: &str, session: u64) -> &[(u64, u64)] {
        self.stalls.get(&(trial.to_owned(), session)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn links(&self, trial: &str) -> &[LinkRow] {
        self.links.get(trial).map_or(&[], Vec::as_slice)
    }

    fn add_segments(&mut self, frame: &DataFrame, trials: &BTreeSet<&str>) -> Result<()> {
        let int = |name| ints(frame, name);
        let (session, declared, request) =
            (int("session")?, int("declared_bps")?, int("request_us")?);
        let (ttfb, download, throughput) =
            (int("ttfb_us")?, int("download_us")?, int("throughput_bps")?);
        let (before, after) = (int("buffer_before_us")?, int("buffer_after_us")?);
        let errs = texts(frame, "err")?;
        for (row, trial) in wanted(frame, trials)? {
            let key = (trial, session[row].unwrap_or_default());
            self.segments.entry(key).or_default().push(SegmentRow {
                declared_bps: declared[row].unwrap_or_default(),
                request_us: request[row].unwrap_or_default(),
                ttfb_us: ttfb[row],
                download_us: download[row].unwrap_or_default(),
                throughput_bps: throughput[row],
                buffer_before_us: before[row].unwrap_or_default(),
                buffer_after_us: after[row].unwrap_or_default(),
                failed: errs[row].is_some_and(|err| err != Segment::CUT_OFF),
            });
        }
        Ok(())
    }

    fn add_stalls(&mut self, frame: &DataFrame, trials: &BTreeSet<&str>) -> Result<()> {
        let (session, start) = (ints(frame, "session")?, ints(frame, "start_us")?);
        let duration = ints(frame, "duration_us")?;
        for (row, trial) in wanted(frame, trials)? {
            let key = (trial, session[row].unwrap_or_default());
            let stall = (start[row].unwrap_or_default(), duration[row].unwrap_or_default());
            self.stalls.entry(key).or_default().push(stall);
        }
        Ok(())
    }

    fn add_links(&mut self, frame: &DataFrame, trials: &BTreeSet<&str>) -> Result<()> {
        let int = |name| ints(frame, name);
        let text = |name| texts(frame, name);
        let (link, from, to) = (text("link")?, text("from")?, text("to")?);
        let (start, end, rate) = (int("start_us")?, int("end_us")?, int("rate_bps")?);
        let (queue, bytes, backlog) = (int("queue_bytes")?, int("bytes")?, int("backlog_bytes")?);
        let (full, managed, losses) = (int("queue_drops")?, int("aqm_drops")?, int("losses")?);
        let utilisation = floats(frame, "utilisation")?;
        for (row, trial) in wanted(frame, trials)? {
            let count = |values: &[Option<u64>]| values[row].unwrap_or_default();
            if count(&start) >= HORIZON_US {
                continue;
            }
            let name = |values: &[Option<&str>]| values[row].unwrap_or_default().to_owned();
            self.links.entry(trial).or_default().push(LinkRow {
                link: name(&link),
                from: name(&from),
                to: name(&to),
                start_us: count(&start),
                end_us: count(&end),
                rate_bps: rate[row],
                queue_bytes: queue[row],
                bytes: count(&bytes),
                drops: count(&full).saturating_add(count(&managed)),
                losses: count(&losses),
                backlog_bytes: backlog[row],
                utilisation: utilisation[row],
            });
        }
        Ok(())
    }
}

const SEGMENT: [&str; 10] = [
    "trial",
    "session",
    "declared_bps",
    "request_us",
    "ttfb_us",
    "download_us",
    "throughput_bps",
    "buffer_before_us",
    "buffer_after_us",
    "err",
];

const STALL: [&str; 4] = ["trial", "session", "start_us", "duration_us"];

const LINK: [&str; 14] = [
    "trial",
    "link",
    "from",
    "to",
    "start_us",
    "end_us",
    "rate_bps",
    "queue_bytes",
    "bytes",
    "queue_drops",
    "aqm_drops",
    "losses",
    "backlog_bytes",
    "utilisation",
];

/// The rows of these trials, and whose they are.
fn wanted(frame: &DataFrame, trials: &BTreeSet<&str>) -> Result<Vec<(usize, String)>> {
    let names = texts(frame, "trial").context("look for the trials")?;
    let names = names.into_iter().enumerate();
    let named = names.filter_map(|(row, name)| Some((row, name?)));
    Ok(named
        .filter(|(_, name)| trials.contains(name))
        .map(|(row, name)| (row, name.to_owned()))
        .collect())
}
