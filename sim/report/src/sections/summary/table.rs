//! The summary of a run for people.

use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::fairness::{assumed, is_model};
use crate::section::Run;
use std::collections::BTreeMap;
use std::rc::Rc;
use weir_stats::methods::bootstrap::Replicate;
use weir_stats::methods::estimate::Estimate;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimensions;
use weir_stats::sweep::metric::{
    AVAILABILITY, CAPTURE_LATENCY, JAIN_BITRATE, LATENCY, MEAN_BITRATE, Metric, PENSIEVE_LIN, QOE,
    RATE_DEVIATION, REGRET, SABRE_BITRATE_CHANGE, SABRE_SCORE, SETTLED_BITRATE, SKIPS, STALL_RATIO,
    STALLS, STARTUP, SWITCHES,
};
use weir_stats::sweep::{Level, Sweep};

/// What is shown of a metric.
struct MetricColumn {
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
) -> MetricColumn {
    MetricColumn { title, unit, decimals, size, metric, always: true }
}

/// Of a metric that few runs have.
const fn where_any(
    title: &'static str,
    unit: &'static str,
    metric: &'static Metric,
) -> MetricColumn {
    MetricColumn { always: false, ..shown(title, unit, (1.0, 3), metric) }
}

/// Means over the sessions of a row.
static SHOWN: [MetricColumn; 17] = [
    shown("bitrate", "Mbit/s", (1e6, 3), &MEAN_BITRATE),
    shown("settled", "Mbit/s", (1e6, 3), &SETTLED_BITRATE),
    shown("stalled", "%", (0.01, 2), &STALL_RATIO),
    shown("stalls", "", (1.0, 1), &STALLS),
    shown("startup", "s", (1e6, 2), &STARTUP),
    shown("switches", "", (1.0, 1), &SWITCHES),
    MetricColumn { size: 1e6, ..where_any("change", "Mbit/s", &SABRE_BITRATE_CHANGE) },
    where_any("score", "Sabre", &SABRE_SCORE),
    where_any("QoE lin", "Pensieve", &PENSIEVE_LIN),
    where_any("QoE", "", &QOE),
    where_any("regret", "QoE", &REGRET),
    where_any("fairness", JAIN, &JAIN_BITRATE),
    MetricColumn { size: 1e6, ..where_any("latency", "s", &LATENCY) },
    MetricColumn { size: 1e6, ..where_any("from capture", "s", &CAPTURE_LATENCY) },
    MetricColumn { size: 0.01, decimals: 2, ..where_any("rate off 1", "%", &RATE_DEVIATION) },
    MetricColumn { decimals: 1, ..where_any("skips", "", &SKIPS) },
    MetricColumn {
        size: 0.01,
        decimals: 2,
        ..where_any("available", "% of segments", &AVAILABILITY)
    },
];

/// The unit of what is only there where viewers share a network.
const JAIN: &str = "Jain";

/// More rows than this at the begin, and at the end, are shown nowhere.
const FIRST: usize = 500;
const LAST: usize = 10;

/// The summary of a run for people, while cells come: a row for each cell, or for all cells that
/// differ in their trace only.
pub(super) struct SummaryBuilder<'a> {
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

impl<'a> SummaryBuilder<'a> {
    pub(super) fn of(Run { sweep, dimensions }: Run<'a>) -> Self {
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
    pub(super) fn add(&mut self, cell: &CellTrials<'_>) {
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
        for (sums, MetricColumn { metric, .. }) in pool.sums.iter_mut().zip(&SHOWN) {
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
    pub(super) fn finish(mut self) -> DisplayTable {
        for Pool { params, counts, sums } in std::mem::take(&mut self.pools).into_values() {
            let of = |(sums, shown): (&Vec<Replicate>, &MetricColumn)| {
                Estimate::of_replicates(sums, shown.metric.limits).map(Rc::new)
            };
            let estimates = sums.iter().zip(&SHOWN).map(of).collect();
            self.push(SummaryRow { params, counts, estimates });
        }
        let Self { sweep, axes, rows, hidden, any_never_started, .. } = self;
        let any_left_out = rows.iter().any(|row| row.counts.left_out > 0);
        let is_there = |at: usize| rows.iter().any(|row| row.estimates[at].is_some());
        let shown: Vec<(usize, &MetricColumn)> =
            SHOWN.iter().enumerate().filter(|(at, s)| s.always || is_there(*at)).collect();

        let axis = |(i, axis): (usize, &usize)| DisplayColumn {
            right: rows.iter().all(|row| row.params[i].number().is_some()),
            ..DisplayColumn::text(&sweep.axes[*axis].axis.path)
        };
        let mut columns: Vec<DisplayColumn> = axes.iter().enumerate().map(axis).collect();
        columns.extend(["trials", "n"].map(|title| DisplayColumn::number(title, "")));
        if any_never_started {
            columns.push(DisplayColumn::number("never started", "sessions"));
        }
        // Where labs are told apart, rows say which of them assumes it.
        let lab = axes.iter().position(|&axis| sweep.axes[axis].axis.is_lab());
        let assumed = lab.is_none() && assumed(&sweep.info).is_some();
        columns.extend(shown.iter().map(|(_, MetricColumn { title, unit, .. })| match *unit {
            JAIN if assumed => DisplayColumn::number(title, "Jain, assumed"),
            unit => DisplayColumn::number(title, unit),
        }));
        if any_left_out {
            columns.push(DisplayColumn::number("left out", "trials"));
        }
        let cells = |row: &SummaryRow| {
            let mut cells: Vec<DisplayCell> =
                row.params.iter().map(|param| param.text.clone().into()).collect();
            cells.push(row.counts.trials.to_string().into());
            cells.push(row.counts.sessions.to_string().into());
            if any_never_started {
                cells.push(DisplayCell::alarming(row.counts.never_started));
            }
            let in_model = lab.is_some_and(|lab| is_model(&row.params[lab].text));
            cells.extend(shown.iter().map(|(at, MetricColumn { decimals, size, unit, .. })| {
                let estimate = row.estimates[*at].as_deref();
                let ends = estimate.and_then(|found| Some(found.interval?.in_units_of(*size)));
                let mean = estimate.map(|estimate| estimate.mean / size);
                let mut cell = DisplayCell::number(mean, *decimals).with_interval(ends, *decimals);
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
        DisplayTable { columns, rows, hidden }
    }
}
