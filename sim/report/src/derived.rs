//! The tables that follow from the others, made a cell at a time.

use crate::axis::Axis;
use crate::comparisons::Comparisons;
use crate::dimension::Dimension;
use crate::run::RunInfo;
use crate::summary::SummaryRow;
use crate::sweep::{Level, Sweep};
use crate::tables::TableWriter;
use crate::{drills, labs};
use anyhow::Result;
use std::path::Path;
use weir_records::{Cell, Comparison, Row, Summary};

/// Writes `summary`, `comparisons`, and those that only some runs have, of the run in the folder
/// `dir`, which has the other tables.
pub(crate) fn write(dir: &Path, info: &RunInfo, axes: &[Axis]) -> Result<()> {
    let sweep = Sweep::of(dir, info.clone(), axes)?;
    let dimensions = Dimension::all(&sweep);
    let mut comparing = Comparisons::of(&sweep, &dimensions);
    let mut summary = TableWriter::create(dir, &Summary::TABLE, axes)?;
    let mut comparisons = TableWriter::create(dir, &Comparison::TABLE, axes)?;
    let run = Cell::Text(info.run.clone());
    let push = |table: &mut TableWriter, params: &[Level], own: &[Cell]| {
        table.push([&run].into_iter().chain(params.iter().map(|p| &p.value)).chain(own))
    };
    sweep.for_each(&mut |cell| {
        let row = SummaryRow::of(cell);
        push(&mut summary, &row.params, &row.summary.cells())?;
        comparing
            .add(cell)
            .iter()
            .try_for_each(|row| push(&mut comparisons, &row.params, &row.comparison.cells()))
    })?;
    summary.finish()?;
    comparisons.finish()?;
    labs::write(dir, &sweep, axes)?;
    drills::write(dir, &sweep, axes)
}
