//! The rows of a run's tables, read trial by trial: all tables have their trials in the order of
//! the plan, so that those of one trial are found side by side, and only a few groups of rows are
//! in memory at a time.

use super::row::{Rows, TableRow};
use crate::axis::Axis;
use crate::store::columns::{axis_cells, texts};
use crate::store::files::Groups;
use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::path::Path;
use weir_records::{Cell, Row, Trial, Verdict};

/// A trial's row in the table `trials`, as far as statistics need it.
#[derive(Debug, Clone)]
pub struct TrialHead {
    /// Its name.
    pub id: String,
    /// The number of its cell.
    pub cell: u64,
    /// Trials of equal repeat share all that was drawn, whatever their cell.
    pub repeat: u64,
    /// The seed of all that was drawn.
    pub seed: u64,
    /// Whether it counts.
    pub verdict: Verdict,
    /// Why it does not.
    pub err: Option<String>,
}

impl TrialHead {
    /// The columns that it is read from.
    const COLUMNS: [&str; 6] = ["trial", "cell", "repeat", "seed", "verdict", "err"];

    fn read(rows: &Rows) -> Result<Vec<Self>> {
        let (mut ids, mut verdicts) = (rows.values("trial")?, rows.values("verdict")?);
        let (mut cells, mut repeats) = (rows.values("cell")?, rows.values("repeat")?);
        let (mut seeds, mut errs) = (rows.values("seed")?, rows.values("err")?);
        let head = |_| {
            let id: String = ids.next().unwrap_or_default();
            let verdict: String = verdicts.next().unwrap_or_default();
            let verdict = Verdict::from_name(&verdict)
                .with_context(|| format!("trial {id}: \"{verdict}\" is not a verdict"))?;
            Ok(Self {
                id,
                cell: cells.next().unwrap_or_default(),
                repeat: repeats.next().unwrap_or_default(),
                seed: seeds.next().unwrap_or_default(),
                verdict,
                err: errs.next().unwrap_or_default(),
            })
        };
        (0..rows.len()).map(head).collect()
    }
}

/// The trials of a run, in their order.
pub struct Trials {
    groups: Groups,
    heads: VecDeque<TrialHead>,
}

impl Trials {
    /// Those of the run in the folder `dir`.
    ///
    /// # Errors
    /// If the table `trials` cannot be read.
    pub fn open(dir: &Path) -> Result<Self> {
        let groups = Groups::open(dir, Trial::TABLE.name, &TrialHead::COLUMNS)?;
        Ok(Self { groups, heads: VecDeque::new() })
    }

    /// The next trial, if it is `wanted`; `None` else, and after the last.
    ///
    /// # Errors
    /// If the table cannot be read, or is not what the schema says.
    pub fn next_if(
        &mut self,
        wanted: impl FnOnce(&mut TrialHead) -> bool,
    ) -> Result<Option<TrialHead>> {
        while self.heads.is_empty() {
            let Some(frame) = self.groups.next()? else { return Ok(None) };
            self.heads = TrialHead::read(&Rows(frame))?.into();
        }
        Ok(self.heads.pop_front_if(wanted))
    }
}

/// Visits all trials of the run in the folder `dir` in their order, each with its value on each of
/// these axes.
///
/// # Errors
/// Those of `visit`; and if the table `trials` cannot be read or is not what the schema says.
pub fn for_each_with_axes(
    dir: &Path,
    axes: &[Axis],
    visit: &mut dyn FnMut(TrialHead, Vec<Cell>) -> Result<()>,
) -> Result<()> {
    let columns: Vec<String> = axes.iter().map(Axis::column).collect();
    let columns = columns.iter().map(String::as_str);
    let columns: Vec<&str> = TrialHead::COLUMNS.into_iter().chain(columns).collect();
    let mut groups = Groups::open(dir, Trial::TABLE.name, &columns)?;
    while let Some(frame) = groups.next()? {
        let values = axes.iter().map(|axis| Ok(axis_cells(&frame, axis)?.into_iter()));
        let mut values: Vec<_> = values.collect::<Result<_>>()?;
        for head in TrialHead::read(&Rows(frame))? {
            visit(head, values.iter_mut().filter_map(Iterator::next).collect())?;
        }
    }
    Ok(())
}

/// How rows are made of those of a table.
type Read<T> = Box<dyn Fn(&Rows) -> Result<Vec<T>>>;

/// Rows of another table than `trials`, asked for trial by trial.
pub struct ByTrial<T> {
    table: &'static str,
    groups: Groups,
    read: Read<T>,
    /// Trials that were read and not asked for yet.
    waiting: VecDeque<(String, Vec<T>)>,
}

impl<T: TableRow + 'static> ByTrial<T> {
    /// Those of the run in the folder `dir`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn open(dir: &Path) -> Result<Self> {
        Self::of_columns(dir, T::TABLE, T::COLUMNS, Box::new(T::read))
    }
}

impl ByTrial<Vec<Option<f64>>> {
    /// The numbers in these columns of a table.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn numbers(dir: &Path, table: &'static str, columns: Vec<&'static str>) -> Result<Self> {
        let wanted = columns.clone();
        let read = move |rows: &Rows| {
            let mut found = vec![Vec::new(); rows.len()];
            for name in &wanted {
                found.iter_mut().zip(rows.values(name)?).for_each(|(row, value)| row.push(value));
            }
            Ok(found)
        };
        Self::of_columns(dir, table, &columns, Box::new(read))
    }
}

impl<T> ByTrial<T> {
    fn of_columns(
        dir: &Path,
        table: &'static str,
        columns: &[&str],
        read: Read<T>,
    ) -> Result<Self> {
        let own = columns.iter().copied().filter(|name| *name != "trial");
        let columns: Vec<&str> = ["trial"].into_iter().chain(own).collect();
        let groups = Groups::open(dir, table, &columns)?;
        Ok(Self { table, groups, read, waiting: VecDeque::new() })
    }

    /// The rows of this trial, which comes after all that were asked for before.
    ///
    /// # Errors
    /// If the table cannot be read, or is not what the schema says.
    pub fn of(&mut self, trial: &str) -> Result<Vec<T>> {
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
    pub fn finish(mut self) -> Result<()> {
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
        let frame = Rows(frame);
        let rows = (self.read)(&frame).with_context(what)?;
        for (id, row) in texts(&frame.0, "trial").with_context(what)?.into_iter().zip(rows) {
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
///
/// # Errors
/// Those of `visit`; and if a table cannot be read or is not what the schema says.
pub fn for_each<T>(
    dir: &Path,
    mut rows: ByTrial<T>,
    visit: &mut dyn FnMut(TrialHead, Vec<T>) -> Result<()>,
) -> Result<()> {
    let mut trials = Trials::open(dir)?;
    while let Some(head) = trials.next_if(|_| true)? {
        let rows = rows.of(&head.id)?;
        visit(head, rows)?;
    }
    rows.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::GROUP;
    use crate::table_row;
    use crate::write::table::TableWriter;
    use weir_records::Rung;

    table_row! {
        /// A rung.
        struct RungRow of Rung {
            rung: u64,
        }
    }

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

    fn open(dir: &Path) -> ByTrial<RungRow> {
        ByTrial::open(dir).unwrap()
    }

    #[test]
    fn the_rows_of_a_trial_are_found_wherever_groups_end() {
        let dir = tempfile::tempdir().unwrap();
        let trials =
            [("a", 3), ("b", GROUP - 3), ("d", GROUP / 2), ("e", GROUP + 9), ("f", 1), ("g", 0)];
        rungs(dir.path(), &trials);
        let mut rows = open(dir.path());
        for (trial, count) in [&trials[..2], &[("c", 0)], &trials[2..]].concat() {
            let expected: Vec<RungRow> = (0..count as u64).map(|rung| RungRow { rung }).collect();
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
