//! What is said of a trace to people.

use crate::format::load;
use crate::{Csv, Format, Kind, Origin, Rate, Reader, Refusal, Stats, Trace};
use std::path::Path;
use weir_units::Span;

/// Reads a trace to look at: nothing needs to be known about its origin.
///
/// # Errors
/// As [`load`].
pub fn look(format: Format, path: &Path) -> Result<Trace, Refusal> {
    let unknown = || "not said".to_owned();
    let origin = Origin {
        name: name_of(path),
        // What is shown says that the kind is not known, where it is not.
        kind: (!format.says_kind()).then_some(Kind::Goodput),
        repeats: true,
        source: unknown(),
        licence: unknown(),
        obtained: None,
    };
    load(&Reader { format, origin, csv: Csv::default(), packet: Reader::PACKET }, path)
}

/// What a trace is called whose file says nothing else.
pub fn name_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// One line about a trace that was read in this form.
pub fn heading(trace: &Trace, format: Format) -> String {
    let about = trace.about();
    let kind: &str = if format.says_kind() { about.kind.into() } else { "kind not said" };
    let after = if trace.repeats() { "repeats" } else { "its last step goes on" };
    format!("{}: {kind}, {}, {after}", about.name, about.licence)
}

/// Several lines about a trace that was read in this form: where it is from, and what is in it.
pub fn described(trace: &Trace, format: Format) -> String {
    let (about, stats) = (trace.about(), Stats::of(trace));
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mbps = |rate: Rate| format!("{:.3}", rate.as_bps_f64() / 1e6);
    let seconds = |span: Span| format!("{:.3} s", span.as_secs_f64());
    let percents = [5, 10, 25, 50, 75, 90, 95];
    let percentiles = percents.map(|percent| mbps(stats.percentile(percent))).join(" / ");
    let (mean, variation) = (mbps(stats.mean), stats.variation);
    let lines = [
        ("source", about.source.clone()),
        ("obtained", known(&about.obtained)),
        ("conversion", known(&about.conversion)),
        ("length", format!("{}, {} steps", seconds(stats.length), stats.steps)),
        ("mean rate", format!("{mean} Mbit/s, coefficient of variation {variation:.2}")),
        ("lowest, highest", format!("{} to {} Mbit/s", mbps(stats.min), mbps(stats.max))),
        ("percentiles", format!("{percentiles} Mbit/s (5 10 25 50 75 90 95 % of the time)")),
        (
            "silence",
            format!("{}, longest {}", seconds(stats.silent), seconds(stats.longest_silence)),
        ),
        (
            "mean latency",
            stats.latency.map_or("not known".to_owned(), |latency| latency.to_string()),
        ),
    ];
    let lines = lines.map(|(what, value)| format!("\n  {what:<16} {value}"));
    format!("{}{}\n", heading(trace, format), lines.concat())
}
