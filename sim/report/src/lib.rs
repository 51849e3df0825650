//! Tables, statistics, plots and the page of a run: the only crate with polars and plotters.
//!
//! [`write_run`] turns finished trials into the tables of the run's folder, row by row as they come.
//! Everything else reads tables only, so that any report can be made again without running anything:
//! [`report`] writes the plots and the page, [`timeline`] draws one session, [`expectations`] checks
//! a bandwidth sweep, [`first_difference`] compares a trial with the same one in a run, [`Expected`]
//! compares a run with what was published.
//!
//! Equal input gives equal bytes in every file, on every machine: rows and sums have a fixed order,
//! and nothing contains a time, a version or a hash map's order.
//!
//! 2026-11-20: polars is used without its lazy engine, which would pull in clients of cloud storage
//! and double the build; statistics are plain loops over rows, whose order of summation is known.

mod agreement;
mod axis;
mod bootstrap;
mod cloud;
mod columns;
mod compared;
mod comparisons;
mod derived;
mod difference;
mod dimension;
mod drills;
mod expectations;
mod fairness;
mod figure;
mod files;
mod flows;
mod gallery;
mod guard;
mod head;
mod heatmap;
mod human;
mod kinds;
mod labs;
mod layout;
mod metric;
mod order;
mod page;
mod plot;
mod print;
mod run;
mod shootout;
mod shown;
mod spread;
mod summary;
mod sweep;
mod tables;
mod timeline;
mod tradeoff;
mod trials;
mod unseen;
mod way;
mod x;

pub use agreement::{Agreement, Expected};
pub use axis::{Axis, AxisKind};
pub use difference::{Difference, first_difference};
pub use expectations::{Problem, Violation, expectations};
pub use guard::is_reading;
pub use run::RunInfo;

use anyhow::Result;
use dimension::Dimensions;
use gallery::Drawing;
use human::Summarising;
use order::InOrder;
use std::fmt;
use std::path::{Path, PathBuf};
use sweep::{Sweep, SweepCell};
use tables::RunTables;
use unseen::Unseen;
use weir_records::{TrialResult, Verdict};

/// Writes the tables of a run into the folder `dir`, which must exist: each as Parquet and CSV, and
/// `run.toml` when they are complete. `values` has all values of each axis as the plan writes them,
/// in the order of [`RunInfo::axes`]: how a column is written depends on all of them.
///
/// `results` come in the order of the plan, by cell and repeat. Each becomes rows at once: however
/// many there are, only some tens of thousands of rows are in memory.
///
/// # Errors
/// If a result is an error; if it contradicts the ones before (it is not in order, has not the name
/// that its cell and repeat give it, has not one of `values` for each axis, or other parameters than
/// its cell); if an axis would have the name of another column; and if a file cannot be written.
pub fn write_run(
    dir: &Path,
    run: &RunInfo,
    values: &[Vec<String>],
    results: impl IntoIterator<Item = Result<TrialResult>>,
) -> Result<()> {
    let axes = order::axes(run, values)?;
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
    run::write_info(dir, run, &axes)
}

/// Makes the report of the run in the folder `dir` from its tables: `plots/*.svg`, `plots/*.png`
/// and `report.html`. Shows `plan.toml` and `host.toml` in the page where they are in the folder.
/// Tables are read a group of rows at a time, and statistics made a cell at a time.
///
/// # Errors
/// If a table is missing or not what the schema says, a file cannot be written, or the font of the
/// plots is not installed.
pub fn report(dir: &Path) -> Result<Report> {
    let sweep = Sweep::open(dir)?;
    let dimensions = Dimensions::of(&sweep);
    let mut summarising = Summarising::of(&sweep, &dimensions);
    let mut drawing = Drawing::of(&sweep, &dimensions);
    let mut unseen = Unseen::default();
    sweep.for_each(&mut |cell| {
        summarising.add(cell);
        drawing.add(cell);
        unseen.add(cell);
        Ok(())
    })?;
    let table = summarising.finish();
    let gallery = drawing.finish()?;
    let unseen = unseen.line();
    gallery.write(&dir.join("plots"))?;
    page::write(dir, &sweep, &gallery, (&table, unseen.as_deref()))?;

    let left_out = sweep.left_out.iter().take(LEFT_OUT_SHOWN).map(|trial| LeftOut {
        trial: trial.id.clone(),
        verdict: trial.verdict,
        err: trial.err.clone().unwrap_or_default(),
    });
    Ok(Report {
        cells: sweep.cells.len() as u64,
        left_out: sweep.total(SweepCell::left_out),
        first_left_out: left_out.collect(),
        unseen,
        table: print::table(&table),
        lines: gallery.labs.into_iter().map(|labs| labs.line).chain(gallery.drills.lines).collect(),
    })
}

/// Draws the timeline of one session of the run in the folder `dir`: the rate of its bottleneck, the
/// throughput that was measured, the bit rate that was chosen, the buffer and the stalls over time.
/// Writes `plots/timeline-<trial>-s<session>.svg` and the same as PNG, and returns the path of the
/// SVG. Sessions of invalid trials can be drawn too. At most the first 1,500 requests are drawn, and
/// the first two hours of the link.
///
/// # Errors
/// As [`report`]'s; and if the run has no such trial or the trial no such session.
pub fn timeline(dir: &Path, trial: &str, session: u64) -> Result<PathBuf> {
    gallery::timeline(&Sweep::open(dir)?, trial, session)
}

/// What a report comes to. Prints as a table for the terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The cells of the sweep.
    pub cells: u64,
    /// The trials that count in no summary.
    pub left_out: u64,
    /// The first of them: invalid ones, then failed ones.
    pub first_left_out: Vec<LeftOut>,
    /// A line about the cells in which nobody ever saw a picture, if there are any.
    pub unseen: Option<String>,
    table: String,
    /// How labs differ, a line for each but the first; and which mechanism is best for which fault.
    lines: Vec<String>,
}

/// A trial that counts in no summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub trial: String,
    /// Invalid or failed.
    pub verdict: Verdict,
    /// Why.
    pub err: String,
}

/// The most trials that are named one by one when a report is printed.
const LEFT_OUT_SHOWN: usize = 5;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.table)?;
        self.unseen.iter().try_for_each(|line| writeln!(f, "warning: {line}"))?;
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        for LeftOut { trial, verdict, err } in &self.first_left_out {
            let reason: String =
                err.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
            writeln!(f, "{trial} is {}: {reason}", verdict.name())?;
        }
        match self.left_out.saturating_sub(self.first_left_out.len() as u64) {
            0 => Ok(()),
            more => writeln!(f, "... and {} more", head::count(more, "trial")),
        }
    }
}
