//! What the sessions of each cell come to: a table for the page and the terminal.

mod table;
mod unseen;

use crate::kit::{html, print};
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use maud::html;
use table::SummaryBuilder;
use unseen::Unseen;
use weir_stats::sweep::cells::CellTrials;

/// A page with more rows helps nobody; the tables have them all.
const ROWS: usize = 500;

struct Summary<'a> {
    table: SummaryBuilder<'a>,
    unseen: Unseen,
}

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    Some(Box::new(Summary { table: SummaryBuilder::of(run), unseen: Unseen::default() }))
}

impl Section for Summary<'_> {
    fn add(&mut self, cell: &CellTrials<'_>) {
        self.table.add(cell);
        self.unseen.add(cell);
    }

    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let (table, warning) = (self.table.finish(), self.unseen.line());
        let markup = html! {
            h2 { "Summary" }
            p.soft {
                "Means over the sessions of valid trials, and below them 95 % intervals where there \
                 are enough trials; trials are the replicates, n the sessions. "
                code { "summary.csv" } " has medians and everything else."
            }
            @if let Some(line) = &warning {
                p.bad { "Warning: " (line) "." }
            }
            (html::table(&table, ROWS, "summary.csv"))
        };
        let mut text = print::table(&table);
        text.extend(warning.iter().map(|line| format!("warning: {line}\n")));
        Ok(SectionOutput { text, warning, ..SectionOutput::default() }.with(markup))
    }
}
