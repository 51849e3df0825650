//! Cells with their trials, one at a time: a run can have a million.

use super::metric::Metric;
use super::session::{LiveRow, SessionRow, SweepTrial};
use super::whole::{Sweep, SweepCell};
use crate::methods::estimate::Estimate;
use anyhow::{Context, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use weir_records::Verdict;
use weir_tables::ByTrial;

/// A cell with its trials.
pub struct CellTrials<'s> {
    /// The sweep that it is a part of.
    pub sweep: &'s Sweep,
    /// What is known of it without its trials.
    pub cell: &'s SweepCell,
    /// All of them, those that count or not.
    pub trials: Vec<SweepTrial>,
    /// What was estimated before, by the metric's name: several tables and plots show the same.
    estimates: RefCell<BTreeMap<&'static str, Option<Rc<Estimate>>>>,
}

impl Sweep {
    /// Visits all cells in their order, each with its trials.
    ///
    /// # Errors
    /// Those of `visit`, and if a table cannot be read.
    pub fn for_each(&self, visit: &mut dyn FnMut(&CellTrials<'_>) -> Result<()>) -> Result<()> {
        let rows = ByTrial::<SessionRow>::open(&self.dir)?;
        let mut live = match self.is_live()? {
            true => Some(ByTrial::<LiveRow>::open(&self.dir)?),
            false => None,
        };
        let mut cells = self.cells.iter();
        let mut open: Option<CellTrials> = None;
        weir_tables::for_each(&self.dir, rows, &mut |head, mut sessions| {
            if let Some(live) = &mut live {
                for row in live.of(&head.id)? {
                    let at = sessions.binary_search_by_key(&row.session, |row| row.session);
                    if let Ok(at) = at {
                        sessions[at].live = row;
                    }
                }
            }
            if let Some(whole) = open.take_if(|open| open.cell.cell != head.cell) {
                visit(&whole)?;
            }
            if open.is_none() {
                let cell = cells.next().context("a cell more than there were")?;
                open = Some(CellTrials::of(self, cell));
            }
            if let Some(open) = &mut open {
                open.trials.push(SweepTrial { head, sessions });
            }
            Ok(())
        })?;
        open.as_ref().map_or(Ok(()), visit)
    }
}

impl<'s> CellTrials<'s> {
    fn of(sweep: &'s Sweep, cell: &'s SweepCell) -> Self {
        Self { sweep, cell, trials: Vec::new(), estimates: RefCell::default() }
    }

    /// The trials that count.
    pub fn valid(&self) -> impl Iterator<Item = &SweepTrial> {
        self.trials.iter().filter(|trial| trial.head.verdict == Verdict::Valid)
    }

    /// Sessions of trials that count which never had a picture.
    pub fn never_started(&self) -> u64 {
        let sessions = self.valid().flat_map(|trial| &trial.sessions);
        sessions.filter(|session| session.startup_us.is_none()).count() as u64
    }

    /// What the trials that count come to.
    pub fn estimate(&self, metric: &Metric) -> Option<Rc<Estimate>> {
        let mut known = self.estimates.borrow_mut();
        let found = known
            .entry(metric.name)
            .or_insert_with(|| metric.estimate(self.valid(), None).map(Rc::new));
        found.clone()
    }
}
