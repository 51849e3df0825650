//! What the table `differences` comes to: read from it, for all requests and cell by cell.

use super::pairs::lab_axis;
use crate::columns::{floats, ints, texts};
use crate::files::Groups;
use crate::sweep::{Sweep, SweepCell};
use anyhow::Result;
use polars::prelude::DataFrame;
use std::collections::BTreeMap;
use weir_records::{LabDifference, Row};

/// Two labs, and what tells their requests apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub lab: String,
    pub reference: String,
    /// By cell of the lab, in the order of the plan.
    pub cells: BTreeMap<u64, CellFound>,
}

/// The requests of a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CellFound {
    pub requests: Vec<RequestFound>,
    /// Requests that cannot be compared.
    pub apart: u64,
}

/// A request that both labs have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RequestFound {
    pub bytes: u64,
    /// `None` where the two cannot be compared.
    pub difference_us: Option<f64>,
    /// The difference as a share of the time in the reference.
    pub share: Option<f64>,
    /// From what is predicted, as a share of the time that it took: in the lab, and in the reference.
    pub deviation: Option<f64>,
    pub reference_deviation: Option<f64>,
}

/// The columns that it is read from.
const COLUMNS: [&str; 7] = [
    "trial",
    "reference_lab",
    "bytes",
    "reference_download_us",
    "difference_us",
    "deviation",
    "reference_deviation",
];

impl Found {
    /// One for each lab that is compared with the first; none if the sweep has one lab.
    pub(crate) fn read(sweep: &Sweep) -> Result<Vec<Self>> {
        let Some(axis) = lab_axis(sweep) else { return Ok(Vec::new()) };
        let labs = &sweep.axes[axis].levels;
        let mut found: BTreeMap<usize, Self> = BTreeMap::new();
        let mut groups = Groups::open(sweep.dir(), LabDifference::TABLE.name, &COLUMNS)?;
        while let Some(frame) = groups.next()? {
            for (trial, reference, request) in rows(&frame)? {
                // The name of a trial begins with its cell; see the table `trials`.
                let Some(cell) = cell_of(sweep, &trial) else { continue };
                let lab = cell.levels[axis];
                let here = found.entry(lab).or_insert_with(|| Self {
                    lab: labs[lab].text.clone(),
                    reference,
                    cells: BTreeMap::new(),
                });
                let here = here.cells.entry(cell.cell).or_default();
                here.apart += u64::from(request.difference_us.is_none());
                here.requests.push(request);
            }
        }
        Ok(found.into_values().collect())
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = &RequestFound> {
        self.cells.values().flat_map(|cell| &cell.requests)
    }
}

/// The cell of a trial, from its name.
fn cell_of<'s>(sweep: &'s Sweep, trial: &str) -> Option<&'s SweepCell> {
    let (cell, _) = trial.strip_prefix('c')?.split_once("-r")?;
    sweep.cell(cell.parse().ok()?)
}

fn rows(frame: &DataFrame) -> Result<Vec<(String, String, RequestFound)>> {
    let (trials, references) = (texts(frame, "trial")?, texts(frame, "reference_lab")?);
    let bytes = ints(frame, "bytes")?;
    let times = ints(frame, "reference_download_us")?;
    let differences = floats(frame, "difference_us")?;
    let (own, other) = (floats(frame, "deviation")?, floats(frame, "reference_deviation")?);
    let row = |at: usize| {
        let text = |column: &[Option<&str>]| column[at].unwrap_or_default().to_owned();
        let difference_us = differences[at];
        let time = times[at].filter(|time| *time > 0).map(|time| time as f64);
        let request = RequestFound {
            bytes: bytes[at].unwrap_or_default(),
            difference_us,
            share: difference_us.zip(time).map(|(difference, time)| difference / time),
            deviation: own[at],
            reference_deviation: other[at],
        };
        (text(&trials), text(&references), request)
    };
    Ok((0..frame.height()).map(row).collect())
}
