//! The comparisons as people read them: only those that say something.

use crate::comparisons::comparisons;
use crate::dimension::Dimension;
use crate::human::{HumanCell, HumanColumn, HumanTable};
use crate::sweep::Sweep;
use std::collections::BTreeMap;
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

const SHOWN: [Shown; 5] = [
    shown("mean_bitrate_bps", "bitrate", "Mbit/s", 1e6, 3),
    shown("stall_ratio", "stalled", "% points", 0.01, 2),
    shown("startup_us", "startup", "s", 1e6, 3),
    shown("switches", "switches", "", 1.0, 1),
    shown("jain_bitrate", "fairness", "Jain", 1.0, 3),
];

/// What differs in each dimension that is no number.
pub(crate) fn compared(sweep: &Sweep, dimensions: &[Dimension]) -> Vec<Compared> {
    let rows = comparisons(sweep, dimensions);
    let mut found = Vec::new();
    for (index, dimension) in dimensions.iter().enumerate() {
        // By pair of cells, in the order of the table.
        let mut pairs: BTreeMap<(u64, u64), Vec<&Comparison>> = BTreeMap::new();
        for row in rows.iter().map(|row| &row.comparison).filter(|c| c.axis == dimension.name) {
            pairs.entry((row.reference_cell, row.cell)).or_default().push(row);
        }
        if pairs.is_empty() {
            continue;
        }
        let others: Vec<&Dimension> =
            dimensions.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, d)| d).collect();
        let shown: Vec<&Shown> = SHOWN
            .iter()
            .filter(|shown| pairs.values().flatten().any(|row| row.metric == shown.metric))
            .collect();
        let mut table = HumanTable::default();
        let column =
            |d: &&Dimension| HumanColumn { title: d.name.clone(), unit: "", right: d.is_numeric() };
        table.columns.extend(others.iter().map(column));
        table.columns.push(HumanColumn::text(&dimension.name));
        table.columns.push(HumanColumn::number("pairs", ""));
        table.columns.extend(shown.iter().map(|s| HumanColumn::number(s.title, s.unit)));
        for rows in pairs.values().filter(|rows| rows.iter().any(|row| excludes_zero(row))) {
            table.rows.push(cells(sweep, &others, &shown, rows));
        }
        found.push(Compared {
            axis: dimension.name.clone(),
            reference: dimension.places[0].text.clone(),
            all: pairs.len(),
            with_interval: pairs
                .values()
                .filter(|rows| rows.iter().any(|row| row.difference_low.is_some()))
                .count(),
            table,
        });
    }
    found
}

fn excludes_zero(row: &Comparison) -> bool {
    let ends = row.difference_low.zip(row.difference_high);
    ends.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
}

fn cells(
    sweep: &Sweep,
    others: &[&Dimension],
    shown: &[&Shown],
    rows: &[&Comparison],
) -> Vec<HumanCell> {
    let mut cells: Vec<HumanCell> = Vec::new();
    let Some(first) = rows.first() else { return cells };
    let cell = sweep.cells.iter().find(|cell| cell.cell == first.cell);
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
