//! Tables as people read them: a few columns, in the units of daily use. Shared by the page and the
//! terminal.

use crate::run::RunInfo;
use crate::summary::{Summaries, SummaryRow};
use weir_records::Summary;

/// A column of a table for people.
#[derive(Debug, Clone)]
pub(crate) struct HumanColumn {
    pub title: String,
    pub unit: &'static str,
    /// Whether values line up at the right, as numbers do.
    pub right: bool,
}

impl HumanColumn {
    pub(crate) fn text(title: &str) -> Self {
        Self { title: title.to_owned(), unit: "", right: false }
    }

    pub(crate) fn number(title: &str, unit: &'static str) -> Self {
        Self { title: title.to_owned(), unit, right: true }
    }
}

/// A cell of a table for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HumanCell {
    pub text: String,
    /// The ends of its 95 % interval, for where there is room.
    pub interval: Option<String>,
    /// Whether it is worth a second look.
    pub strong: bool,
}

impl From<String> for HumanCell {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl HumanCell {
    /// A number with these decimals, or a dash.
    pub(crate) fn number(value: Option<f64>, decimals: usize) -> Self {
        value.map_or_else(|| "-".to_owned(), |v| format!("{v:.decimals$}")).into()
    }

    /// Adds an interval, with the same decimals.
    pub(crate) fn with_interval(self, ends: Option<(f64, f64)>, decimals: usize) -> Self {
        let interval = ends.map(|(low, high)| format!("{low:.decimals$} to {high:.decimals$}"));
        Self { interval, ..self }
    }
}

/// A table for people: every row has one cell for each column.
#[derive(Debug, Clone, Default)]
pub(crate) struct HumanTable {
    pub columns: Vec<HumanColumn>,
    pub rows: Vec<Vec<HumanCell>>,
}

/// What is shown of a summary.
struct Shown {
    title: &'static str,
    unit: &'static str,
    decimals: usize,
    /// The summary's value that is shown as 1.
    size: f64,
    mean: fn(&Summary) -> Option<f64>,
    interval: fn(&Summary) -> Option<(f64, f64)>,
}

/// Means over the sessions of a cell.
const SHOWN: [Shown; 6] = [
    Shown {
        title: "bitrate",
        unit: "Mbit/s",
        decimals: 3,
        size: 1e6,
        mean: |s| s.mean_bitrate_mean_bps,
        interval: |s| s.mean_bitrate_mean_low_bps.zip(s.mean_bitrate_mean_high_bps),
    },
    Shown {
        title: "settled",
        unit: "Mbit/s",
        decimals: 3,
        size: 1e6,
        mean: |s| s.settled_bitrate_mean_bps,
        interval: |s| s.settled_bitrate_mean_low_bps.zip(s.settled_bitrate_mean_high_bps),
    },
    Shown {
        title: "stalled",
        unit: "%",
        decimals: 2,
        size: 0.01,
        mean: |s| s.stall_ratio_mean,
        interval: |s| s.stall_ratio_mean_low.zip(s.stall_ratio_mean_high),
    },
    Shown {
        title: "stalls",
        unit: "",
        decimals: 1,
        size: 1.0,
        mean: |s| s.stalls_mean,
        interval: |s| s.stalls_mean_low.zip(s.stalls_mean_high),
    },
    Shown {
        title: "startup",
        unit: "s",
        decimals: 2,
        size: 1e6,
        mean: |s| s.startup_mean_us,
        interval: |s| s.startup_mean_low_us.zip(s.startup_mean_high_us),
    },
    Shown {
        title: "switches",
        unit: "",
        decimals: 1,
        size: 1.0,
        mean: |s| s.switches_mean,
        interval: |s| s.switches_mean_low.zip(s.switches_mean_high),
    },
];

/// Shown where viewers share a network.
const JAIN: Shown = Shown {
    title: "fairness",
    unit: "Jain",
    decimals: 3,
    size: 1.0,
    mean: |s| s.jain_bitrate_mean,
    interval: |s| s.jain_bitrate_mean_low.zip(s.jain_bitrate_mean_high),
};

impl HumanTable {
    /// The summary of a run. Fairness and trials that were left out have a column only where there
    /// are any.
    pub(crate) fn of(info: &RunInfo, summaries: &Summaries) -> Self {
        let left_out = |row: &SummaryRow| row.summary.trials_invalid + row.summary.trials_failed;
        let any_left_out = summaries.rows.iter().any(|row| left_out(row) > 0);
        let any_fairness = summaries.rows.iter().any(|row| row.summary.jain_bitrate_n > 0);
        let shown: Vec<&Shown> = SHOWN.iter().chain(any_fairness.then_some(&JAIN)).collect();

        let axis = |i: usize| {
            let number = |row: &SummaryRow| row.params.get(i).is_some_and(|p| p.number().is_some());
            summaries.rows.iter().all(number)
        };
        let mut columns: Vec<HumanColumn> = (0..)
            .zip(&info.axes)
            .map(|(i, path)| HumanColumn { title: path.clone(), unit: "", right: axis(i) })
            .collect();
        columns.extend(["trials", "n"].map(|title| HumanColumn::number(title, "")));
        columns.extend(shown.iter().map(|shown| HumanColumn::number(shown.title, shown.unit)));
        if any_left_out {
            columns.push(HumanColumn::number("left out", "trials"));
        }

        let cells = |row: &SummaryRow| {
            let mut cells: Vec<HumanCell> =
                row.params.iter().map(|param| param.text.clone().into()).collect();
            cells.push(row.summary.trials_valid.to_string().into());
            cells.push(row.summary.n.to_string().into());
            cells.extend(shown.iter().map(|Shown { decimals, size, mean, interval, .. }| {
                let ends = interval(&row.summary).map(|(low, high)| (low / size, high / size));
                let mean = mean(&row.summary).map(|mean| mean / size);
                HumanCell::number(mean, *decimals).with_interval(ends, *decimals)
            }));
            if any_left_out {
                cells.push(left_out(row).to_string().into());
            }
            cells
        };
        Self { columns, rows: summaries.rows.iter().map(cells).collect() }
    }
}
