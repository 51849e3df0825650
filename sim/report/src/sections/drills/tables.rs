//! Drills as people see them: a verdict for each fault, a row and distributions for each fault and
//! mechanism, and false alarms.

use super::groups::{Alarms, Found, Groups, Mechanism};
use super::verdict::{Score, best};
use crate::charts::box_plot::{BoxPlot, BoxPlotPanel, Distribution};
use crate::charts::lines::figure::Point;
use crate::charts::pareto::{Better, ParetoPanel, ParetoPlot, ParetoPoint};
use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::head::count;
use weir_records::Drill;
use weir_stats::derived::drills::alarms::{HOUR_US, high_per_hour};
use weir_stats::methods::quantile::quantile;

/// More rows than this are no picture.
const ROWS: usize = 24;

/// As many faults have a figure of their own.
const FAULTS: usize = 24;

/// As many verdicts are printed.
const LINES: usize = 24;

/// How the drills of a fault are distributed.
pub(super) struct FaultBoxPlot {
    /// The fault.
    pub fault: String,
    /// What the rows rest on.
    pub n: String,
    pub plot: BoxPlot,
}

/// The best mechanism of each fault, as a table and in words; nothing where there is but one.
pub(super) fn verdicts(groups: &Groups<'_>) -> (DisplayTable, Vec<String>) {
    let mut table = DisplayTable::default();
    let mut lines = Vec::new();
    table.columns.extend(["fault", "best", ""].map(DisplayColumn::text));
    table.columns.extend([
        DisplayColumn::number("n", "drills"),
        DisplayColumn::number("lost", "sessions"),
        DisplayColumn::number("stalled", "s"),
        DisplayColumn::number("failures", "requests"),
        DisplayColumn::number("recovery", "s"),
        DisplayColumn::number("not recovered", "drills"),
    ]);
    for (fault, label) in groups.faults.iter().enumerate() {
        let scores: Vec<Score> =
            groups.of_fault(fault).filter_map(|(m, found)| Score::of(m, found)).collect();
        if scores.len() < 2 {
            continue;
        }
        let best = best(&scores);
        let names: Vec<String> = best.iter().map(|score| groups.name(&score.mechanism)).collect();
        let words = match best.len() {
            all if all == scores.len() => "all are equal",
            1 => "",
            _ => "a tie",
        };
        for (at, score) in best.iter().enumerate() {
            let first = at == 0;
            table.rows.push(vec![
                if first { label.clone() } else { String::new() }.into(),
                DisplayCell { strong: true, ..names[at].clone().into() },
                if first { words } else { "" }.to_owned().into(),
                score.n.to_string().into(),
                DisplayCell::number(Some(score.lost), 1),
                DisplayCell::number(Some(score.stall_ms / 1e3), 3),
                DisplayCell::number(Some(score.failures), 1),
                DisplayCell::number(Some(score.recovery_us / 1e6), 1),
                score.unrecovered.to_string().into(),
            ]);
        }
        lines.push(line(label, &names, &best, scores.len()));
    }
    if lines.len() > LINES {
        let more = lines.split_off(LINES).len() as u64;
        lines.push(format!("... and {} more", count(more, "fault")));
    }
    (table, lines)
}

fn line(label: &str, names: &[String], best: &[&Score], all: usize) -> String {
    let drills = best.iter().map(|score| score.n).sum();
    let n = format!("n = {}", count(drills, "drill"));
    let said = match names {
        names if names.len() == all => format!("all {all} mechanisms are equal ({n})"),
        [only] => format!("{only} is best ({n})"),
        several => format!("{} are best, a tie ({n})", several.join("; ")),
    };
    let Some(first) = best.first() else { return format!("{label}: {said}") };
    let mut line = format!(
        "{label}: {said}: per drill {:.3} s stalled, {:.1} failed requests, {:.1} s to recover",
        first.stall_ms / 1e3,
        first.failures,
        first.recovery_us / 1e6
    );
    if first.lost > 0.0 {
        line.push_str(&format!(", {:.1} sessions lost", first.lost));
    }
    let unrecovered: u64 = best.iter().map(|score| score.unrecovered).sum();
    if unrecovered > 0 {
        line.push_str(&format!("; {unrecovered} did not recover"));
    }
    line
}

/// A time of drills that is shown by its distribution.
struct Time {
    title: &'static str,
    of: fn(&Drill) -> Option<u64>,
}

const TIMES: [Time; 4] = [
    Time { title: "detection", of: |drill| drill.detection_us },
    Time { title: "switch", of: |drill| drill.switch_us },
    Time { title: "stalled", of: |drill| Some(drill.stall_us) },
    Time { title: "recovery", of: |drill| Some(drill.recovery_us) },
];

impl Time {
    /// The values of these drills in seconds, ascending.
    fn seconds(&self, drills: &[Drill]) -> Vec<f64> {
        let mut values: Vec<f64> =
            drills.iter().filter_map(self.of).map(|us| us as f64 / 1e6).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The median, with the 95th percentile, the largest, and how many have one if not all.
    fn cell(&self, drills: &[Drill]) -> DisplayCell {
        let values = self.seconds(drills);
        let Some(max) = values.last() else { return DisplayCell::number(None, 0) };
        let high = quantile(&values, 0.95).unwrap_or(*max);
        let mut below = format!("{high:.2}, {max:.2}");
        if values.len() < drills.len() {
            below.push_str(&format!(" ({} of {})", values.len(), drills.len()));
        }
        let median = DisplayCell::number(quantile(&values, 0.5), 2);
        DisplayCell { interval: Some(below), ..median }
    }
}

/// A row for each fault and mechanism.
pub(super) fn drill_table(groups: &Groups<'_>) -> DisplayTable {
    let mut table = DisplayTable::default();
    table.columns.push(DisplayColumn::text("fault"));
    table.columns.extend(groups.titles().into_iter().map(DisplayColumn::text));
    table.columns.push(DisplayColumn::number("n", "drills"));
    table.columns.extend(TIMES.iter().map(|time| DisplayColumn::number(time.title, "s")));
    table.columns.extend([
        DisplayColumn::number("failures", "mean"),
        DisplayColumn::number("lost", "sessions"),
        DisplayColumn::number("unrecovered", "drills"),
        DisplayColumn::number("age, at most", "s"),
        DisplayColumn::number("available", "%"),
    ]);
    for (fault, label) in groups.faults.iter().enumerate() {
        for (at, (mechanism, found)) in groups.of_fault(fault).enumerate() {
            let Found { drills, availability } = found;
            let mean = |of: fn(&Drill) -> u64| {
                let sum = drills.iter().map(of).fold(0u64, u64::saturating_add);
                DisplayCell::number(Some(sum as f64 / drills.len() as f64), 1)
            };
            // Said once, for all rows below.
            let first = if at == 0 { label.clone() } else { String::new() };
            let mut row: Vec<DisplayCell> = vec![first.into()];
            row.extend(groups.words(mechanism).iter().map(|word| (*word).to_owned().into()));
            row.push(drills.len().to_string().into());
            row.extend(TIMES.iter().map(|time| time.cell(drills)));
            row.push(mean(|drill| drill.failures));
            let lost = drills.iter().map(|drill| drill.lost).fold(0u64, u64::saturating_add);
            row.push(DisplayCell::alarming(lost));
            row.push(drills.iter().filter(|drill| !drill.recovered).count().to_string().into());
            let oldest = drills.iter().filter_map(|drill| drill.age_max_us).max();
            row.push(DisplayCell::number(oldest.map(|us| us as f64 / 1e6), 1));
            let sessions = availability.len() as f64;
            let share = availability.iter().sum::<f64>() / sessions;
            row.push(DisplayCell::number((sessions > 0.0).then_some(share * 100.0), 2));
            table.rows.push(row);
        }
    }
    table
}

/// Distributions for each fault.
pub(super) fn box_plots(groups: &Groups<'_>) -> Vec<FaultBoxPlot> {
    let faults = groups.faults.iter().enumerate().take(FAULTS);
    faults.map(|(fault, label)| box_plot(groups, fault, label)).collect()
}

fn box_plot(groups: &Groups<'_>, fault: usize, label: &str) -> FaultBoxPlot {
    let found: Vec<(&Mechanism, &Found)> = groups.of_fault(fault).take(ROWS).collect();
    let panel = |title: &str, axis: &str, of: &dyn Fn(&Found) -> Vec<f64>| BoxPlotPanel {
        title: title.to_owned(),
        axis: axis.to_owned(),
        boxes: found.iter().map(|(_, found)| Distribution::of(of(found))).collect(),
    };
    let mut panels: Vec<BoxPlotPanel> = Vec::new();
    for time in &TIMES {
        panels.push(panel(time.title, "s", &|found| time.seconds(&found.drills)));
    }
    let failures = |found: &Found| found.drills.iter().map(|d| d.failures as f64).collect();
    panels.push(panel("failures", "requests", &failures));
    let missing = |found: &Found| found.availability.iter().map(|s| (1.0 - s) * 100.0).collect();
    panels.push(panel("unavailable segments", "% of each session's", &missing));
    panels.retain(|panel| panel.boxes.iter().any(Option::is_some));
    let plot = BoxPlot {
        rows_title: groups.titles().join(", "),
        rows: found.iter().map(|(mechanism, _)| groups.name(mechanism)).collect(),
        panels,
    };
    let counts = || found.iter().map(|(_, found)| found.drills.len() as u64);
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let n = match least == most {
        true => format!("n = {} in each row", count(most, "drill")),
        false => format!("n = {least} to {} in a row", count(most, "drill")),
    };
    FaultBoxPlot { fault: label.to_owned(), n, plot }
}

/// The mechanisms whose switcher said anything, or whose settings are what is swept: of others
/// nobody knows whether they would.
fn speaking<'g>(groups: &'g Groups<'_>) -> impl Iterator<Item = (&'g Mechanism, &'g Alarms)> {
    let all = groups.sets_services();
    groups.alarms.iter().filter(move |(_, sum)| all || sum.failovers > 0 || sum.bad > 0)
}

/// False alarms of switchers.
pub(super) fn alarm_table(groups: &Groups<'_>) -> DisplayTable {
    let mut table = DisplayTable::default();
    table.columns.extend(groups.titles().into_iter().map(DisplayColumn::text));
    table.columns.extend([
        DisplayColumn::number("trials", ""),
        DisplayColumn::number("observed", "h"),
        DisplayColumn::number("called bad", ""),
        DisplayColumn::number("failovers", ""),
        DisplayColumn::number("false", ""),
        DisplayColumn::number("false", "per hour"),
        DisplayColumn::number("at most", "per hour"),
    ]);
    for (mechanism, sum) in speaking(groups) {
        let mut row: Vec<DisplayCell> =
            groups.words(mechanism).iter().map(|word| (*word).to_owned().into()).collect();
        row.push(sum.trials.to_string().into());
        row.push(DisplayCell::number(Some(sum.hours()), 3));
        row.extend([sum.bad, sum.failovers].map(|n| DisplayCell::from(n.to_string())));
        row.push(DisplayCell::alarming(sum.false_failovers));
        row.push(DisplayCell::number(sum.per_hour(), 2));
        row.push(DisplayCell::number(high_per_hour(sum.false_failovers, sum.observed_us), 2));
        table.rows.push(row);
    }
    table
}

impl Alarms {
    fn hours(&self) -> f64 {
        self.observed_us as f64 / HOUR_US
    }

    fn per_hour(&self) -> Option<f64> {
        (self.observed_us > 0).then(|| self.false_failovers as f64 / self.hours())
    }
}

/// How soon faults are detected, against how often nothing is: a point for each mechanism.
pub(super) fn tuning(groups: &Groups<'_>) -> Option<ParetoPlot> {
    let detected = |mechanism: &Mechanism| {
        let found = groups.found.iter().filter(|((_, other), _)| other == mechanism);
        let drills = found.flat_map(|(_, found)| &found.drills);
        let times: Vec<f64> =
            drills.filter_map(|drill| drill.detection_us).map(|us| us as f64 / 1e6).collect();
        (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64)
    };
    let point = |(mechanism, sum): (&Mechanism, &Alarms)| {
        let rate = sum.per_hour()?;
        let detection = detected(mechanism)?;
        Some(ParetoPoint {
            label: groups.name(mechanism),
            cost: Point::of_mean(rate),
            gain: Point::of_mean(detection),
        })
    };
    let points: Vec<ParetoPoint> = speaking(groups).filter_map(point).collect();
    (points.len() > 1).then(|| ParetoPlot {
        cost: "False failovers (per hour without a fault)".to_owned(),
        gain: "Detection (s, mean over drills)".to_owned(),
        better: Better::Less,
        panels: vec![ParetoPanel { title: String::new(), points }],
    })
}
