//! Places of a dimension compared with its first one, such as algorithms with the first algorithm:
//! only comparisons that say something.

use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::fairness::{self, assumed};
use crate::kit::head::count;
use crate::kit::html;
use crate::kit::metric_column::{MetricColumn, column};
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use maud::html;
use std::collections::{BTreeMap, BTreeSet};
use weir_records::Comparison;
use weir_stats::Sweep;
use weir_stats::derived::between_places::Comparisons;
use weir_stats::methods::bootstrap::Interval;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimension;
use weir_stats::sweep::metric::{
    AVAILABILITY, JAIN_BITRATE, JAIN_THROUGHPUT, LATENCY, MEAN_BITRATE, Metric, STALL_RATIO,
    STARTUP, SWITCHES,
};

/// The comparisons along one dimension.
struct ComparedDimension {
    /// The dimension's name.
    axis: String,
    /// What everything is compared with.
    reference: String,
    /// Pairs of cells.
    all: usize,
    /// Pairs of cells that have intervals: at least ten repeats of both are valid.
    with_interval: usize,
    /// Those of which an interval excludes zero.
    table: DisplayTable,
}

static COLUMNS: [MetricColumn; 7] = [
    column("bitrate", "Mbit/s", (1e6, 3), &MEAN_BITRATE),
    column("stalled", "% points", (0.01, 2), &STALL_RATIO),
    column("startup", "s", (1e6, 3), &STARTUP),
    column("switches", "", (1.0, 1), &SWITCHES),
    column("fairness", "Jain", (1.0, 3), &JAIN_BITRATE),
    column("latency", "s", (1e6, 3), &LATENCY),
    column("available", "% points", (0.01, 2), &AVAILABILITY),
];

/// More pairs of cells than this are shown nowhere.
const ROWS: usize = 60;

/// Comparisons while cells come.
struct BetweenPlaces<'a> {
    run: Run<'a>,
    comparisons: Comparisons<'a>,
    /// For each dimension.
    along: Vec<Along>,
    /// Whether viewers share a network.
    shared: bool,
}

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    let dimensions = &run.dimensions.all;
    let comparisons = Comparisons::of(dimensions);
    let along = vec![Along::default(); dimensions.len()];
    Some(Box::new(BetweenPlaces { run, comparisons, along, shared: false }))
}

/// What is known of one dimension.
#[derive(Debug, Clone, Default)]
struct Along {
    all: usize,
    with_interval: usize,
    /// Pairs of which an interval excludes zero.
    differing: usize,
    /// The first of these, by the cells of the reference and of what is compared.
    rows: BTreeMap<(u64, u64), Vec<Comparison>>,
    /// The metrics that any pair has.
    metrics: BTreeSet<String>,
}

impl Section for BetweenPlaces<'_> {
    fn add(&mut self, cell: &CellTrials<'_>) {
        let rows = self.comparisons.add(cell);
        for (dimension, along) in self.run.dimensions.all.iter().zip(&mut self.along) {
            along.add(rows.iter().filter(|row| row.axis == dimension.name).collect());
        }
        let is_shared = |metric: &Metric| cell.valid().any(|t| metric.of_trial(t).is_some());
        self.shared = self.shared || [&JAIN_BITRATE, &JAIN_THROUGHPUT].into_iter().any(is_shared);
    }

    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let all = self.along.iter().enumerate().filter(|(_, along)| along.all > 0);
        let all: Vec<ComparedDimension> = all.map(|(at, along)| self.compared(at, along)).collect();
        let assumed = assumed(&self.run.sweep.info).filter(|_| self.shared);
        Ok(SectionOutput::default().with(html! {
            @if !all.is_empty() {
                h2 { "Comparisons" }
                p.soft {
                    "Repeats of equal number share everything that was drawn at random: each is \
                     compared with the same repeat of the reference. Mean differences, and their 95 % \
                     intervals over pairs; bold where zero is outside, which chance does to one in \
                     twenty. " code { "comparisons.csv" } " has them all."
                }
                (fairness::note(assumed))
            }
            @for compared in &all {
                h3 { code { (compared.axis) } ", compared with " (compared.reference) }
                p.soft { (compared.found()) }
                @if !compared.table.rows.is_empty() {
                    (html::table(&compared.table, ROWS, "comparisons.csv"))
                }
            }
        }))
    }
}

impl ComparedDimension {
    /// How many pairs differ.
    fn found(&self) -> String {
        if self.with_interval == 0 {
            return "Too few pairs for intervals: ten are needed.".to_owned();
        }
        let with = match self.with_interval < self.all {
            true => format!(" ({} with intervals)", self.with_interval),
            false => String::new(),
        };
        let (shown, all) = (self.table.rows.len() + self.table.hidden, self.all as u64);
        format!("{shown} of {}{with} found a difference.", count(all, "comparison"))
    }
}

impl BetweenPlaces<'_> {
    fn compared(&self, index: usize, along: &Along) -> ComparedDimension {
        let dimension = &self.run.dimensions.all[index];
        let others = self.run.dimensions.all.iter().enumerate().filter(|(i, _)| *i != index);
        let others: Vec<&Dimension> = others.map(|(_, dimension)| dimension).collect();
        let shown = COLUMNS.iter().filter(|column| along.metrics.contains(column.metric.name));
        let shown: Vec<&MetricColumn> = shown.collect();
        let mut table = DisplayTable::default();
        table.columns.extend(others.iter().copied().map(DisplayColumn::of));
        table.columns.push(DisplayColumn::text(&dimension.name));
        table.columns.push(DisplayColumn::number("pairs", ""));
        table.columns.extend(shown.iter().map(|column| column.head()));
        let cells = |rows: &Vec<Comparison>| cells(self.run.sweep, &others, &shown, rows);
        table.rows = along.rows.values().map(cells).collect();
        table.hidden = along.differing - table.rows.len();
        ComparedDimension {
            axis: dimension.name.clone(),
            reference: dimension.places[0].text.clone(),
            all: along.all,
            with_interval: along.with_interval,
            table,
        }
    }
}

impl Along {
    /// Adds the comparisons of one pair of cells, if there are any.
    fn add(&mut self, pair: Vec<&Comparison>) {
        let Some(first) = pair.first() else { return };
        let key = (first.reference_cell, first.cell);
        self.all += 1;
        self.with_interval += usize::from(pair.iter().any(|row| row.difference_low.is_some()));
        for row in &pair {
            if !self.metrics.contains(&row.metric) {
                self.metrics.insert(row.metric.clone());
            }
        }
        if pair.iter().filter_map(|row| interval(row)).any(Interval::excludes_zero) {
            self.differing += 1;
            self.rows.insert(key, pair.into_iter().cloned().collect());
            if self.rows.len() > ROWS {
                self.rows.pop_last();
            }
        }
    }
}

/// The interval of a difference.
fn interval(row: &Comparison) -> Option<Interval> {
    Some(Interval { low: row.difference_low?, high: row.difference_high? })
}

fn cells(
    sweep: &Sweep,
    others: &[&Dimension],
    shown: &[&MetricColumn],
    rows: &[Comparison],
) -> Vec<DisplayCell> {
    let mut cells: Vec<DisplayCell> = Vec::new();
    let Some(first) = rows.first() else { return cells };
    let cell = sweep.cell(first.cell);
    cells.extend(others.iter().map(|dimension| {
        let place = cell.map_or(0, |cell| dimension.place_of(cell));
        DisplayCell::from(dimension.places[place].text.clone())
    }));
    cells.push(first.value.clone().into());
    cells.push(rows.iter().map(|row| row.n).max().unwrap_or(0).to_string().into());
    cells.extend(shown.iter().map(|column| {
        let row = rows.iter().find(|row| row.metric == column.metric.name);
        column.difference(row.and_then(|row| row.difference_mean), row.and_then(interval))
    }));
    cells
}
