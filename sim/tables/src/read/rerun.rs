//! Whether a trial that was run again came out the same.

use crate::run;
use crate::store::columns::texts;
use crate::store::files::Groups;
use crate::write::run::for_each_row;
use crate::write::table::check;
use anyhow::{Result, ensure};
use polars::prelude::AnyValue;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use weir_records::{Cell, Row, Table, Trial, TrialResult};

/// What is not compared: how long a trial took, and what it occupied, is the machine's.
const MACHINE: [&str; 2] = ["wall_us", "memory_bytes"];

/// The first place in which two results of one trial differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The row, counted from 0 among those of the trial.
    pub row: usize,
    /// The column; `None` where only one of the results has such a row.
    pub column: Option<&'static str>,
    /// What the run has there.
    pub was: String,
    /// What it is now.
    pub is: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, row, column, was, is } = self;
        match column {
            Some(column) => write!(f, "{table}, row {row}, {column}: was {was}, is {is}"),
            None => write!(f, "{table}: {was} rows, now {is}"),
        }
    }
}

/// The first place in which `again` differs from the trial of the same name in the tables of the
/// run in the folder `dir`; `None` if all rows are equal. What depends on the machine is left out.
///
/// # Errors
/// If a table is missing or unreadable, or is not what the schema says, and if the run has no such
/// trial.
pub fn first_difference(dir: &Path, again: &TrialResult) -> Result<Option<Difference>> {
    let (_, axes) = run::read_info(dir)?;
    let mut rows: BTreeMap<&str, Vec<Vec<Cell>>> = BTreeMap::new();
    for_each_row(again, &mut |table, row| {
        rows.entry(table).or_default().push(row.to_vec());
        Ok(())
    })?;
    for table in weir_records::tables::ALL {
        check(dir, &table, &axes)?;
        let is = rows.remove(table.name).unwrap_or_default();
        let (was, difference) = compare(dir, &table, &again.id, &is)?;
        ensure!(table.name != Trial::TABLE.name || was == 1, "the run has no trial {}", again.id);
        if difference.is_some() {
            return Ok(difference);
        }
    }
    Ok(None)
}

/// How many rows a table of the run has of a trial, and the first place in which these differ.
fn compare(
    dir: &Path,
    table: &Table,
    trial: &str,
    is: &[Vec<Cell>],
) -> Result<(usize, Option<Difference>)> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let columns: Vec<&str> = ["trial"].iter().chain(&names).copied().collect();
    let mut groups = Groups::open(dir, table.name, &columns)?;
    let mut row = 0;
    let mut first = None;
    while let Some(frame) = groups.next()? {
        let ids = texts(&frame, "trial")?;
        for at in (0..ids.len()).filter(|&at| ids[at] == Some(trial)) {
            for (column, cell) in names.iter().zip(is.get(row).into_iter().flatten()) {
                let (was, is) = (written(&frame.column(column)?.get(at)?), text(cell));
                if first.is_none() && was != is && !MACHINE.contains(column) {
                    let (table, column) = (table.name, Some(*column));
                    first = Some(Difference { table, row, column, was, is });
                }
            }
            row += 1;
        }
    }
    if first.is_none() && row != is.len() {
        let (was, is) = (row.to_string(), is.len().to_string());
        let row = row.min(is.len());
        first = Some(Difference { table: table.name, row, column: None, was, is });
    }
    Ok((row, first))
}

/// A value of a table, whole and exact.
fn written(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => text(&Cell::Null),
        AnyValue::String(words) => format!("\"{words}\""),
        AnyValue::Float64(number) => text(&Cell::Float(*number)),
        value => value.to_string(),
    }
}

/// The same of a value that is not in a table yet.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) => format!("\"{words}\""),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) if number.is_finite() => format!("{number:?}"),
        // A float that is not finite is missing in a table.
        Cell::Float(_) | Cell::Null => "nothing".to_owned(),
        Cell::Bool(yes) => yes.to_string(),
    }
}
