//! Reports of a run, made of its tables alone: plots and the page. The only crate that draws.
//!
//! [`report`] writes the plots and the page, [`timeline`] draws one session, [`bandwidth_check`]
//! checks a bandwidth sweep, [`Expected`] compares a run with what was published. All of it can be
//! made again without running anything.
//!
//! | folder | what lives there |
//! |---|---|
//! | `kit/` | words, tables for people, and how a metric is shown |
//! | `plot/` | the canvas, and the parts that pictures have in common |
//! | `charts/` | the kinds of plots that several sections have |
//! | `sections/` | the parts of the page, one file or folder and one line in the list each |
//!
//! Equal tables give equal bytes in every file, on every machine: sums have a fixed order, and
//! nothing contains a time, a version or a hash map's order.

mod bandwidth_check;
mod charts;
mod kit;
#[cfg(test)]
mod laws;
mod page;
mod plot;
mod rates;
mod section;
mod sections;

pub use bandwidth_check::{Problem, Violation, bandwidth_check};
pub use sections::published::{Agreement, Expected};

use anyhow::Result;
use kit::head::count;
use section::{Run, SectionOutput};
use std::fmt;
use std::path::{Path, PathBuf};
use weir_records::Verdict;
use weir_stats::Sweep;
use weir_stats::sweep::SweepCell;
use weir_stats::sweep::dimension::Dimensions;

/// Makes the report of the run in the folder `dir` from its tables: `plots/*.svg`, `plots/*.png`
/// and `report.html`. Shows `plan.toml` and `host.toml` in the page where they are in the folder.
/// Tables are read a group of rows at a time, and statistics made a cell at a time.
///
/// # Errors
/// If a table is missing or not what the schema says, a file cannot be written, or the font of the
/// plots is not installed.
pub fn report(dir: &Path) -> Result<Report> {
    let sweep = Sweep::open(dir)?;
    let run = Run { sweep: &sweep, dimensions: &Dimensions::of(&sweep) };
    let mut sections = sections::all(run);
    sweep.for_each(&mut |cell| {
        sections.iter_mut().for_each(|section| section.add(cell));
        Ok(())
    })?;
    let outputs = sections.into_iter().map(|section| section.finish());
    let outputs: Vec<SectionOutput> = outputs.collect::<Result<_>>()?;
    for (stem, picture) in outputs.iter().flat_map(|output| &output.pictures) {
        picture.write(&dir.join("plots"), stem)?;
    }
    page::write(run, &outputs)?;

    let left_out = sweep.left_out.iter().take(LEFT_OUT_SHOWN).map(|trial| LeftOut {
        trial: trial.id.clone(),
        verdict: trial.verdict,
        err: trial.err.clone().unwrap_or_default(),
    });
    Ok(Report {
        cells: sweep.cells.len() as u64,
        left_out: sweep.total(SweepCell::left_out),
        first_left_out: left_out.collect(),
        unseen: outputs.iter().find_map(|output| output.warning.clone()),
        text: outputs.iter().rev().map(|output| output.text.as_str()).collect(),
    })
}

/// Draws the timeline of one session of the run in the folder `dir`: the rate of its bottleneck,
/// the throughput that was measured, the bit rate that was chosen, the buffer and the stalls over
/// time. Writes `plots/timeline-<trial>-s<session>.svg` and the same as PNG, and returns the path
/// of the SVG. Sessions of invalid trials can be drawn too. At most the first 1,500 requests are
/// drawn, and the first two hours of the link.
///
/// # Errors
/// As [`report`]'s; and if the run has no such trial or the trial no such session.
pub fn timeline(dir: &Path, trial: &str, session: u64) -> Result<PathBuf> {
    sections::timelines::draw_one(&Sweep::open(dir)?, trial, session)
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
    /// What is printed of the sections: the summary, how labs differ, a line for each but the
    /// first, and which mechanism is best for which fault.
    text: String,
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
        write!(f, "{}", self.text)?;
        for LeftOut { trial, verdict, err } in &self.first_left_out {
            let reason: String =
                err.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
            writeln!(f, "{trial} is {}: {reason}", verdict.name())?;
        }
        match self.left_out.saturating_sub(self.first_left_out.len() as u64) {
            0 => Ok(()),
            more => writeln!(f, "... and {} more", count(more, "trial")),
        }
    }
}
