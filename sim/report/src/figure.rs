//! What the plots of a sweep show, before anything is drawn: the axis to plot against, the plots side
//! by side, the series in each, and a point with its interval for each place.

use crate::bootstrap::Interval;
use crate::dimension::Dimension;
use crate::layout::{Keyed, Layout, is_mixed, x_dimension};
use crate::metric::Estimate;
use crate::run::RunInfo;
use crate::shown::Shown;
use crate::sweep::Sweep;
use crate::x::X;

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
    pub shown: &'static Shown,
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
    pub(crate) fn of(estimate: Estimate, unit: f64) -> Option<Self> {
        let scaled = |value: f64| value / unit;
        let Estimate { mean, interval, replicates, .. } = estimate;
        let few = interval.is_none() && replicates.len() > 1;
        let point = Self {
            mean: scaled(mean),
            interval: interval.map(|i| Interval { low: scaled(i.low), high: scaled(i.high) }),
            replicates: if few { replicates.into_iter().map(scaled).collect() } else { vec![] },
        };
        point.highest().is_finite().then_some(point)
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

impl Figure {
    /// The plots of these metrics. `by_algorithm` tells the algorithms of one trial apart.
    pub(crate) fn of(
        info: &RunInfo,
        sweep: &Sweep,
        dimensions: &[Dimension],
        metrics: &'static [Shown],
        by_algorithm: bool,
    ) -> Self {
        let across = x_dimension(dimensions);
        let x = across.map_or_else(
            || X::Names { label: String::new(), names: vec![info.name.clone()] },
            |index| dimensions[index].as_x(),
        );
        let mixed = by_algorithm && is_mixed(sweep);
        let layout = Layout::of(dimensions, across, mixed);
        let keyed = Keyed::of(sweep, dimensions, &layout);
        let places = x.len();
        let panels = metrics
            .iter()
            .map(|shown| Panel { shown, facets: keyed.points(shown, places) })
            .collect();
        let title = layout.series.iter().map(|&i| dimensions[i].name.as_str());
        let title: Vec<&str> = title.chain(mixed.then_some("algorithm")).collect();
        Self {
            x,
            legend_title: title.join(", "),
            series: keyed.labels(dimensions, &layout),
            ordered: matches!(layout.series[..], [only] if !mixed && dimensions[only].is_numeric()),
            hidden: keyed.hidden(),
            facets: layout.facet_names(dimensions),
            panels,
        }
    }

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
