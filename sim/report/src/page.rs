//! `report.html`: the run on one self-contained page, without scripts and without anything from
//! elsewhere.

use crate::figure::{Figure, METRICS, count};
use crate::human::HumanTable;
use crate::plot::{Picture, svg};
use crate::run::RunInfo;
use crate::sweep::{Sweep, SweepTrial};
use anyhow::{Context, Result};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use weir_records::Verdict;

const STYLE: &str = include_str!("page.css");

/// A page with more rows helps nobody; the tables have them all.
const SUMMARY_ROWS: usize = 500;

/// As many trials are named that were left out; what went wrong repeats itself.
const LEFT_OUT_ROWS: usize = 100;

/// As many bytes of `plan.toml` and of `host.toml` are shown.
const TEXT_LIMIT: u64 = 64 << 10;

/// The files that say what ran, where the run's folder has them.
const WHAT_RAN: [&str; 2] = ["plan.toml", "host.toml"];

/// Writes `report.html` into the folder `dir`.
pub(crate) fn write(
    dir: &Path,
    info: &RunInfo,
    sweep: &Sweep,
    figure: &Figure,
    table: &HumanTable,
) -> Result<()> {
    let mut page = Page(String::new());
    page.head(info, figure);
    page.plots(figure)?;
    page.summary(table);
    page.left_out(sweep);
    page.reproduce(info);
    page.what_ran(dir)?;
    page.0.push_str("</main>\n</html>\n");
    let path = dir.join("report.html");
    std::fs::write(&path, page.0).with_context(|| format!("write {}", path.display()))
}

/// The text of the page so far. Writing to a `String` cannot fail, hence the discarded results.
struct Page(String);

impl Page {
    fn head(&mut self, info: &RunInfo, figure: &Figure) {
        let _ = write!(
            self.0,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{name}</title>\n<style>\n{STYLE}</style>\n<main>\n\
             <h1>{name}</h1>\n<p>{facts}</p>\n<p class=\"soft\">Run <code>{run}</code></p>\n",
            name = escaped(&info.name),
            facts = escaped(&figure.subtitle),
            run = escaped(&info.run),
        );
    }

    fn plots(&mut self, figure: &Figure) -> Result<()> {
        self.0.push_str("<h2>Plots</h2>\n");
        if figure.is_empty() {
            self.0.push_str("<p class=\"bad\">No valid trials.</p>\n");
            return Ok(());
        }
        let _ = write!(
            self.0,
            "<p class=\"soft\">{}</p>\n<div class=\"plots\">\n",
            escaped(&figure.note)
        );
        for metric in 0..METRICS.len() {
            self.0.push_str(&svg(figure, Picture::Plain(metric))?);
        }
        self.0.push_str("</div>\n");
        Ok(())
    }

    fn summary(&mut self, table: &HumanTable) {
        self.0.push_str(
            "<h2>Summary</h2>\n<p class=\"soft\">Means over the sessions of valid trials; \
             n is their number. <code>summary.csv</code> has medians and everything else.</p>\n",
        );
        self.table_head(
            table.columns.iter().map(|column| (column.title.as_str(), column.unit, column.right)),
        );
        for row in table.rows.iter().take(SUMMARY_ROWS) {
            let cells = row.iter().zip(&table.columns);
            self.row(cells.map(|(text, column)| (text.as_str(), column.right)));
        }
        self.table_end(table.rows.len(), SUMMARY_ROWS, "summary.csv");
    }

    fn left_out(&mut self, sweep: &Sweep) {
        let trials: Vec<&SweepTrial> =
            sweep.trials(Verdict::Invalid).chain(sweep.trials(Verdict::Failed)).collect();
        if trials.is_empty() {
            return;
        }
        let _ = write!(
            self.0,
            "<h2>Left out</h2>\n<p class=\"soft\"><span class=\"bad\">{}</span> in no plot and no \
             mean: invalid ones failed their own checks, failed ones have no result.</p>\n",
            count(trials.len() as u64, "trial")
        );
        let titles = ["trial", "verdict", "seed", "reason"];
        self.table_head(titles.into_iter().map(|title| (title, "", title == "seed")));
        for trial in trials.iter().take(LEFT_OUT_ROWS) {
            let err: String = trial.err.as_deref().unwrap_or("-").chars().take(500).collect();
            let seed = trial.seed.to_string();
            let verdict = trial.verdict.name();
            self.row([(trial.id.as_str(), false), (verdict, false), (&seed, true), (&err, false)]);
        }
        self.table_end(trials.len(), LEFT_OUT_ROWS, "trials.csv");
    }

    fn reproduce(&mut self, info: &RunInfo) {
        let _ = write!(
            self.0,
            "<h2>Reproduce</h2>\n<pre>{}</pre>\n<p class=\"soft\">The same plan, kernel, programs and \
             media give a run of the same name. This page and its plots are made from the tables \
             alone: <code>weir report</code> with this folder makes them again.</p>\n",
            escaped(&info.command)
        );
    }

    fn what_ran(&mut self, dir: &Path) -> Result<()> {
        let mut begun = false;
        for name in WHAT_RAN {
            let path = dir.join(name);
            if !path.is_file() {
                continue;
            }
            let attempt = || format!("read {}", path.display());
            let mut bytes = Vec::new();
            let file = File::open(&path).with_context(attempt)?;
            let whole = file.metadata().with_context(attempt)?.len() <= TEXT_LIMIT;
            file.take(TEXT_LIMIT).read_to_end(&mut bytes).with_context(attempt)?;
            if !begun {
                self.0.push_str("<h2>What ran</h2>\n");
                begun = true;
            }
            let _ = write!(
                self.0,
                "<details>\n<summary><code>{name}</code></summary>\n<pre>{}{}</pre>\n</details>\n",
                escaped(&String::from_utf8_lossy(&bytes)),
                if whole { "" } else { "\n... the rest is in the file" },
            );
        }
        Ok(())
    }

    /// Begins a table with columns of this title, unit and alignment at the right.
    fn table_head<'t>(&mut self, columns: impl Iterator<Item = (&'t str, &'t str, bool)>) {
        let columns: Vec<_> = columns.collect();
        let any_unit = columns.iter().any(|(_, unit, _)| !unit.is_empty());
        self.0.push_str("<div class=\"wide\">\n<table>\n<thead><tr>");
        for (title, unit, right) in columns {
            let unit =
                if any_unit { format!("<small>{}</small>", escaped(unit)) } else { String::new() };
            let _ = write!(self.0, "<th{}>{}{unit}</th>", class(right), escaped(title));
        }
        self.0.push_str("</tr></thead>\n<tbody>\n");
    }

    fn row<'t>(&mut self, cells: impl IntoIterator<Item = (&'t str, bool)>) {
        self.0.push_str("<tr>");
        for (text, right) in cells {
            let _ = write!(self.0, "<td{}>{}</td>", class(right), escaped(text));
        }
        self.0.push_str("</tr>\n");
    }

    fn table_end(&mut self, rows: usize, limit: usize, file: &str) {
        self.0.push_str("</tbody>\n</table>\n</div>\n");
        if rows > limit {
            let more = rows - limit;
            let _ = writeln!(self.0, "<p>{more} more rows are in <code>{file}</code>.</p>");
        }
    }
}

fn class(right: bool) -> &'static str {
    if right { " class=\"right\"" } else { "" }
}

/// The text with what HTML would take for markup replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }
}
