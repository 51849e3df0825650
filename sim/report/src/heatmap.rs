//! What the heatmaps show: a metric over two dimensions of a sweep, one map for each algorithm.

use crate::dimension::Dimension;
use crate::metric::Estimate;
use crate::shown::{SHOWN, Shown};
use crate::sweep::{Sweep, SweepTrial};
use std::collections::BTreeMap;

/// A map with more places than this along a side has no legible cells.
const PLACES: usize = 40;

/// More maps than this are no picture.
const MAPS: usize = 9;

/// As many of the plotted metrics have a heatmap: bit rate, stalls, startup.
const METRICS: usize = 3;

/// One metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heatmap {
    /// The stem of its files' name.
    pub stem: String,
    /// The metric, with the unit.
    pub title: &'static str,
    pub x: Side,
    pub y: Side,
    /// Each map; its title is empty if it is the only one.
    pub maps: Vec<Map>,
}

/// The places along a side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Side {
    pub label: String,
    pub places: Vec<String>,
}

/// The cells of one map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map {
    pub title: String,
    /// The mean at each place: `rows[y][x]`; missing where no valid trial has the metric.
    pub rows: Vec<Vec<Option<f64>>>,
}

impl Heatmap {
    /// The heatmaps of a sweep that has exactly two dimensions besides the algorithm (or, without
    /// one, besides another that is no number), of which at least one is of numbers.
    pub(crate) fn all(sweep: &Sweep, dimensions: &[Dimension]) -> Vec<Self> {
        let Some(layout) = Layout::of(dimensions) else { return Vec::new() };
        let mut trials: BTreeMap<[usize; 3], Vec<&SweepTrial>> = BTreeMap::new();
        for cell in &sweep.cells {
            let place = |i: Option<usize>| i.map_or(0, |i| dimensions[i].place_of(cell));
            let key = [layout.map, Some(layout.y), Some(layout.x)].map(place);
            trials.entry(key).or_default().extend(cell.valid());
        }
        let of = |shown: &Shown| {
            let mean = |map: usize, y: usize, x: usize| {
                let trials = trials.get(&[map, y, x])?;
                Some(mean(shown, trials)? / shown.unit)
            };
            let (x, y) = (&dimensions[layout.x], &dimensions[layout.y]);
            let row = |map, y| (0..x.places.len()).map(|x| mean(map, y, x)).collect();
            let titles = layout.map.map_or_else(|| vec![String::new()], |i| texts(&dimensions[i]));
            let map = |(map, title)| Map {
                title,
                rows: (0..y.places.len()).map(|y| row(map, y)).collect(),
            };
            Self {
                stem: format!("heatmap-{}", shown.stem),
                title: shown.title,
                x: Side { label: x.label.clone(), places: texts(x) },
                y: Side { label: y.label.clone(), places: texts(y) },
                maps: titles.into_iter().enumerate().map(map).collect(),
            }
        };
        SHOWN.iter().take(METRICS).map(of).collect()
    }

    /// All values of all maps.
    pub(crate) fn values(&self) -> impl Iterator<Item = Option<f64>> {
        self.maps.iter().flat_map(|map| map.rows.iter().flatten().copied())
    }
}

fn mean(shown: &Shown, trials: &[&SweepTrial]) -> Option<f64> {
    let values: Vec<f64> =
        trials.iter().flat_map(|trial| shown.metric.values(trial, None)).collect();
    Estimate::mean_of(&values)
}

fn texts(dimension: &Dimension) -> Vec<String> {
    dimension.places.iter().map(|place| place.text.clone()).collect()
}

/// What each dimension becomes.
struct Layout {
    map: Option<usize>,
    x: usize,
    y: usize,
}

impl Layout {
    fn of(dimensions: &[Dimension]) -> Option<Self> {
        let algorithm = (0..dimensions.len()).find(|&i| dimensions[i].is_algorithm());
        let map = match dimensions.len() {
            2 if algorithm.is_none() => None,
            3 => Some(algorithm.or_else(|| {
                let named = (0..3).filter(|&i| !dimensions[i].is_numeric());
                named.min_by_key(|&i| dimensions[i].places.len())
            })?),
            _ => return None,
        };
        let sides: Vec<usize> = (0..dimensions.len()).filter(|&i| Some(i) != map).collect();
        let [one, other] = sides[..] else { return None };
        let rank = |i: usize| (dimensions[i].is_numeric(), dimensions[i].places.len());
        // Numbers lie along the horizontal side; of two, the one with more places.
        let (x, y) = if rank(one) >= rank(other) { (one, other) } else { (other, one) };
        let fits = [x, y].into_iter().all(|i| dimensions[i].places.len() <= PLACES);
        let few = map.is_none_or(|i| dimensions[i].places.len() <= MAPS);
        (dimensions[x].is_numeric() && fits && few).then_some(Self { map, x, y })
    }
}
