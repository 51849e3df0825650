//! Many points of a few series, each with two numbers.

/// A panel of points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cloud {
    pub title: String,
    /// The title of the horizontal axis, which is logarithmic.
    pub x: String,
    /// The title of the vertical axis.
    pub y: String,
    /// What tells the series apart, and the label of each.
    pub series_title: String,
    pub series: Vec<String>,
    /// Whether the series are values of one quantity, ascending.
    pub ordered: bool,
    pub points: Vec<CloudPoint>,
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CloudPoint {
    pub series: usize,
    /// Above zero.
    pub x: f64,
    pub y: f64,
}
