//! A run by cells: what is known of all of them at once, without their trials.

use anyhow::Result;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use weir_records::tables::Live;
use weir_records::{Cell, Row};
use weir_tables::{Axis, RunInfo, TrialHead, has_rows};

/// A run by cells.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// What the run is as a whole.
    pub info: RunInfo,
    /// The axes, in the order of the plan.
    pub axes: Vec<SweepAxis>,
    /// The cells that have trials, in the order of the plan.
    pub cells: Vec<SweepCell>,
    /// The first trials that count in no summary: invalid ones, then failed ones.
    pub left_out: Vec<TrialHead>,
    /// Whether viewers of one valid trial have different algorithms.
    pub mixed: bool,
    /// The sets of algorithms that the viewers of a cell have.
    pub(super) abrs: Vec<Vec<Arc<str>>>,
    pub(super) dir: PathBuf,
}

/// An axis and its values.
#[derive(Debug, Clone)]
pub struct SweepAxis {
    /// Its path and kind.
    pub axis: Axis,
    /// Each value once: numbers ascending, text in the order of the plan.
    pub levels: Vec<Level>,
}

/// A value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// As it stands in tables.
    pub value: Cell,
    /// As people write it.
    pub text: String,
}

/// A cell of the sweep, without its trials.
#[derive(Debug, Clone)]
pub struct SweepCell {
    /// Its number in the plan.
    pub cell: u64,
    /// Its value on each axis, an index into the axis's levels.
    pub levels: Vec<usize>,
    /// Trials that count.
    pub valid: u64,
    /// Trials left out.
    pub invalid: u64,
    /// Trials left out.
    pub failed: u64,
    /// Sessions of valid trials.
    pub sessions: u64,
    /// Which set of algorithms these have.
    pub(super) abrs: usize,
}

impl Sweep {
    /// Whether any session follows a live stream.
    ///
    /// # Errors
    /// If the table `live` cannot be read.
    pub fn is_live(&self) -> Result<bool> {
        has_rows(&self.dir, Live::TABLE.name)
    }

    /// The cell's value on each axis.
    pub fn params(&self, cell: &SweepCell) -> Vec<Level> {
        self.axes
            .iter()
            .zip(&cell.levels)
            .map(|(axis, &level)| axis.levels[level].clone())
            .collect()
    }

    /// The cell of this number.
    pub fn cell(&self, number: u64) -> Option<&SweepCell> {
        let at = self.cells.binary_search_by_key(&number, |cell| cell.cell).ok()?;
        self.cells.get(at)
    }

    /// The algorithms of the cell's viewers, each once, by name.
    pub fn abrs(&self, cell: &SweepCell) -> &[Arc<str>] {
        self.abrs.get(cell.abrs).map_or(&[], Vec::as_slice)
    }

    /// The sum over all cells.
    pub fn total(&self, of: fn(&SweepCell) -> u64) -> u64 {
        self.cells.iter().map(of).sum()
    }

    /// The folder with its tables.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl SweepCell {
    /// Trials that count in no summary.
    pub fn left_out(&self) -> u64 {
        self.invalid + self.failed
    }
}

impl Level {
    /// The value as a number, in the unit of its column.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Cell::Int(number) => Some(number as f64),
            Cell::Float(number) => Some(number),
            Cell::Null | Cell::Text(_) | Cell::Bool(_) => None,
        }
    }
}
