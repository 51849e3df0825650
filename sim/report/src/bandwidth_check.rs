//! What anybody would expect of a bandwidth sweep, checked on its tables: an end-to-end test of the
//! whole chain from the shaper to the algorithm.

use crate::kit::head::count;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use weir_records::{Row, Rung, Verdict};
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::metric::SETTLED_BITRATE;
use weir_stats::sweep::{Sweep, SweepCell};
use weir_tables::{AxisKind, ByTrial, check, table_row};

/// The most that the mean settled bit rate may fall from one bandwidth to the next, as a share.
const FALL: f64 = 0.05;

/// No stalls are expected from this multiple of the lowest rung's peak bit rate on: with the rate
/// twice its peak, any segment of that rung arrives in half of its duration.
const AMPLE: f64 = 2.0;

/// A figure that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The values of the other axes, such as the algorithm; empty if there are none.
    pub series: String,
    /// The bandwidth, such as `5 Mbit/s`.
    pub rate: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Problem {
    /// The mean settled bit rate fell by more than 5 % from the next lower bandwidth.
    Falls {
        /// At the next lower bandwidth, in bit/s.
        before_bps: f64,
        /// At this one, in bit/s.
        here_bps: f64,
    },
    /// Playback stalled although the bandwidth is twice the peak of the lowest rung, or more.
    Stalls {
        /// Stalls of all sessions of the cell.
        stalls: u64,
        /// The sessions.
        sessions: u64,
        /// The peak bit rate of the lowest rung, in bit/s.
        lowest_peak_bps: u64,
    },
    /// No valid trial has a settled bit rate: the sessions are too short, or there is none.
    NoFigure,
    /// The trials do not say what their lowest rung was, so that nothing can be said of stalls.
    NoRungs,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, rate, problem } = self;
        if !series.is_empty() {
            write!(f, "{series} ")?;
        }
        write!(f, "at {rate}: ")?;
        let mbit = |bps: f64| bps / 1e6;
        match *problem {
            Problem::Falls { before_bps, here_bps } => write!(
                f,
                "the mean settled bitrate falls by {:.1} %, from {:.3} to {:.3} Mbit/s \
                 (at most {:.0} % is expected)",
                (1.0 - here_bps / before_bps) * 100.0,
                mbit(before_bps),
                mbit(here_bps),
                FALL * 100.0
            ),
            Problem::Stalls { stalls, sessions, lowest_peak_bps } => write!(
                f,
                "{} in {}, although the rate is at least {AMPLE} times the lowest rung's peak of \
                 {:.3} Mbit/s",
                count(stalls, "stall"),
                count(sessions, "session"),
                mbit(lowest_peak_bps as f64)
            ),
            Problem::NoFigure => write!(f, "no valid session has a settled bitrate"),
            Problem::NoRungs => write!(f, "the table rungs has no lowest rung"),
        }
    }
}

/// Checks a bandwidth sweep in the folder `dir`: for each combination of the other axes, the mean
/// settled bit rate falls by at most 5 % from one bandwidth to the next, and nobody stalls where
/// the bandwidth is at least twice the lowest rung's peak. Returns what is not so.
///
/// # Errors
/// If the tables cannot be read, or the run has not exactly one axis of bit rates with two values
/// or more: nothing could be checked then, which must not look like success.
pub fn bandwidth_check(dir: &Path) -> Result<Vec<Violation>> {
    let sweep = Sweep::open(dir)?;
    let is_rate = |&i: &usize| {
        let axis = &sweep.axes[i];
        axis.axis.kind == AxisKind::BitRate && axis.levels.len() > 1
    };
    let rates: Vec<usize> = (0..sweep.axes.len()).filter(is_rate).collect();
    ensure!(
        rates.len() == 1,
        "{}: a bandwidth sweep has one axis of bit rates with two values or more, this run has {}",
        dir.display(),
        rates.len()
    );
    let rate = *rates.first().context("an axis of bit rates")?;

    let mut figures = BTreeMap::new();
    let peaks = lowest_peaks(&sweep)?;
    sweep.for_each(&mut |cell| {
        figures.insert(cell.cell.cell, Figures::of(cell, &peaks));
        Ok(())
    })?;
    let mut series: BTreeMap<Vec<usize>, Vec<&SweepCell>> = BTreeMap::new();
    for cell in &sweep.cells {
        let mut others = cell.levels.clone();
        others.remove(rate);
        series.entry(others).or_default().push(cell);
    }
    let mut violations = Vec::new();
    for cells in series.values_mut() {
        cells.sort_by_key(|cell| cell.levels[rate]);
        let mut before = None;
        for cell in cells {
            let Some(figures) = figures.get(&cell.cell) else { continue };
            let rate_bps = sweep.axes[rate].levels[cell.levels[rate]].number();
            let found = figures.problems(rate_bps, &mut before);
            let mut params = sweep.params(cell);
            let rate = params.remove(rate).text;
            let series = params.into_iter().map(|p| p.text).collect::<Vec<_>>().join(", ");
            violations.extend(found.into_iter().map(|problem| Violation {
                series: series.clone(),
                rate: rate.clone(),
                problem,
            }));
        }
    }
    Ok(violations)
}

/// What is expected of a cell is expected of these.
struct Figures {
    settled_bps: Option<f64>,
    stalls: f64,
    sessions: u64,
    /// Valid trials.
    trials: u64,
    /// The peak bit rate of the lowest rung.
    lowest_peak_bps: Option<u64>,
}

impl Figures {
    fn of(cell: &CellTrials<'_>, peaks: &BTreeMap<u64, u64>) -> Self {
        let sessions = cell.valid().flat_map(|trial| &trial.sessions);
        Self {
            settled_bps: cell.estimate(&SETTLED_BITRATE).map(|found| found.mean),
            stalls: sessions.filter_map(|s| s.stalls).sum(),
            sessions: cell.cell.sessions,
            trials: cell.cell.valid,
            lowest_peak_bps: peaks.get(&cell.cell.cell).copied(),
        }
    }

    /// What is wrong with them, given the settled bit rate of the cell before.
    fn problems(&self, rate_bps: Option<f64>, before: &mut Option<f64>) -> Vec<Problem> {
        let mut found = Vec::new();
        match self.settled_bps {
            Some(here_bps) => {
                if let Some(before_bps) = *before
                    && here_bps < before_bps * (1.0 - FALL)
                {
                    found.push(Problem::Falls { before_bps, here_bps });
                }
                *before = Some(here_bps);
            }
            None => found.push(Problem::NoFigure),
        }
        match (self.lowest_peak_bps, rate_bps) {
            (Some(peak), Some(rate)) if self.stalls > 0.0 && rate >= AMPLE * peak as f64 => {
                found.push(Problem::Stalls {
                    stalls: self.stalls as u64,
                    sessions: self.sessions,
                    lowest_peak_bps: peak,
                });
            }
            (None, _) if self.trials > 0 => found.push(Problem::NoRungs),
            _ => {}
        }
        found
    }
}

table_row! {
    /// A rung and its peak.
    struct RungRow of Rung {
        rung: u64,
        peak_bps: u64,
    }
}

/// The peak bit rate of the lowest rung in the valid trials of each cell. They share their content;
/// the highest peak is the safe one if they do not.
fn lowest_peaks(sweep: &Sweep) -> Result<BTreeMap<u64, u64>> {
    check(sweep.dir(), &Rung::TABLE, &[])?;
    let rows = ByTrial::<RungRow>::open(sweep.dir())?;
    let mut peaks = BTreeMap::new();
    weir_tables::for_each(sweep.dir(), rows, &mut |head, rungs| {
        let lowest = rungs.iter().filter(|row| row.rung == 0).map(|row| row.peak_bps).max();
        let lowest = lowest.filter(|_| head.verdict == Verdict::Valid);
        if let Some(peak) = lowest {
            let highest = peaks.entry(head.cell).or_insert(peak);
            *highest = peak.max(*highest);
        }
        Ok(())
    })?;
    Ok(peaks)
}
