//! The table `comparisons`: cells that differ in one named thing, repeat by repeat.

use crate::bootstrap::Limits;
use crate::dimension::Dimension;
use crate::metric::{
    Estimate, JAIN_BITRATE, JAIN_THROUGHPUT, MEAN_BITRATE, Metric, SETTLED_BITRATE, STALL_RATIO,
    STARTUP, SWITCHES,
};
use crate::sweep::{Level, Sweep, SweepCell};
use std::collections::BTreeMap;
use weir_records::Comparison;

/// What is compared.
const METRICS: [&Metric; 7] = [
    &MEAN_BITRATE,
    &SETTLED_BITRATE,
    &STALL_RATIO,
    &STARTUP,
    &SWITCHES,
    &JAIN_BITRATE,
    &JAIN_THROUGHPUT,
];

/// One row of the table.
#[derive(Debug, Clone)]
pub(crate) struct ComparisonRow {
    /// The compared cell's value on each axis.
    pub params: Vec<Level>,
    pub comparison: Comparison,
}

/// Compares every place of every dimension that is no number with the dimension's first place,
/// everything else being equal. Metrics that no pair has are left out.
pub(crate) fn comparisons(sweep: &Sweep, dimensions: &[Dimension]) -> Vec<ComparisonRow> {
    let named = (0..dimensions.len()).filter(|&i| !dimensions[i].is_numeric());
    named.flat_map(|across| of_dimension(sweep, dimensions, across)).collect()
}

fn of_dimension(sweep: &Sweep, dimensions: &[Dimension], across: usize) -> Vec<ComparisonRow> {
    let dimension = &dimensions[across];
    // Cells that differ in this dimension only.
    let mut alike: BTreeMap<Vec<usize>, BTreeMap<usize, &SweepCell>> = BTreeMap::new();
    for cell in &sweep.cells {
        let mut place: Vec<usize> = dimensions.iter().map(|d| d.place_of(cell)).collect();
        let here = place.remove(across);
        alike.entry(place).or_default().insert(here, cell);
    }
    let mut rows = Vec::new();
    for cells in alike.values() {
        let Some(reference) = cells.get(&0) else { continue };
        for (&place, cell) in cells.iter().filter(|(place, _)| **place != 0) {
            let named = |place: usize| dimension.places[place].text.clone();
            rows.extend(METRICS.iter().filter_map(|metric| {
                let pairs = Pairs::of(metric, cell, reference)?;
                let interval = pairs.difference.interval;
                let comparison = Comparison {
                    cell: cell.cell,
                    reference_cell: reference.cell,
                    axis: dimension.name.clone(),
                    value: named(place),
                    reference: named(0),
                    metric: metric.name.to_owned(),
                    n: pairs.difference.n,
                    difference_mean: Some(pairs.difference.mean),
                    difference_low: interval.map(|interval| interval.low),
                    difference_high: interval.map(|interval| interval.high),
                    reference_mean: Some(pairs.reference.mean),
                };
                Some(ComparisonRow { params: sweep.params(cell), comparison })
            }));
        }
    }
    rows
}

/// The repeats that are valid, and have the metric, in two cells.
struct Pairs {
    difference: Estimate,
    reference: Estimate,
}

impl Pairs {
    fn of(metric: &Metric, cell: &SweepCell, reference: &SweepCell) -> Option<Self> {
        let by_repeat = |cell: &SweepCell| -> BTreeMap<u64, f64> {
            cell.valid().filter_map(|t| Some((t.repeat, metric.of_trial(t)?))).collect()
        };
        let (ours, theirs) = (by_repeat(cell), by_repeat(reference));
        let pairs: Vec<(f64, f64)> = ours
            .iter()
            .filter_map(|(repeat, value)| Some((*value, *theirs.get(repeat)?)))
            .collect();
        let estimate = |of: fn(&(f64, f64)) -> f64| {
            let values: Vec<Vec<f64>> = pairs.iter().map(|pair| vec![of(pair)]).collect();
            Estimate::of(&values, Limits::NONE)
        };
        Some(Self {
            difference: estimate(|(value, reference)| value - reference)?,
            reference: estimate(|(_, reference)| *reference)?,
        })
    }
}
