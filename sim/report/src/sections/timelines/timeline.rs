//! What the timeline of a session shows: the link's rate, the throughput that was measured, the bit
//! rate that was chosen, the buffer, and where playback stood still; all on the trial's clock.

use super::bottleneck::bottleneck;
use super::buffer::{Playback, buffer};
use super::choice::Choice;
use super::rows::{LinkRow, SegmentRow, TrialRows};
use crate::kit::head::{Head, count, params};
use weir_records::Verdict;
use weir_stats::Sweep;
use weir_stats::sweep::session::SweepTrial;

/// More requests than this are not told apart: the timeline ends before the next one.
const REQUESTS: usize = 1_500;

/// A value from one moment to another; times are in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    pub from: f64,
    pub to: f64,
    pub value: f64,
}

/// A session over time. Times are in seconds of the trial's clock, rates in Mbit/s.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    pub head: Head,
    /// From pressing play to the end of what is shown.
    pub span: (f64, f64),
    /// When playback began.
    pub begun: Option<f64>,
    pub stalls: Vec<(f64, f64)>,
    /// The rate asked for at the bottleneck.
    pub link_rate: Vec<Step>,
    /// The throughput of each segment, from its first byte to its last.
    pub throughput: Vec<Step>,
    /// The declared bit rate of what was requested, until the next request.
    pub bitrate: Vec<Step>,
    /// When requests failed.
    pub failures: Vec<f64>,
    /// The corners of the buffer's line: moments, and seconds of media.
    pub buffer: Vec<(f64, f64)>,
    /// The bottleneck, where it was measured more than once.
    pub link: Option<LinkUse>,
}

/// How a link was used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinkUse {
    /// Its name and direction.
    pub name: String,
    /// Bits delivered over what the rate allows, in percent.
    pub utilisation: Vec<Step>,
    /// How full the buffer was at the end of each interval, in percent.
    pub queue: Vec<(f64, f64)>,
    /// Packets dropped by the queue, in the middle of their interval.
    pub drops: Vec<(f64, u64)>,
    /// Packets lost at random.
    pub losses: Vec<(f64, u64)>,
}

impl Timeline {
    /// The timeline of a session, made from the rows of its trial.
    pub(super) fn of(sweep: &Sweep, choice: &Choice, rows: &TrialRows) -> Self {
        let Choice { trial: SweepTrial { head: trial, .. }, session, .. } = choice;
        let all = rows.segments(&trial.id, session.session);
        let segments = &all[..all.len().min(REQUESTS)];
        let start = session.start_us.unwrap_or(0.0) / 1e6;
        let end = match all.get(REQUESTS) {
            Some(next) => seconds(next.request_us),
            None => start + session.session_us.unwrap_or(0.0) / 1e6,
        };
        let last = segments.last().map_or(start, done);
        // Nothing to see is still a second wide.
        let span = (start, end.max(last).max(start + 1.0));
        let begun = session.startup_us.map(|startup| start + startup / 1e6);
        let stalls: Vec<(f64, f64)> = rows
            .stalls(&trial.id, session.session)
            .iter()
            .map(|s| (seconds(s.start_us), seconds(s.start_us.saturating_add(s.duration_us))))
            .filter_map(|stall| within(stall, span))
            .collect();

        let mut known: Vec<(f64, f64)> = segments
            .iter()
            .flat_map(|s| {
                let before = (seconds(s.request_us), seconds(s.buffer_before_us));
                [before, (done(s), seconds(s.buffer_after_us))]
            })
            .collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let playback = Playback { begun, stalls: &stalls, end: span.1 };
        let link: Vec<&LinkRow> = bottleneck(rows.links(&trial.id), &session.node);
        Self {
            head: head(sweep, choice, all.len()),
            span,
            begun,
            link_rate: steps(&link, span, |row| Some(mbit(row.rate_bps?))),
            throughput: segments.iter().filter_map(|s| throughput(s, span)).collect(),
            bitrate: bitrate(segments, span),
            failures: segments.iter().filter(|s| s.has_failed()).map(done).collect(),
            buffer: buffer(&known, &playback),
            link: LinkUse::of(&link, span),
            stalls,
        }
    }
}

impl LinkUse {
    fn of(rows: &[&LinkRow], span: (f64, f64)) -> Option<Self> {
        let seen = |row: &&&LinkRow| within((seconds(row.start_us), seconds(row.end_us)), span);
        let rows: Vec<&LinkRow> = rows.iter().filter(|row| seen(row).is_some()).copied().collect();
        let first = rows.first().filter(|_| rows.len() > 1)?;
        let name = format!("{}, {} to {}", first.link, first.from, first.to);
        let middle = |row: &LinkRow| {
            seconds(row.start_us).midpoint(seconds(row.end_us)).clamp(span.0, span.1)
        };
        let counted = |of: fn(&LinkRow) -> u64| {
            let counts = rows.iter().map(|row| (middle(row), of(row)));
            counts.filter(|(_, count)| *count > 0).collect()
        };
        let queue = |row: &&LinkRow| {
            let depth = row.queue_bytes.filter(|depth| *depth > 0)? as f64;
            let share = (row.backlog_bytes? as f64 / depth).min(1.0);
            let end = seconds(row.end_us);
            (end <= span.1).then_some((end, share * 100.0))
        };
        Some(Self {
            name,
            utilisation: steps(&rows, span, |row| Some(row.utilisation?.clamp(0.0, 1.0) * 100.0)),
            queue: rows.iter().filter_map(queue).collect(),
            drops: counted(LinkRow::drops),
            losses: counted(|row| row.losses),
        })
    }
}

fn head(sweep: &Sweep, choice: &Choice, requests: usize) -> Head {
    let Choice { cell, trial: SweepTrial { head: trial, sessions }, session, .. } = choice;
    let info = &sweep.info;
    let mut facts = vec![params(sweep, cell)];
    facts.retain(|params| !params.is_empty());
    // The algorithm is worth a word where the trial has several, or the sweep none of its own.
    let told = sweep.params(cell).iter().filter(|level| *level.text == *session.abr).count() == 1
        && sessions.iter().all(|other| other.abr == session.abr);
    facts.push(match told {
        true => format!("on {}", session.node),
        false => format!("{} on {}", session.abr, session.node),
    });
    facts.push(format!("lab {}", info.lab));

    let startup = session.startup_us.map_or_else(
        || "It never played.".to_owned(),
        |startup| format!("Startup {:.2} s.", startup / 1e6),
    );
    let mut note = startup;
    if let Some(bitrate) = session.mean_bitrate_bps {
        note.push_str(&format!(" Mean bitrate {:.2} Mbit/s.", bitrate / 1e6));
    }
    let stalls = session.stalls.unwrap_or(0.0) as u64;
    note.push_str(&match stalls {
        0 => " No stall.".to_owned(),
        _ => format!(
            " {}, {:.1} s in all.",
            count(stalls, "stall"),
            session.stall_us.unwrap_or(0.0) / 1e6
        ),
    });
    let switches = count(session.switches.unwrap_or(0.0) as u64, "change");
    note.push_str(&format!(" {switches} of rung."));
    if requests > REQUESTS {
        note.push_str(&format!(" Shown: the first {REQUESTS} of {requests} requests."));
    }
    if trial.verdict != Verdict::Valid {
        let err = trial.err.as_deref().unwrap_or("no reason is given");
        note.push_str(&format!(" This trial is {}: {err}.", trial.verdict.name()));
    }
    Head {
        title: format!("{}: {}, session {}", info.name, trial.id, session.session),
        subtitle: facts.join(", "),
        note,
    }
}

fn bitrate(segments: &[SegmentRow], span: (f64, f64)) -> Vec<Step> {
    let ends = segments.iter().skip(1).map(|next| seconds(next.request_us));
    let ends = ends.chain(segments.last().map(done));
    let step = |(s, to): (&SegmentRow, f64)| {
        let (from, to) = within((seconds(s.request_us), to), span)?;
        Some(Step { from, to, value: mbit(s.declared_bps) })
    };
    segments.iter().zip(ends).filter_map(step).collect()
}

fn throughput(segment: &SegmentRow, span: (f64, f64)) -> Option<Step> {
    let first = segment.request_us.saturating_add(segment.ttfb_us?);
    let (from, to) = within((seconds(first), done(segment)), span)?;
    Some(Step { from, to, value: mbit(segment.throughput_bps?) })
}

/// The intervals that have this value, one step where neighbours have the same.
fn steps(
    rows: &[&LinkRow],
    span: (f64, f64),
    value: impl Fn(&LinkRow) -> Option<f64>,
) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for row in rows {
        let interval = within((seconds(row.start_us), seconds(row.end_us)), span);
        let (Some((from, to)), Some(value)) = (interval, value(row)) else { continue };
        match steps.last_mut() {
            Some(last) if last.value == value && last.to == from => last.to = to,
            _ => steps.push(Step { from, to, value }),
        }
    }
    steps
}

/// The part of an interval that is within the span.
fn within((from, to): (f64, f64), span: (f64, f64)) -> Option<(f64, f64)> {
    let (from, to) = (from.max(span.0), to.min(span.1));
    (from <= to).then_some((from, to))
}

fn done(segment: &SegmentRow) -> f64 {
    seconds(segment.request_us.saturating_add(segment.download_us))
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn mbit(bps: u64) -> f64 {
    bps as f64 / 1e6
}
