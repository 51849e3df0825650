//! The tables `drills` and `alarms`: of valid trials, where the run has live sessions.

use super::alarms::alarm;
use super::drill::drills;
use super::rows;
use crate::derived::table::DerivedTable;
use crate::sweep::Sweep;
use anyhow::Result;
use weir_records::{Alarm, Drill, Row, Verdict};
use weir_tables::Axis;

/// Writes the tables into the run's folder: `alarms` if the run has live sessions, and `drills` if
/// there were faults as well.
pub(crate) fn write(sweep: &Sweep, axes: &[Axis]) -> Result<()> {
    if !sweep.is_live()? {
        return Ok(());
    }
    let mut alarms = DerivedTable::create(sweep, axes, &Alarm::TABLE)?;
    let mut table: Option<DerivedTable> = None;
    rows::for_each(sweep, &mut |head, seen| {
        if head.verdict != Verdict::Valid {
            return Ok(());
        }
        let params = sweep.cell(head.cell).map(|cell| sweep.params(cell)).unwrap_or_default();
        alarms.push(&params, &alarm(&head.id, &seen))?;
        for drill in drills(&head.id, &seen) {
            let table = match &mut table {
                Some(table) => table,
                none => none.insert(DerivedTable::create(sweep, axes, &Drill::TABLE)?),
            };
            table.push(&params, &drill)?;
        }
        Ok(())
    })?;
    alarms.finish()?;
    table.map_or(Ok(()), DerivedTable::finish)
}
