//! A sweep read from the tables `trials` and `sessions`.

use super::whole::{Level, Sweep, SweepAxis, SweepCell};
use anyhow::{Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use weir_records::{Cell, Row, Session, Table, Trial, Verdict};
use weir_tables::{
    Axis, ByTrial, RunInfo, TrialHead, check, for_each_with_axes, read_info, table_row,
};

/// The tables that it is read from.
const NEEDS: [Table; 2] = [Trial::TABLE, Session::TABLE];

/// The most trials of a verdict that are named as left out: what went wrong repeats itself.
const NAMED: usize = 100;

table_row! {
    /// The algorithm of a session.
    struct AbrRow of Session {
        abr: Arc<str>,
    }
}

impl Sweep {
    /// The run in the folder `dir`, whose tables are checked against the schema.
    ///
    /// # Errors
    /// If a file is missing or unreadable, or is not what the schema says.
    pub fn open(dir: &Path) -> Result<Self> {
        let (info, axes) = read_info(dir)?;
        Self::of(dir, info, &axes)
    }

    /// The same of a run that has no `run.toml` yet.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn of(dir: &Path, info: RunInfo, axes: &[Axis]) -> Result<Self> {
        for table in NEEDS {
            check(dir, &table, axes)?;
        }
        let mut building = Building::of(axes);
        for_each_with_axes(dir, axes, &mut |head, values| building.add(head, &values))?;
        let mut sweep = building.finish(dir, info, axes);
        sweep.count_sessions()?;
        Ok(sweep)
    }

    /// Fills in what the table `sessions` says of cells.
    fn count_sessions(&mut self) -> Result<()> {
        let rows = ByTrial::<AbrRow>::open(&self.dir)?;
        let mut known = BTreeMap::new();
        let mut here = BTreeSet::new();
        let mut at = 0;
        let Self { cells, mixed, .. } = self;
        let mut put = |cell: &mut SweepCell, set: BTreeSet<Arc<str>>| {
            let next = known.len();
            cell.abrs = *known.entry(set).or_insert(next);
        };
        weir_tables::for_each(&self.dir, rows, &mut |head, rows| {
            while cells.get(at).is_some_and(|cell| cell.cell != head.cell) {
                put(&mut cells[at], std::mem::take(&mut here));
                at += 1;
            }
            if let Some(cell) = cells.get_mut(at)
                && head.verdict == Verdict::Valid
            {
                cell.sessions += rows.len() as u64;
                *mixed |= rows.windows(2).any(|pair| pair[0] != pair[1]);
                here.extend(rows.into_iter().map(|row| row.abr));
            }
            Ok(())
        })?;
        if let Some(cell) = cells.get_mut(at) {
            put(cell, here);
        }
        let mut sets: Vec<(BTreeSet<Arc<str>>, usize)> = known.into_iter().collect();
        sets.sort_by_key(|(_, number)| *number);
        self.abrs = sets.into_iter().map(|(set, _)| set.into_iter().collect()).collect();
        Ok(())
    }
}

/// A run while its table `trials` is read.
struct Building {
    axes: Vec<Values>,
    cells: Vec<SweepCell>,
    invalid: Vec<TrialHead>,
    failed: Vec<TrialHead>,
}

/// The values of an axis in the order of the plan, each once.
#[derive(Default)]
struct Values {
    all: Vec<Cell>,
    places: BTreeMap<String, usize>,
}

impl Values {
    fn place_of(&mut self, value: &Cell) -> usize {
        let next = self.all.len();
        // The same text of a plan gives the same value, to the last bit.
        let place = *self.places.entry(format!("{value:?}")).or_insert(next);
        if place == next {
            self.all.push(value.clone());
        }
        place
    }
}

impl Building {
    fn of(axes: &[Axis]) -> Self {
        let axes = axes.iter().map(|_| Values::default()).collect();
        Self { axes, cells: Vec::new(), invalid: Vec::new(), failed: Vec::new() }
    }

    fn add(&mut self, head: TrialHead, values: &[Cell]) -> Result<()> {
        if self.cells.last().is_none_or(|last| last.cell != head.cell) {
            ensure!(
                self.cells.last().is_none_or(|last| last.cell < head.cell),
                "table trials: {} is not in the order of cells",
                head.id
            );
            let levels = self.axes.iter_mut().zip(values).map(|(axis, v)| axis.place_of(v));
            self.cells.push(SweepCell {
                cell: head.cell,
                levels: levels.collect(),
                valid: 0,
                invalid: 0,
                failed: 0,
                sessions: 0,
                abrs: 0,
            });
        }
        let Some(cell) = self.cells.last_mut() else { return Ok(()) };
        let (count, named) = match head.verdict {
            Verdict::Valid => {
                cell.valid += 1;
                return Ok(());
            }
            Verdict::Invalid => (&mut cell.invalid, &mut self.invalid),
            Verdict::Failed => (&mut cell.failed, &mut self.failed),
        };
        *count += 1;
        if named.len() < NAMED {
            named.push(head);
        }
        Ok(())
    }

    fn finish(self, dir: &Path, info: RunInfo, axes: &[Axis]) -> Sweep {
        let Self { axes: values, mut cells, invalid: mut left_out, failed } = self;
        let sorted = axes.iter().zip(values).map(|(axis, values)| SweepAxis::of(axis, values.all));
        let (axes, places): (Vec<SweepAxis>, Vec<Vec<usize>>) = sorted.unzip();
        for cell in &mut cells {
            for (level, places) in cell.levels.iter_mut().zip(&places) {
                *level = places[*level];
            }
        }
        left_out.extend(failed);
        let (abrs, dir) = (Vec::new(), dir.to_owned());
        Sweep { info, axes, cells, left_out, mixed: false, abrs, dir }
    }
}

impl SweepAxis {
    /// Of these values, in the order of the plan; and where each of them stands among the levels.
    fn of(axis: &Axis, values: Vec<Cell>) -> (Self, Vec<usize>) {
        let level = |value: Cell| Level { text: axis.kind.text(&value), value };
        let mut ordered: Vec<(usize, Level)> = values.into_iter().map(level).enumerate().collect();
        ordered.sort_by(|(_, a), (_, b)| match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => std::cmp::Ordering::Equal,
        });
        let mut places = vec![0; ordered.len()];
        for (place, (at, _)) in ordered.iter().enumerate() {
            places[*at] = place;
        }
        let mut levels: Vec<Level> = ordered.into_iter().map(|(_, level)| level).collect();
        // Zero has no unit of its own, it takes that of the value next to it: `0 ms` before `5 ms`.
        if let [zero, next, ..] = &mut levels[..]
            && zero.number() == Some(0.0)
            && let Some((_, unit)) = next.text.split_once(' ')
        {
            zero.text = format!("0 {unit}");
        }
        (Self { axis: axis.clone(), levels }, places)
    }
}
