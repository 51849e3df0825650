//! How a sweep becomes panels and series.

use std::collections::BTreeSet;
use std::sync::Arc;
use weir_stats::sweep::dimension::Dimension;
use weir_stats::sweep::{Sweep, SweepCell};

/// More lines than this cannot be told apart in one plot.
const SERIES_LIMIT: usize = 14;

/// More lines than this are set apart in panels where the sweep allows it.
const CROWDED: usize = 4;

/// More panels than this side by side are too small.
const FACET_LIMIT: usize = 6;

/// The number of viewers; or else the numeric dimension with the most places, or else the dimension
/// with the most: the first one of equals.
pub(crate) fn x_dimension(dimensions: &[Dimension]) -> Option<usize> {
    let most = |fits: fn(&Dimension) -> bool| {
        let fitting = (0..dimensions.len()).filter(|&i| fits(&dimensions[i]));
        fitting.max_by_key(|&i| (dimensions[i].places.len(), std::cmp::Reverse(i)))
    };
    most(Dimension::is_viewers).or_else(|| most(Dimension::is_numeric)).or_else(|| most(|_| true))
}

/// What each dimension becomes.
pub(crate) struct Layout {
    across: Option<usize>,
    /// The one that is set apart in plots side by side.
    facet: Option<usize>,
    pub series: Vec<usize>,
    /// Whether the algorithms of one trial are series of their own.
    mixed: bool,
}

impl Layout {
    pub(crate) fn of(dimensions: &[Dimension], across: Option<usize>, mixed: bool) -> Self {
        let mut series: Vec<usize> = (0..dimensions.len()).filter(|&i| Some(i) != across).collect();
        let places = |i: &usize| dimensions[*i].places.len();
        let lines: usize = series.iter().map(places).product();
        let can_be = |i: &&usize| places(i) <= FACET_LIMIT;
        let algorithm = series.iter().filter(can_be).find(|&&i| dimensions[i].is_algorithm());
        let named = series.iter().filter(can_be).filter(|&&i| !dimensions[i].is_numeric());
        let facet = match series.len() {
            0 => None,
            // Who competes with whom is told by the panel, and who is who by the series.
            1 if mixed => algorithm,
            1 => None,
            _ if mixed || lines > CROWDED => {
                algorithm.or_else(|| named.min_by_key(|&i| (places(i), *i)))
            }
            _ => None,
        }
        .copied();
        series.retain(|&i| Some(i) != facet);
        Self { across, facet, series, mixed }
    }

    /// What stands above each of the plots side by side.
    pub(crate) fn facet_names(&self, dimensions: &[Dimension]) -> Vec<String> {
        let names =
            |i: usize| dimensions[i].places.iter().map(|place| place.text.clone()).collect();
        self.facet.map_or_else(|| vec![String::new()], names)
    }
}

/// What tells the series apart: a place of each dimension, and the algorithm if it is told apart.
type SeriesKey = (Vec<usize>, Option<Arc<str>>);

/// Where cells lie in a figure.
pub(crate) struct Keyed {
    /// Of all series.
    keys: Vec<SeriesKey>,
    pub facets: usize,
}

/// A place in a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub facet: usize,
    pub series: usize,
    pub x: usize,
}

impl Keyed {
    pub(crate) fn of(sweep: &Sweep, dimensions: &[Dimension], layout: &Layout) -> Self {
        let keys = sweep.cells.iter().flat_map(|cell| layout.keys_of(sweep, dimensions, cell));
        let keys: BTreeSet<SeriesKey> = keys.collect();
        let facets = layout.facet.map_or(1, |index| dimensions[index].places.len());
        Self { keys: keys.into_iter().collect(), facets }
    }

    /// As many series as are not shown.
    pub(crate) fn hidden(&self) -> usize {
        self.keys.len().saturating_sub(SERIES_LIMIT)
    }

    /// The label of each series that is shown.
    pub(crate) fn labels(&self, dimensions: &[Dimension], layout: &Layout) -> Vec<String> {
        let label = |(places, abr): &SeriesKey| {
            let places = layout.series.iter().zip(places);
            let words = places.map(|(&i, &place)| dimensions[i].places[place].text.as_str());
            words.chain(abr.as_deref()).collect::<Vec<_>>().join(", ")
        };
        self.keys.iter().take(SERIES_LIMIT).map(label).collect()
    }

    /// Where a cell is shown, and with which of its algorithms if they are told apart.
    pub(crate) fn spots(
        &self,
        sweep: &Sweep,
        dimensions: &[Dimension],
        layout: &Layout,
        cell: &SweepCell,
    ) -> Vec<(Spot, Option<Arc<str>>)> {
        let place = |dimension: Option<usize>| {
            dimension.map_or(0, |index| dimensions[index].place_of(cell))
        };
        let (x, facet) = (place(layout.across), place(layout.facet));
        let spot = |key: SeriesKey| {
            let series = self.keys.binary_search(&key).ok().filter(|at| *at < SERIES_LIMIT)?;
            Some((Spot { facet, series, x }, key.1))
        };
        layout.keys_of(sweep, dimensions, cell).into_iter().filter_map(spot).collect()
    }
}

impl Layout {
    /// The series that a cell is a part of; none if no trial of it counts.
    fn keys_of(&self, sweep: &Sweep, dimensions: &[Dimension], cell: &SweepCell) -> Vec<SeriesKey> {
        if cell.valid == 0 {
            return Vec::new();
        }
        let places: Vec<usize> =
            self.series.iter().map(|&i| dimensions[i].place_of(cell)).collect();
        match self.mixed {
            true => {
                sweep.abrs(cell).iter().map(|abr| (places.clone(), Some(abr.clone()))).collect()
            }
            false => vec![(places, None)],
        }
    }
}
