//! Tables, statistics, plots and the page of a run: the only crate with polars and plotters.
//!
//! [`write_run`] turns finished trials into the tables of the run's folder. Everything else reads
//! tables only, so that any report can be made again without running anything: [`report`] writes
//! the plots and the page, [`timeline`] draws one session, [`expectations`] checks a bandwidth sweep, [`RunTables`] is for those
//! who want the numbers.
//!
//! Equal input gives equal bytes in every file, on every machine: rows and sums have a fixed order,
//! and nothing contains a time, a version or a hash map's order.
//!
//! 2026-11-20: polars is used without its lazy engine, which would pull in clients of cloud storage
//! and double the build; statistics are plain loops over rows, whose order of summation is known.

mod axis;
mod bootstrap;
mod columns;
mod compared;
mod comparisons;
mod difference;
mod dimension;
mod expectations;
mod fairness;
mod figure;
mod files;
mod flows;
mod gallery;
mod head;
mod heatmap;
mod human;
mod layout;
mod metric;
mod page;
mod plot;
mod print;
mod run;
mod shown;
mod summary;
mod sweep;
mod tables;
mod timeline;
mod x;

pub use axis::{Axis, AxisKind};
pub use difference::{Difference, first_difference};
pub use expectations::{Problem, Violation, expectations};
pub use run::RunInfo;
pub use tables::RunTables;

use anyhow::Result;
use gallery::Gallery;
use human::HumanTable;
use std::fmt;
use std::path::{Path, PathBuf};
use summary::Summaries;
use sweep::Sweep;
use weir_records::{Summary, TrialResult, Verdict};

/// Writes the tables of a run into the folder `dir`, which must exist: each as Parquet and CSV, and
/// `run.toml`. The order of `trials` does not matter.
///
/// # Errors
/// See [`RunTables::new`] and [`RunTables::write`].
pub fn write_run(dir: &Path, run: &RunInfo, trials: &[TrialResult]) -> Result<()> {
    RunTables::new(run, trials)?.write(dir)
}

/// Makes the report of the run in the folder `dir` from its tables: `plots/*.svg`, `plots/*.png`
/// and `report.html`. Shows `plan.toml` and `host.toml` in the page where they are in the folder.
///
/// # Errors
/// If a table is missing or not what the schema says, a file cannot be written, or the font of the
/// plots is not installed.
pub fn report(dir: &Path) -> Result<Report> {
    let tables = RunTables::open_some(dir, &gallery::NEEDS)?;
    let sweep = Sweep::of(&tables)?;
    let summaries = Summaries::of(&sweep);
    let table = HumanTable::of(&tables.info, &summaries);
    let gallery = Gallery::of(dir, &tables, &sweep)?;
    gallery.write(&dir.join("plots"))?;
    page::write(dir, &tables.info, &sweep, &gallery, &table)?;

    let troubled = [Verdict::Invalid, Verdict::Failed]
        .into_iter()
        .flat_map(|verdict| sweep.trials(verdict))
        .map(|trial| LeftOut {
            trial: trial.id.clone(),
            verdict: trial.verdict,
            err: trial.err.clone().unwrap_or_default(),
        });
    Ok(Report {
        info: tables.info.clone(),
        summary: summaries.rows.into_iter().map(|row| row.summary).collect(),
        left_out: troubled.collect(),
        table: print::table(&table),
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
    let tables = RunTables::open_some(dir, &sweep::NEEDS)?;
    let sweep = Sweep::of(&tables)?;
    gallery::timeline(dir, &tables.info, &sweep, trial, session)
}

/// What a report comes to. Prints as a table for the terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The run.
    pub info: RunInfo,
    /// The table `summary`.
    pub summary: Vec<Summary>,
    /// The trials that count in no summary: invalid ones, then failed ones.
    pub left_out: Vec<LeftOut>,
    table: String,
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
        for LeftOut { trial, verdict, err } in self.left_out.iter().take(LEFT_OUT_SHOWN) {
            let reason: String =
                err.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
            writeln!(f, "{trial} is {}: {reason}", verdict.name())?;
        }
        match self.left_out.len().saturating_sub(LEFT_OUT_SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "... and {} more", head::count(more as u64, "trial")),
        }
    }
}
