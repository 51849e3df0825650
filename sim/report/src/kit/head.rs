//! What stands above every picture of a run: what it rests on, how to read it, what is left out.

use weir_stats::sweep::dimension::Dimensions;
use weir_stats::sweep::{Sweep, SweepCell};

/// The lines above a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub title: String,
    /// What the numbers rest on.
    pub subtitle: String,
    /// How to read the marks, and what is not shown.
    pub note: String,
}

impl Head {
    /// Above a picture whose marks are explained by these words.
    pub(crate) fn with_note(sweep: &Sweep, dimensions: &Dimensions, reading: &str) -> Self {
        let note = format!("{reading}{}", left_out(sweep));
        Self { title: sweep.info.name.clone(), subtitle: subtitle(sweep, dimensions), note }
    }

    /// The same with more notes.
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.note.push_str(more);
        self
    }
}

/// What the numbers rest on.
pub(crate) fn subtitle(sweep: &Sweep, dimensions: &Dimensions) -> String {
    let info = &sweep.info;
    let traces = dimensions.trace_count();
    let traces = traces.map(|traces| format!(" over {}", count(traces as u64, "trace")));
    format!(
        "n = {}{}, {} per cell, lab {}, {}",
        count(sweep.total(|cell| cell.sessions), "session"),
        traces.unwrap_or_default(),
        count(info.repeats, "replicate"),
        info.lab,
        info.media
    )
}

/// A cell by its values on the axes of the sweep: `players.abr = bola, links.access.rate = 5
/// Mbit/s`.
pub(crate) fn params(sweep: &Sweep, cell: &SweepCell) -> String {
    let axes = sweep.axes.iter().zip(sweep.params(cell));
    let words = axes.map(|(axis, level)| format!("{} = {}", axis.axis.path, level.text));
    words.collect::<Vec<_>>().join(", ")
}

/// The same without the names of the axes.
pub(crate) fn values(sweep: &Sweep, cell: &SweepCell) -> String {
    let params = sweep.params(cell).into_iter();
    params.map(|param| param.text).collect::<Vec<_>>().join(", ")
}

/// What intervals resample.
pub(crate) fn replicates(dimensions: &Dimensions) -> &'static str {
    if dimensions.trace_count().is_some() { "traces" } else { "replicates" }
}

fn left_out(sweep: &Sweep) -> String {
    let invalid = sweep.total(|cell| cell.invalid);
    let failed = sweep.total(|cell| cell.failed);
    if invalid + failed == 0 {
        return String::new();
    }
    let trials = count(invalid + failed, "trial");
    format!(" Left out: {trials} ({invalid} invalid, {failed} failed).")
}

/// `1 trial`, `2 trials`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
