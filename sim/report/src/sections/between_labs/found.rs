//! What the table `differences` comes to: read from it, for all requests and cell by cell.

use anyhow::Result;
use std::collections::BTreeMap;
use weir_stats::derived::between_labs::pairs::lab_axis;
use weir_stats::sweep::{Sweep, SweepCell};
use weir_tables::{TableReader, table_row};

/// Two labs, and what tells their requests apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub lab: String,
    pub reference: String,
    /// By cell of the lab, in the order of the plan.
    pub cells: BTreeMap<u64, CellFound>,
}

/// The requests of a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct CellFound {
    pub requests: Vec<RequestFound>,
    /// Requests that cannot be compared.
    pub apart: u64,
}

/// A request that both labs have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RequestFound {
    pub bytes: u64,
    /// `None` where the two cannot be compared.
    pub difference_us: Option<f64>,
    /// The difference as a share of the time in the reference.
    pub share: Option<f64>,
    /// From what is predicted, as a share of the time that it took: in the lab, and in the
    /// reference.
    pub deviation: Option<f64>,
    pub reference_deviation: Option<f64>,
}

table_row! {
    /// A row of the table.
    struct DifferenceRow of LabDifference {
        trial: String,
        reference_lab: String,
        bytes: u64,
        reference_download_us: u64,
        difference_us: Option<f64>,
        deviation: Option<f64>,
        reference_deviation: Option<f64>,
    }
}

impl DifferenceRow {
    fn request(&self) -> RequestFound {
        let time = Some(self.reference_download_us).filter(|time| *time > 0);
        let share = self.difference_us.zip(time);
        RequestFound {
            bytes: self.bytes,
            difference_us: self.difference_us,
            share: share.map(|(difference, time)| difference / time as f64),
            deviation: self.deviation,
            reference_deviation: self.reference_deviation,
        }
    }
}

impl Found {
    /// One for each lab that is compared with the first; none if the sweep has one lab.
    pub(super) fn read(sweep: &Sweep) -> Result<Vec<Self>> {
        let Some(axis) = lab_axis(sweep) else { return Ok(Vec::new()) };
        let labs = &sweep.axes[axis].levels;
        let mut found: BTreeMap<usize, Self> = BTreeMap::new();
        TableReader::<DifferenceRow>::open(sweep.dir())?.for_each(|row| {
            // The name of a trial begins with its cell; see the table `trials`.
            let Some(cell) = cell_of(sweep, &row.trial) else { return };
            let (lab, request) = (cell.levels[axis], row.request());
            let here = found.entry(lab).or_insert_with(|| Self {
                lab: labs[lab].text.clone(),
                reference: row.reference_lab,
                cells: BTreeMap::new(),
            });
            let here = here.cells.entry(cell.cell).or_default();
            here.apart += u64::from(request.difference_us.is_none());
            here.requests.push(request);
        })?;
        Ok(found.into_values().collect())
    }

    pub(super) fn requests(&self) -> impl Iterator<Item = &RequestFound> {
        self.cells.values().flat_map(|cell| &cell.requests)
    }
}

/// The cell of a trial, from its name.
fn cell_of<'s>(sweep: &'s Sweep, trial: &str) -> Option<&'s SweepCell> {
    let (cell, _) = trial.strip_prefix('c')?.split_once("-r")?;
    sweep.cell(cell.parse().ok()?)
}
