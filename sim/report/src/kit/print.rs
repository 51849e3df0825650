//! Aligned tables for the terminal.

use super::display_table::{DisplayCell, DisplayTable};

/// The most rows of a summary that are printed: the first and the last ones of a longer table.
const ROWS: usize = 20;

/// The widest column: a longer text is cut.
const WIDTH: usize = 32;
/// The same where there are few columns.
const WIDE: usize = 72;

/// A summary as lines of text, each with its newline.
pub(crate) fn table(table: &DisplayTable) -> String {
    aligned(table, ROWS, WIDTH)
}

/// A table with all of its rows, as lines of text, each with its newline.
pub(crate) fn whole(table: &DisplayTable) -> String {
    aligned(table, usize::MAX, WIDE)
}

fn aligned(table: &DisplayTable, rows: usize, widest: usize) -> String {
    let cut = |text: &str| cut(text, widest);
    let titles: Vec<String> = table.columns.iter().map(|c| cut(&c.title)).collect();
    let units: Vec<String> = table.columns.iter().map(|c| c.unit.to_owned()).collect();
    let count = table.rows.len();
    let (head, tail) = if count > rows { (rows / 2, count - rows / 2) } else { (count, count) };
    let shorten = |rows: &[Vec<DisplayCell>]| -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| cut(&cell.text)).collect()).collect()
    };
    let (first, last) = (shorten(&table.rows[..head]), shorten(&table.rows[tail..]));

    let lines = || [&titles, &units].into_iter().chain(&first).chain(&last);
    let width = |i: usize| lines().map(|line| line[i].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&table.columns).zip(&widths);
        let padded: Vec<String> =
            cells
                .map(|((text, column), &width)| {
                    if column.right { format!("{text:>width$}") } else { format!("{text:<width$}") }
                })
                .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };

    let mut text = line(&titles);
    if units.iter().any(|unit| !unit.is_empty()) {
        text.push_str(&line(&units));
    }
    text.extend(first.iter().map(line));
    if tail > head {
        let more = tail - head + table.hidden;
        text.push_str(&format!("... {more} rows more in summary.csv ...\n"));
    }
    text.extend(last.iter().map(line));
    text
}

/// A text that is one of several in a line.
pub(crate) fn shortened(text: &str) -> String {
    cut(text, WIDE)
}

/// A line of text in which nothing is left that the terminal would obey.
pub(crate) fn tamed(text: &str) -> String {
    cut(text, usize::MAX)
}

/// At most `widest` characters, none of which the terminal would obey.
fn cut(text: &str, widest: usize) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    if text.chars().count() <= widest {
        return text.chars().map(clean).collect();
    }
    text.chars().map(clean).take(widest - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::display_table::DisplayColumn;

    fn of(count: usize) -> DisplayTable {
        let row = |i| vec![format!("algorithm-{i}").into(), format!("{i}.00").into()];
        DisplayTable {
            columns: vec![
                DisplayColumn::text("players.abr"),
                DisplayColumn::number("startup", "s"),
            ],
            rows: (0..count).map(row).collect(),
            hidden: 0,
        }
    }

    #[test]
    fn columns_are_aligned_and_units_stand_below_titles() {
        assert_eq!(
            table(&of(2)),
            "players.abr  startup\n\
             \x20                  s\n\
             algorithm-0     0.00\n\
             algorithm-1     1.00\n"
        );
    }

    #[test]
    fn a_long_table_is_cut_in_the_middle_and_says_so() {
        let text = table(&of(60));
        assert_eq!(text.lines().count(), 2 + ROWS + 1);
        assert!(text.contains("... 40 rows more in summary.csv ..."), "{text}");
        assert!(text.contains("algorithm-9 ") && text.contains("algorithm-50 "), "{text}");
        assert!(!text.contains("algorithm-10 ") && !text.contains("algorithm-49 "), "{text}");
        assert_eq!(table(&of(20)).lines().count(), 22);
    }

    #[test]
    fn text_that_would_break_the_table_is_tamed() {
        assert_eq!(cut("a\nb\u{1b}[31m", WIDTH), "a b [31m");
        assert_eq!(cut(&"x".repeat(100), WIDTH).chars().count(), WIDTH);
    }
}
