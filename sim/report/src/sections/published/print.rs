//! An agreement as people read it.

use super::found::Agreement;
use super::wanted::Wanted;
use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::print;
use std::fmt;
use weir_records::Agreement as Compared;

/// The most values that are printed; all are in the table.
const PRINTED: usize = 60;

impl Agreement {
    /// Every value, at most so many of them: those that are not as expected come first if they are
    /// more.
    pub(crate) fn table(&self, limit: usize) -> DisplayTable {
        let mut values: Vec<&Compared> = self.values.iter().collect();
        if values.len() > limit {
            values.sort_by_key(|value| value.agrees);
            values.truncate(limit);
        }
        let mut rows: Vec<Vec<DisplayCell>> = values.iter().map(|value| row(value)).collect();
        // Of several values of one line, the first says what they are about.
        for at in (1..rows.len()).rev() {
            if rows[at][0] == rows[at - 1][0] {
                rows[at][0] = DisplayCell::default();
            }
        }
        let text = DisplayColumn::text;
        let number = |title| DisplayColumn::number(title, "");
        DisplayTable {
            columns: vec![
                text("where"),
                text("metric"),
                number("expected"),
                number("found"),
                number("deviation"),
                text("agrees"),
            ],
            rows,
            hidden: self.values.len().saturating_sub(limit),
        }
    }

    /// All of it in a line.
    pub(crate) fn line(&self) -> String {
        let agree = self.values.iter().filter(|value| value.agrees).count();
        let mut line = format!("{agree} of {} values agree", self.values.len());
        let worst = self
            .values
            .iter()
            .filter_map(|value| Some((value.deviation?.abs(), value)))
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        if let Some((deviation, value)) = worst {
            line.push_str(&format!("; the worst deviation is {deviation:.1e}: {}", value.metric));
            if !value.cells.is_empty() {
                line.push_str(&format!(", {}", value.cells));
            }
        }
        line
    }
}

fn row(value: &Compared) -> Vec<DisplayCell> {
    let Compared { cells, metric, expected, found, deviation, agrees, err, .. } = value;
    let decimals = Wanted::of(expected).map_or(3, |wanted| wanted.decimals());
    let verdict = match (agrees, err) {
        (true, _) => "yes".to_owned(),
        (false, None) => "no".to_owned(),
        (false, Some(err)) => format!("no: {err}"),
    };
    let deviation =
        deviation.map_or_else(|| "-".to_owned(), |deviation| format!("{deviation:+.1e}"));
    vec![
        cells.clone().into(),
        metric.clone().into(),
        expected.clone().into(),
        DisplayCell::number(*found, decimals + 1),
        deviation.into(),
        DisplayCell { text: verdict, strong: !agrees, interval: None },
    ]
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = self.table(PRINTED);
        // What a line is about stands above its values.
        let places: Vec<DisplayCell> = table.rows.iter_mut().map(|row| row.remove(0)).collect();
        table.columns.remove(0);
        let text = print::whole(&table);
        let mut lines = text.lines();
        writeln!(f, "  {}", lines.next().unwrap_or_default())?;
        for (line, place) in lines.zip(&places) {
            if !place.text.is_empty() {
                writeln!(f, "{}", print::tamed(&place.text))?;
            }
            writeln!(f, "  {line}")?;
        }
        match table.hidden {
            0 => {}
            more => writeln!(f, "... {more} more in agreement.csv ...")?,
        }
        writeln!(f, "{}", self.line())
    }
}
