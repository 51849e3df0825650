//! Writing all tables of a run.

use crate::derived;
use anyhow::Result;
use std::path::Path;
use weir_records::TrialResult;
use weir_tables::{InOrder, RunInfo, RunTables, axes, write_info};

/// Writes the tables of a run into the folder `dir`, which must exist: each as Parquet and CSV, and
/// `run.toml` when they are complete. `values` has all values of each axis as the plan writes them,
/// in the order of [`RunInfo::axes`]: how a column is written depends on all of them.
///
/// `results` come in the order of the plan, by cell and repeat. Each becomes rows at once: however
/// many there are, only some tens of thousands of rows are in memory.
///
/// # Errors
/// If a result is an error; if it contradicts the ones before (it is not in order, has not the name
/// that its cell and repeat give it, has not one of `values` for each axis, or other parameters
/// than its cell); if an axis would have the name of another column; and if a file cannot be
/// written.
pub fn write_run(
    dir: &Path,
    run: &RunInfo,
    values: &[Vec<String>],
    results: impl IntoIterator<Item = Result<TrialResult>>,
) -> Result<()> {
    let axes = axes(run, values)?;
    let mut order = InOrder::new(&axes, values);
    let mut tables = RunTables::create(dir, run, &axes)?;
    for result in results {
        let trial = result?;
        order.pass(&trial)?;
        tables.add(&trial)?;
    }
    tables.finish()?;
    derived::write(dir, run, &axes)?;
    // Last: it says that the tables are complete.
    write_info(dir, run, &axes)
}
