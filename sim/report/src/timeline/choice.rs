//! Which sessions of a run have their timeline in the report.

use crate::sweep::{CellTrials, Sweep, SweepCell, SweepTrial, Watched};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// As many cells have a session among the timelines; more would not be looked at.
const CELLS: usize = 12;

/// A session that has its timeline drawn.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub cell: SweepCell,
    pub trial: SweepTrial,
    pub session: Watched,
    /// Whether none of the run is worse.
    pub worst: bool,
}

/// The first session of the first valid trial of up to 12 cells, spread evenly over the sweep, in
/// its order; and the worst session of all, last. Chosen while cells come.
pub(crate) struct Choosing {
    cells: BTreeSet<u64>,
    chosen: Vec<Choice>,
    worst: Option<Choice>,
}

impl Choosing {
    pub(crate) fn of(sweep: &Sweep) -> Self {
        let cells = sweep.cells.iter().filter(|cell| cell.sessions > 0);
        let cells: Vec<u64> = cells.map(|cell| cell.cell).collect();
        let count = cells.len().min(CELLS);
        let spread = |i: usize| if count > 1 { i * (cells.len() - 1) / (count - 1) } else { 0 };
        let cells = (0..count).map(|i| cells[spread(i)]).collect();
        Self { cells, chosen: Vec::new(), worst: None }
    }

    /// Looks at a cell, of which each comes once.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        let choice = |trial: &SweepTrial, session: &Watched, worst| Choice {
            cell: cell.cell.clone(),
            trial: trial.clone(),
            session: session.clone(),
            worst,
        };
        let sessions =
            || cell.valid().flat_map(|trial| trial.sessions.iter().map(move |s| (trial, s)));
        if self.cells.contains(&cell.cell.cell)
            && let Some((trial, session)) = sessions().next()
        {
            self.chosen.push(choice(trial, session, false));
        }
        for (trial, session) in sessions() {
            // The first of equals.
            let is_worse = |worst: &Choice| badness(session, &worst.session) == Ordering::Greater;
            if self.worst.as_ref().is_none_or(is_worse) {
                self.worst = Some(choice(trial, session, true));
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Choice> {
        let Self { mut chosen, worst, .. } = self;
        if let Some(worst) = &worst {
            let name = |choice: &Choice| (choice.trial.head.id.clone(), choice.session.session);
            chosen.retain(|choice| name(choice) != name(worst));
        }
        chosen.extend(worst);
        chosen
    }
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
