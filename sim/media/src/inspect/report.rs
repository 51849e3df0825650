//! An inspection for a person.

use super::{Inspection, Kind, Problem, RungInspection};
use std::fmt;
use weir_units::{BitRate, Bytes, Span};

/// How many problems are listed. Who wants all of them reads the JSON.
const LISTED: usize = 40;

const HEAD: [&str; 11] = [
    "rung", "picture", "target", "mean", "peak", "segments", "smallest", "largest", "spread",
    "shortest", "longest",
];
const UNITS: [&str; 11] = ["", "", "kbit/s", "kbit/s", "kbit/s", "", "kB", "kB", "", "ms", "ms"];

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.rungs.iter().map(row).collect();
        let lines = || {
            let head = [HEAD, UNITS].map(|line| line.map(str::to_owned));
            head.into_iter().chain(rows.iter().cloned())
        };
        let widths: Vec<usize> = (0..HEAD.len())
            .map(|column| {
                lines().filter_map(|line| line.get(column).map(|cell| cell.chars().count())).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        for line in lines() {
            let cells = line.iter().zip(&widths);
            let mut text = String::new();
            for (column, (cell, width)) in cells.enumerate() {
                // Names to the left, numbers to the right.
                let cell = if column == 0 {
                    format!("{cell:<width$}")
                } else {
                    format!("  {cell:>width$}")
                };
                text.push_str(&cell);
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        let parts = match self.kind {
            Kind::Package | Kind::Playlist => "segments",
            Kind::Video => "groups of pictures",
        };
        writeln!(f, "\nspread: standard deviation over mean of the sizes of {parts}")?;
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        for problem in self.problems.iter().take(LISTED) {
            writeln!(f, "problem: {problem}")?;
        }
        if let Some(more @ 1..) = self.problems.len().checked_sub(LISTED) {
            writeln!(f, "and {more} more problems")?;
        }
        match self.problems.len() {
            0 => write!(f, "all in order"),
            1 => write!(f, "1 problem"),
            count => write!(f, "{count} problems"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.rung, self.segment) {
            (Some(rung), Some(segment)) => write!(f, "rung {rung}, segment {segment}: ")?,
            (Some(rung), None) => write!(f, "rung {rung}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.what)
    }
}

fn row(rung: &RungInspection) -> [String; 11] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let kbps = |rate: Option<BitRate>| or_dash(rate.map(|rate| (rate.bps() / 1000).to_string()));
    let kb = |bytes: Option<Bytes>| {
        or_dash(bytes.map(|bytes| format!("{:.1}", bytes.get() as f64 / 1e3)))
    };
    let ms =
        |span: Option<Span>| or_dash(span.map(|span| format!("{:.1}", span.as_secs_f64() * 1e3)));
    let picture = rung.width.zip(rung.height);
    [
        format!("{} {}", rung.rung, rung.name),
        or_dash(picture.map(|(width, height)| format!("{width}x{height}"))),
        kbps(rung.target),
        kbps(rung.mean),
        kbps(rung.peak),
        rung.segments.to_string(),
        kb(rung.smallest),
        kb(rung.largest),
        or_dash(rung.variation.map(|variation| format!("{variation:.2}"))),
        ms(rung.shortest),
        ms(rung.longest),
    ]
}
