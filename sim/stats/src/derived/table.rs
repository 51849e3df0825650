//! A table that follows from others on its way into its files.

use crate::sweep::{Level, Sweep};
use anyhow::Result;
use weir_records::{Cell, Row, Table};
use weir_tables::{Axis, TableWriter};

/// The table: each of its rows begins with the run, and with the values of a cell on the axes.
pub struct DerivedTable {
    run: Cell,
    writer: TableWriter,
}

impl DerivedTable {
    /// Makes its files in the folder of the run, which has these axes.
    ///
    /// # Errors
    /// If a file cannot be made.
    pub fn create(sweep: &Sweep, axes: &[Axis], table: &Table) -> Result<Self> {
        let writer = TableWriter::create(sweep.dir(), table, axes)?;
        Ok(Self { run: Cell::Text(sweep.info.run.clone()), writer })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If it is not what the schema says, or a file cannot be written.
    pub fn push(&mut self, params: &[Level], row: &impl Row) -> Result<()> {
        let params = params.iter().map(|param| &param.value);
        self.writer.push([&self.run].into_iter().chain(params).chain(&row.cells()))
    }

    /// Writes what still waits, and the ends of the files.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(self) -> Result<()> {
        self.writer.finish()
    }
}
