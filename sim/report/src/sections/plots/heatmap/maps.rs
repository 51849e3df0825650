//! What the heatmaps show: a metric over two dimensions of a sweep, one map for each algorithm.

use crate::kit::metric_view::MetricView;
use crate::sections::plots::views::ALWAYS;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimension;

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

/// The heatmaps of a sweep whose cells are still to come.
pub(crate) struct HeatmapBuilder<'a> {
    dimensions: &'a [Dimension],
    layout: Option<Layout>,
    /// The values at each place of each map of each metric: `sums[metric][map][y][x]`.
    sums: Vec<Vec<Vec<Vec<Sum>>>>,
}

/// Values of one metric.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sum: f64,
    count: f64,
}

impl<'a> HeatmapBuilder<'a> {
    /// Those of a sweep that has exactly two dimensions besides the algorithm (or, without
    /// one, besides another that is no number), of which at least one is of numbers.
    pub(crate) fn of(dimensions: &'a [Dimension]) -> Self {
        let layout = Layout::of(dimensions);
        let sums = layout.iter().flat_map(|Layout { map, x, y }| {
            let places = |i: usize| dimensions[i].places.len();
            let map_of = vec![vec![Sum::default(); places(*x)]; places(*y)];
            vec![vec![map_of; map.map_or(1, places)]; METRICS]
        });
        Self { dimensions, sums: sums.collect(), layout }
    }

    /// Adds a cell, of which each comes once.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        let Some(Layout { map, x, y }) = &self.layout else { return };
        let place = |i: usize| self.dimensions[i].place_of(cell.cell);
        let (map, x, y) = (map.map_or(0, place), place(*x), place(*y));
        for (maps, shown) in self.sums.iter_mut().zip(&ALWAYS) {
            let Sum { sum, count } = &mut maps[map][y][x];
            for value in cell.valid().flat_map(|trial| shown.metric.values(trial, None)) {
                *sum += value;
                *count += 1.0;
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Heatmap> {
        let Self { dimensions, layout, sums } = self;
        let Some(layout) = layout else { return Vec::new() };
        let (x, y) = (&dimensions[layout.x], &dimensions[layout.y]);
        let of = |(shown, maps): (&MetricView, Vec<Vec<Vec<Sum>>>)| {
            // A sum past the range of the type is nothing that was measured.
            let mean =
                |Sum { sum, count }| Some(sum / count / shown.unit).filter(|m| m.is_finite());
            let row = |row: Vec<Sum>| row.into_iter().map(mean).collect();
            let titles = layout.map.map_or_else(|| vec![String::new()], |i| texts(&dimensions[i]));
            let maps = titles.into_iter().zip(maps);
            let map = |(title, rows): (_, Vec<_>)| Map {
                title,
                rows: rows.into_iter().map(row).collect(),
            };
            Heatmap {
                stem: format!("heatmap-{}", shown.stem),
                title: shown.title,
                x: Side { label: x.label.clone(), places: texts(x) },
                y: Side { label: y.label.clone(), places: texts(y) },
                maps: maps.map(map).collect(),
            }
        };
        ALWAYS.iter().zip(sums).map(of).collect()
    }
}

impl Heatmap {
    /// All values of all maps.
    pub(crate) fn values(&self) -> impl Iterator<Item = Option<f64>> {
        self.maps.iter().flat_map(|map| map.rows.iter().flatten().copied())
    }
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
