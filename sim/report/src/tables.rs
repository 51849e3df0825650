//! The tables of a run: made from finished trials, or read back from its folder.

use crate::axis::Axis;
use crate::columns::{self, Filling, expected};
use crate::comparisons::{ComparisonRow, comparisons};
use crate::dimension::Dimension;
use crate::run::{self, RunInfo};
use crate::sweep::{Level, Sweep};
use crate::{files, summary::Summaries};
use anyhow::{Context, Result, ensure};
use polars::prelude::DataFrame;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use weir_records::{
    Cell, Comparison, Event, Flow, Link, Node, Record, Row, Rung, Segment, Session, Stall, Summary,
    Table, Trial, TrialResult, tables,
};

/// The keys of every table but `summary`.
const KEYS: [&str; 2] = ["run", "trial"];

/// The tables that repeat the sweep's axes.
const WITH_AXES: [&str; 2] = [Trial::TABLE.name, Session::TABLE.name];

/// All tables of a run except `summary` and `comparisons`, which follow from them.
#[derive(Debug, Clone)]
pub struct RunTables {
    pub(crate) info: RunInfo,
    pub(crate) axes: Vec<Axis>,
    frames: BTreeMap<&'static str, DataFrame>,
}

impl RunTables {
    /// The tables of these trials, in the order of cell and repeat whatever theirs is.
    ///
    /// # Errors
    /// If two trials have one id, the trials of a cell differ in a parameter, a trial has not one
    /// parameter for each axis, or an axis would have the name of another column.
    pub fn new(info: &RunInfo, trials: &[TrialResult]) -> Result<Self> {
        for TrialResult { id, params, .. } in trials {
            let (found, wanted) = (params.len(), info.axes.len());
            ensure!(found == wanted, "trial {id} has {found} parameters for {wanted} axes");
        }
        let axes: Vec<Axis> = (0..)
            .zip(&info.axes)
            .map(|(i, path)| Axis::of(path, trials.iter().map(move |t| t.params[i].as_str())))
            .collect();
        check_axis_names(&axes)?;

        let mut ordered: Vec<&TrialResult> = trials.iter().collect();
        ordered.sort_by_key(|t| (t.row.cell, t.row.repeat, &t.id));
        check_trials(&ordered)?;

        let rows = Rows { run: &info.run, axes: &axes, trials: ordered };
        let frames = [
            rows.trials()?,
            rows.table(
                |r| if let Record::Session(row) = r { Some(row) } else { None },
                |a: &Session, b| a.session.cmp(&b.session),
            )?,
            rows.table(
                |r| if let Record::Segment(row) = r { Some(row) } else { None },
                |a: &Segment, b| (a.session, a.request).cmp(&(b.session, b.request)),
            )?,
            rows.table(
                |r| if let Record::Stall(row) = r { Some(row) } else { None },
                |a: &Stall, b| (a.session, a.stall).cmp(&(b.session, b.stall)),
            )?,
            rows.table(
                |r| if let Record::Link(row) = r { Some(row) } else { None },
                |a: &Link, b| {
                    (&a.link, &a.from, &a.to, a.start_us)
                        .cmp(&(&b.link, &b.from, &b.to, b.start_us))
                },
            )?,
            rows.table(
                |r| if let Record::Node(row) = r { Some(row) } else { None },
                |a: &Node, b| a.node.cmp(&b.node),
            )?,
            rows.table(
                |r| if let Record::Flow(row) = r { Some(row) } else { None },
                |a: &Flow, b| (a.traffic, a.flow).cmp(&(b.traffic, b.flow)),
            )?,
            rows.table(
                |r| if let Record::Event(row) = r { Some(row) } else { None },
                |a: &Event, b| (a.at_us, &a.node, &a.service).cmp(&(b.at_us, &b.node, &b.service)),
            )?,
            rows.table(
                |r| if let Record::Rung(row) = r { Some(row) } else { None },
                |a: &Rung, b| a.rung.cmp(&b.rung),
            )?,
        ];
        Ok(Self { info: info.clone(), axes, frames: BTreeMap::from(frames) })
    }

    /// Writes every table, the summary and the comparisons, as Parquet and as CSV into the folder
    /// `dir`; and `run.toml`, with what the tables do not say. Equal tables give equal bytes.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        run::write_info(dir, &self.info, &self.axes)?;
        for (name, frame) in &self.frames {
            files::write(dir, name, frame)?;
        }
        let sweep = Sweep::of(self)?;
        let summaries = Summaries::of(&sweep).rows;
        let rows = summaries.iter().map(|row| (&row.params, &row.summary));
        files::write(dir, Summary::TABLE.name, &self.derived(rows)?)?;
        let compared = comparisons(&sweep, &Dimension::all(&self.info, &sweep));
        let rows = compared.iter().map(|ComparisonRow { params, comparison }| (params, comparison));
        files::write(dir, Comparison::TABLE.name, &self.derived(rows)?)
    }

    /// Reads the tables that [`RunTables::write`] wrote into the folder `dir`, and checks them
    /// against the schema.
    ///
    /// # Errors
    /// If a file is missing, unreadable or too large, or is not what the schema says.
    pub fn open(dir: &Path) -> Result<Self> {
        Self::open_some(dir, &tables::ALL)
    }

    /// Reads only these tables: `segments` is a thousand times as large as what a report needs.
    pub(crate) fn open_some(dir: &Path, wanted: &[Table]) -> Result<Self> {
        let (info, axes) = run::read_info(dir)?;
        let mut frames = BTreeMap::new();
        for table in wanted {
            let frame = files::read(dir, table.name)?;
            columns::check(&frame, table.name, &expected(table, &KEYS, axes_of(table, &axes)))
                .with_context(|| format!("check the tables of {}", dir.display()))?;
            frames.insert(table.name, frame);
        }
        Ok(Self { info, axes, frames })
    }

    /// What is known of the run as a whole.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// The table of this name, such as `segments`.
    ///
    /// # Errors
    /// If there is none, or it was not read.
    pub fn table(&self, name: &str) -> Result<&DataFrame> {
        self.frames.get(name).with_context(|| format!("there is no table `{name}`"))
    }

    /// A table that follows from the others: its key is the run, and its rows have the sweep's axes.
    fn derived<'r, R: Row + 'r>(
        &self,
        rows: impl ExactSizeIterator<Item = (&'r Vec<Level>, &'r R)>,
    ) -> Result<DataFrame> {
        let expected = expected(&R::TABLE, &KEYS[..1], &self.axes);
        let mut filling = Filling::new(R::TABLE.name, expected, rows.len());
        let run = Cell::Text(self.info.run.clone());
        for (params, row) in rows {
            let own = row.cells();
            filling.push([&run].into_iter().chain(params.iter().map(|p| &p.value)).chain(&own))?;
        }
        filling.finish()
    }
}

fn axes_of<'a>(table: &Table, axes: &'a [Axis]) -> &'a [Axis] {
    if WITH_AXES.contains(&table.name) { axes } else { &[] }
}

/// An axis may not have the name of another column of a table that it stands in.
fn check_axis_names(axes: &[Axis]) -> Result<()> {
    let with_axes = [Trial::TABLE, Session::TABLE, Summary::TABLE, Comparison::TABLE];
    let fixed = with_axes.iter().flat_map(|table| table.columns).map(|column| column.name);
    let mut taken: BTreeSet<String> = fixed.chain(KEYS).map(str::to_owned).collect();
    for axis in axes {
        let column = axis.column();
        ensure!(
            taken.insert(column.clone()),
            "the axis `{}` would be a second column `{column}`",
            axis.path
        );
    }
    Ok(())
}

fn check_trials(ordered: &[&TrialResult]) -> Result<()> {
    let mut ids = BTreeSet::new();
    for trial in ordered {
        ensure!(ids.insert(&trial.id), "two trials have the id {}", trial.id);
    }
    for pair in ordered.windows(2) {
        ensure!(
            pair[0].row.cell != pair[1].row.cell || pair[0].params == pair[1].params,
            "trials {} and {} are of one cell but differ in their parameters",
            pair[0].id,
            pair[1].id
        );
    }
    Ok(())
}

/// Trials on their way into tables.
struct Rows<'a> {
    run: &'a str,
    axes: &'a [Axis],
    trials: Vec<&'a TrialResult>,
}

impl Rows<'_> {
    fn trials(&self) -> Result<(&'static str, DataFrame)> {
        self.fill(&Trial::TABLE, self.trials.len(), |trial| [&trial.row])
    }

    /// The table of the records that `pick` finds, ordered by `order` within each trial; rows that
    /// are equal in it stay in the order in which they arose.
    fn table<R: Row>(
        &self,
        pick: fn(&Record) -> Option<&R>,
        order: fn(&R, &R) -> Ordering,
    ) -> Result<(&'static str, DataFrame)> {
        let rows = self.trials.iter().map(|t| t.records.iter().filter_map(pick).count()).sum();
        self.fill(&R::TABLE, rows, |trial| {
            let mut rows: Vec<&R> = trial.records.iter().filter_map(pick).collect();
            rows.sort_by(|a, b| order(a, b));
            rows
        })
    }

    fn fill<'t, R: Row + 't, I: IntoIterator<Item = &'t R>>(
        &'t self,
        table: &Table,
        rows: usize,
        of: impl Fn(&'t TrialResult) -> I,
    ) -> Result<(&'static str, DataFrame)> {
        let axes = axes_of(table, self.axes);
        let mut filling = Filling::new(table.name, expected(table, &KEYS, axes), rows);
        for trial in &self.trials {
            let mut keys = vec![Cell::Text(self.run.to_owned()), Cell::Text(trial.id.clone())];
            for (axis, text) in axes.iter().zip(&trial.params) {
                let value = axis.kind.value(text);
                keys.push(value.with_context(|| format!("axis `{}`: {text}", axis.path))?);
            }
            for row in of(trial) {
                filling.push(keys.iter().chain(&row.cells()))?;
            }
        }
        Ok((table.name, filling.finish()?))
    }
}
