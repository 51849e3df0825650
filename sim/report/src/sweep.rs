//! The tables as statistics need them: cells of the sweep, their trials, and what each session
//! came to.

use crate::axis::Axis;
use crate::columns::{axis_cells, floats, ints, texts};
use crate::tables::RunTables;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use weir_records::{Cell, Row, Rung, Session, Table, Trial, Verdict};

/// The tables that [`Sweep::of`] reads.
pub(crate) const NEEDS: [Table; 3] = [Trial::TABLE, Session::TABLE, Rung::TABLE];

/// A run by cells.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    /// The axes, in the order of the plan.
    pub axes: Vec<SweepAxis>,
    /// The cells that have trials, in the order of the plan.
    pub cells: Vec<SweepCell>,
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

/// A cell of the sweep.
#[derive(Debug, Clone)]
pub(crate) struct SweepCell {
    pub cell: u64,
    /// Its value on each axis, an index into the axis's levels.
    pub levels: Vec<usize>,
    pub trials: Vec<SweepTrial>,
}

/// A trial.
#[derive(Debug, Clone)]
pub(crate) struct SweepTrial {
    pub id: String,
    /// Trials of equal repeat share all that was drawn, whatever their cell.
    pub repeat: u64,
    pub seed: u64,
    pub verdict: Verdict,
    pub err: Option<String>,
    /// The peak bit rate of the content's lowest rung.
    pub lowest_peak_bps: Option<u64>,
    pub sessions: Vec<Watched>,
}

/// What a session came to; see [`weir_records::Session`] for the meaning of each number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Watched {
    pub session: u64,
    pub node: String,
    pub abr: String,
    pub mean_bitrate_bps: Option<f64>,
    pub settled_bitrate_bps: Option<f64>,
    pub stall_ratio: Option<f64>,
    pub stalls: Option<f64>,
    pub stall_us: Option<f64>,
    pub start_us: Option<f64>,
    pub startup_us: Option<f64>,
    pub switches: Option<f64>,
    pub session_us: Option<f64>,
    pub mean_throughput_bps: Option<f64>,
    pub bytes: Option<f64>,
}

impl Sweep {
    /// Takes the tables `trials`, `sessions` and `rungs` apart.
    pub(crate) fn of(tables: &RunTables) -> Result<Self> {
        let frame = tables.table(Trial::TABLE.name)?;
        let ids = texts(frame, "trial")?;
        let cells = ints(frame, "cell")?;
        let repeats = ints(frame, "repeat")?;
        let seeds = ints(frame, "seed")?;
        let verdicts = texts(frame, "verdict")?;
        let errs = texts(frame, "err")?;

        let mut axes = Vec::new();
        let mut levels_of_rows = vec![Vec::new(); frame.height()];
        for axis in &tables.axes {
            let values = axis_cells(frame, axis)?;
            let axis = SweepAxis::of(axis, &values);
            for (row, value) in levels_of_rows.iter_mut().zip(&values) {
                row.extend(axis.levels.iter().position(|level| level.value == *value));
            }
            axes.push(axis);
        }

        let mut peaks = lowest_peaks(tables)?;
        let mut sessions = sessions(tables)?;
        let mut found: BTreeMap<u64, SweepCell> = BTreeMap::new();
        for (row, levels) in levels_of_rows.into_iter().enumerate() {
            let id = ids[row].unwrap_or_default();
            let verdict = verdicts[row].unwrap_or_default();
            let verdict = Verdict::from_name(verdict)
                .with_context(|| format!("trial {id}: \"{verdict}\" is not a verdict"))?;
            let cell = cells[row].unwrap_or_default();
            let entry = found.entry(cell);
            let cell = entry.or_insert_with(|| SweepCell { cell, levels, trials: Vec::new() });
            cell.trials.push(SweepTrial {
                id: id.to_owned(),
                repeat: repeats[row].unwrap_or_default(),
                seed: seeds[row].unwrap_or_default(),
                verdict,
                err: errs[row].map(str::to_owned),
                lowest_peak_bps: peaks.remove(id),
                sessions: sessions.remove(id).unwrap_or_default(),
            });
        }
        let strays = sessions.keys().chain(peaks.keys()).next();
        ensure!(strays.is_none(), "trial {strays:?} has rows, but none in the table `trials`");
        Ok(Self { axes, cells: found.into_values().collect() })
    }

    /// The text of the cell's value on each axis.
    pub(crate) fn params(&self, cell: &SweepCell) -> Vec<Level> {
        self.axes
            .iter()
            .zip(&cell.levels)
            .map(|(axis, &level)| axis.levels[level].clone())
            .collect()
    }

    /// All trials with this verdict, in order.
    pub(crate) fn trials(&self, verdict: Verdict) -> impl Iterator<Item = &SweepTrial> {
        let trials = self.cells.iter().flat_map(|cell| &cell.trials);
        trials.filter(move |trial| trial.verdict == verdict)
    }
}

impl SweepAxis {
    fn of(axis: &Axis, values: &[Cell]) -> Self {
        let mut levels: Vec<Level> = Vec::new();
        for value in values {
            if !levels.iter().any(|level| level.value == *value) {
                levels.push(Level { value: value.clone(), text: axis.kind.text(value) });
            }
        }
        levels.sort_by(|a, b| match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => std::cmp::Ordering::Equal,
        });
        // Zero has no unit of its own, it takes that of the value next to it: `0 ms` before `5 ms`.
        if let [zero, next, ..] = &mut levels[..]
            && zero.number() == Some(0.0)
            && let Some((_, unit)) = next.text.split_once(' ')
        {
            zero.text = format!("0 {unit}");
        }
        Self { axis: axis.clone(), levels }
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

impl SweepCell {
    /// The trials that count.
    pub(crate) fn valid(&self) -> impl Iterator<Item = &SweepTrial> {
        self.trials.iter().filter(|trial| trial.verdict == Verdict::Valid)
    }
}

fn sessions(tables: &RunTables) -> Result<BTreeMap<&str, Vec<Watched>>> {
    let frame = tables.table(Session::TABLE.name)?;
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
    let mut mean_throughput = float("mean_throughput_bps")?;
    let mut bytes = int("bytes")?;
    let mut numbers = ints(frame, "session")?.into_iter();
    let mut nodes = texts(frame, "node")?.into_iter();

    let mut found: BTreeMap<&str, Vec<Watched>> = BTreeMap::new();
    for (trial, abr) in texts(frame, "trial")?.into_iter().zip(texts(frame, "abr")?) {
        found.entry(trial.unwrap_or_default()).or_default().push(Watched {
            session: numbers.next().flatten().unwrap_or_default(),
            node: nodes.next().flatten().unwrap_or_default().to_owned(),
            abr: abr.unwrap_or_default().to_owned(),
            mean_bitrate_bps: mean_bitrate.next().flatten(),
            settled_bitrate_bps: settled_bitrate.next().flatten(),
            stall_ratio: stall_ratio.next().flatten(),
            stalls: stalls.next().flatten(),
            stall_us: stall.next().flatten(),
            start_us: start.next().flatten(),
            startup_us: startup.next().flatten(),
            switches: switches.next().flatten(),
            session_us: session.next().flatten(),
            mean_throughput_bps: mean_throughput.next().flatten(),
            bytes: bytes.next().flatten(),
        });
    }
    Ok(found)
}

fn lowest_peaks(tables: &RunTables) -> Result<BTreeMap<&str, u64>> {
    let frame = tables.table(Rung::TABLE.name)?;
    let rows = texts(frame, "trial")?.into_iter().zip(ints(frame, "rung")?);
    let peaks = ints(frame, "peak_bps")?;
    Ok(rows
        .zip(peaks)
        .filter(|((_, rung), _)| *rung == Some(0))
        .filter_map(|((trial, _), peak)| Some((trial?, peak?)))
        .collect())
}

fn as_float(value: Option<u64>) -> Option<f64> {
    value.map(|value| value as f64)
}
