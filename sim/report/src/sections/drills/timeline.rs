//! A drill over time: the faults, what the switcher did about them, and for each viewer what was in
//! the buffer, how far it was behind, and who served it; all on the trial's clock.

use crate::kit::few::spread_evenly;
use crate::kit::head::{Head, params, values};
use anyhow::Result;
use std::collections::BTreeMap;
use weir_records::{Drill, EventKind};
use weir_stats::derived::drills::faults::{DrillFault, faults};
use weir_stats::derived::drills::rows::{
    self, DrillTrial, EventRow, MomentRow, RequestRow, ViewingRow,
};
use weir_stats::sweep::{Sweep, SweepCell};

/// As many cells have a drill drawn, spread evenly over the sweep; more would not be looked at.
const CELLS: usize = 24;

/// As many viewers have a panel; the others saw much the same.
const VIEWERS: usize = 4;

/// More requests of a viewer are not told apart.
const REQUESTS: usize = 2_000;

/// What is later is not drawn.
const HORIZON_US: u64 = 2 * 3_600 * 1_000_000;

/// A drill that is drawn.
pub(super) struct DrawnDrill {
    /// The trial.
    pub trial: String,
    /// The trial's values on the axes.
    pub params: String,
    pub timeline: DrillTimeline,
}

/// A trial with faults over time. Times are in seconds of the trial's clock.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DrillTimeline {
    pub head: Head,
    pub span: (f64, f64),
    pub faults: Vec<FaultSpan>,
    pub marks: Vec<Mark>,
    /// The origins that answered anybody, by name.
    pub origins: Vec<String>,
    pub viewers: Vec<Viewer>,
}

/// A fault and how long it was in force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultSpan {
    pub from: f64,
    pub to: f64,
    pub label: String,
}

/// Something that the switcher did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    pub at: f64,
    pub kind: MarkKind,
    pub label: String,
}

/// What it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Failover,
    Switchback,
    NoneGood,
}

/// What a viewer saw.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Viewer {
    pub name: String,
    /// When it waited for the first picture.
    pub starting: Option<(f64, f64)>,
    pub stalled: Vec<(f64, f64)>,
    /// Moments, and seconds of media in the buffer.
    pub buffer: Vec<(f64, f64)>,
    /// Moments, and seconds behind the live edge; a line for each time without a gap.
    pub latency: Vec<Vec<(f64, f64)>>,
    /// When segments were there, and the origin that they came from.
    pub served: Vec<(f64, Option<usize>)>,
    /// When playlists were there, their age in seconds, and the origin.
    pub ages: Vec<(f64, f64, Option<usize>)>,
    /// When requests failed.
    pub failures: Vec<f64>,
}

/// The first valid trial with faults of up to 24 cells, in the order of the plan.
pub(super) fn timelines(sweep: &Sweep, drills: &[(u64, Drill)]) -> Result<Vec<DrawnDrill>> {
    let mut first: BTreeMap<u64, &str> = BTreeMap::new();
    for (cell, row) in drills {
        first.entry(*cell).or_insert(&row.trial);
    }
    let all: Vec<(u64, &str)> = first.into_iter().collect();
    let chosen = spread_evenly(&all, CELLS).map(|(cell, trial)| (trial, cell));
    let chosen: BTreeMap<&str, u64> = chosen.collect();
    let mut drawn = Vec::new();
    if chosen.is_empty() {
        return Ok(drawn);
    }
    rows::for_each(sweep, &mut |head, trial| {
        let cell = chosen.get(head.id.as_str()).and_then(|cell| sweep.cell(*cell));
        if let Some(cell) = cell {
            drawn.push(DrawnDrill {
                trial: head.id.clone(),
                params: values(sweep, cell),
                timeline: DrillTimeline::of(title(sweep, cell, &head.id), &trial),
            });
        }
        Ok(())
    })?;
    Ok(drawn)
}

fn title(sweep: &Sweep, cell: &SweepCell, trial: &str) -> Head {
    let mut facts = vec![params(sweep, cell), format!("lab {}", sweep.info.lab)];
    facts.retain(|words| !words.is_empty());
    Head {
        title: format!("{}: {trial}", sweep.info.name),
        subtitle: facts.join(", "),
        note: String::new(),
    }
}

impl DrillTimeline {
    /// Of a trial's rows; the note of `head` is filled in.
    fn of(head: Head, trial: &DrillTrial) -> Self {
        let end = trial.sessions.iter().map(ViewingRow::end_us).max().unwrap_or(trial.end_us);
        let end_us = end.min(HORIZON_US);
        // Nothing to see is still a second wide.
        let span = (0.0, seconds(end_us).max(1.0));
        let mut origins: Vec<String> =
            trial.requests.iter().filter_map(|r| r.origin.as_deref()).map(str::to_owned).collect();
        origins.sort();
        origins.dedup();
        let found = faults(&trial.events);
        let shown: Vec<&DrillFault> = found.iter().filter(|fault| fault.at_us <= end_us).collect();
        let viewers = trial.sessions.iter().take(VIEWERS);
        let viewers = viewers.map(|session| Viewer::of(session, trial, &origins, end_us)).collect();
        let mut note = "Ticks below each buffer: segments that were there, by origin.".to_owned();
        let hidden = trial.sessions.len().saturating_sub(VIEWERS);
        if hidden > 0 {
            note.push_str(&format!(" {hidden} more viewers are not shown."));
        }
        let span_of = |fault: &&DrillFault| FaultSpan {
            from: seconds(fault.at_us),
            to: fault.over_us.map_or(span.1, |over| seconds(over).min(span.1)),
            label: format!("{}: {}", fault.target, fault.kind),
        };
        Self {
            head: Head { note, ..head },
            span,
            faults: shown.iter().map(span_of).collect(),
            marks: marks(trial, end_us),
            origins,
            viewers,
        }
    }
}

fn marks(trial: &DrillTrial, end_us: u64) -> Vec<Mark> {
    let events = trial.events.iter().filter(|event| event.at_us <= end_us);
    let mark = |event: &EventRow| {
        let kind = match event.kind() {
            Some(EventKind::Failover) => MarkKind::Failover,
            Some(EventKind::Switchback) => MarkKind::Switchback,
            Some(EventKind::NoneGood) => MarkKind::NoneGood,
            _ => return None,
        };
        let label = event.detail.clone().unwrap_or_else(|| event.event.clone());
        Some(Mark { at: seconds(event.at_us), kind, label })
    };
    let mut marks: Vec<Mark> = events.filter_map(mark).collect();
    marks.sort_by(|a, b| a.at.total_cmp(&b.at));
    marks
}

impl Viewer {
    fn of(session: &ViewingRow, trial: &DrillTrial, origins: &[String], end_us: u64) -> Self {
        let number = session.session;
        let moments = || trial.moments.iter().filter(|m| m.session == number && m.at_us <= end_us);
        let requests = || {
            let own = trial.requests.iter();
            own.filter(|r| r.session == number && r.end_us <= end_us).take(REQUESTS)
        };
        let origin = |request: &RequestRow| {
            let name = request.origin.as_deref()?;
            origins.binary_search_by(|other| other.as_str().cmp(name)).ok()
        };
        let first = moments().find(|moment| &*moment.phase != "starting");
        let starting = first.map(|moment| moment.at_us).unwrap_or(end_us.min(session.end_us()));
        let stalls = trial.stalls.iter().filter(|stall| stall.session == number);
        let stalls = stalls.filter(|stall| stall.start_us <= end_us);
        let mut latency: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut gap = true;
        for moment in moments() {
            match (moment.latency_us, latency.last_mut()) {
                (Some(us), Some(line)) if !gap => line.push((seconds(moment.at_us), seconds(us))),
                (Some(us), _) => latency.push(vec![(seconds(moment.at_us), seconds(us))]),
                (None, _) => {}
            }
            gap = moment.latency_us.is_none();
        }
        let playing = |m: &&MomentRow| &*m.phase != "over";
        Self {
            name: format!("Viewer {number} on {}", session.node),
            starting: (session.start_us < starting)
                .then(|| (seconds(session.start_us), seconds(starting))),
            stalled: stalls
                .map(|s| (seconds(s.start_us), seconds(s.end_us().min(end_us))))
                .collect(),
            buffer: moments()
                .filter(playing)
                .map(|m| (seconds(m.at_us), seconds(m.buffer_us)))
                .collect(),
            latency,
            served: requests()
                .filter(|r| r.is_segment && r.is_whole())
                .map(|r| (seconds(r.end_us), origin(r)))
                .collect(),
            ages: requests()
                .filter_map(|r| Some((seconds(r.end_us), seconds(r.age_us?), origin(r))))
                .collect(),
            failures: requests().filter(|r| r.failed).map(|r| seconds(r.end_us)).collect(),
        }
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
