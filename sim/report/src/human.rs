//! Tables as people read them: a few columns, in the units of daily use. Shared by the page and the
//! terminal.

use crate::bootstrap::Replicate;
use crate::dimension::Dimensions;
use crate::fairness::{assumed, is_model};
use crate::metric::{
    AVAILABILITY, CAPTURE_LATENCY, Estimate, JAIN_BITRATE, LATENCY, MEAN_BITRATE, Metric,
    PENSIEVE_LIN, QOE, RATE_DEVIATION, REGRET, SABRE_BITRATE_CHANGE, SABRE_SCORE, SETTLED_BITRATE,
    SKIPS, STALL_RATIO, STALLS, STARTUP, SWITCHES,
};
use crate::sweep::{CellTrials, Level, Sweep};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A column of a table for people.
#[derive(Debug, Clone)]
pub(crate) struct HumanColumn {
    pub title: String,
    pub unit: &'static str,
    /// Whether values line up at the right, as numbers do.
    pub right: bool,
}

impl HumanColumn {
    pub(crate) fn text(title: &str) -> Self {
        Self { title: title.to_owned(), unit: "", right: false }
    }

    pub(crate) fn number(title: &str, unit: &'static str) -> Self {
        Self { title: title.to_owned(), unit, right: true }
    }
}

/// A cell of a table for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HumanCell {
    pub text: String,
    /// The ends of its 95 % interval, for where there is room.
    pub interval: Option<String>,
    /// Whether it is worth a second look.
    pub strong: bool,
}

impl From<String> for HumanCell {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl HumanCell {
    /// A number with these decimals, or a dash.
    pub(crate) fn number(value: Option<f64>, decimals: usize) -> Self {
        value.map_or_else(|| "-".to_owned(), |v| format!("{v:.decimals$}")).into()
    }

    /// Adds an interval, with the same decimals.
    pub(crate) fn with_interval(self, ends: Option<(f64, f64)>, decimals: usize) -> Self {
        let interval = ends.map(|(low, high)| format!("{low:.decimals$} to {high:.decimals$}"));
        Self { interval, ..self }
    }
}

/// A table for people: every row has one cell for each column.
#[derive(Debug, Clone, Default)]
pub(crate) struct HumanTable {
    pub columns: Vec<HumanColumn>,
    pub rows: Vec<Vec<HumanCell>>,
    /// Rows that are shown nowhere, between the first and the last ones.
    pub hidden: usize,
}

/// What is shown of a metric.
struct Shown {
    title: &'static str,
    unit: &'static str,
    decimals: usize,
    /// The metric's value that is shown as 1.
    size: f64,
    metric: &'static Metric,
    /// Whether its column is there for every run.
    always: bool,
}

const fn shown(
    title: &'static str,
    unit: &'static str,
    (size, decimals): (f64, usize),
    metric: &'static Metric,
) -> Shown {
    Shown { title, unit, decimals, size, metric, always: true }
}

/// Of a metric that few runs have.
const fn where_any(title: &'static str, unit: &'static str, metric: &'static Metric) -> Shown {
    Shown { always: false, ..shown(title, unit, (1.0, 3), metric) }
}

/// Means over the sessions of a row.
static SHOWN: [Shown; 17] = [
    shown("bitrate", "Mbit/s", (1e6, 3), &MEAN_BITRATE),
    shown("settled", "Mbit/s", (1e6, 3), &SETTLED_BITRATE),
    shown("stalled", "%", (0.01, 2), &STALL_RATIO),
    shown("stalls", "", (1.0, 1), &STALLS),
    shown("startup", "s", (1e6, 2), &STARTUP),
    shown("switches", "", (1.0, 1), &SWITCHES),
    Shown { size: 1e6, ..where_any("change", "Mbit/s", &SABRE_BITRATE_CHANGE) },
    where_any("score", "Sabre", &SABRE_SCORE),
    where_any("QoE lin", "Pensieve", &PENSIEVE_LIN),
    where_any("QoE", "", &QOE),
    where_any("regret", "QoE", &REGRET),
    where_any("fairness", JAIN, &JAIN_BITRATE),
    Shown { size: 1e6, ..where_any("latency", "s", &LATENCY) },
    Shown { size: 1e6, ..where_any("from capture", "s", &CAPTURE_LATENCY) },
    Shown { size: 0.01, decimals: 2, ..where_any("rate off 1", "%", &RATE_DEVIATION) },
    Shown { decimals: 1, ..where_any("skips", "", &SKIPS) },
    Shown { size: 0.01, decimals: 2, ..where_any("available", "% of segments", &AVAILABILITY) },
];

/// The unit of what is only there where viewers share a network.
const JAIN: &str = "Jain";

/// More rows than this at the begin, and at the end, are shown nowhere.
const FIRST: usize = 500;
const LAST: usize = 10;

/// The summary of a run for people, while cells come: a row for each cell, or for all cells that
/// differ in their trace only.
pub(crate) struct Summarising<'a> {
    sweep: &'a Sweep,
    dimensions: &'a Dimensions,
    /// The axes that have a column.
    axes: Vec<usize>,
    /// Cells that wait for others, by their levels on these axes.
    pools: BTreeMap<Vec<usize>, Pool>,
    rows: Vec<SummaryRow>,
    hidden: usize,
    /// Whether any session of the run never had a picture, one of a hidden row included.
    any_never_started: bool,
}

/// Cells that are one row.
struct Pool {
    params: Vec<Level>,
    counts: Counts,
    /// The sums of each metric, trace by trace.
    sums: Vec<Vec<Replicate>>,
}

/// Trials and sessions.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    trials: u64,
    sessions: u64,
    /// Sessions that never had a picture.
    never_started: u64,
    left_out: u64,
}

struct SummaryRow {
    params: Vec<Level>,
    counts: Counts,
    estimates: Vec<Option<Rc<Estimate>>>,
}

impl<'a> Summarising<'a> {
    pub(crate) fn of(sweep: &'a Sweep, dimensions: &'a Dimensions) -> Self {
        Self {
            sweep,
            dimensions,
            axes: (0..sweep.axes.len()).filter(|&axis| !dimensions.is_pooled(axis)).collect(),
            pools: BTreeMap::new(),
            rows: Vec::new(),
            hidden: 0,
            any_never_started: false,
        }
    }

    /// Adds the cell that comes next.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        let mut params = self.sweep.params(cell.cell).into_iter().map(Some).collect::<Vec<_>>();
        let params: Vec<Level> = self.axes.iter().filter_map(|&axis| params[axis].take()).collect();
        let counts = Counts {
            trials: cell.cell.valid,
            sessions: cell.cell.sessions,
            never_started: cell.never_started(),
            left_out: cell.cell.left_out(),
        };
        self.any_never_started |= counts.never_started > 0;
        if self.dimensions.trace_count().is_none() {
            let estimates = SHOWN.iter().map(|shown| cell.estimate(shown.metric)).collect();
            self.push(SummaryRow { params, counts, estimates });
            return;
        }
        let levels = self.axes.iter().map(|&axis| cell.cell.levels[axis]).collect();
        let empty = || Pool { params, counts: Counts::default(), sums: vec![vec![]; SHOWN.len()] };
        let pool = self.pools.entry(levels).or_insert_with(empty);
        pool.counts.trials += counts.trials;
        pool.counts.sessions += counts.sessions;
        pool.counts.never_started += counts.never_started;
        pool.counts.left_out += counts.left_out;
        for (sums, Shown { metric, .. }) in pool.sums.iter_mut().zip(&SHOWN) {
            let values = cell.valid().flat_map(|trial| metric.values(trial, None));
            sums.extend(Replicate::of(values));
        }
    }

    fn push(&mut self, row: SummaryRow) {
        if self.rows.len() == FIRST + LAST {
            self.rows.remove(FIRST);
            self.hidden += 1;
        }
        self.rows.push(row);
    }

    /// The table. Metrics that few runs have, sessions that never started, and trials that were left out
    /// have a column only where there are any.
    pub(crate) fn finish(mut self) -> HumanTable {
        for Pool { params, counts, sums } in std::mem::take(&mut self.pools).into_values() {
            let of = |(sums, shown): (&Vec<Replicate>, &Shown)| {
                Estimate::of_replicates(sums, shown.metric.limits).map(Rc::new)
            };
            let estimates = sums.iter().zip(&SHOWN).map(of).collect();
            self.push(SummaryRow { params, counts, estimates });
        }
        let Self { sweep, axes, rows, hidden, any_never_started, .. } = self;
        let any_left_out = rows.iter().any(|row| row.counts.left_out > 0);
        let is_there = |at: usize| rows.iter().any(|row| row.estimates[at].is_some());
        let shown: Vec<(usize, &Shown)> =
            SHOWN.iter().enumerate().filter(|(at, s)| s.always || is_there(*at)).collect();

        let axis = |(i, axis): (usize, &usize)| HumanColumn {
            title: sweep.axes[*axis].axis.path.clone(),
            unit: "",
            right: rows.iter().all(|row| row.params[i].number().is_some()),
        };
        let mut columns: Vec<HumanColumn> = axes.iter().enumerate().map(axis).collect();
        columns.extend(["trials", "n"].map(|title| HumanColumn::number(title, "")));
        if any_never_started {
            columns.push(HumanColumn::number("never started", "sessions"));
        }
        // Where labs are told apart, rows say which of them assumes it.
        let lab = axes.iter().position(|&axis| sweep.axes[axis].axis.is_lab());
        let assumed = lab.is_none() && assumed(&sweep.info).is_some();
        columns.extend(shown.iter().map(|(_, Shown { title, unit, .. })| match *unit {
            JAIN if assumed => HumanColumn::number(title, "Jain, assumed"),
            unit => HumanColumn::number(title, unit),
        }));
        if any_left_out {
            columns.push(HumanColumn::number("left out", "trials"));
        }
        let cells = |row: &SummaryRow| {
            let mut cells: Vec<HumanCell> =
                row.params.iter().map(|param| param.text.clone().into()).collect();
            cells.push(row.counts.trials.to_string().into());
            cells.push(row.counts.sessions.to_string().into());
            if any_never_started {
                let never = row.counts.never_started;
                let text = never.to_string();
                cells.push(HumanCell { text, strong: never > 0, ..HumanCell::default() });
            }
            let in_model = lab.is_some_and(|lab| is_model(&row.params[lab].text));
            cells.extend(shown.iter().map(|(at, Shown { decimals, size, unit, .. })| {
                let estimate = row.estimates[*at].as_deref();
                let ends = estimate.and_then(|estimate| estimate.interval);
                let ends = ends.map(|ends| (ends.low / size, ends.high / size));
                let mean = estimate.map(|estimate| estimate.mean / size);
                let mut cell = HumanCell::number(mean, *decimals).with_interval(ends, *decimals);
                if in_model && *unit == JAIN && mean.is_some() {
                    cell.text.push_str(" (assumed)");
                }
                cell
            }));
            if any_left_out {
                cells.push(row.counts.left_out.to_string().into());
            }
            cells
        };
        let rows = rows.iter().map(cells).collect();
        HumanTable { columns, rows, hidden }
    }
}
