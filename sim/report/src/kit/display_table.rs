//! Tables as people read them: a few columns, in the units of daily use. Shared by the page and the
//! terminal.

use weir_stats::methods::bootstrap::Interval;
use weir_stats::sweep::dimension::Dimension;

/// A column of a table for people.
#[derive(Debug, Clone)]
pub(crate) struct DisplayColumn {
    pub title: String,
    pub unit: &'static str,
    /// Whether values line up at the right, as numbers do.
    pub right: bool,
}

impl DisplayColumn {
    pub(crate) fn text(title: &str) -> Self {
        Self { title: title.to_owned(), unit: "", right: false }
    }

    pub(crate) fn number(title: &str, unit: &'static str) -> Self {
        Self { title: title.to_owned(), unit, right: true }
    }

    /// With the places of a dimension.
    pub(crate) fn of(dimension: &Dimension) -> Self {
        Self { right: dimension.is_numeric(), ..Self::text(&dimension.name) }
    }
}

/// A cell of a table for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DisplayCell {
    pub text: String,
    /// The ends of its 95 % interval, for where there is room.
    pub interval: Option<String>,
    /// Whether it is worth a second look.
    pub strong: bool,
}

impl From<String> for DisplayCell {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl DisplayCell {
    /// A number with these decimals, or a dash.
    pub(crate) fn number(value: Option<f64>, decimals: usize) -> Self {
        value.map_or_else(|| "-".to_owned(), |v| format!("{v:.decimals$}")).into()
    }

    /// Adds an interval, with the same decimals.
    pub(crate) fn with_interval(self, ends: Option<Interval>, decimals: usize) -> Self {
        let text = |Interval { low, high }| format!("{low:.decimals$} to {high:.decimals$}");
        Self { interval: ends.map(text), ..self }
    }

    /// A difference with its sign and its interval, or a dash; strong where zero is outside.
    pub(crate) fn difference(mean: Option<f64>, ends: Option<Interval>, decimals: usize) -> Self {
        let text = mean.map_or_else(|| "-".to_owned(), |mean| format!("{mean:+.decimals$}"));
        let strong = ends.is_some_and(Interval::excludes_zero);
        Self { text, strong, interval: None }.with_interval(ends, decimals)
    }

    /// A count that is worth a second look if it is not zero.
    pub(crate) fn alarming(count: u64) -> Self {
        Self { strong: count > 0, ..count.to_string().into() }
    }
}

/// A table for people: every row has one cell for each column.
#[derive(Debug, Clone, Default)]
pub(crate) struct DisplayTable {
    pub columns: Vec<DisplayColumn>,
    pub rows: Vec<Vec<DisplayCell>>,
    /// Rows that are shown nowhere, between the first and the last ones.
    pub hidden: usize,
}
