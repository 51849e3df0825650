//! The tables of a run, written row by row as finished trials come.

use crate::axis::Axis;
use crate::columns::{self, Expected, Filling, expected};
use crate::files::{GROUP, TableFiles, read_head};
use crate::run::RunInfo;
use anyhow::{Context, Result};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;
use weir_records::tables::DERIVED;
use weir_records::tables::{self, Live, Moment, Playlist};
use weir_records::{
    Alarm, Cell, Comparison, Drill, Event, Flow, LabDifference, Link, Node, Record, Row, Rung,
    Segment, Session, Stall, Summary, Table, Trial, TrialResult,
};

/// The keys of every table but those that follow from the others, which have the run only.
pub(crate) const KEYS: [&str; 2] = ["run", "trial"];

/// The tables that repeat the sweep's axes.
pub(crate) const WITH_AXES: [Table; 7] = [
    Trial::TABLE,
    Session::TABLE,
    Summary::TABLE,
    Comparison::TABLE,
    LabDifference::TABLE,
    Drill::TABLE,
    Alarm::TABLE,
];

/// Whether an axis has a column of its own in this table. The lab is an axis like any other, but
/// `trials` has a column of it in any case.
pub(crate) fn has_axis(table: &Table, axis: &Axis) -> bool {
    let repeats = WITH_AXES.iter().any(|other| other.name == table.name);
    repeats && !(axis.is_lab() && table.columns.iter().any(|column| column.name == axis.path))
}

/// All columns of a table in the run with these axes.
fn columns_of(table: &Table, axes: &[Axis]) -> Vec<Expected> {
    let axes: Vec<&Axis> = axes.iter().filter(|axis| has_axis(table, axis)).collect();
    let derived = DERIVED.iter().any(|derived| derived.name == table.name);
    let keys = if derived { &KEYS[..1] } else { &KEYS };
    expected(table, keys, &axes)
}

/// Checks the columns of a table in the folder `dir` against the schema.
///
/// # Errors
/// If its file is missing or unreadable, or is not what the schema says.
pub(crate) fn check(dir: &Path, table: &Table, axes: &[Axis]) -> Result<()> {
    let head = read_head(dir, table.name)?;
    columns::check(&head, table.name, &columns_of(table, axes))
        .with_context(|| format!("check the tables of {}", dir.display()))
}

/// A table on its way into its files: rows wait until they are a group.
pub(crate) struct TableWriter {
    rows: Filling,
    files: TableFiles,
}

impl TableWriter {
    /// Makes the files of a table.
    pub(crate) fn create(dir: &Path, table: &Table, axes: &[Axis]) -> Result<Self> {
        let rows = Filling::new(table.name, columns_of(table, axes));
        let files = TableFiles::create(dir, table.name, &rows.schema())?;
        Ok(Self { rows, files })
    }

    /// Adds a row: one cell for each column, in order.
    pub(crate) fn push<'c>(&mut self, cells: impl IntoIterator<Item = &'c Cell>) -> Result<()> {
        self.rows.push(cells)?;
        if self.rows.rows() < GROUP {
            return Ok(());
        }
        self.files.add(&self.rows.take()?)
    }

    /// Writes what still waits, and the ends of the files.
    pub(crate) fn finish(mut self) -> Result<()> {
        if self.rows.rows() > 0 {
            self.files.add(&self.rows.take()?)?;
        }
        self.files.finish()
    }
}

/// All tables but those that follow from the others.
pub(crate) struct RunTables<'a> {
    info: &'a RunInfo,
    axes: &'a [Axis],
    tables: BTreeMap<&'static str, TableWriter>,
}

impl<'a> RunTables<'a> {
    /// Makes their files in the folder `dir`.
    pub(crate) fn create(dir: &Path, info: &'a RunInfo, axes: &'a [Axis]) -> Result<Self> {
        let table = |table: &Table| Ok((table.name, TableWriter::create(dir, table, axes)?));
        Ok(Self { info, axes, tables: tables::ALL.iter().map(table).collect::<Result<_>>()? })
    }

    /// Adds the rows of a trial.
    pub(crate) fn add(&mut self, trial: &TrialResult) -> Result<()> {
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
    pub(crate) fn finish(self) -> Result<()> {
        self.tables.into_values().try_for_each(TableWriter::finish)
    }
}

/// Visits the rows of a trial, each with the name of its table: table by table, and those of a table
/// in the order of its first columns.
pub(crate) fn for_each_row(trial: &TrialResult, visit: Visit<'_>) -> Result<()> {
    let TrialResult { row, records, .. } = trial;
    visit(Trial::TABLE.name, &row.cells())?;
    sorted(
        records,
        |r| if let Record::Session(row) = r { Some(row) } else { None },
        |a: &Session, b| a.session.cmp(&b.session),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Segment(row) = r { Some(row) } else { None },
        |a: &Segment, b| (a.session, a.request).cmp(&(b.session, b.request)),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Stall(row) = r { Some(row) } else { None },
        |a: &Stall, b| (a.session, a.stall).cmp(&(b.session, b.stall)),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Live(row) = r { Some(row) } else { None },
        |a: &Live, b| a.session.cmp(&b.session),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Playlist(row) = r { Some(row) } else { None },
        |a: &Playlist, b| (a.session, a.request).cmp(&(b.session, b.request)),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Moment(row) = r { Some(row) } else { None },
        |a: &Moment, b| (a.session, a.at_us).cmp(&(b.session, b.at_us)),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Link(row) = r { Some(row) } else { None },
        |a: &Link, b| {
            (&a.link, &a.from, &a.to, a.start_us).cmp(&(&b.link, &b.from, &b.to, b.start_us))
        },
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Node(row) = r { Some(row) } else { None },
        |a: &Node, b| a.node.cmp(&b.node),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Flow(row) = r { Some(row) } else { None },
        |a: &Flow, b| (a.traffic, a.flow).cmp(&(b.traffic, b.flow)),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Event(row) = r { Some(row) } else { None },
        |a: &Event, b| (a.at_us, &a.node, &a.service).cmp(&(b.at_us, &b.node, &b.service)),
        visit,
    )?;
    sorted(
        records,
        |r| if let Record::Rung(row) = r { Some(row) } else { None },
        |a: &Rung, b| a.rung.cmp(&b.rung),
        visit,
    )
}

/// What is done with a row: the name of its table, and its own cells.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&'static str, &[Cell]) -> Result<()>;

/// Visits the records that `pick` finds, ordered by `order`; those that are equal in it stay in the
/// order in which they arose.
fn sorted<R: Row>(
    records: &[Record],
    pick: fn(&Record) -> Option<&R>,
    order: fn(&R, &R) -> Ordering,
    visit: Visit<'_>,
) -> Result<()> {
    let mut rows: Vec<&R> = records.iter().filter_map(pick).collect();
    rows.sort_by(|a, b| order(a, b));
    rows.into_iter().try_for_each(|row| visit(R::TABLE.name, &row.cells()))
}
