//! The table `comparisons`: cells that differ in one named thing, repeat by repeat.

use crate::bootstrap::Limits;
use crate::dimension::Dimension;
use crate::metric::{
    AVAILABILITY, Estimate, JAIN_BITRATE, JAIN_THROUGHPUT, LATENCY, MEAN_BITRATE, Metric,
    SETTLED_BITRATE, STALL_RATIO, STARTUP, SWITCHES,
};
use crate::sweep::{CellTrials, Level, Sweep};
use std::collections::BTreeMap;
use std::rc::Rc;
use weir_records::Comparison;

/// What is compared.
const METRICS: [&Metric; 9] = [
    &MEAN_BITRATE,
    &SETTLED_BITRATE,
    &STALL_RATIO,
    &STARTUP,
    &SWITCHES,
    &JAIN_BITRATE,
    &JAIN_THROUGHPUT,
    &LATENCY,
    &AVAILABILITY,
];

/// One row of the table.
#[derive(Debug, Clone)]
pub(crate) struct ComparisonRow {
    /// The compared cell's value on each axis.
    pub params: Vec<Level>,
    pub comparison: Comparison,
}

/// Compares every place of every dimension that is no number with the dimension's first place,
/// everything else being equal, while cells come: what is kept are the means of cells that others
/// will be compared with. Metrics that no pair has are left out.
pub(crate) struct Comparisons<'a> {
    sweep: &'a Sweep,
    dimensions: &'a [Dimension],
    /// By the cell's place in each dimension.
    references: BTreeMap<Vec<usize>, Rc<Means>>,
}

/// The means of a cell's valid trials.
struct Means {
    cell: u64,
    /// Ascending.
    repeats: Vec<u64>,
    /// For each metric, of each of these repeats: not a number where it is missing.
    values: Vec<Vec<f64>>,
}

impl<'a> Comparisons<'a> {
    pub(crate) fn of(sweep: &'a Sweep, dimensions: &'a [Dimension]) -> Self {
        Self { sweep, dimensions, references: BTreeMap::new() }
    }

    /// Adds a cell, of which each comes once, in order; and compares it with those before, which
    /// all that it is compared with are among: the first place is the one that came first.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) -> Vec<ComparisonRow> {
        let places: Vec<usize> = self.dimensions.iter().map(|d| d.place_of(cell.cell)).collect();
        let named: Vec<usize> =
            (0..places.len()).filter(|&i| self.dimensions[i].is_compared()).collect();
        if named.is_empty() {
            return Vec::new();
        }
        let means = Rc::new(Means::of(cell));
        let mut rows = Vec::new();
        for &across in &named {
            let mut first = places.clone();
            first[across] = 0;
            if places[across] == 0 {
                self.references.entry(first).or_insert_with(|| means.clone());
            } else if let Some(reference) = self.references.get(&first) {
                rows.extend(self.compare(across, places[across], (&means, reference)));
            }
        }
        let params = self.sweep.params(cell.cell);
        let row = |comparison| ComparisonRow { params: params.clone(), comparison };
        rows.into_iter().map(row).collect()
    }

    fn compare(&self, across: usize, place: usize, cells: (&Means, &Means)) -> Vec<Comparison> {
        let (ours, theirs) = cells;
        let dimension = &self.dimensions[across];
        let named = |place: usize| dimension.places[place].text.clone();
        let of = |(metric, at): (&&Metric, usize)| {
            let pairs = Pairs::of(ours, theirs, at)?;
            let interval = pairs.difference.interval;
            Some(Comparison {
                cell: ours.cell,
                reference_cell: theirs.cell,
                axis: dimension.name.clone(),
                value: named(place),
                reference: named(0),
                metric: metric.name.to_owned(),
                n: pairs.difference.n,
                difference_mean: Some(pairs.difference.mean),
                difference_low: interval.map(|interval| interval.low),
                difference_high: interval.map(|interval| interval.high),
                reference_mean: Some(pairs.reference_mean),
            })
        };
        METRICS.iter().zip(0..).filter_map(of).collect()
    }
}

impl Means {
    fn of(cell: &CellTrials<'_>) -> Self {
        let values = |metric: &&Metric| {
            cell.valid().map(|trial| metric.of_trial(trial).unwrap_or(f64::NAN)).collect()
        };
        Self {
            cell: cell.cell.cell,
            repeats: cell.valid().map(|trial| trial.head.repeat).collect(),
            values: METRICS.iter().map(values).collect(),
        }
    }

    /// The repeats that have this metric.
    fn of_metric(&self, at: usize) -> impl Iterator<Item = (u64, f64)> {
        let values = self.repeats.iter().zip(&self.values[at]);
        values.filter(|(_, value)| !value.is_nan()).map(|(repeat, value)| (*repeat, *value))
    }
}

/// The repeats that are valid, and have the metric, in two cells.
struct Pairs {
    difference: Estimate,
    reference_mean: f64,
}

impl Pairs {
    fn of(ours: &Means, theirs: &Means, metric: usize) -> Option<Self> {
        let mut reference = theirs.of_metric(metric).peekable();
        let mut pairs = Vec::new();
        for (repeat, value) in ours.of_metric(metric) {
            while reference.next_if(|(other, _)| *other < repeat).is_some() {}
            if let Some((_, other)) = reference.next_if(|(other, _)| *other == repeat) {
                pairs.push((value, other));
            }
        }
        let differences: Vec<Vec<f64>> = pairs.iter().map(|(a, b)| vec![a - b]).collect();
        let references: Vec<f64> = pairs.iter().map(|(_, reference)| *reference).collect();
        Some(Self {
            difference: Estimate::of(&differences, Limits::NONE)?,
            reference_mean: Estimate::mean_of(&references)?,
        })
    }
}
