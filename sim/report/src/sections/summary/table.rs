//! The summary of a run for people.

use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::fairness::{assumed, is_model};
use crate::kit::metric_column::{MetricColumn, column};
use crate::section::Run;
use std::collections::BTreeMap;
use std::rc::Rc;
use weir_stats::methods::bootstrap::Replicate;
use weir_stats::methods::estimate::Estimate;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimensions;
use weir_stats::sweep::metric::{
    AVAILABILITY, CAPTURE_LATENCY, JAIN_BITRATE, LATENCY, MEAN_BITRATE, PENSIEVE_LIN, QOE,
    RATE_DEVIATION, REGRET, SABRE_BITRATE_CHANGE, SABRE_SCORE, SETTLED_BITRATE, SKIPS, STALL_RATIO,
    STALLS, STARTUP, SWITCHES,
};
use weir_stats::sweep::{Level, Sweep};

/// Means over the sessions of a row.
static COLUMNS: [MetricColumn; 17] = [
    column("bitrate", "Mbit/s", (1e6, 3), &MEAN_BITRATE),
    column("settled", "Mbit/s", (1e6, 3), &SETTLED_BITRATE),
    column("stalled", "%", (0.01, 2), &STALL_RATIO),
    column("stalls", "", (1.0, 1), &STALLS),
    column("startup", "s", (1e6, 2), &STARTUP),
    column("switches", "", (1.0, 1), &SWITCHES),
    column("change", "Mbit/s", (1e6, 3), &SABRE_BITRATE_CHANGE),
    column("score", "Sabre", (1.0, 3), &SABRE_SCORE),
    column("QoE lin", "Pensieve", (1.0, 3), &PENSIEVE_LIN),
    column("QoE", "", (1.0, 3), &QOE),
    column("regret", "QoE", (1.0, 3), &REGRET),
    column("fairness", JAIN, (1.0, 3), &JAIN_BITRATE),
    column("latency", "s", (1e6, 3), &LATENCY),
    column("from capture", "s", (1e6, 3), &CAPTURE_LATENCY),
    column("rate off 1", "%", (0.01, 2), &RATE_DEVIATION),
    column("skips", "", (1.0, 1), &SKIPS),
    column("available", "% of segments", (0.01, 2), &AVAILABILITY),
];

/// As many of the first are there for every run; the others are of metrics that few runs have.
const ALWAYS: usize = 6;

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
            let estimates = COLUMNS.iter().map(|column| cell.estimate(column.metric)).collect();
            self.push(SummaryRow { params, counts, estimates });
            return;
        }
        let levels = self.axes.iter().map(|&axis| cell.cell.levels[axis]).collect();
        let empty =
            || Pool { params, counts: Counts::default(), sums: vec![vec![]; COLUMNS.len()] };
        let pool = self.pools.entry(levels).or_insert_with(empty);
        pool.counts.trials += counts.trials;
        pool.counts.sessions += counts.sessions;
        pool.counts.never_started += counts.never_started;
        pool.counts.left_out += counts.left_out;
        for (sums, MetricColumn { metric, .. }) in pool.sums.iter_mut().zip(&COLUMNS) {
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

    /// The table. Metrics that few runs have, sessions that never started, and trials that were
    /// left out have a column only where there are any.
    pub(super) fn finish(mut self) -> DisplayTable {
        for Pool { params, counts, sums } in std::mem::take(&mut self.pools).into_values() {
            let of = |(sums, shown): (&Vec<Replicate>, &MetricColumn)| {
                Estimate::of_replicates(sums, shown.metric.limits).map(Rc::new)
            };
            let estimates = sums.iter().zip(&COLUMNS).map(of).collect();
            self.push(SummaryRow { params, counts, estimates });
        }
        let Self { sweep, axes, rows, hidden, any_never_started, .. } = self;
        let any_left_out = rows.iter().any(|row| row.counts.left_out > 0);
        let is_there = |at: usize| rows.iter().any(|row| row.estimates[at].is_some());
        let shown = COLUMNS.iter().enumerate().filter(|(at, _)| *at < ALWAYS || is_there(*at));
        let shown: Vec<(usize, &MetricColumn)> = shown.collect();

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
        columns.extend(shown.iter().map(|(_, column)| match column.unit {
            JAIN if assumed => DisplayColumn::number(column.title, "Jain, assumed"),
            _ => column.head(),
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
            cells.extend(shown.iter().map(|(at, column)| {
                let found = row.estimates[*at].as_deref();
                let ends = found.and_then(|found| found.interval);
                let mut cell = column.mean_within(found.map(|found| found.mean), ends);
                if in_model && column.unit == JAIN && found.is_some() {
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
