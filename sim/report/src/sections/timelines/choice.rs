//! Which sessions of a run have their timeline in the report.

use crate::kit::few::spread_evenly;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::session::{SessionRow, SweepTrial};
use weir_stats::sweep::{Sweep, SweepCell};

/// As many cells have a session among the timelines; more would not be looked at.
const CELLS: usize = 12;

/// A session that has its timeline drawn.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub cell: SweepCell,
    pub trial: SweepTrial,
    pub session: SessionRow,
    /// Whether none of the run is worse.
    pub worst: bool,
}

/// The first session of the first valid trial of up to 12 cells, spread evenly over the sweep, in
/// its order; and the worst session of all, last. Chosen while cells come.
pub(super) struct ChoiceBuilder {
    cells: BTreeSet<u64>,
    chosen: Vec<Choice>,
    worst: Option<Choice>,
}

impl ChoiceBuilder {
    pub(super) fn of(sweep: &Sweep) -> Self {
        let cells = sweep.cells.iter().filter(|cell| cell.sessions > 0);
        let cells: Vec<u64> = cells.map(|cell| cell.cell).collect();
        let cells = spread_evenly(&cells, CELLS).collect();
        Self { cells, chosen: Vec::new(), worst: None }
    }

    /// Looks at a cell, of which each comes once.
    pub(super) fn add(&mut self, cell: &CellTrials<'_>) {
        let choice = |trial: &SweepTrial, session: &SessionRow, worst| Choice {
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

    pub(super) fn finish(self) -> Vec<Choice> {
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
fn badness(one: &SessionRow, other: &SessionRow) -> Ordering {
    let never = |s: &SessionRow| s.startup_us.is_none();
    let stalled = |s: &SessionRow| s.stall_ratio.unwrap_or(0.0);
    let bitrate = |s: &SessionRow| s.mean_bitrate_bps.unwrap_or(0.0);
    never(one)
        .cmp(&never(other))
        .then(stalled(one).total_cmp(&stalled(other)))
        .then(bitrate(other).total_cmp(&bitrate(one)))
}
