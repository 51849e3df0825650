//! What the plots of a sweep show, before anything is drawn: the axis to plot against, the plots
//! side by side, the series in each, and a point with its interval for each place.

use super::layout::{Keyed, Layout, Spot, x_dimension};
use super::x::{X, as_x};
use crate::kit::metric_view::MetricView;
use std::collections::BTreeMap;
use weir_stats::methods::bootstrap::{Interval, Replicate};
use weir_stats::methods::estimate::Estimate;
use weir_stats::sweep::Sweep;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimensions;

/// An axis with more places than this has bands, for bars would touch each other.
const BARS_UP_TO: usize = 24;

/// Panels with one horizontal axis and one legend.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub x: X,
    /// The names of what tells the series apart.
    pub legend_title: String,
    /// The label of each series; one empty label if there is nothing to tell apart.
    pub series: Vec<String>,
    /// Whether the series are values of one quantity, ascending.
    pub ordered: bool,
    /// Series that are not shown.
    pub hidden: usize,
    /// What stands above each of the plots that every panel has side by side; one empty text if
    /// there is but one.
    pub facets: Vec<String>,
    pub panels: Vec<Panel>,
}

/// How an interval is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    Bars,
    Bands,
}

/// One metric.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    pub view: &'static MetricView,
    /// The title of its axis, with the unit.
    pub title: String,
    /// A point for each facet, series and place: `facets[facet][series][x]`.
    pub facets: Vec<Vec<Vec<Option<Point>>>>,
}

/// What the trials at one place come to, in the unit of the axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    pub mean: f64,
    /// The 95 % interval of the mean, given enough replicates.
    pub interval: Option<Interval>,
    /// The means of the replicates, where they are several and too few for an interval.
    pub replicates: Vec<f64>,
}

impl Panel {
    pub(crate) fn points(&self) -> impl Iterator<Item = Option<&Point>> {
        self.facets.iter().flatten().flatten().map(Option::as_ref)
    }
}

impl Point {
    /// `None` where it has no place on an axis.
    pub(crate) fn of(estimate: &Estimate, unit: f64) -> Option<Self> {
        let scaled = |value: f64| value / unit;
        let Estimate { mean, interval, replicates, .. } = estimate;
        let few = interval.is_none() && replicates.len() > 1;
        let point = Self {
            mean: scaled(*mean),
            interval: interval.map(|i| Interval { low: scaled(i.low), high: scaled(i.high) }),
            replicates: if few { replicates.iter().copied().map(scaled).collect() } else { vec![] },
        };
        point.highest().is_finite().then_some(point)
    }

    /// A mean, of which nothing else is shown.
    pub(crate) fn of_mean(mean: f64) -> Self {
        Self { mean, interval: None, replicates: Vec::new() }
    }

    /// The lowest of its marks.
    pub(crate) fn lowest(&self) -> f64 {
        let interval = self.interval.map_or(self.mean, |interval| interval.low);
        self.replicates.iter().copied().fold(self.mean.min(interval), f64::min)
    }

    /// The highest of its marks.
    pub(crate) fn highest(&self) -> f64 {
        let interval = self.interval.map_or(self.mean, |interval| interval.high);
        self.replicates.iter().copied().fold(self.mean.max(interval), f64::max)
    }
}

/// A figure whose cells are still to come.
pub(crate) struct FigureBuilder<'a> {
    sweep: &'a Sweep,
    dimensions: &'a Dimensions,
    layout: Layout,
    keyed: Keyed,
    spots: BTreeMap<Spot, Pool>,
    figure: Figure,
}

/// The cells at one spot: usually one, and several where they differ in nothing that is told apart,
/// as those of several traces.
#[derive(Debug, Default)]
struct Pool {
    /// Cells still to come.
    left: usize,
    /// The sums of those before, by metric and replicate: trial, or trace.
    sums: Vec<Vec<Replicate>>,
}

impl<'a> FigureBuilder<'a> {
    /// The plots of these metrics. `by_algorithm` tells the algorithms of one trial apart.
    pub(crate) fn of(
        sweep: &'a Sweep,
        dimensions: &'a Dimensions,
        metrics: impl Iterator<Item = (&'static MetricView, String)>,
        by_algorithm: bool,
    ) -> Self {
        let all = dimensions;
        let dimensions = &all.apart[..];
        let across = x_dimension(dimensions);
        let x = across.map_or_else(
            || X::Names { label: String::new(), names: vec![sweep.info.name.clone()] },
            |index| as_x(&dimensions[index]),
        );
        let mixed = by_algorithm && sweep.mixed;
        let layout = Layout::of(dimensions, across, mixed);
        let keyed = Keyed::of(sweep, dimensions, &layout);
        let mut spots: BTreeMap<Spot, Pool> = BTreeMap::new();
        for cell in &sweep.cells {
            for (spot, _) in keyed.spots(sweep, dimensions, &layout, cell) {
                spots.entry(spot).or_default().left += 1;
            }
        }
        let series = keyed.labels(dimensions, &layout);
        let empty = vec![vec![vec![None; x.len()]; series.len()]; keyed.facets];
        let panel = |(view, title)| Panel { view, title, facets: empty.clone() };
        let title = layout.series.iter().map(|&i| dimensions[i].name.as_str());
        let title: Vec<&str> = title.chain(mixed.then_some("algorithm")).collect();
        let figure = Figure {
            legend_title: title.join(", "),
            ordered: matches!(layout.series[..], [only] if !mixed && dimensions[only].is_numeric()),
            hidden: keyed.hidden(),
            facets: layout.facet_names(dimensions),
            panels: metrics.map(panel).collect(),
            x,
            series,
        };
        Self { sweep, dimensions: all, layout, keyed, spots, figure }
    }

    /// Adds a cell, of which each comes once.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        let Self { sweep, dimensions, layout, keyed, spots, figure } = self;
        let over_traces = dimensions.trace_count().is_some();
        for (spot, abr) in keyed.spots(sweep, &dimensions.apart, layout, cell.cell) {
            let Some(pool) = spots.get_mut(&spot) else { continue };
            pool.left = pool.left.saturating_sub(1);
            let alone = pool.left == 0 && pool.sums.is_empty();
            pool.sums.resize(figure.panels.len(), Vec::new());
            for (panel, sums) in figure.panels.iter_mut().zip(&mut pool.sums) {
                let MetricView { metric, unit, .. } = panel.view;
                let point = |estimate: &Estimate| Point::of(estimate, *unit);
                let found = match (&abr, alone) {
                    (None, true) if !over_traces => {
                        cell.estimate(metric).and_then(|found| point(&found))
                    }
                    _ => {
                        let trials = cell.valid().map(|t| metric.values(t, abr.as_deref()));
                        match over_traces {
                            true => sums.extend(Replicate::of(trials.flatten())),
                            false => {
                                sums.extend(trials.filter_map(|t| Replicate::of(t.into_iter())));
                            }
                        }
                        let whole = (pool.left == 0).then_some(sums);
                        let found = whole.and_then(|s| Estimate::of_replicates(s, metric.limits));
                        found.and_then(|found| point(&found))
                    }
                };
                panel.facets[spot.facet][spot.series][spot.x] = found;
            }
            if pool.left == 0 {
                spots.remove(&spot);
            }
        }
    }

    pub(crate) fn finish(self) -> Figure {
        self.figure
    }

    /// The same without panels that have no point, but for the first ones.
    pub(crate) fn finish_with(self, first: usize) -> Figure {
        let mut figure = self.figure;
        let mut at = 0..;
        let is_there = |panel: &Panel| panel.points().any(|point| point.is_some());
        figure.panels.retain(|panel| at.next().is_some_and(|at| at < first) || is_there(panel));
        figure
    }
}

impl Figure {
    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Whether any point has an interval.
    pub(crate) fn has_intervals(&self) -> bool {
        let mut points = self.panels.iter().flat_map(|panel| panel.points()).flatten();
        points.any(|point| point.interval.is_some())
    }

    /// How intervals are drawn.
    pub(crate) fn range(&self) -> Range {
        let few = self.x.len() * self.facets.len().min(3) <= BARS_UP_TO;
        if few || !self.x.is_joined() { Range::Bars } else { Range::Bands }
    }
}
