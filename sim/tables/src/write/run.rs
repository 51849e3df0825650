//! The tables of what trials recorded, written as finished trials come.

use super::table::{TableWriter, has_axis};
use crate::axis::Axis;
use crate::run::RunInfo;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use weir_records::tables;
use weir_records::{
    Cell, Event, Flow, Link, Live, Moment, Node, Playlist, Record, Row, Rung, Segment, Session,
    Stall, Table, Trial, TrialResult,
};

/// All tables but those that follow from the others.
pub struct RunTables<'a> {
    info: &'a RunInfo,
    axes: &'a [Axis],
    tables: BTreeMap<&'static str, TableWriter>,
}

impl<'a> RunTables<'a> {
    /// Makes their files in the folder `dir`.
    ///
    /// # Errors
    /// If a file cannot be made.
    pub fn create(dir: &Path, info: &'a RunInfo, axes: &'a [Axis]) -> Result<Self> {
        let table = |table: &Table| Ok((table.name, TableWriter::create(dir, table, axes)?));
        Ok(Self { info, axes, tables: tables::ALL.iter().map(table).collect::<Result<_>>()? })
    }

    /// Adds the rows of a trial.
    ///
    /// # Errors
    /// If a row is not what the schema says, or a file cannot be written.
    pub fn add(&mut self, trial: &TrialResult) -> Result<()> {
        let keys = [Cell::Text(self.info.run.clone()), Cell::Text(trial.id.clone())];
        let values = self.axes.iter().zip(&trial.params).map(|(axis, text)| {
            let value = axis.kind.value(text);
            value.with_context(|| format!("axis `{}`: {text}", axis.path))
        });
        let values: Vec<Cell> = values.collect::<Result<_>>()?;
        let before = |table: &Table| -> (&'static str, Vec<Cell>) {
            let axes = self.axes.iter().zip(&values).filter(|(axis, _)| has_axis(table, axis));
            let cells = keys.iter().chain(axes.map(|(_, value)| value));
            (table.name, cells.cloned().collect())
        };
        let before: BTreeMap<&str, Vec<Cell>> = tables::ALL.iter().map(before).collect();
        for_each_row(trial, &mut |table, row| {
            let writer = self.tables.get_mut(table).context("a table that is not written")?;
            writer.push(before.get(table).into_iter().flatten().chain(row))
        })
    }

    /// Writes what still waits, and the ends of all files.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(self) -> Result<()> {
        self.tables.into_values().try_for_each(TableWriter::finish)
    }
}

/// What is done with a row: the name of its table, and its own cells.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&'static str, &[Cell]) -> Result<()>;

/// Visits the rows of a trial, each with the name of its table: table by table, and those of a
/// table in the order of its first columns.
pub(crate) fn for_each_row(trial: &TrialResult, visit: Visit<'_>) -> Result<()> {
    let TrialResult { row, records, .. } = trial;
    visit(Trial::TABLE.name, &row.cells())?;
    macro_rules! sorted {
        ($($row:ident: $key:expr;)*) => {$({
            let rows = records.iter();
            let rows = rows.filter_map(|r| if let Record::$row(row) = r { Some(row) } else { None });
            sorted::<$row, _>(rows.collect(), $key, visit)?;
        })*};
    }
    sorted! {
        Session: |r| r.session;
        Segment: |r| (r.session, r.request);
        Stall: |r| (r.session, r.stall);
        Live: |r| r.session;
        Playlist: |r| (r.session, r.request);
        Moment: |r| (r.session, r.at_us);
        Link: |r| (&r.link, &r.from, &r.to, r.start_us);
        Node: |r| &r.node;
        Flow: |r| (r.traffic, r.flow);
        Event: |r| (r.at_us, &r.node, &r.service);
        Rung: |r| r.rung;
    }
    Ok(())
}

/// Visits these rows, ordered by `key`; those that are equal in it stay in the order in which they
/// arose.
fn sorted<'r, R: Row, K: Ord>(
    mut rows: Vec<&'r R>,
    key: impl Fn(&'r R) -> K,
    visit: Visit<'_>,
) -> Result<()> {
    rows.sort_by_key(|row| key(row));
    rows.into_iter().try_for_each(|row| visit(R::TABLE.name, &row.cells()))
}
