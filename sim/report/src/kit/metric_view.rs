//! A metric as it is plotted.

use weir_stats::sweep::metric::Metric;

/// The ends of a vertical axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ends {
    /// From zero to what is there; the number is the upper end if there are only zeros.
    Zero(f64),
    /// From below what is there up to this number, which is the best that can be.
    Best(f64),
    /// Around zero and what is there, on both sides of it.
    Around,
}

/// A metric as it is plotted.
#[derive(Debug)]
pub(crate) struct MetricView {
    /// The stem of its files' name.
    pub stem: &'static str,
    /// The title of its axis, with the unit.
    pub title: &'static str,
    /// Where the vertical axis begins and ends.
    pub ends: Ends,
    pub metric: &'static Metric,
    /// The metric's value that is 1 on the axis.
    pub unit: f64,
}
