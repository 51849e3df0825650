//! Drills as people see them: a verdict for each fault, a row and distributions for each fault and
//! mechanism, false alarms, and a timeline for each cell.

use super::alarms::{HOUR_US, high_per_hour};
use super::groups::{Alarms, Found, Groups, Mechanism};
use super::read;
use super::timeline::{DrawnDrill, timelines};
use super::verdict::{Score, best};
use crate::dimension::Dimensions;
use crate::figure::Point;
use crate::head::count;
use crate::human::{HumanCell, HumanColumn, HumanTable};
use crate::spread::{Spread, SpreadFigure, SpreadPanel, quantile};
use crate::sweep::Sweep;
use crate::tradeoff::{Better, Tradeoff, TradeoffPanel, TradeoffPoint};
use anyhow::Result;
use std::collections::BTreeMap;
use weir_records::Drill;

/// More rows than this are no picture.
const ROWS: usize = 24;

/// As many faults have a figure of their own.
const FAULTS: usize = 24;

/// As many verdicts are printed.
const LINES: usize = 24;

/// What is shown of drills. All of it is empty for recorded content, and without faults.
#[derive(Default)]
pub(crate) struct DrillsShown {
    /// The verdicts, a line each.
    pub lines: Vec<String>,
    /// The best mechanism of each fault.
    pub verdict: HumanTable,
    /// A row for each fault and mechanism.
    pub table: HumanTable,
    /// Distributions for each fault.
    pub spreads: Vec<DrillSpread>,
    /// False alarms of switchers.
    pub alarms: HumanTable,
    /// Detection against false alarms.
    pub tuning: Option<Tradeoff>,
    pub timelines: Vec<DrawnDrill>,
}

impl DrillsShown {
    /// Of the run; `availability` is that of the sessions of each cell.
    pub(crate) fn of(
        sweep: &Sweep,
        dimensions: &Dimensions,
        availability: &BTreeMap<u64, Vec<f64>>,
    ) -> Result<Self> {
        if !sweep.is_live()? {
            return Ok(Self::default());
        }
        let (drills, alarms) = (read::drills(sweep)?, read::alarms(sweep)?);
        let timelines = timelines(sweep, &drills)?;
        let groups = Groups::of(sweep, dimensions, (drills, alarms), availability);
        let (verdict, lines) = verdicts(&groups);
        Ok(Self {
            lines,
            verdict,
            table: table(&groups),
            spreads: spreads(&groups),
            alarms: alarm_table(&groups),
            tuning: tuning(&groups),
            timelines,
        })
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.table.rows.is_empty() && self.alarms.rows.is_empty()
    }
}

/// How the drills of a fault are distributed.
pub(crate) struct DrillSpread {
    /// The stem of its files' name.
    pub stem: String,
    /// The fault.
    pub fault: String,
    /// What the rows rest on.
    pub n: String,
    pub figure: SpreadFigure,
}

/// The best mechanism of each fault, as a table and in words; nothing where there is but one.
fn verdicts(groups: &Groups<'_>) -> (HumanTable, Vec<String>) {
    let mut table = HumanTable::default();
    let mut lines = Vec::new();
    table.columns.extend(["fault", "best", ""].map(HumanColumn::text));
    table.columns.extend([
        HumanColumn::number("n", "drills"),
        HumanColumn::number("lost", "sessions"),
        HumanColumn::number("stalled", "s"),
        HumanColumn::number("failures", "requests"),
        HumanColumn::number("recovery", "s"),
        HumanColumn::number("not recovered", "drills"),
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
                HumanCell { strong: true, ..names[at].clone().into() },
                if first { words } else { "" }.to_owned().into(),
                score.n.to_string().into(),
                HumanCell::number(Some(score.lost), 1),
                HumanCell::number(Some(score.stall_ms / 1e3), 3),
                HumanCell::number(Some(score.failures), 1),
                HumanCell::number(Some(score.recovery_us / 1e6), 1),
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
    fn cell(&self, drills: &[Drill]) -> HumanCell {
        let values = self.seconds(drills);
        let Some(max) = values.last() else { return HumanCell::number(None, 0) };
        let high = quantile(&values, 0.95).unwrap_or(*max);
        let mut below = format!("{high:.2}, {max:.2}");
        if values.len() < drills.len() {
            below.push_str(&format!(" ({} of {})", values.len(), drills.len()));
        }
        let median = HumanCell::number(quantile(&values, 0.5), 2);
        HumanCell { interval: Some(below), ..median }
    }
}

fn table(groups: &Groups<'_>) -> HumanTable {
    let mut table = HumanTable::default();
    table.columns.push(HumanColumn::text("fault"));
    table.columns.extend(groups.titles().into_iter().map(HumanColumn::text));
    table.columns.push(HumanColumn::number("n", "drills"));
    table.columns.extend(TIMES.iter().map(|time| HumanColumn::number(time.title, "s")));
    table.columns.extend([
        HumanColumn::number("failures", "mean"),
        HumanColumn::number("lost", "sessions"),
        HumanColumn::number("unrecovered", "drills"),
        HumanColumn::number("age, at most", "s"),
        HumanColumn::number("available", "%"),
    ]);
    for (fault, label) in groups.faults.iter().enumerate() {
        for (at, (mechanism, found)) in groups.of_fault(fault).enumerate() {
            let Found { drills, availability } = found;
            let mean = |of: fn(&Drill) -> u64| {
                let sum = drills.iter().map(of).fold(0u64, u64::saturating_add);
                HumanCell::number(Some(sum as f64 / drills.len() as f64), 1)
            };
            // Said once, for all rows below.
            let first = if at == 0 { label.clone() } else { String::new() };
            let mut row: Vec<HumanCell> = vec![first.into()];
            row.extend(groups.words(mechanism).iter().map(|word| (*word).to_owned().into()));
            row.push(drills.len().to_string().into());
            row.extend(TIMES.iter().map(|time| time.cell(drills)));
            row.push(mean(|drill| drill.failures));
            let lost = drills.iter().map(|drill| drill.lost).fold(0u64, u64::saturating_add);
            row.push(HumanCell { strong: lost > 0, ..lost.to_string().into() });
            row.push(drills.iter().filter(|drill| !drill.recovered).count().to_string().into());
            let oldest = drills.iter().filter_map(|drill| drill.age_max_us).max();
            row.push(HumanCell::number(oldest.map(|us| us as f64 / 1e6), 1));
            let sessions = availability.len() as f64;
            let share = availability.iter().sum::<f64>() / sessions;
            row.push(HumanCell::number((sessions > 0.0).then_some(share * 100.0), 2));
            table.rows.push(row);
        }
    }
    table
}

fn spreads(groups: &Groups<'_>) -> Vec<DrillSpread> {
    let title = groups.titles();
    let figure = |(fault, label): (usize, &String)| {
        let found: Vec<_> = groups.of_fault(fault).take(ROWS).collect();
        let times = TIMES.iter().map(|time| SpreadPanel {
            title: time.title.to_owned(),
            axis: "s".to_owned(),
            spreads: found.iter().map(|(_, f)| Spread::of(time.seconds(&f.drills))).collect(),
        });
        let others = [
            SpreadPanel {
                title: "failures".to_owned(),
                axis: "requests".to_owned(),
                spreads: found
                    .iter()
                    .map(|(_, f)| Spread::of(f.drills.iter().map(|d| d.failures as f64).collect()))
                    .collect(),
            },
            SpreadPanel {
                title: "unavailable segments".to_owned(),
                axis: "% of each session's".to_owned(),
                spreads: found
                    .iter()
                    .map(|(_, f)| {
                        Spread::of(f.availability.iter().map(|s| (1.0 - s) * 100.0).collect())
                    })
                    .collect(),
            },
        ];
        let is_there = |panel: &SpreadPanel| panel.spreads.iter().any(Option::is_some);
        let figure = SpreadFigure {
            rows_title: title.join(", "),
            rows: found.iter().map(|(mechanism, _)| groups.name(mechanism)).collect(),
            panels: times.chain(others).filter(is_there).collect(),
        };
        let counts = || found.iter().map(|(_, f)| f.drills.len() as u64);
        let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let n = match least == most {
            true => format!("n = {} in each row", count(most, "drill")),
            false => format!("n = {least} to {} in a row", count(most, "drill")),
        };
        DrillSpread { stem: format!("drills-{fault}"), fault: label.clone(), n, figure }
    };
    groups.faults.iter().enumerate().take(FAULTS).map(figure).collect()
}

/// The mechanisms whose switcher said anything, or whose settings are what is swept: of others nobody
/// knows whether they would.
fn speaking<'g>(groups: &'g Groups<'_>) -> impl Iterator<Item = (&'g Mechanism, &'g Alarms)> {
    let all = groups.sets_services();
    groups.alarms.iter().filter(move |(_, sum)| all || sum.failovers > 0 || sum.bad > 0)
}

fn alarm_table(groups: &Groups<'_>) -> HumanTable {
    let mut table = HumanTable::default();
    table.columns.extend(groups.titles().into_iter().map(HumanColumn::text));
    table.columns.extend([
        HumanColumn::number("trials", ""),
        HumanColumn::number("observed", "h"),
        HumanColumn::number("called bad", ""),
        HumanColumn::number("failovers", ""),
        HumanColumn::number("false", ""),
        HumanColumn::number("false", "per hour"),
        HumanColumn::number("at most", "per hour"),
    ]);
    for (mechanism, sum) in speaking(groups) {
        let mut row: Vec<HumanCell> =
            groups.words(mechanism).iter().map(|word| (*word).to_owned().into()).collect();
        row.push(sum.trials.to_string().into());
        row.push(HumanCell::number(Some(sum.hours()), 3));
        row.extend([sum.bad, sum.failovers].map(|n| HumanCell::from(n.to_string())));
        let any = sum.false_failovers > 0;
        row.push(HumanCell { strong: any, ..sum.false_failovers.to_string().into() });
        row.push(HumanCell::number(sum.per_hour(), 2));
        row.push(HumanCell::number(high_per_hour(sum.false_failovers, sum.observed_us), 2));
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
fn tuning(groups: &Groups<'_>) -> Option<Tradeoff> {
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
        Some(TradeoffPoint {
            label: groups.name(mechanism),
            cost: Point { mean: rate, interval: None, replicates: Vec::new() },
            gain: Point { mean: detection, interval: None, replicates: Vec::new() },
        })
    };
    let points: Vec<TradeoffPoint> = speaking(groups).filter_map(point).collect();
    (points.len() > 1).then(|| Tradeoff {
        cost: "False failovers (per hour without a fault)".to_owned(),
        gain: "Detection (s, mean over drills)".to_owned(),
        better: Better::Less,
        panels: vec![TradeoffPanel { title: String::new(), points }],
    })
}
