//! What stands above every picture of a run: what it rests on, how to read it, what is left out.

use crate::figure::{Figure, Range};
use crate::run::RunInfo;
use crate::sweep::Sweep;
use weir_records::Verdict;

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
    pub(crate) fn of(info: &RunInfo, sweep: &Sweep, figure: &Figure) -> Self {
        let mut note = reading(figure);
        note.push_str(&left_out(sweep));
        if figure.hidden > 0 {
            let all = figure.series.len() + figure.hidden;
            note.push_str(&format!(" Shown: {} of {all} combinations.", figure.series.len()));
        }
        Self { title: info.name.clone(), subtitle: subtitle(info, sweep), note }
    }

    /// Above a picture whose marks are explained by these words.
    pub(crate) fn with_note(info: &RunInfo, sweep: &Sweep, reading: &str) -> Self {
        let note = format!("{reading}{}", left_out(sweep));
        Self { title: info.name.clone(), subtitle: subtitle(info, sweep), note }
    }
}

fn subtitle(info: &RunInfo, sweep: &Sweep) -> String {
    let valid = sweep.trials(Verdict::Valid);
    let sessions: usize = valid.map(|trial| trial.sessions.len()).sum();
    format!(
        "n = {}, {} per cell, lab {}, {}",
        count(sessions as u64, "session"),
        count(info.repeats, "replicate"),
        info.lab,
        info.media
    )
}

fn reading(figure: &Figure) -> String {
    let points = || figure.panels.iter().flat_map(|panel| panel.points()).flatten();
    let mark = if figure.x.is_joined() { "Lines" } else { "Marks" };
    let mut text = format!("{mark}: mean over sessions.");
    if figure.has_intervals() {
        let range = match figure.range() {
            Range::Bands => "Bands",
            Range::Bars => "Bars",
        };
        text.push_str(&format!(" {range}: its 95 % bootstrap interval over replicates."));
    }
    if points().any(|point| !point.replicates.is_empty()) {
        text.push_str(" Dots: replicates, too few for an interval.");
    }
    text
}

fn left_out(sweep: &Sweep) -> String {
    let invalid = sweep.trials(Verdict::Invalid).count();
    let failed = sweep.trials(Verdict::Failed).count();
    if invalid + failed == 0 {
        return String::new();
    }
    let trials = count((invalid + failed) as u64, "trial");
    format!(" Left out: {trials} ({invalid} invalid, {failed} failed).")
}

/// `1 trial`, `2 trials`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
