//! The same experiment in two labs: where they disagree, and how much of it was to be expected.

mod found;
mod requests;
mod sessions;

use crate::charts::box_plot::BoxPlotPicture;
use crate::charts::scatter::ScatterPicture;
use crate::kit::head::Head;
use crate::kit::html;
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use found::Found;
use maud::{Markup, html};
use requests::{Rows, cells, is_lab, line};
use sessions::Sessions;
use weir_stats::derived::between_labs::pairs::lab_axis;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimension;

/// As many rows of sessions, and of cells, are on the page.
const SESSION_ROWS: usize = 60;
const CELL_ROWS: usize = 500;

/// How to read the distributions, and the points.
const BOXES: &str = "Thick line: median. Box: half of the segments. Thin line: 90 % of them.";
const POINTS: &str = "Points: segments that both labs downloaded.";

/// Labs while cells come.
struct BetweenLabs<'a> {
    run: Run<'a>,
    sessions: Sessions<'a>,
}

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    lab_axis(run.sweep)?;
    Some(Box::new(BetweenLabs { run, sessions: Sessions::of(run.sweep) }))
}

impl Section for BetweenLabs<'_> {
    fn add(&mut self, cell: &CellTrials<'_>) {
        self.sessions.add(cell);
    }

    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let mut output = SectionOutput::default();
        let mut labs = Vec::new();
        for found in Found::read(self.run.sweep)? {
            labs.push(self.compared(&mut output, &found)?);
        }
        Ok(output.with(html! {
            @if !labs.is_empty() { h2 { "Between labs" } (difference_note()) }
            @for lab in labs { (lab) }
        }))
    }
}

impl BetweenLabs<'_> {
    /// A lab compared with the first one.
    fn compared(&self, output: &mut SectionOutput, found: &Found) -> Result<Markup> {
        let Run { sweep, dimensions } = self.run;
        let Found { lab, reference, .. } = found;
        let others = dimensions.all.iter().filter(|dimension| !is_lab(sweep, dimension));
        let others: Vec<&Dimension> = others.collect();
        let rows = Rows::of(sweep, &others, found);
        let line = line(sweep, &others, found);
        output.text.push_str(&format!("{line}\n"));
        let head = |reading| Head::with_note(sweep, dimensions, reading);
        let stem = format!("{lab}-against-{reference}");
        let boxes = BoxPlotPicture { head: &head(BOXES), plot: &rows.box_plot(found) };
        let points = ScatterPicture { head: &head(POINTS), plot: &rows.scatter_plot(found) };
        let plots = [output.draw(&stem, &boxes)?, output.draw(format!("{stem}-by-size"), &points)?];
        Ok(html! {
            h3 { (lab) ", compared with " (reference) }
            p { (line) "." }
            (html::whole(&plots))
            p.soft {
                "Sessions: means over pairs of trials that differ in the lab only, and their \
                 differences with 95 % intervals over pairs; bold where zero is outside. The pairs of \
                 each cell are in " code { "comparisons.csv" } "."
            }
            (html::table(&self.sessions.table(lab, reference), SESSION_ROWS, "comparisons.csv"))
            p.soft {
                "Segments: medians of each cell over the requests that both labs have. "
                code { "differences.csv" } " has each."
            }
            (html::table(&cells(sweep, &others, found), CELL_ROWS, "differences.csv"))
        })
    }
}

/// What the difference between labs consists of.
fn difference_note() -> Markup {
    html! {
        p {
            "Each lab played the same sessions over the same network. The lab " code { "model" } " has a \
             fluid there: from a request to its first byte a round trip passes, and then bytes come at \
             the payload's share of the rate, 1448 of 1514. A kernel's TCP needs longer, and most of \
             it can be said beforehand:"
        }
        ul {
            li {
                "slow start: while the window does not fill the round trip, the link waits for \
                 acknowledgements. A window begins with ten segments, doubles every round, and \
                 shrinks again in a pause;"
            }
            li { "headers: the answer's own, some 300 bytes, travel with the body;" }
            li {
                "the latency of a request: it takes its own time at the bottleneck, and so does the \
                 first frame."
            }
        }
        p {
            "The " em { "predicted" } " time of a download contains these three, computed from the \
             rate, the delays, the size and the window at the request, with no number fitted to it ("
            code { "results/METRICS.md" } "). What is left of the difference to a kernel is what is not \
             known beforehand: losses during the download, for congestion control fills the buffer \
             until it loses, and the growth of the window between them."
        }
    }
}
