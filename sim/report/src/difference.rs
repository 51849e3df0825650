//! Whether a trial that was run again came out the same.

use crate::{RunInfo, RunTables};
use anyhow::{Context, Result};
use polars::prelude::{AnyValue, DataFrame, NamedFrom, Series};
use std::fmt;
use std::path::Path;
use weir_records::{Row, Trial, TrialResult, tables};

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
/// Those of [`RunTables::open`], and if the run has no such trial.
pub fn first_difference(dir: &Path, again: &TrialResult) -> Result<Option<Difference>> {
    let was = RunTables::open(dir)?;
    // Without axes: how their columns are written depends on the values of all trials.
    let info = RunInfo { axes: Vec::new(), ..was.info().clone() };
    let is = RunTables::new(&info, &[TrialResult { params: Vec::new(), ..again.clone() }])?;
    let trials = of_trial(was.table(Trial::TABLE.name)?, &again.id)?;
    anyhow::ensure!(trials.height() == 1, "the run has no trial {}", again.id);
    for table in tables::ALL {
        let was = of_trial(was.table(table.name)?, &again.id)?;
        let is = is.table(table.name)?;
        for row in 0..was.height().min(is.height()) {
            for column in table.columns.iter().map(|column| column.name) {
                let value = |frame: &DataFrame| -> Result<String> {
                    Ok(text(&frame.column(column)?.get(row)?))
                };
                let (was, is) = (value(&was)?, value(is)?);
                if was != is && !MACHINE.contains(&column) {
                    let (table, column) = (table.name, Some(column));
                    return Ok(Some(Difference { table, row, column, was, is }));
                }
            }
        }
        if was.height() != is.height() {
            return Ok(Some(Difference {
                table: table.name,
                row: was.height().min(is.height()),
                column: None,
                was: was.height().to_string(),
                is: is.height().to_string(),
            }));
        }
    }
    Ok(None)
}

/// The rows of a trial.
fn of_trial(frame: &DataFrame, trial: &str) -> Result<DataFrame> {
    let ids = frame.column("trial")?.str().context("the column `trial`")?;
    let mask: Vec<bool> = ids.iter().map(|id| id == Some(trial)).collect();
    let mask = Series::new("own".into(), mask);
    Ok(frame.filter(mask.bool()?)?)
}

/// A value, whole and exact.
fn text(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "nothing".to_owned(),
        AnyValue::String(text) => format!("\"{text}\""),
        AnyValue::Float64(number) => format!("{number:?}"),
        value => value.to_string(),
    }
}
