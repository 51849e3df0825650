//! The comparisons as people read them: only those that say something.

use crate::comparisons::ComparisonRow;
use crate::dimension::Dimension;
use crate::human::{HumanCell, HumanColumn, HumanTable};
use crate::sweep::Sweep;
use std::collections::{BTreeMap, BTreeSet};
use weir_records::Comparison;

/// The comparisons along one dimension.
#[derive(Debug, Clone)]
pub(crate) struct Compared {
    /// The dimension's name.
    pub axis: String,
    /// What everything is compared with.
    pub reference: String,
    /// Pairs of cells.
    pub all: usize,
    /// Pairs of cells that have intervals: at least ten repeats of both are valid.
    pub with_interval: usize,
    /// Those of which an interval excludes zero.
    pub table: HumanTable,
}

/// A metric that is shown.
struct Shown {
    metric: &'static str,
    title: &'static str,
    unit: &'static str,
    size: f64,
    decimals: usize,
}

const fn shown(
    metric: &'static str,
    title: &'static str,
    unit: &'static str,
    size: f64,
    decimals: usize,
) -> Shown {
    Shown { metric, title, unit, size, decimals }
}

const SHOWN: [Shown; 7] = [
    shown("mean_bitrate_bps", "bitrate", "Mbit/s", 1e6, 3),
    shown("stall_ratio", "stalled", "% points", 0.01, 2),
    shown("startup_us", "startup", "s", 1e6, 3),
    shown("switches", "switches", "", 1.0, 1),
    shown("jain_bitrate", "fairness", "Jain", 1.0, 3),
    shown("latency_mean_us", "latency", "s", 1e6, 3),
    shown("availability", "available", "% points", 0.01, 2),
];

/// More pairs of cells than this are shown nowhere.
const ROWS: usize = 60;

/// What differs in each dimension that is no number, while comparisons come.
pub(crate) struct Differences<'a> {
    sweep: &'a Sweep,
    dimensions: &'a [Dimension],
    along: Vec<Along>,
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

impl<'a> Differences<'a> {
    pub(crate) fn of(sweep: &'a Sweep, dimensions: &'a [Dimension]) -> Self {
        Self { sweep, dimensions, along: vec![Along::default(); dimensions.len()] }
    }

    /// Adds all comparisons of a cell.
    pub(crate) fn add(&mut self, rows: &[ComparisonRow]) {
        for (dimension, along) in self.dimensions.iter().zip(&mut self.along) {
            let rows = rows.iter().map(|row| &row.comparison);
            along.add(rows.filter(|row| row.axis == dimension.name).collect());
        }
    }

    pub(crate) fn finish(self) -> Vec<Compared> {
        let compared = self.along.iter().enumerate().filter(|(_, along)| along.all > 0);
        compared.map(|(index, along)| self.compared(index, along)).collect()
    }

    fn compared(&self, index: usize, along: &Along) -> Compared {
        let dimension = &self.dimensions[index];
        let others = self.dimensions.iter().enumerate().filter(|(i, _)| *i != index);
        let others: Vec<&Dimension> = others.map(|(_, dimension)| dimension).collect();
        let shown: Vec<&Shown> =
            SHOWN.iter().filter(|shown| along.metrics.contains(shown.metric)).collect();
        let mut table = HumanTable::default();
        let column =
            |d: &&Dimension| HumanColumn { title: d.name.clone(), unit: "", right: d.is_numeric() };
        table.columns.extend(others.iter().map(column));
        table.columns.push(HumanColumn::text(&dimension.name));
        table.columns.push(HumanColumn::number("pairs", ""));
        table.columns.extend(shown.iter().map(|s| HumanColumn::number(s.title, s.unit)));
        let cells = |rows: &Vec<Comparison>| cells(self.sweep, &others, &shown, rows);
        table.rows = along.rows.values().map(cells).collect();
        table.hidden = along.differing - table.rows.len();
        Compared {
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
        if pair.iter().any(|row| excludes_zero(row)) {
            self.differing += 1;
            self.rows.insert(key, pair.into_iter().cloned().collect());
            if self.rows.len() > ROWS {
                self.rows.pop_last();
            }
        }
    }
}

fn excludes_zero(row: &Comparison) -> bool {
    let ends = row.difference_low.zip(row.difference_high);
    ends.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
}

fn cells(
    sweep: &Sweep,
    others: &[&Dimension],
    shown: &[&Shown],
    rows: &[Comparison],
) -> Vec<HumanCell> {
    let mut cells: Vec<HumanCell> = Vec::new();
    let Some(first) = rows.first() else { return cells };
    let cell = sweep.cell(first.cell);
    cells.extend(others.iter().map(|dimension| {
        let place = cell.map_or(0, |cell| dimension.place_of(cell));
        HumanCell::from(dimension.places[place].text.clone())
    }));
    cells.push(first.value.clone().into());
    cells.push(rows.iter().map(|row| row.n).max().unwrap_or(0).to_string().into());
    for Shown { metric, size, decimals, .. } in shown {
        let Some(row) = rows.iter().find(|row| row.metric == *metric) else {
            cells.push(HumanCell::number(None, 0));
            continue;
        };
        let scaled = |value: f64| value / size;
        let mean = row.difference_mean.map(scaled);
        let text = mean.map_or_else(|| "-".to_owned(), |mean| format!("{mean:+.decimals$}"));
        let ends = row.difference_low.zip(row.difference_high);
        let ends = ends.map(|(low, high)| (scaled(low), scaled(high)));
        let cell = HumanCell { text, strong: excludes_zero(row), interval: None };
        cells.push(cell.with_interval(ends, *decimals));
    }
    cells
}
