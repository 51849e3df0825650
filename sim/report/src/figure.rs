//! What the plots show, before anything is drawn: the axis to plot against, the series, and a point
//! with its range for each.

use crate::axis::AxisKind;
use crate::run::RunInfo;
use crate::sweep::{Sweep, SweepAxis, SweepCell, SweepTrial, Watched};
use std::collections::BTreeMap;
use weir_records::Verdict;

/// More lines than this cannot be told apart in one plot.
const SERIES_LIMIT: usize = 14;

/// An axis whose values span less than this factor is never drawn logarithmically.
const LOG_FROM: f64 = 10.0;

/// A metric that is plotted for every run.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The stem of its files' name.
    pub stem: &'static str,
    /// The title of its axis, with the unit.
    pub title: &'static str,
    /// The largest value of the axis if there are only zeros.
    pub least_top: f64,
    /// Its value for a session, in the axis's unit.
    of: fn(&Watched) -> Option<f64>,
}

/// The metrics that are plotted for every run.
pub(crate) const METRICS: [Metric; 4] = [
    Metric {
        stem: "mean-bitrate",
        title: "Mean bitrate (Mbit/s)",
        least_top: 1.0,
        of: |session| Some(session.mean_bitrate_bps? / 1e6),
    },
    Metric {
        stem: "stall-ratio",
        title: "Stall ratio (%)",
        least_top: 1.0,
        of: |session| Some(session.stall_ratio? * 100.0),
    },
    Metric {
        stem: "startup-delay",
        title: "Startup delay (s)",
        least_top: 1.0,
        of: |session| Some(session.startup_us? / 1e6),
    },
    Metric {
        stem: "switches",
        title: "Switches (per minute of session)",
        least_top: 1.0,
        of: |session| {
            let minutes = session.session_us? / 60e6;
            (minutes > 0.0).then_some(session.switches? / minutes)
        },
    },
];

/// All that is drawn of a run.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub title: String,
    /// What the numbers rest on.
    pub subtitle: String,
    /// How to read the marks, and what is not shown.
    pub note: String,
    pub x: X,
    /// The paths of the axes that tell the series apart.
    pub legend_title: String,
    /// The label of each series; one empty label if there is nothing to tell apart.
    pub series: Vec<String>,
    /// For each of [`METRICS`].
    pub panels: Vec<Panel>,
}

/// The horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum X {
    /// Numbers in the unit that the label names.
    Numbers { label: String, values: Vec<f64>, log: bool },
    /// Names in no particular distance.
    Names { label: String, names: Vec<String> },
}

/// The points of one metric: `points[series][x]`.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    pub points: Vec<Vec<Option<Point>>>,
}

/// The sessions of one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// The mean over sessions.
    pub mean: f64,
    /// The lowest mean of a repeat.
    pub low: f64,
    /// The highest mean of a repeat.
    pub high: f64,
}

impl X {
    /// The number of places on the axis.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Numbers { values, .. } => values.len(),
            Self::Names { names, .. } => names.len(),
        }
    }

    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Numbers { label, .. } | Self::Names { label, .. } => label,
        }
    }
}

/// Stands for any algorithm where all viewers of a trial have the same.
const ANY_ABR: &str = "";

/// What tells the series apart: a level of each remaining axis, and the algorithm.
type SeriesKey<'a> = (Vec<usize>, &'a str);

impl Figure {
    pub(crate) fn of(info: &RunInfo, sweep: &Sweep) -> Self {
        let across = x_axis(&sweep.axes);
        let keyed = Keyed::of(sweep, across);
        let shown = keyed.labels.len().min(SERIES_LIMIT);
        let x = across.map_or_else(
            || X::Names { label: String::new(), names: vec![info.name.clone()] },
            |index| sweep.axes[index].as_x(),
        );
        let panels = METRICS
            .iter()
            .map(|metric| Panel { points: keyed.points(metric, shown, x.len()) })
            .collect();
        Self {
            title: info.name.clone(),
            subtitle: subtitle(info, sweep),
            note: note(info, sweep, &x, shown, keyed.labels.len()),
            x,
            legend_title: keyed.title,
            series: keyed.labels.into_iter().take(shown).collect(),
            panels,
        }
    }

    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }
}

/// The numeric axis with the most values, or else the axis with the most: the first one of equals.
fn x_axis(axes: &[SweepAxis]) -> Option<usize> {
    let most = |numeric: bool| {
        let fitting = (0..axes.len()).filter(|&i| !numeric || axes[i].is_numeric());
        let varying = fitting.filter(|&i| axes[i].levels.len() > 1);
        varying.max_by_key(|&i| (axes[i].levels.len(), std::cmp::Reverse(i)))
    };
    most(true).or_else(|| most(false))
}

/// The trials that count, by series and place on the horizontal axis.
struct Keyed<'a> {
    trials: BTreeMap<SeriesKey<'a>, Vec<(usize, &'a SweepTrial)>>,
    labels: Vec<String>,
    title: String,
}

impl<'a> Keyed<'a> {
    fn of(sweep: &'a Sweep, across: Option<usize>) -> Self {
        let rest: Vec<usize> = (0..sweep.axes.len())
            .filter(|&i| Some(i) != across && sweep.axes[i].levels.len() > 1)
            .collect();
        // The algorithm is worth a word where the axes do not tell it: where viewers of one
        // trial differ in it.
        let valid = || sweep.cells.iter().flat_map(SweepCell::valid);
        let names_abr = valid().any(|trial| distinct_abrs(trial).len() > 1);

        let mut trials: BTreeMap<SeriesKey, Vec<(usize, &SweepTrial)>> = BTreeMap::new();
        for cell in &sweep.cells {
            let x = across.map_or(0, |axis| cell.levels[axis]);
            let levels: Vec<usize> = rest.iter().map(|&axis| cell.levels[axis]).collect();
            for trial in cell.valid() {
                for abr in if names_abr { distinct_abrs(trial) } else { vec![ANY_ABR] } {
                    trials.entry((levels.clone(), abr)).or_default().push((x, trial));
                }
            }
        }

        let label = |(levels, abr): &SeriesKey| {
            let axes = rest.iter().zip(levels);
            let mut words: Vec<&str> =
                axes.map(|(&axis, &level)| sweep.axes[axis].levels[level].text.as_str()).collect();
            if names_abr {
                words.push(abr);
            }
            words.join(", ")
        };
        let labels = trials.keys().map(label).collect();
        let mut title: Vec<&str> = rest.iter().map(|&i| sweep.axes[i].axis.path.as_str()).collect();
        if names_abr {
            title.push("abr");
        }
        Self { labels, title: title.join(", "), trials }
    }

    fn points(&self, metric: &Metric, shown: usize, places: usize) -> Vec<Vec<Option<Point>>> {
        let of_series = |((_, abr), trials): (&SeriesKey, &Vec<(usize, &SweepTrial)>)| {
            let mut at_x: Vec<Tally> = vec![Tally::default(); places];
            for (x, trial) in trials {
                let sessions = trial.sessions.iter().filter(|s| *abr == ANY_ABR || s.abr == *abr);
                if let Some(tally) = at_x.get_mut(*x) {
                    tally.add_repeat(sessions.filter_map(metric.of));
                }
            }
            at_x.iter().map(Tally::point).collect()
        };
        self.trials.iter().take(shown).map(of_series).collect()
    }
}

fn distinct_abrs(trial: &SweepTrial) -> Vec<&str> {
    let mut names: Vec<&str> = trial.sessions.iter().map(|s| s.abr.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Sums up the repeats of one point.
#[derive(Debug, Clone, Default)]
struct Tally {
    sum: f64,
    count: u64,
    range: Option<(f64, f64)>,
}

impl Tally {
    fn add_repeat(&mut self, values: impl Iterator<Item = f64>) {
        let (sum, count) = values.fold((0.0, 0u64), |(sum, count), v| (sum + v, count + 1));
        if count > 0 {
            let mean = sum / count as f64;
            let (low, high) = self.range.unwrap_or((mean, mean));
            self.range = Some((low.min(mean), high.max(mean)));
            self.sum += sum;
            self.count += count;
        }
    }

    fn point(&self) -> Option<Point> {
        let (low, high) = self.range?;
        let mean = self.sum / self.count as f64;
        // A sum past the range of the type has no place on an axis.
        (mean.is_finite() && high.is_finite()).then_some(Point { mean, low, high })
    }
}

impl SweepAxis {
    fn as_x(&self) -> X {
        let path = &self.axis.path;
        let numbers: Option<Vec<f64>> = self.levels.iter().map(|level| level.number()).collect();
        let Some(numbers) = numbers else {
            let names = self.levels.iter().map(|level| level.text.clone()).collect();
            return X::Names { label: path.clone(), names };
        };
        let top = numbers.iter().copied().fold(0.0, f64::max);
        let (size, unit) = display_unit(self.axis.kind, top);
        let label = if unit.is_empty() { path.clone() } else { format!("{path} ({unit})") };
        let values: Vec<f64> = numbers.iter().map(|number| number / size).collect();
        let log = are_geometric(&values);
        X::Numbers { label, values, log }
    }
}

/// Whether the values, in ascending order, look like 1, 2, 5, 10, 20 rather than like 1, 2, 3, 4, 5:
/// their middle is nearer to the geometric mean of their ends than to the arithmetic one.
fn are_geometric(values: &[f64]) -> bool {
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return false };
    if first <= 0.0 || last / first < LOG_FROM {
        return false;
    }
    let middle = values[(values.len() - 1) / 2].midpoint(values[values.len() / 2]);
    let (arithmetic, geometric) = (first.midpoint(last), (first * last).sqrt());
    (middle / geometric).max(geometric / middle) < (middle / arithmetic).max(arithmetic / middle)
}

/// The unit in which numbers of this kind are shown when `top` is the largest, and its size in the
/// column's unit.
fn display_unit(kind: AxisKind, top: f64) -> (f64, &'static str) {
    match kind {
        AxisKind::BitRate if top >= 1e6 => (1e6, "Mbit/s"),
        AxisKind::BitRate => (1e3, "kbit/s"),
        AxisKind::Time if top >= 1e6 => (1e6, "s"),
        AxisKind::Time => (1e3, "ms"),
        AxisKind::Size if top >= 1e6 => (1e6, "MB"),
        AxisKind::Size => (1e3, "kB"),
        AxisKind::Ratio => (0.01, "%"),
        AxisKind::Count | AxisKind::Decimal | AxisKind::Text => (1.0, ""),
    }
}

fn subtitle(info: &RunInfo, sweep: &Sweep) -> String {
    let valid = sweep.trials(Verdict::Valid);
    let sessions: usize = valid.map(|trial| trial.sessions.len()).sum();
    format!(
        "n = {}, {} per cell, lab {}, {}",
        count(sessions as u64, "session"),
        count(info.repeats, "repeat"),
        info.lab,
        info.media
    )
}

fn note(info: &RunInfo, sweep: &Sweep, x: &X, shown: usize, series: usize) -> String {
    let mark = if matches!(x, X::Numbers { .. }) { "Lines" } else { "Marks" };
    let mut text = format!("{mark}: mean over sessions.");
    if info.repeats > 1 {
        let range = if matches!(x, X::Numbers { .. }) { "Bands" } else { "Bars" };
        text.push_str(&format!(" {range}: lowest to highest repeat."));
    }
    let invalid = sweep.trials(Verdict::Invalid).count();
    let failed = sweep.trials(Verdict::Failed).count();
    if invalid + failed > 0 {
        let trials = count((invalid + failed) as u64, "trial");
        text.push_str(&format!(" Left out: {trials} ({invalid} invalid, {failed} failed)."));
    }
    if shown < series {
        text.push_str(&format!(" Shown: {shown} of {series} combinations."));
    }
    text
}

/// `1 trial`, `2 trials`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_logarithmic_when_its_values_are_spaced_so() {
        let even: Vec<f64> = (1..=120).map(f64::from).collect();
        assert!(!are_geometric(&even));
        assert!(are_geometric(&[1.0, 2.0, 5.0, 10.0, 20.0]));
        assert!(are_geometric(&[0.1, 1.0, 10.0]));
        assert!(!are_geometric(&[0.0, 0.1, 1.0, 10.0]), "zero has no place on it");
        assert!(!are_geometric(&[1.0, 2.0, 4.0]), "too short to need it");
        assert!(!are_geometric(&[]));
    }
}
