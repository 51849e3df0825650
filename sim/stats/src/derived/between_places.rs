//! The table `comparisons`: cells that differ in one named thing, repeat by repeat.

use crate::sweep::cells::CellTrials;
use crate::sweep::dimension::Dimension;
use crate::sweep::metric::{
    AVAILABILITY, JAIN_BITRATE, JAIN_THROUGHPUT, LATENCY, MEAN_BITRATE, Metric, SETTLED_BITRATE,
    STALL_RATIO, STARTUP, SWITCHES,
};
use crate::sweep::pairs::{PairedDifference, RepeatMeans};
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

/// Compares every place of every dimension that is no number with the dimension's first place,
/// everything else being equal, while cells come: what is kept are the means of cells that others
/// will be compared with. Metrics that no pair has are left out.
pub struct Comparisons<'a> {
    dimensions: &'a [Dimension],
    /// The cells and their means, by the place in each dimension.
    references: BTreeMap<Vec<usize>, Rc<(u64, RepeatMeans)>>,
}

/// Two cells, each with its means; the second is the reference.
type Both<'b> = (&'b (u64, RepeatMeans), &'b (u64, RepeatMeans));

impl<'a> Comparisons<'a> {
    /// Of a sweep with these dimensions, no cell of which has come yet.
    pub fn of(dimensions: &'a [Dimension]) -> Self {
        Self { dimensions, references: BTreeMap::new() }
    }

    /// Adds a cell, of which each comes once, in order; and compares it with those before, which
    /// all that it is compared with are among: the first place is the one that came first.
    pub fn add(&mut self, cell: &CellTrials<'_>) -> Vec<Comparison> {
        let places: Vec<usize> = self.dimensions.iter().map(|d| d.place_of(cell.cell)).collect();
        let named: Vec<usize> =
            (0..places.len()).filter(|&i| self.dimensions[i].is_compared()).collect();
        if named.is_empty() {
            return Vec::new();
        }
        let means = Rc::new((cell.cell.cell, RepeatMeans::of(cell, METRICS.into_iter())));
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
        rows
    }

    fn compare(&self, across: usize, place: usize, cells: Both<'_>) -> Vec<Comparison> {
        let ((cell, ours), (reference_cell, theirs)) = cells;
        let dimension = &self.dimensions[across];
        let named = |place: usize| dimension.places[place].text.clone();
        let of = |(metric, at): (&&Metric, usize)| {
            let found = PairedDifference::of(&ours.paired(theirs, at))?;
            let interval = found.difference.interval;
            Some(Comparison {
                cell: *cell,
                reference_cell: *reference_cell,
                axis: dimension.name.clone(),
                value: named(place),
                reference: named(0),
                metric: metric.name.to_owned(),
                n: found.difference.n,
                difference_mean: Some(found.difference.mean),
                difference_low: interval.map(|interval| interval.low),
                difference_high: interval.map(|interval| interval.high),
                reference_mean: Some(found.reference_mean),
            })
        };
        METRICS.iter().zip(0..).filter_map(of).collect()
    }
}
