//! How a sweep becomes panels and series.

use crate::dimension::Dimension;
use crate::figure::Point;
use crate::shown::Shown;
use crate::sweep::{Sweep, SweepCell, SweepTrial};
use std::collections::{BTreeMap, BTreeSet};

/// More lines than this cannot be told apart in one plot.
const SERIES_LIMIT: usize = 14;

/// More lines than this are set apart in panels where the sweep allows it.
const CROWDED: usize = 4;

/// More panels than this side by side are too small.
const FACET_LIMIT: usize = 6;

/// Whether viewers of one trial have different algorithms.
pub(crate) fn is_mixed(sweep: &Sweep) -> bool {
    sweep.cells.iter().flat_map(SweepCell::valid).any(|trial| distinct_abrs(trial).len() > 1)
}

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
type SeriesKey<'a> = (Vec<usize>, Option<&'a str>);

/// The trials that count, by series, facet and place on the horizontal axis.
pub(crate) struct Keyed<'a> {
    keys: BTreeSet<SeriesKey<'a>>,
    trials: BTreeMap<(SeriesKey<'a>, usize, usize), Vec<&'a SweepTrial>>,
    facets: usize,
}

impl<'a> Keyed<'a> {
    pub(crate) fn of(sweep: &'a Sweep, dimensions: &[Dimension], layout: &Layout) -> Self {
        let place = |dimension: Option<usize>, cell| {
            dimension.map_or(0, |index| dimensions[index].place_of(cell))
        };
        let mut keys = BTreeSet::new();
        let mut trials: BTreeMap<_, Vec<&SweepTrial>> = BTreeMap::new();
        for cell in &sweep.cells {
            let (x, facet) = (place(layout.across, cell), place(layout.facet, cell));
            let series: Vec<usize> =
                layout.series.iter().map(|&i| dimensions[i].place_of(cell)).collect();
            for trial in cell.valid() {
                let abrs = match layout.mixed {
                    true => distinct_abrs(trial).into_iter().map(Some).collect(),
                    false => vec![None],
                };
                for abr in abrs {
                    let key = (series.clone(), abr);
                    keys.insert(key.clone());
                    trials.entry((key, facet, x)).or_default().push(trial);
                }
            }
        }
        let facets = layout.facet.map_or(1, |index| dimensions[index].places.len());
        Self { keys, trials, facets }
    }

    /// As many series as are not shown.
    pub(crate) fn hidden(&self) -> usize {
        self.keys.len().saturating_sub(SERIES_LIMIT)
    }

    fn shown(&self) -> impl Iterator<Item = &SeriesKey<'a>> {
        self.keys.iter().take(SERIES_LIMIT)
    }

    /// The label of each series that is shown.
    pub(crate) fn labels(&self, dimensions: &[Dimension], layout: &Layout) -> Vec<String> {
        let label = |(places, abr): &SeriesKey| {
            let places = layout.series.iter().zip(places);
            let words = places.map(|(&i, &place)| dimensions[i].places[place].text.as_str());
            words.chain(*abr).collect::<Vec<_>>().join(", ")
        };
        self.shown().map(label).collect()
    }

    /// The points of each facet, series and place.
    pub(crate) fn points(&self, shown: &Shown, places: usize) -> Vec<Vec<Vec<Option<Point>>>> {
        let point = |key: &SeriesKey<'a>, facet: usize, x: usize| {
            let trials = self.trials.get(&(key.clone(), facet, x))?;
            let estimate = shown.metric.estimate(trials.iter().copied(), key.1)?;
            Point::of(estimate, shown.unit)
        };
        let series = |facet: usize| {
            self.shown().map(|key| (0..places).map(|x| point(key, facet, x)).collect()).collect()
        };
        (0..self.facets).map(series).collect()
    }
}

fn distinct_abrs(trial: &SweepTrial) -> Vec<&str> {
    let mut names: Vec<&str> = trial.sessions.iter().map(|s| s.abr.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
