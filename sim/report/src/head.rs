//! What stands above every picture of a run: what it rests on, how to read it, what is left out.

use crate::dimension::Dimensions;
use crate::figure::{Figure, Range};
use crate::sweep::Sweep;

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
    /// Above the plots of a sweep.
    pub(crate) fn of(sweep: &Sweep, dimensions: &Dimensions, figure: &Figure) -> Self {
        let mut note = reading(figure, dimensions);
        note.push_str(&left_out(sweep));
        if figure.hidden > 0 {
            let all = figure.series.len() + figure.hidden;
            note.push_str(&format!(" Shown: {} of {all} combinations.", figure.series.len()));
        }
        Self { title: sweep.info.name.clone(), subtitle: subtitle(sweep, dimensions), note }
    }

    /// Above a picture whose marks are explained by these words.
    pub(crate) fn with_note(sweep: &Sweep, dimensions: &Dimensions, reading: &str) -> Self {
        let note = format!("{reading}{}", left_out(sweep));
        Self { title: sweep.info.name.clone(), subtitle: subtitle(sweep, dimensions), note }
    }
}

fn subtitle(sweep: &Sweep, dimensions: &Dimensions) -> String {
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

/// What intervals resample.
pub(crate) fn replicates(dimensions: &Dimensions) -> &'static str {
    if dimensions.trace_count().is_some() { "traces" } else { "replicates" }
}

fn reading(figure: &Figure, dimensions: &Dimensions) -> String {
    let points = || figure.panels.iter().flat_map(|panel| panel.points()).flatten();
    let mark = if figure.x.is_joined() { "Lines" } else { "Marks" };
    let mut text = format!("{mark}: mean over sessions.");
    if figure.has_intervals() {
        let range = match figure.range() {
            Range::Bands => "Bands",
            Range::Bars => "Bars",
        };
        let over = replicates(dimensions);
        text.push_str(&format!(" {range}: its 95 % bootstrap interval over {over}."));
    }
    if points().any(|point| !point.replicates.is_empty()) {
        let dots = replicates(dimensions);
        text.push_str(&format!(" Dots: {dots}, too few for an interval."));
    }
    text
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
