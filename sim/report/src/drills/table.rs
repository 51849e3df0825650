//! The tables `drills` and `alarms`: of valid trials, where the run has live sessions.

use super::alarms::alarm;
use super::drill::drills;
use super::rows;
use crate::axis::Axis;
use crate::sweep::Sweep;
use crate::tables::TableWriter;
use anyhow::Result;
use std::path::Path;
use weir_records::{Alarm, Cell, Drill, Row, Verdict};

/// Writes the tables into the run's folder `dir`: `alarms` if the run has live sessions, and
/// `drills` if there were faults as well.
pub(crate) fn write(dir: &Path, sweep: &Sweep, axes: &[Axis]) -> Result<()> {
    if !sweep.is_live()? {
        return Ok(());
    }
    let run = Cell::Text(sweep.info.run.clone());
    let mut alarms = TableWriter::create(dir, &Alarm::TABLE, axes)?;
    let mut table: Option<TableWriter> = None;
    rows::for_each(sweep, &mut |head, seen| {
        if head.verdict != Verdict::Valid {
            return Ok(());
        }
        let params = sweep.cell(head.cell).map(|cell| sweep.params(cell)).unwrap_or_default();
        let before: Vec<&Cell> =
            [&run].into_iter().chain(params.iter().map(|param| &param.value)).collect();
        let own = alarm(&head.id, &seen).cells();
        alarms.push(before.iter().copied().chain(&own))?;
        for drill in drills(&head.id, &seen) {
            let table = match &mut table {
                Some(table) => table,
                none => none.insert(TableWriter::create(dir, &Drill::TABLE, axes)?),
            };
            let own = drill.cells();
            table.push(before.iter().copied().chain(&own))?;
        }
        Ok(())
    })?;
    alarms.finish()?;
    table.map_or(Ok(()), TableWriter::finish)
}
