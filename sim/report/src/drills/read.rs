//! The tables `drills` and `alarms`, read again for the report.

use crate::columns::{bools, floats, ints, texts};
use crate::files::has_rows;
use crate::sweep::Sweep;
use crate::tables::check;
use crate::trials::{self, ByTrial};
use anyhow::Result;
use polars::prelude::DataFrame;
use weir_records::{Alarm, Drill, Row};

/// What was found in a trial of a cell.
pub(super) struct Of<T> {
    pub cell: u64,
    pub row: T,
}

/// All drills, in the order of the plan; none if the run has no such table.
pub(super) fn drills(sweep: &Sweep) -> Result<Vec<Of<Drill>>> {
    read(sweep, Drill::TABLE.name, &DRILL, drill_rows, || check_axes(sweep, Drill::TABLE))
}

/// All alarms, likewise.
pub(super) fn alarms(sweep: &Sweep) -> Result<Vec<Of<Alarm>>> {
    read(sweep, Alarm::TABLE.name, &ALARM, alarm_rows, || check_axes(sweep, Alarm::TABLE))
}

fn check_axes(sweep: &Sweep, table: weir_records::Table) -> Result<()> {
    let axes: Vec<_> = sweep.axes.iter().map(|axis| axis.axis.clone()).collect();
    check(sweep.dir(), &table, &axes)
}

fn read<T>(
    sweep: &Sweep,
    table: &'static str,
    columns: &[&str],
    rows: fn(&DataFrame) -> Result<Vec<T>>,
    check: impl FnOnce() -> Result<()>,
) -> Result<Vec<Of<T>>> {
    if !has_rows(sweep.dir(), table)? {
        return Ok(Vec::new());
    }
    check()?;
    let mut found = Vec::new();
    let rows = ByTrial::open(sweep.dir(), table, columns, rows)?;
    trials::for_each(sweep.dir(), rows, &mut |head, rows| {
        found.extend(rows.into_iter().map(|row| Of { cell: head.cell, row }));
        Ok(())
    })?;
    Ok(found)
}

const DRILL: [&str; 15] = [
    "fault",
    "at_us",
    "kind",
    "target",
    "over_us",
    "until_us",
    "detection_us",
    "switch_us",
    "stalls",
    "stall_us",
    "failures",
    "lost",
    "recovery_us",
    "recovered",
    "age_max_us",
];

fn drill_rows(frame: &DataFrame) -> Result<Vec<Drill>> {
    let trials = texts(frame, "trial")?;
    let (kinds, targets) = (texts(frame, "kind")?, texts(frame, "target")?);
    let int = |name| ints(frame, name);
    let (fault, at, over, until) =
        (int("fault")?, int("at_us")?, int("over_us")?, int("until_us")?);
    let (detection, switch) = (int("detection_us")?, int("switch_us")?);
    let (stalls, stall, failures) = (int("stalls")?, int("stall_us")?, int("failures")?);
    let (lost, recovery, age) = (int("lost")?, int("recovery_us")?, int("age_max_us")?);
    let recovered = bools(frame, "recovered")?;
    let text = |values: &[Option<&str>], row: usize| values[row].unwrap_or_default().to_owned();
    let drill = |row: usize| Drill {
        trial: text(&trials, row),
        fault: fault[row].unwrap_or_default(),
        at_us: at[row].unwrap_or_default(),
        kind: text(&kinds, row),
        target: text(&targets, row),
        over_us: over[row],
        until_us: until[row].unwrap_or_default(),
        detection_us: detection[row],
        switch_us: switch[row],
        stalls: stalls[row].unwrap_or_default(),
        stall_us: stall[row].unwrap_or_default(),
        failures: failures[row].unwrap_or_default(),
        lost: lost[row].unwrap_or_default(),
        recovery_us: recovery[row].unwrap_or_default(),
        recovered: recovered[row].unwrap_or_default(),
        age_max_us: age[row],
    };
    Ok((0..frame.height()).map(drill).collect())
}

const ALARM: [&str; 5] =
    ["observed_us", "bad", "failovers", "false_failovers", "false_failovers_high_per_hour"];

fn alarm_rows(frame: &DataFrame) -> Result<Vec<Alarm>> {
    let trials = texts(frame, "trial")?;
    let (observed, bad) = (ints(frame, "observed_us")?, ints(frame, "bad")?);
    let (failovers, falses) = (ints(frame, "failovers")?, ints(frame, "false_failovers")?);
    let high = floats(frame, "false_failovers_high_per_hour")?;
    let alarm = |row: usize| Alarm {
        trial: trials[row].unwrap_or_default().to_owned(),
        observed_us: observed[row].unwrap_or_default(),
        bad: bad[row].unwrap_or_default(),
        failovers: failovers[row].unwrap_or_default(),
        false_failovers: falses[row].unwrap_or_default(),
        false_failovers_high_per_hour: high[row],
    };
    Ok((0..frame.height()).map(alarm).collect())
}
