//! `report.html`: the run on one self-contained page, without scripts and without anything from
//! elsewhere.

use crate::drills::DrawnDrill;
use crate::gallery::Gallery;
use crate::head::count;
use crate::human::{HumanCell, HumanTable};
use crate::kinds::{CAPACITY, GOODPUT};
use crate::run::RunInfo;
use crate::sweep::{Sweep, SweepCell};
use anyhow::{Context, Result};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const STYLE: &str = include_str!("page.css");

/// A page with more rows helps nobody; the tables have them all.
const SUMMARY_ROWS: usize = 500;

/// As many rows of comparisons, and of cross traffic.
const COMPARED_ROWS: usize = 60;
const FLOW_ROWS: usize = 60;
const AGREEMENT_ROWS: usize = 200;

/// How to read an interval.
const INTERVALS: &str = "<p class=\"soft\">A 95 % interval (bootstrap-t over replicates; over traces, \
    each with all its sessions, where traces are pooled) is made by a rule that, over many such experiments, contains the true mean in about 95 of 100.</p>\n";

/// What the difference between labs consists of.
const BETWEEN_LABS: &str = "<p>Each lab played the same sessions over the same network. The lab \
    <code>model</code> has a fluid there: from a request to its first byte a round trip passes, and then \
    bytes come at the payload's share of the rate, 1448 of 1514. A kernel's TCP needs longer, and \
    most of it can be said beforehand:</p>\n<ul>\n\
    <li>slow start: while the window does not fill the round trip, the link waits for \
    acknowledgements. A window begins with ten segments, doubles every round, and shrinks again \
    in a pause;</li>\n\
    <li>headers: the answer's own, some 300 bytes, travel with the body;</li>\n\
    <li>the latency of a request: it takes its own time at the bottleneck, and so does the first \
    frame.</li>\n</ul>\n\
    <p>The <em>predicted</em> time of a download contains these three, computed from the rate, the \
    delays, the size and the window at the request, with no number fitted to it \
    (<code>results/METRICS.md</code>). What is left of the difference to a kernel is what is not known \
    beforehand: losses during the download, for congestion control fills the buffer until it \
    loses, and the growth of the window between them.</p>\n";

/// How the best mechanism is found.
const VERDICT: &str = "<p>Which mechanism is best for which fault: the one that loses the fewest sessions, then \
    the one that stalls viewers least, then the one with the fewest failed requests, then the one \
    that recovers first; all by the mean over drills. Stalls are compared to the millisecond, \
    recoveries to the second. Equal ones are a tie.</p>\n";

/// How to read the table of drills.
const DRILLS: &str = "<p class=\"soft\">All drills: medians over drills, and below them the 95th percentile and the \
    maximum; in parentheses how many drills have the value, if not all. Stalled time is summed over \
    the viewers of a drill; the age is that of the oldest playlist. What counts lies between a fault \
    and the next one, or the end of the trial (<code>results/METRICS.md</code>). <code>drills.csv</code> has each.</p>\n";

/// How to read the table of alarms.
const ALARMS: &str = "<h2>False alarms</h2>\n<p class=\"soft\">A failover is false if no fault is in force and none was \
    over less than 60 s before; the time observed is the rest of the trials. <em>At most</em> is the \
    one-sided 95 % upper bound of the rate, if false failovers come independently of each other \
    (Poisson; Garwood 1936): 3 over the time where none was seen. Mechanisms that say nothing of what \
    they do are left out. <code>alarms.csv</code> has each trial.</p>\n";

/// As many trials are named that were left out; what went wrong repeats itself.
const LEFT_OUT_ROWS: usize = 100;

/// As many bytes of `plan.toml` and of `host.toml` are shown.
const TEXT_LIMIT: u64 = 64 << 10;

/// The files that say what ran, where the run's folder has them.
const WHAT_RAN: [&str; 2] = ["plan.toml", "host.toml"];

/// Writes `report.html` into the folder `dir`. `unseen` is a line about cells in which nobody saw anything.
pub(crate) fn write(
    dir: &Path,
    sweep: &Sweep,
    gallery: &Gallery,
    (table, unseen): (&HumanTable, Option<&str>),
) -> Result<()> {
    let info = &sweep.info;
    let mut page = Page(String::new());
    page.head(info, gallery);
    page.shootout(gallery)?;
    page.drills(gallery)?;
    page.plots(gallery)?;
    page.labs(gallery)?;
    page.timelines(gallery)?;
    page.agreement(gallery);
    page.summary(table, unseen);
    page.compared(gallery);
    page.flows(&gallery.flows);
    page.left_out(sweep);
    page.reproduce(info);
    page.what_ran(dir)?;
    page.0.push_str("</main>\n</html>\n");
    let path = dir.join("report.html");
    weir_base::replace(&path, page.0.as_bytes())
        .with_context(|| format!("write {}", path.display()))
}

/// The text of the page so far. Writing to a `String` cannot fail, hence the discarded results.
struct Page(String);

impl Page {
    fn head(&mut self, info: &RunInfo, gallery: &Gallery) {
        let mut kinds = String::new();
        if gallery.kinds.contains(GOODPUT) {
            let some = if gallery.kinds.contains(CAPACITY) { "Some rates" } else { "Rates" };
            kinds = format!(
                "<p>{some} of links are the <em>goodput</em> of one flow, as it was measured: it contains what \
                 that flow's congestion control left unused, and says nothing of what several would \
                 get.</p>\n"
            );
        }
        let _ = write!(
            self.0,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{name}</title>\n<style>\n{STYLE}</style>\n<main>\n\
             <h1>{name}</h1>\n<p>{facts}</p>\n{kinds}<p class=\"soft\">Run <code>{run}</code></p>\n",
            name = escaped(&info.name),
            facts = escaped(&gallery.head.subtitle),
            run = escaped(&info.run),
        );
    }

    /// Says where fairness is no finding.
    fn assumed(&mut self, gallery: &Gallery) {
        if let Some(words) = gallery.assumed {
            let _ = writeln!(
                self.0,
                "<p class=\"soft\">Fairness is {words}: the lab <code>model</code> shares a link max-min fairly \
                 because it was told so. What its viewers make of their shares is found.</p>"
            );
        }
    }

    fn shootout(&mut self, gallery: &Gallery) -> Result<()> {
        let plots = gallery.shootout()?;
        if plots.is_empty() {
            return Ok(());
        }
        self.0.push_str("<h2>Algorithms over traces</h2>\n");
        for (note, svg) in plots {
            let note = escaped(note);
            let _ = writeln!(self.0, "<p class=\"soft\">{note}</p>\n<div class=\"plots whole\">");
            self.0.push_str(&svg);
            self.0.push_str("</div>\n");
        }
        if let Some((reference, table)) = gallery.shootout_differences() {
            let _ = writeln!(
                self.0,
                "<h3>Compared with {}</h3>\n<p class=\"soft\">Mean differences between sessions over the same \
                 trace in the same repeat, and their 95 % intervals over traces; bold where zero is \
                 outside, which chance does to one in twenty.</p>",
                escaped(reference)
            );
            self.table(table, SUMMARY_ROWS, "sessions.csv");
        }
        Ok(())
    }

    fn drills(&mut self, gallery: &Gallery) -> Result<()> {
        let drills = &gallery.drills;
        if drills.is_empty() {
            return Ok(());
        }
        if !drills.table.rows.is_empty() {
            self.0.push_str("<h2>Drills</h2>\n");
        }
        if !drills.verdict.rows.is_empty() {
            self.0.push_str(VERDICT);
            self.table(&drills.verdict, SUMMARY_ROWS, "drills.csv");
        }
        if !drills.table.rows.is_empty() {
            self.0.push_str(DRILLS);
            self.table(&drills.table, SUMMARY_ROWS, "drills.csv");
        }
        for (fault, n, svg) in gallery.drills_plots()? {
            let _ = writeln!(
                self.0,
                "<h3>{}</h3>\n<p class=\"soft\">{}. Thick line: median; box: half of the drills; thin line: 90 % \
                 of them.</p>\n<div class=\"plots whole\">",
                escaped(fault),
                escaped(n),
            );
            self.0.push_str(&svg);
            self.0.push_str("</div>\n");
        }
        self.drill_timelines(&drills.timelines)?;
        if !drills.alarms.rows.is_empty() {
            self.0.push_str(ALARMS);
            self.table(&drills.alarms, SUMMARY_ROWS, "alarms.csv");
        }
        if let Some(svg) = gallery.tuning_plot()? {
            let _ = writeln!(self.0, "<div class=\"plots whole\">{svg}</div>");
        }
        Ok(())
    }

    fn drill_timelines(&mut self, timelines: &[DrawnDrill]) -> Result<()> {
        if timelines.is_empty() {
            return Ok(());
        }
        self.0.push_str(
            "<h3>Drill by drill</h3>\n<p class=\"soft\">The first repeat of up to 24 cells, and what its first \
             viewer saw. Pink: a fault is in force; green: the buffer; dashed: behind the live edge; \
             orange: stalled; ticks: segments, in the colour of their origin. Each leads to its whole \
             picture.</p>\n<div class=\"thumbnails\">\n",
        );
        for drawn in timelines {
            let _ = writeln!(
                self.0,
                "<a href=\"plots/{}.svg\">{}<strong>{}</strong><br>{}</a>",
                escaped(&drawn.stem),
                drawn.thumbnail()?,
                escaped(&drawn.name),
                escaped(&drawn.params),
            );
        }
        self.0.push_str("</div>\n");
        Ok(())
    }

    fn labs(&mut self, gallery: &Gallery) -> Result<()> {
        if gallery.labs.is_empty() {
            return Ok(());
        }
        self.0.push_str("<h2>Between labs</h2>\n");
        self.0.push_str(BETWEEN_LABS);
        for labs in &gallery.labs {
            let (lab, reference) = (escaped(&labs.lab), escaped(&labs.reference));
            let line = escaped(&labs.line);
            let _ = writeln!(self.0, "<h3>{lab}, compared with {reference}</h3>\n<p>{line}.</p>");
            self.0.push_str("<div class=\"plots whole\">\n");
            for svg in gallery.labs_plots(labs)? {
                self.0.push_str(&svg);
            }
            self.0.push_str("</div>\n");
            self.0.push_str(
                "<p class=\"soft\">Sessions: means over pairs of trials that differ in the lab only, \
                 and their differences with 95 % intervals over pairs; bold where zero is outside. The \
                 pairs of each cell are in <code>comparisons.csv</code>.</p>\n",
            );
            self.table(&labs.sessions, COMPARED_ROWS, "comparisons.csv");
            self.0.push_str(
                "<p class=\"soft\">Segments: medians of each cell over the requests that both labs \
                 have. <code>differences.csv</code> has each.</p>\n",
            );
            self.table(&labs.cells, SUMMARY_ROWS, "differences.csv");
        }
        Ok(())
    }

    fn plots(&mut self, gallery: &Gallery) -> Result<()> {
        self.0.push_str("<h2>Plots</h2>\n");
        if gallery.figure.is_empty() {
            self.0.push_str("<p class=\"bad\">No valid trials.</p>\n");
            return Ok(());
        }
        if gallery.is_crowded() {
            self.0.push_str(
                "<p class=\"soft\">Metric by metric, a part of the algorithms is in \
                 <a href=\"plots/overview.svg\">plots/overview.svg</a>.</p>\n",
            );
        } else {
            let _ = writeln!(self.0, "<p class=\"soft\">{}</p>", escaped(&gallery.head.note));
        }
        if gallery.figure.has_intervals() {
            self.0.push_str(INTERVALS);
        }
        self.assumed(gallery);
        let (beside, wide) = gallery.plots()?;
        for (class, plots) in [("plots", beside), ("plots whole", wide)] {
            if !plots.is_empty() {
                let _ = writeln!(self.0, "<div class=\"{class}\">");
                plots.iter().for_each(|svg| self.0.push_str(svg));
                self.0.push_str("</div>\n");
            }
        }
        Ok(())
    }

    fn timelines(&mut self, gallery: &Gallery) -> Result<()> {
        if gallery.timelines.is_empty() {
            return Ok(());
        }
        self.0.push_str(
            "<h2>Timelines</h2>\n<p class=\"soft\">One session of up to 12 cells, and the worst of \
             the run. Blue: the chosen bitrate; orange: the measured throughput; dashed: the link's \
             rate; shaded: before playback, and stalls. Each leads to its whole picture.</p>\n\
             <div class=\"thumbnails\">\n",
        );
        for drawn in &gallery.timelines {
            let _ = writeln!(
                self.0,
                "<a href=\"plots/{}.svg\">{}<strong>{}</strong>{}<br>{}</a>",
                escaped(&drawn.stem),
                drawn.thumbnail()?,
                escaped(&drawn.name),
                if drawn.worst { " <span class=\"bad\">the worst</span>" } else { "" },
                escaped(&drawn.params),
            );
        }
        self.0.push_str("</div>\n");
        Ok(())
    }

    fn agreement(&mut self, gallery: &Gallery) {
        let Some(agreement) = &gallery.agreement else { return };
        let _ = writeln!(
            self.0,
            "<h2>Agreement</h2>\n<p{}>{}.</p>\n<p class=\"soft\">What was expected of this run, as it was \
             published, and what was found: means over trials of the means over their sessions. A \
             value agrees if it is within half a unit of the last digit that is expected, and the \
             relative tolerance behind it, if there is one; a bound holds for every session.</p>",
            if agreement.holds() { "" } else { " class=\"bad\"" },
            escaped(&agreement.line()),
        );
        self.table(&agreement.table(AGREEMENT_ROWS), AGREEMENT_ROWS, "agreement.csv");
    }

    fn summary(&mut self, table: &HumanTable, unseen: Option<&str>) {
        self.0.push_str(
            "<h2>Summary</h2>\n<p class=\"soft\">Means over the sessions of valid trials, and \
             below them 95 % intervals where there are enough trials; trials are the replicates, n \
             the sessions. <code>summary.csv</code> has medians and everything else.</p>\n",
        );
        if let Some(line) = unseen {
            let _ = writeln!(self.0, "<p class=\"bad\">Warning: {}.</p>", escaped(line));
        }
        self.table(table, SUMMARY_ROWS, "summary.csv");
    }

    fn compared(&mut self, gallery: &Gallery) {
        if gallery.compared.is_empty() {
            return;
        }
        self.0.push_str(
            "<h2>Comparisons</h2>\n<p class=\"soft\">Repeats of equal number share everything that \
             was drawn at random: each is compared with the same repeat of the reference. Mean \
             differences, and their 95 % intervals over pairs; bold where zero is outside, which \
             chance does to one in twenty. <code>comparisons.csv</code> has them all.</p>\n",
        );
        self.assumed(gallery);
        for compared in &gallery.compared {
            let _ = write!(
                self.0,
                "<h3><code>{}</code>, compared with {}</h3>\n<p class=\"soft\">{}</p>\n",
                escaped(&compared.axis),
                escaped(&compared.reference),
                match (compared.with_interval, compared.table.rows.len() + compared.table.hidden) {
                    (0, _) => "Too few pairs for intervals: ten are needed.".to_owned(),
                    (some, shown) => format!(
                        "{shown} of {}{} found a difference.",
                        count(compared.all as u64, "comparison"),
                        if some < compared.all {
                            format!(" ({some} with intervals)")
                        } else {
                            String::new()
                        },
                    ),
                },
            );
            if !compared.table.rows.is_empty() {
                self.table(&compared.table, COMPARED_ROWS, "comparisons.csv");
            }
        }
    }

    fn flows(&mut self, flows: &HumanTable) {
        if flows.rows.is_empty() {
            return;
        }
        self.0.push_str(
            "<h2>Cross traffic</h2>\n<p class=\"soft\">Means over the flows of valid trials. \
             <code>flows.csv</code> has each.</p>\n",
        );
        self.table(flows, FLOW_ROWS, "flows.csv");
    }

    fn left_out(&mut self, sweep: &Sweep) {
        let trials = sweep.total(SweepCell::left_out);
        if trials == 0 {
            return;
        }
        let _ = write!(
            self.0,
            "<h2>Left out</h2>\n<p class=\"soft\"><span class=\"bad\">{}</span> in no plot and no \
             mean: invalid ones failed their own checks, failed ones have no result.</p>\n",
            count(trials, "trial")
        );
        let titles = ["trial", "verdict", "seed", "reason"];
        self.table_head(titles.into_iter().map(|title| (title, "", title == "seed")));
        for trial in sweep.left_out.iter().take(LEFT_OUT_ROWS) {
            let err: String = trial.err.as_deref().unwrap_or("-").chars().take(500).collect();
            let seed = trial.seed.to_string();
            let verdict = trial.verdict.name();
            let cells =
                [(trial.id.as_str(), false), (verdict, false), (&seed, true), (&err, false)];
            self.row(cells.map(|(text, right)| (HumanCell::from(text.to_owned()), right)));
        }
        self.table_end(trials, LEFT_OUT_ROWS, "trials.csv");
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
            // A link might show on the page what is not of this run.
            if path.is_symlink() || !path.is_file() {
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

    fn row(&mut self, cells: impl IntoIterator<Item = (HumanCell, bool)>) {
        self.0.push_str("<tr>");
        for (HumanCell { text, interval, strong }, right) in cells {
            let text = escaped(&text);
            let text = if strong { format!("<strong>{text}</strong>") } else { text };
            let interval = interval
                .map_or_else(String::new, |ends| format!("<small>{}</small>", escaped(&ends)));
            let _ = write!(self.0, "<td{}>{text}{interval}</td>", class(right));
        }
        self.0.push_str("</tr>\n");
    }

    /// A whole table, of which at most `limit` rows are shown; all are in the file.
    fn table(&mut self, table: &HumanTable, limit: usize, file: &str) {
        self.table_head(
            table.columns.iter().map(|column| (column.title.as_str(), column.unit, column.right)),
        );
        for row in table.rows.iter().take(limit) {
            let cells = row.iter().zip(&table.columns);
            self.row(cells.map(|(cell, column)| (cell.clone(), column.right)));
        }
        self.table_end((table.rows.len() + table.hidden) as u64, limit, file);
    }

    fn table_end(&mut self, rows: u64, limit: usize, file: &str) {
        self.0.push_str("</tbody>\n</table>\n</div>\n");
        let more = rows.saturating_sub(limit as u64);
        if more > 0 {
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
