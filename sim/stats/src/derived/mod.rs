//! The tables that follow from the others, made a cell at a time.

pub mod between_labs;
pub mod between_places;
pub mod drills;
mod summary;
pub mod table;

use crate::sweep::Sweep;
use crate::sweep::dimension::Dimension;
use anyhow::Result;
use between_places::Comparisons;
use std::path::Path;
use table::DerivedTable;
use weir_records::{Comparison, Row, Summary};
use weir_tables::{Axis, RunInfo};

/// Writes `summary`, `comparisons`, and those that only some runs have, of the run in the folder
/// `dir`, which has the other tables.
pub(crate) fn write(dir: &Path, info: &RunInfo, axes: &[Axis]) -> Result<()> {
    let sweep = Sweep::of(dir, info.clone(), axes)?;
    let dimensions = Dimension::all(&sweep);
    let mut comparing = Comparisons::of(&dimensions);
    let mut summary = DerivedTable::create(&sweep, axes, &Summary::TABLE)?;
    let mut comparisons = DerivedTable::create(&sweep, axes, &Comparison::TABLE)?;
    sweep.for_each(&mut |cell| {
        let params = sweep.params(cell.cell);
        summary.push(&params, &summary::summarise(cell))?;
        comparing.add(cell).iter().try_for_each(|row| comparisons.push(&params, row))
    })?;
    summary.finish()?;
    comparisons.finish()?;
    between_labs::write(&sweep, axes)?;
    drills::write(&sweep, axes)
}
