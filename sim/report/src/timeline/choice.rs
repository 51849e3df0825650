//! Which sessions of a run have their timeline in the report.

use crate::sweep::{Sweep, SweepCell, SweepTrial, Watched};
use std::cmp::Ordering;

/// As many cells have a session among the timelines; more would not be looked at.
const CELLS: usize = 12;

/// A session that has its timeline drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub cell: &'a SweepCell,
    pub trial: &'a SweepTrial,
    pub session: &'a Watched,
    /// Whether none of the run is worse.
    pub worst: bool,
}

/// The first session of the first valid trial of up to 12 cells, spread evenly over the sweep, in
/// its order; and the worst session of all, last.
pub(crate) fn choices(sweep: &Sweep) -> Vec<Choice<'_>> {
    let sessions = |cell| sessions_of(cell).next();
    let first: Vec<Choice> = sweep.cells.iter().filter_map(sessions).collect();
    let count = first.len().min(CELLS);
    let spread = |i: usize| if count > 1 { i * (first.len() - 1) / (count - 1) } else { 0 };
    let mut chosen: Vec<Choice> = (0..count).map(|i| first[spread(i)]).collect();
    let all = sweep.cells.iter().flat_map(sessions_of);
    // The first of equals.
    let worst = all.reduce(|worst, other| match badness(other.session, worst.session) {
        Ordering::Greater => other,
        _ => worst,
    });
    if let Some(worst) = worst {
        let is_worst = |choice: &Choice| {
            choice.trial.id == worst.trial.id && choice.session.session == worst.session.session
        };
        chosen.retain(|choice| !is_worst(choice));
        chosen.push(Choice { worst: true, ..worst });
    }
    chosen
}

fn sessions_of(cell: &SweepCell) -> impl Iterator<Item = Choice<'_>> {
    cell.valid().flat_map(move |trial| {
        trial.sessions.iter().map(move |session| Choice { cell, trial, session, worst: false })
    })
}

/// Worse is: never to have played; then to have stalled for a larger share of the time; then to
/// have seen a lower bit rate.
fn badness(one: &Watched, other: &Watched) -> Ordering {
    let never = |s: &Watched| s.startup_us.is_none();
    let stalled = |s: &Watched| s.stall_ratio.unwrap_or(0.0);
    let bitrate = |s: &Watched| s.mean_bitrate_bps.unwrap_or(0.0);
    never(one)
        .cmp(&never(other))
        .then(stalled(one).total_cmp(&stalled(other)))
        .then(bitrate(other).total_cmp(&bitrate(one)))
}
