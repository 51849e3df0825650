//! The trials that count in no summary, and why.

use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::head::count;
use crate::kit::html;
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use maud::html;
use weir_stats::sweep::SweepCell;
use weir_tables::TrialHead;

/// As many trials are named that were left out; what went wrong repeats itself.
const ROWS: usize = 100;

/// As many characters of a reason are shown.
const REASON: usize = 500;

struct LeftOut<'a>(Run<'a>);

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    (run.sweep.total(SweepCell::left_out) > 0).then(|| Box::new(LeftOut(run)) as _)
}

impl Section for LeftOut<'_> {
    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let sweep = self.0.sweep;
        let trials = sweep.total(SweepCell::left_out);
        let mut columns = ["trial", "verdict", "seed", "reason"].map(DisplayColumn::text);
        columns[2].right = true;
        let rows: Vec<_> = sweep.left_out.iter().take(ROWS).map(row).collect();
        let hidden = (trials as usize).saturating_sub(rows.len());
        let table = DisplayTable { columns: columns.into(), rows, hidden };
        Ok(SectionOutput::default().with(html! {
            h2 { "Left out" }
            p.soft {
                span.bad { (count(trials, "trial")) }
                " in no plot and no mean: invalid ones failed their own checks, failed ones have no \
                 result."
            }
            (html::table(&table, ROWS, "trials.csv"))
        }))
    }
}

fn row(trial: &TrialHead) -> Vec<DisplayCell> {
    let reason = trial.err.as_deref().unwrap_or("-").chars().take(REASON).collect();
    let cells = [trial.id.clone(), trial.verdict.name().to_owned(), trial.seed.to_string(), reason];
    cells.map(DisplayCell::from).into()
}
