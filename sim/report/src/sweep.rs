//! The tables as statistics need them: cells of the sweep, their trials, and what each session
//! came to. All cells are known at once, their trials one cell at a time: a run can have a million.

use crate::axis::Axis;
use crate::columns::{axis_cells, floats, ints, texts};
use crate::files::{self, Groups};
use crate::metric::{Estimate, Metric};
use crate::run::{self, RunInfo};
use crate::tables::check;
use crate::trials::{self, ByTrial, TrialHead};
use anyhow::{Context, Result, ensure};
use polars::prelude::DataFrame;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use weir_records::tables::Live;
use weir_records::{Cell, Row, Session, Table, Trial, Verdict};

/// The tables that it is read from.
const NEEDS: [Table; 2] = [Trial::TABLE, Session::TABLE];

/// The most trials of a verdict that are named as left out: what went wrong repeats itself.
const NAMED: usize = 100;

/// A run by cells.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    pub info: RunInfo,
    /// The axes, in the order of the plan.
    pub axes: Vec<SweepAxis>,
    /// The cells that have trials, in the order of the plan.
    pub cells: Vec<SweepCell>,
    /// The first trials that count in no summary: invalid ones, then failed ones.
    pub left_out: Vec<TrialHead>,
    /// Whether viewers of one valid trial have different algorithms.
    pub mixed: bool,
    /// The sets of algorithms that the viewers of a cell have.
    abrs: Vec<Vec<Arc<str>>>,
    dir: PathBuf,
}

/// An axis and its values.
#[derive(Debug, Clone)]
pub(crate) struct SweepAxis {
    pub axis: Axis,
    /// Each value once: numbers ascending, text in the order of the plan.
    pub levels: Vec<Level>,
}

/// A value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    pub value: Cell,
    /// As people write it.
    pub text: String,
}

/// A cell of the sweep, without its trials.
#[derive(Debug, Clone)]
pub(crate) struct SweepCell {
    pub cell: u64,
    /// Its value on each axis, an index into the axis's levels.
    pub levels: Vec<usize>,
    /// Trials that count.
    pub valid: u64,
    /// Trials left out.
    pub invalid: u64,
    /// Trials left out.
    pub failed: u64,
    /// Sessions of valid trials.
    pub sessions: u64,
    /// Which set of algorithms these have.
    abrs: usize,
}

/// A cell with its trials.
pub(crate) struct CellTrials<'s> {
    pub sweep: &'s Sweep,
    pub cell: &'s SweepCell,
    pub trials: Vec<SweepTrial>,
    /// What was estimated before, by the metric's name: several tables and plots show the same.
    estimates: RefCell<BTreeMap<&'static str, Option<Rc<Estimate>>>>,
}

/// A trial.
#[derive(Debug, Clone)]
pub(crate) struct SweepTrial {
    pub head: TrialHead,
    pub sessions: Vec<Watched>,
}

/// What a session came to; see [`weir_records::Session`] for the meaning of each number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Watched {
    pub session: u64,
    pub node: Arc<str>,
    pub abr: Arc<str>,
    pub mean_bitrate_bps: Option<f64>,
    pub settled_bitrate_bps: Option<f64>,
    pub stall_ratio: Option<f64>,
    pub stalls: Option<f64>,
    pub stall_us: Option<f64>,
    pub start_us: Option<f64>,
    pub startup_us: Option<f64>,
    pub switches: Option<f64>,
    pub session_us: Option<f64>,
    pub sabre_bitrate_change_bps: Option<f64>,
    pub sabre_score: Option<f64>,
    pub pensieve_lin: Option<f64>,
    pub qoe: Option<f64>,
    pub regret: Option<f64>,
    pub mean_throughput_bps: Option<f64>,
    pub bytes: Option<f64>,
    /// Nothing of recorded content.
    pub live: WatchedLive,
}

/// What a session of a live stream came to; see [`Live`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct WatchedLive {
    pub latency_mean_us: Option<f64>,
    pub capture_latency_mean_us: Option<f64>,
    pub rate_deviation: Option<f64>,
    pub skips: Option<f64>,
    pub availability: Option<f64>,
}

/// The columns of `live` that [`WatchedLive`] is read from.
const WATCHED_LIVE: [&str; 6] = [
    "session",
    "latency_mean_us",
    "capture_latency_mean_us",
    "rate_deviation",
    "skips",
    "availability",
];

/// The columns of `sessions` that [`Watched`] is read from.
const WATCHED: [&str; 19] = [
    "session",
    "node",
    "abr",
    "mean_bitrate_bps",
    "settled_bitrate_bps",
    "stall_ratio",
    "stalls",
    "stall_us",
    "start_us",
    "startup_us",
    "switches",
    "session_us",
    "sabre_bitrate_change_bps",
    "sabre_score",
    "pensieve_lin",
    "qoe",
    "regret",
    "mean_throughput_bps",
    "bytes",
];

impl Sweep {
    /// The run in the folder `dir`, whose tables are checked against the schema.
    ///
    /// # Errors
    /// If a file is missing or unreadable, or is not what the schema says.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let (info, axes) = run::read_info(dir)?;
        Self::of(dir, info, &axes)
    }

    /// The same of a run that has no `run.toml` yet.
    pub(crate) fn of(dir: &Path, info: RunInfo, axes: &[Axis]) -> Result<Self> {
        for table in NEEDS {
            check(dir, &table, axes)?;
        }
        let columns: Vec<String> = axes.iter().map(Axis::column).collect();
        let columns = columns.iter().map(String::as_str);
        let columns: Vec<&str> = TrialHead::COLUMNS.into_iter().chain(columns).collect();
        let mut groups = Groups::open(dir, Trial::TABLE.name, &columns)?;
        let mut building = Building::of(axes);
        while let Some(frame) = groups.next()? {
            building.add(&frame, axes)?;
        }
        let mut sweep = building.finish(dir, info, axes);
        sweep.count_sessions()?;
        Ok(sweep)
    }

    /// Fills in what the table `sessions` says of cells.
    fn count_sessions(&mut self) -> Result<()> {
        let rows = ByTrial::open(&self.dir, Session::TABLE.name, &["abr"], abrs)?;
        let mut known = BTreeMap::new();
        let mut here = BTreeSet::new();
        let mut at = 0;
        let Self { cells, mixed, .. } = self;
        let mut put = |cell: &mut SweepCell, set: BTreeSet<Arc<str>>| {
            let next = known.len();
            cell.abrs = *known.entry(set).or_insert(next);
        };
        trials::for_each(&self.dir, rows, &mut |head, abrs| {
            while cells.get(at).is_some_and(|cell| cell.cell != head.cell) {
                put(&mut cells[at], std::mem::take(&mut here));
                at += 1;
            }
            if let Some(cell) = cells.get_mut(at)
                && head.verdict == Verdict::Valid
            {
                cell.sessions += abrs.len() as u64;
                *mixed |= abrs.windows(2).any(|pair| pair[0] != pair[1]);
                here.extend(abrs);
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

    /// Visits all cells in their order, each with its trials.
    ///
    /// # Errors
    /// Those of `visit`, and if a table cannot be read.
    pub(crate) fn for_each(
        &self,
        visit: &mut dyn FnMut(&CellTrials<'_>) -> Result<()>,
    ) -> Result<()> {
        let rows = ByTrial::open(&self.dir, Session::TABLE.name, &WATCHED, watched)?;
        let mut live = match self.is_live()? {
            true => Some(ByTrial::open(&self.dir, Live::TABLE.name, &WATCHED_LIVE, watched_live)?),
            false => None,
        };
        let mut cells = self.cells.iter();
        let mut open: Option<CellTrials> = None;
        trials::for_each(&self.dir, rows, &mut |head, mut sessions| {
            if let Some(live) = &mut live {
                for (number, seen) in live.of(&head.id)? {
                    let at = sessions.binary_search_by_key(&number, |watched| watched.session);
                    if let Ok(at) = at {
                        sessions[at].live = seen;
                    }
                }
            }
            if let Some(whole) = open.take_if(|open| open.cell.cell != head.cell) {
                visit(&whole)?;
            }
            if open.is_none() {
                let cell = cells.next().context("a cell more than there were")?;
                open = Some(CellTrials::of(self, cell));
            }
            if let Some(open) = &mut open {
                open.trials.push(SweepTrial { head, sessions });
            }
            Ok(())
        })?;
        open.as_ref().map_or(Ok(()), visit)
    }

    /// Whether any session follows a live stream.
    pub(crate) fn is_live(&self) -> Result<bool> {
        files::has_rows(&self.dir, Live::TABLE.name)
    }

    /// The cell's value on each axis.
    pub(crate) fn params(&self, cell: &SweepCell) -> Vec<Level> {
        self.axes
            .iter()
            .zip(&cell.levels)
            .map(|(axis, &level)| axis.levels[level].clone())
            .collect()
    }

    /// The cell of this number.
    pub(crate) fn cell(&self, number: u64) -> Option<&SweepCell> {
        let at = self.cells.binary_search_by_key(&number, |cell| cell.cell).ok()?;
        self.cells.get(at)
    }

    /// The algorithms of the cell's viewers, each once, by name.
    pub(crate) fn abrs(&self, cell: &SweepCell) -> &[Arc<str>] {
        self.abrs.get(cell.abrs).map_or(&[], Vec::as_slice)
    }

    /// The sum over all cells.
    pub(crate) fn total(&self, of: fn(&SweepCell) -> u64) -> u64 {
        self.cells.iter().map(of).sum()
    }

    /// The folder with its tables.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl SweepCell {
    /// Trials that count in no summary.
    pub(crate) fn left_out(&self) -> u64 {
        self.invalid + self.failed
    }
}

impl<'s> CellTrials<'s> {
    fn of(sweep: &'s Sweep, cell: &'s SweepCell) -> Self {
        Self { sweep, cell, trials: Vec::new(), estimates: RefCell::default() }
    }

    /// The trials that count.
    pub(crate) fn valid(&self) -> impl Iterator<Item = &SweepTrial> {
        self.trials.iter().filter(|trial| trial.head.verdict == Verdict::Valid)
    }

    /// Sessions of trials that count which never had a picture.
    pub(crate) fn never_started(&self) -> u64 {
        let sessions = self.valid().flat_map(|trial| &trial.sessions);
        sessions.filter(|session| session.startup_us.is_none()).count() as u64
    }

    /// What the trials that count come to.
    pub(crate) fn estimate(&self, metric: &Metric) -> Option<Rc<Estimate>> {
        let mut known = self.estimates.borrow_mut();
        let found = known
            .entry(metric.name)
            .or_insert_with(|| metric.estimate(self.valid(), None).map(Rc::new));
        found.clone()
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
    places: BTreeMap<Value, usize>,
}

/// A value that can be looked up.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Int(u64),
    /// By its bits: the same text gives the same number.
    Float(u64),
    Text(String),
    Other,
}

impl Values {
    fn place_of(&mut self, value: &Cell) -> usize {
        let key = match value {
            Cell::Int(number) => Value::Int(*number),
            Cell::Float(number) => Value::Float(number.to_bits()),
            Cell::Text(text) => Value::Text(text.clone()),
            Cell::Null | Cell::Bool(_) => Value::Other,
        };
        let next = self.all.len();
        let place = *self.places.entry(key).or_insert(next);
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

    fn add(&mut self, frame: &DataFrame, axes: &[Axis]) -> Result<()> {
        let values: Vec<Vec<Cell>> =
            axes.iter().map(|axis| axis_cells(frame, axis)).collect::<Result<_>>()?;
        for (row, head) in TrialHead::read(frame)?.into_iter().enumerate() {
            if self.cells.last().is_none_or(|last| last.cell != head.cell) {
                ensure!(
                    self.cells.last().is_none_or(|last| last.cell < head.cell),
                    "table trials: {} is not in the order of cells",
                    head.id
                );
                let levels = self.axes.iter_mut().zip(&values).map(|(a, v)| a.place_of(&v[row]));
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
            let Some(cell) = self.cells.last_mut() else { continue };
            let (count, named) = match head.verdict {
                Verdict::Valid => {
                    cell.valid += 1;
                    continue;
                }
                Verdict::Invalid => (&mut cell.invalid, &mut self.invalid),
                Verdict::Failed => (&mut cell.failed, &mut self.failed),
            };
            *count += 1;
            if named.len() < NAMED {
                named.push(head);
            }
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

impl Level {
    /// The value as a number, in the unit of its column.
    pub(crate) fn number(&self) -> Option<f64> {
        match self.value {
            Cell::Int(number) => Some(number as f64),
            Cell::Float(number) => Some(number),
            Cell::Null | Cell::Text(_) | Cell::Bool(_) => None,
        }
    }
}

/// Names of a frame's column; equal ones share their text.
fn names(frame: &DataFrame, column: &str) -> Result<Vec<Arc<str>>> {
    let mut known: BTreeMap<&str, Arc<str>> = BTreeMap::new();
    let names = texts(frame, column)?.into_iter().map(Option::unwrap_or_default);
    Ok(names.map(|name| known.entry(name).or_insert_with(|| name.into()).clone()).collect())
}

fn abrs(frame: &DataFrame) -> Result<Vec<Arc<str>>> {
    names(frame, "abr")
}

/// The sessions of a frame.
fn watched(frame: &DataFrame) -> Result<Vec<Watched>> {
    let int = |name| Ok::<_, anyhow::Error>(ints(frame, name)?.into_iter().map(as_float));
    let float = |name| Ok::<_, anyhow::Error>(floats(frame, name)?.into_iter());
    let mut mean_bitrate = float("mean_bitrate_bps")?;
    let mut settled_bitrate = float("settled_bitrate_bps")?;
    let mut stall_ratio = float("stall_ratio")?;
    let mut stalls = int("stalls")?;
    let mut stall = int("stall_us")?;
    let mut start = int("start_us")?;
    let mut startup = int("startup_us")?;
    let mut switches = int("switches")?;
    let mut session = int("session_us")?;
    let mut sabre_bitrate_change = float("sabre_bitrate_change_bps")?;
    let mut sabre_score = float("sabre_score")?;
    let mut pensieve_lin = float("pensieve_lin")?;
    let mut qoe = float("qoe")?;
    let mut regret = float("regret")?;
    let mut mean_throughput = float("mean_throughput_bps")?;
    let mut bytes = int("bytes")?;
    let mut nodes = names(frame, "node")?.into_iter();
    let mut abrs = names(frame, "abr")?.into_iter();

    let watched = |number: Option<u64>| Watched {
        session: number.unwrap_or_default(),
        node: nodes.next().unwrap_or_default(),
        abr: abrs.next().unwrap_or_default(),
        mean_bitrate_bps: mean_bitrate.next().flatten(),
        settled_bitrate_bps: settled_bitrate.next().flatten(),
        stall_ratio: stall_ratio.next().flatten(),
        stalls: stalls.next().flatten(),
        stall_us: stall.next().flatten(),
        start_us: start.next().flatten(),
        startup_us: startup.next().flatten(),
        switches: switches.next().flatten(),
        session_us: session.next().flatten(),
        sabre_bitrate_change_bps: sabre_bitrate_change.next().flatten(),
        sabre_score: sabre_score.next().flatten(),
        pensieve_lin: pensieve_lin.next().flatten(),
        qoe: qoe.next().flatten(),
        regret: regret.next().flatten(),
        mean_throughput_bps: mean_throughput.next().flatten(),
        bytes: bytes.next().flatten(),
        live: WatchedLive::default(),
    };
    Ok(ints(frame, "session")?.into_iter().map(watched).collect())
}

/// What a frame of `live` says of each session.
fn watched_live(frame: &DataFrame) -> Result<Vec<(u64, WatchedLive)>> {
    let sessions = ints(frame, "session")?;
    let (latency, capture) =
        (ints(frame, "latency_mean_us")?, ints(frame, "capture_latency_mean_us")?);
    let (deviation, skips) = (floats(frame, "rate_deviation")?, ints(frame, "skips")?);
    let availability = floats(frame, "availability")?;
    let seen = |row: usize| WatchedLive {
        latency_mean_us: as_float(latency[row]),
        capture_latency_mean_us: as_float(capture[row]),
        rate_deviation: deviation[row],
        skips: as_float(skips[row]),
        availability: availability[row],
    };
    let sessions = sessions.into_iter().enumerate();
    Ok(sessions.map(|(row, session)| (session.unwrap_or_default(), seen(row))).collect())
}

fn as_float(value: Option<u64>) -> Option<f64> {
    value.map(|value| value as f64)
}
