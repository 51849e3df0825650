//! A metric as tables for people show it.

use super::display_table::{DisplayCell, DisplayColumn};
use weir_stats::methods::bootstrap::Interval;
use weir_stats::sweep::metric::Metric;

/// A metric in a column of its own, or in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetricColumn {
    pub title: &'static str,
    pub unit: &'static str,
    /// The metric's value that is shown as 1.
    pub size: f64,
    pub decimals: usize,
    pub metric: &'static Metric,
}

pub(crate) const fn column(
    title: &'static str,
    unit: &'static str,
    (size, decimals): (f64, usize),
    metric: &'static Metric,
) -> MetricColumn {
    MetricColumn { title, unit, size, decimals, metric }
}

impl MetricColumn {
    /// What stands above it.
    pub(crate) fn head(&self) -> DisplayColumn {
        DisplayColumn::number(self.title, self.unit)
    }

    /// A mean, or a dash.
    pub(crate) fn mean(&self, mean: Option<f64>) -> DisplayCell {
        DisplayCell::number(mean.map(|mean| mean / self.size), self.decimals)
    }

    /// A mean with its interval.
    pub(crate) fn mean_within(&self, mean: Option<f64>, ends: Option<Interval>) -> DisplayCell {
        let ends = ends.map(|ends| ends.in_units_of(self.size));
        self.mean(mean).with_interval(ends, self.decimals)
    }

    /// A mean difference with its interval, or a dash.
    pub(crate) fn difference(&self, mean: Option<f64>, ends: Option<Interval>) -> DisplayCell {
        let ends = ends.map(|ends| ends.in_units_of(self.size));
        DisplayCell::difference(mean.map(|mean| mean / self.size), ends, self.decimals)
    }
}
