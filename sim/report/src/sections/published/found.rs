//! What is found where something is expected.

use super::file::{Expected, ExpectedRow};
use super::wanted::Wanted;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use weir_records::{Agreement as Compared, Cell, Row, Session, Verdict};
use weir_stats::Sweep;
use weir_stats::derived::table::DerivedTable;
use weir_tables::{ByTrial, TableReader};

/// What a run gives where something is expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// One for each value that is expected, in the order of the file; its text is printed.
    pub(super) values: Vec<Compared>,
}

impl Agreement {
    /// Whether every value is as expected.
    pub fn holds(&self) -> bool {
        self.values.iter().all(|value| value.agrees)
    }
}

impl Expected {
    /// Compares it with the tables of the run in the folder `dir`, and writes what is found beside
    /// them, as the table `agreement`.
    ///
    /// A value that a session lacks is not as expected, whatever the others have, and neither is a
    /// mean over trials of which some are invalid or failed: it is not the mean that was published.
    ///
    /// # Errors
    /// If a table is missing or not what the schema says, a file cannot be written, or the run has
    /// not the axes and values that the file was read for.
    pub fn agreement(&self, dir: &Path) -> Result<Agreement> {
        let sweep = Sweep::open(dir)?;
        let mut places: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            let levels = self.levels_of(&sweep, row).with_context(|| {
                let (file, line) = (self.file.display(), row.line);
                format!("{file}:{line}: the run in {} has not this: {}", dir.display(), row.words)
            })?;
            places.insert(levels, place);
        }
        let mut sums = vec![Sums::of(self.metrics.len()); self.rows.len()];
        let names = self.metrics.iter().map(|metric| metric.name).collect();
        let rows = ByTrial::numbers(dir, Session::TABLE.name, names)?;
        weir_tables::for_each(dir, rows, &mut |head, sessions| {
            let cell = sweep.cell(head.cell).context("a cell that is not there")?;
            let levels: Vec<usize> = self.axes.iter().map(|&axis| cell.levels[axis]).collect();
            if let Some(&place) = places.get(&levels) {
                let valid = head.verdict == Verdict::Valid;
                sums[place].add(&self.rows[place].wanted, valid, &sessions);
            }
            Ok(())
        })?;
        let mut values = Vec::new();
        for (row, sums) in self.rows.iter().zip(&sums) {
            for ((wanted, metric), sum) in row.wanted.iter().zip(&self.metrics).zip(&sums.metrics) {
                let Some(wanted) = wanted else { continue };
                values.push(sum.value(row, wanted, metric.name, sums.left_out));
            }
        }
        let agreement = Agreement { values };
        agreement.write(&sweep)?;
        Ok(agreement)
    }

    /// The levels of the axes that are named; `None` if one has no such value.
    fn levels_of(&self, sweep: &Sweep, row: &ExpectedRow) -> Option<Vec<usize>> {
        let level = |(&axis, value): (&usize, &Cell)| {
            sweep.axes.get(axis)?.levels.iter().position(|level| level.value == *value)
        };
        self.axes.iter().zip(&row.params).map(level).collect()
    }
}

impl Agreement {
    fn write(&self, sweep: &Sweep) -> Result<()> {
        let mut table = DerivedTable::create(sweep, &[], &Compared::TABLE)?;
        self.values.iter().try_for_each(|value| table.push(&[], value))?;
        table.finish()
    }
}

/// What the trials of a line come to.
#[derive(Debug, Clone)]
struct Sums {
    metrics: Vec<Sum>,
    /// Trials that are invalid or failed.
    left_out: u64,
}

/// What they come to in one metric.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// Of the means of trials.
    means: f64,
    trials: f64,
    sessions: u64,
    missing: u64,
    /// The value farthest on a bound's wrong side.
    worst: Option<f64>,
}

impl Sums {
    fn of(metrics: usize) -> Self {
        Self { metrics: vec![Sum::default(); metrics], left_out: 0 }
    }

    fn add(&mut self, wanted: &[Option<Wanted>], valid: bool, sessions: &[Vec<Option<f64>>]) {
        if !valid {
            self.left_out += 1;
            return;
        }
        for (at, (sum, wanted)) in self.metrics.iter_mut().zip(wanted).enumerate() {
            let Some(wanted) = wanted else { continue };
            let (mut total, mut count) = (0.0, 0.0);
            for value in sessions.iter().map(|session| session[at]) {
                let Some(value) = value else {
                    sum.missing += 1;
                    continue;
                };
                total += value;
                count += 1.0;
                sum.worst = Some(sum.worst.map_or(value, |worst| wanted.worse(worst, value)));
            }
            sum.sessions += count as u64;
            if count > 0.0 {
                sum.means += total / count;
                sum.trials += 1.0;
            }
        }
    }
}

impl Sum {
    fn value(&self, row: &ExpectedRow, wanted: &Wanted, metric: &str, left_out: u64) -> Compared {
        let found = match wanted.is_bound() {
            true => self.worst,
            false => (self.trials > 0.0).then(|| self.means / self.trials),
        };
        let sessions = self.sessions + self.missing;
        let err = match (found, self.missing, left_out) {
            (_, _, some) if some > 0 => Some(format!("{some} trials are invalid or failed")),
            (_, some, _) if some > 0 => Some(format!("{some} of {sessions} sessions lack it")),
            (None, ..) => Some("no session is there".to_owned()),
            _ => None,
        };
        Compared {
            line: row.line,
            cells: row.words.clone(),
            metric: metric.to_owned(),
            expected: wanted.text.clone(),
            found,
            deviation: found.and_then(|found| wanted.deviation(found)),
            n: self.sessions,
            agrees: err.is_none() && found.is_some_and(|found| wanted.agrees(found)),
            err,
        }
    }
}

/// What was found in the run in the folder `dir`; `None` if nothing was expected of it.
pub(super) fn read(dir: &Path) -> Result<Option<Agreement>> {
    if !dir.join(format!("{}.parquet", Compared::TABLE.name)).is_file() {
        return Ok(None);
    }
    let mut values = Vec::new();
    TableReader::open(dir)?.for_each(|value| values.push(value))?;
    Ok(Some(Agreement { values }))
}
