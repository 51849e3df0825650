//! Whether a run gives the values that others published, or that were found before.
//!
//! [`Expected`] is read before the run, so that a mistake in it costs nothing;
//! [`Expected::agreement`] compares it with the tables, and leaves what it found beside them as the
//! table `agreement`.

mod file;
mod found;
mod print;
mod wanted;

pub use file::Expected;
pub use found::Agreement;

use crate::kit::html;
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use maud::html;

/// As many rows are on the page.
const ROWS: usize = 200;

struct Published<'a>(Run<'a>);

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    Some(Box::new(Published(run)))
}

impl Section for Published<'_> {
    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let output = SectionOutput::default();
        let Some(agreement) = found::read(self.0.sweep.dir())? else { return Ok(output) };
        Ok(output.with(html! {
            h2 { "Agreement" }
            p class=[(!agreement.holds()).then_some("bad")] { (agreement.line()) "." }
            p.soft {
                "What was expected of this run, as it was published, and what was found: means over \
                 trials of the means over their sessions. A value agrees if it is within half a unit \
                 of the last digit that is expected, and the relative tolerance behind it, if there \
                 is one; a bound holds for every session."
            }
            (html::table(&agreement.table(ROWS), ROWS, "agreement.csv"))
        }))
    }
}
