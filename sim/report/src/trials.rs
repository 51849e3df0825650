//! The rows of a run's tables, read trial by trial: all tables have their trials in the order of the
//! plan, so that those of one trial are found side by side, and only a few groups of rows are in
//! memory at a time.

use crate::columns::{ints, texts};
use crate::files::Groups;
use anyhow::{Context, Result, bail};
use polars::prelude::DataFrame;
use std::collections::VecDeque;
use std::path::Path;
use weir_records::{Row, Trial, Verdict};

/// A trial's row in the table `trials`, as far as statistics need it.
#[derive(Debug, Clone)]
pub(crate) struct TrialHead {
    pub id: String,
    pub cell: u64,
    /// Trials of equal repeat share all that was drawn, whatever their cell.
    pub repeat: u64,
    pub seed: u64,
    pub verdict: Verdict,
    pub err: Option<String>,
}

impl TrialHead {
    /// The columns that it is read from.
    pub(crate) const COLUMNS: [&str; 6] = ["trial", "cell", "repeat", "seed", "verdict", "err"];

    /// The rows of a frame.
    pub(crate) fn read(frame: &DataFrame) -> Result<Vec<Self>> {
        let (ids, verdicts, errs) =
            (texts(frame, "trial")?, texts(frame, "verdict")?, texts(frame, "err")?);
        let (cells, repeats, seeds) =
            (ints(frame, "cell")?, ints(frame, "repeat")?, ints(frame, "seed")?);
        let head = |row: usize| {
            let (id, verdict) = (ids[row].unwrap_or_default(), verdicts[row].unwrap_or_default());
            let verdict = Verdict::from_name(verdict)
                .with_context(|| format!("trial {id}: \"{verdict}\" is not a verdict"))?;
            Ok(Self {
                id: id.to_owned(),
                cell: cells[row].unwrap_or_default(),
                repeat: repeats[row].unwrap_or_default(),
                seed: seeds[row].unwrap_or_default(),
                verdict,
                err: errs[row].map(str::to_owned),
            })
        };
        (0..frame.height()).map(head).collect()
    }
}

/// Rows of another table than `trials`, asked for trial by trial.
pub(crate) struct ByTrial<T> {
    table: &'static str,
    groups: Groups,
    read: fn(&DataFrame) -> Result<Vec<T>>,
    /// Trials that were read and not asked for yet.
    waiting: VecDeque<(String, Vec<T>)>,
}

impl<T> ByTrial<T> {
    /// The rows of a table in the folder `dir`, made by `read` from these columns, one from each.
    pub(crate) fn open(
        dir: &Path,
        table: &'static str,
        columns: &[&str],
        read: fn(&DataFrame) -> Result<Vec<T>>,
    ) -> Result<Self> {
        let columns: Vec<&str> = ["trial"].iter().chain(columns).copied().collect();
        let groups = Groups::open(dir, table, &columns)?;
        Ok(Self { table, groups, read, waiting: VecDeque::new() })
    }

    /// The rows of this trial, which comes after all that were asked for before.
    pub(crate) fn of(&mut self, trial: &str) -> Result<Vec<T>> {
        // The last one may go on in the next group.
        while self.waiting.len() < 2 && self.read_group()? {}
        let is_next = self.waiting.front().is_some_and(|(id, _)| id == trial);
        let next = if is_next { self.waiting.pop_front() } else { None };
        Ok(next.map_or_else(Vec::new, |(_, rows)| rows))
    }

    /// Whether no trial has rows that were not asked for.
    ///
    /// # Errors
    /// If one has: it is not in the table `trials`, or not in its order.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.read_group()?;
        match self.waiting.front() {
            None => Ok(()),
            Some((id, _)) => bail!(
                "trial {id} has rows in the table {}, but none in the table `trials`, or in another \
                 order",
                self.table
            ),
        }
    }

    fn read_group(&mut self) -> Result<bool> {
        let Some(frame) = self.groups.next()? else { return Ok(false) };
        let what = || format!("table {}", self.table);
        let rows = (self.read)(&frame).with_context(what)?;
        for (id, row) in texts(&frame, "trial").with_context(what)?.into_iter().zip(rows) {
            let id = id.unwrap_or_default();
            match self.waiting.back_mut() {
                Some((last, rows)) if last == id => rows.push(row),
                _ => self.waiting.push_back((id.to_owned(), vec![row])),
            }
        }
        Ok(true)
    }
}

/// Visits all trials of the run in the folder `dir` in their order, with their rows of another
/// table.
pub(crate) fn for_each<T>(
    dir: &Path,
    mut rows: ByTrial<T>,
    visit: &mut dyn FnMut(TrialHead, Vec<T>) -> Result<()>,
) -> Result<()> {
    let mut trials = Groups::open(dir, Trial::TABLE.name, &TrialHead::COLUMNS)?;
    while let Some(frame) = trials.next()? {
        for head in TrialHead::read(&frame)? {
            let rows = rows.of(&head.id)?;
            visit(head, rows)?;
        }
    }
    rows.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::GROUP;
    use crate::tables::TableWriter;
    use weir_records::{Cell, Rung};

    /// Writes rungs of trials; each has as many as its place says.
    fn rungs(dir: &Path, trials: &[(&str, usize)]) {
        let mut table = TableWriter::create(dir, &Rung::TABLE, &[]).unwrap();
        for (trial, count) in trials {
            for rung in 0..*count as u64 {
                let rate = Cell::Int(rung);
                let keys = [Cell::Text("run".into()), Cell::Text((*trial).into())];
                let own = [rate.clone(), Cell::Null, Cell::Null, rate.clone(), rate.clone(), rate];
                table.push(keys.iter().chain(&own).chain([&Cell::Bool(false)])).unwrap();
            }
        }
        table.finish().unwrap();
    }

    fn open(dir: &Path) -> ByTrial<u64> {
        let read = |frame: &DataFrame| Ok(ints(frame, "rung")?.into_iter().flatten().collect());
        ByTrial::open(dir, Rung::TABLE.name, &["rung"], read).unwrap()
    }

    #[test]
    fn the_rows_of_a_trial_are_found_wherever_groups_end() {
        let dir = tempfile::tempdir().unwrap();
        let trials =
            [("a", 3), ("b", GROUP - 3), ("d", GROUP / 2), ("e", GROUP + 9), ("f", 1), ("g", 0)];
        rungs(dir.path(), &trials);
        let mut rows = open(dir.path());
        for (trial, count) in [&trials[..2], &[("c", 0)], &trials[2..]].concat() {
            let expected: Vec<u64> = (0..count as u64).collect();
            assert!(rows.of(trial).unwrap() == expected, "{trial}");
        }
        rows.finish().unwrap();
    }

    #[test]
    fn rows_that_nobody_asked_for_are_an_error() {
        let dir = tempfile::tempdir().unwrap();
        for trials in [&[("a", 1), ("x", 1)][..], &[("x", 1), ("a", 1)], &[("b", 1), ("a", 1)]] {
            rungs(dir.path(), trials);
            let mut rows = open(dir.path());
            rows.of("a").unwrap();
            rows.of("b").unwrap();
            let error = rows.finish().unwrap_err().to_string();
            assert!(error.contains("has rows in the table rungs, but none"), "{error}");
        }
    }
}
