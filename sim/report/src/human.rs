//! The summary as people read it: a few columns, in the units of daily use. Shared by the page and
//! the terminal.

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

/// A table for people: every row has one text for each column.
#[derive(Debug, Clone)]
pub(crate) struct HumanTable {
    pub columns: Vec<HumanColumn>,
    pub rows: Vec<Vec<String>>,
}

/// What is shown of a summary.
struct Shown {
    title: &'static str,
    unit: &'static str,
    decimals: usize,
    /// The value in the unit.
    of: fn(&Summary) -> Option<f64>,
}

/// Means over the sessions of a cell.
const SHOWN: [Shown; 6] = [
    Shown {
        title: "bitrate",
        unit: "Mbit/s",
        decimals: 3,
        of: |s| Some(s.mean_bitrate_mean_bps? / 1e6),
    },
    Shown {
        title: "settled",
        unit: "Mbit/s",
        decimals: 3,
        of: |s| Some(s.settled_bitrate_mean_bps? / 1e6),
    },
    Shown { title: "stalled", unit: "%", decimals: 2, of: |s| Some(s.stall_ratio_mean? * 100.0) },
    Shown { title: "stalls", unit: "", decimals: 1, of: |s| s.stalls_mean },
    Shown { title: "startup", unit: "s", decimals: 2, of: |s| Some(s.startup_mean_us? / 1e6) },
    Shown { title: "switches", unit: "", decimals: 1, of: |s| s.switches_mean },
];

impl HumanTable {
    /// The summary of a run. Trials that were left out have a column only where there are any.
    pub(crate) fn of(info: &RunInfo, summaries: &Summaries) -> Self {
        let left_out = |row: &SummaryRow| row.summary.trials_invalid + row.summary.trials_failed;
        let any_left_out = summaries.rows.iter().any(|row| left_out(row) > 0);

        let axis = |i: usize| {
            let number = |row: &SummaryRow| row.params.get(i).is_some_and(|p| p.number().is_some());
            summaries.rows.iter().all(number)
        };
        let mut columns: Vec<HumanColumn> = (0..)
            .zip(&info.axes)
            .map(|(i, path)| HumanColumn { title: path.clone(), unit: "", right: axis(i) })
            .collect();
        let number = |title: &str, unit| HumanColumn { title: title.to_owned(), unit, right: true };
        columns.push(number("n", ""));
        columns.extend(SHOWN.iter().map(|shown| number(shown.title, shown.unit)));
        if any_left_out {
            columns.push(number("left out", "trials"));
        }

        let cells = |row: &SummaryRow| {
            let mut cells: Vec<String> =
                row.params.iter().map(|param| param.text.clone()).collect();
            cells.push(row.summary.n.to_string());
            cells.extend(SHOWN.iter().map(|Shown { decimals, of, .. }| {
                of(&row.summary).map_or_else(|| "-".to_owned(), |v| format!("{v:.decimals$}"))
            }));
            if any_left_out {
                cells.push(left_out(row).to_string());
            }
            cells
        };
        Self { columns, rows: summaries.rows.iter().map(cells).collect() }
    }
}
