//! A table on its way into its files, and the columns that it has in a run with these axes.

use crate::axis::Axis;
use crate::store::columns::{self, Expected, Filling, expected};
use crate::store::files::{GROUP, TableFiles, read_head};
use anyhow::{Context, Result};
use std::path::Path;
use weir_records::tables::DERIVED;
use weir_records::{
    Alarm, Cell, Comparison, Drill, LabDifference, Row, Session, Summary, Table, Trial,
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
pub fn check(dir: &Path, table: &Table, axes: &[Axis]) -> Result<()> {
    let head = read_head(dir, table.name)?;
    columns::check(&head, table.name, &columns_of(table, axes))
        .with_context(|| format!("check the tables of {}", dir.display()))
}

/// A table on its way into its files: rows wait until they are a group.
pub struct TableWriter {
    rows: Filling,
    files: TableFiles,
}

impl TableWriter {
    /// Makes the files of a table in the folder `dir`.
    ///
    /// # Errors
    /// If a file cannot be made.
    pub fn create(dir: &Path, table: &Table, axes: &[Axis]) -> Result<Self> {
        let rows = Filling::new(table.name, columns_of(table, axes));
        let files = TableFiles::create(dir, table.name, &rows.schema())?;
        Ok(Self { rows, files })
    }

    /// Adds a row: one cell for each column, in order.
    ///
    /// # Errors
    /// If the row is not what the schema says, or a file cannot be written.
    pub fn push<'c>(&mut self, cells: impl IntoIterator<Item = &'c Cell>) -> Result<()> {
        self.rows.push(cells)?;
        if self.rows.rows() < GROUP {
            return Ok(());
        }
        self.files.add(&self.rows.take()?)
    }

    /// Writes what still waits, and the ends of the files.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(mut self) -> Result<()> {
        if self.rows.rows() > 0 {
            self.files.add(&self.rows.take()?)?;
        }
        self.files.finish()
    }
}
