//! Algorithms over many traces: what each gets and what it costs, and how far each stays behind the
//! bound.

use crate::bootstrap::{Limits, Replicate};
use crate::dimension::{Dimension, Dimensions};
use crate::figure::Point;
use crate::human::{HumanCell, HumanColumn, HumanTable};
use crate::metric::{
    Estimate, MEAN_BITRATE, Metric, PENSIEVE_LIN, QOE, REGRET, SABRE_SCORE, STALL_RATIO,
    SWITCHES_PER_MINUTE,
};
use crate::spread::{Spread, SpreadFigure, SpreadPanel};
use crate::sweep::CellTrials;
use crate::tradeoff::{Better, Tradeoff, TradeoffPanel, TradeoffPoint};
use std::collections::BTreeMap;

/// More panels than this are no picture.
const PANELS: usize = 6;

/// What is shown of algorithms over traces.
#[derive(Debug, Clone)]
pub(crate) struct Shootout {
    /// Bit rate against stalls.
    pub tradeoff: Tradeoff,
    /// How further metrics are distributed, each with the stem of its files' name.
    pub spreads: Vec<(&'static str, SpreadFigure)>,
    /// The differences from the first algorithm, trace by trace; and its name.
    pub differences: (String, HumanTable),
    /// Combinations of further parameters that have no panel.
    pub hidden: usize,
}

/// The same while cells come.
pub(crate) struct Shooting<'a> {
    dimensions: &'a Dimensions,
    /// The dimension of algorithms among those apart.
    algorithm: usize,
    /// By the places in all other dimensions, and by algorithm.
    found: BTreeMap<Vec<usize>, BTreeMap<usize, Values>>,
    /// The trials of the first algorithm, by the places in all other dimensions, and by trace.
    references: BTreeMap<(Vec<usize>, Vec<usize>), Vec<RepeatMeans>>,
}

/// What the sessions of an algorithm come to, trace by trace.
#[derive(Debug, Default)]
struct Values {
    gain: Vec<Replicate>,
    cost: Vec<Replicate>,
    /// Of each of the metrics whose distribution is shown.
    spreads: [Spreads; SPREADS.len()],
    /// The differences from the first algorithm, in each of the metrics that are compared.
    differences: [Vec<Replicate>; COMPARED.len()],
}

/// Values whose distribution is shown: of each session, and their sums trace by trace.
#[derive(Debug, Default)]
struct Spreads {
    values: Vec<f64>,
    traces: Vec<Replicate>,
}

/// A repeat, and its mean in each of the metrics that are compared: not a number where it is missing.
type RepeatMeans = (u64, [f64; COMPARED.len()]);

/// The values that are 1 in the plots: 1 Mbit/s, and 1 %.
const GAIN: f64 = 1e6;
const COST: f64 = 0.01;

/// The metrics whose distribution is shown, where there are any. The first one gives the order.
static SPREADS: [Spreading; 2] = [
    Spreading { stem: "shootout-regret", axis: "Regret: bound less QoE", metric: &REGRET },
    Spreading {
        stem: "shootout-switches",
        axis: "Switches per minute of session",
        metric: &SWITCHES_PER_MINUTE,
    },
];

/// The metrics in which algorithms are compared, where there are any: title, unit, the value that is
/// shown as 1, and decimals.
type ComparedMetric = (&'static str, &'static str, f64, usize, &'static Metric);
static COMPARED: [ComparedMetric; 6] = [
    ("bitrate", "Mbit/s", 1e6, 3, &MEAN_BITRATE),
    ("stalled", "% points", 0.01, 2, &STALL_RATIO),
    ("score", "Sabre", 1.0, 3, &SABRE_SCORE),
    ("QoE lin", "Pensieve", 1.0, 3, &PENSIEVE_LIN),
    ("QoE", "", 1.0, 3, &QOE),
    ("regret", "QoE", 1.0, 3, &REGRET),
];

/// A metric whose distribution is shown.
#[derive(Debug)]
struct Spreading {
    stem: &'static str,
    axis: &'static str,
    metric: &'static Metric,
}

impl<'a> Shooting<'a> {
    /// `None` if the sweep has not both algorithms and traces.
    pub(crate) fn of(dimensions: &'a Dimensions) -> Option<Self> {
        let algorithm = dimensions.apart.iter().position(|dimension| dimension.is_algorithm())?;
        dimensions.trace_count()?;
        let (found, references) = (BTreeMap::new(), BTreeMap::new());
        Some(Self { dimensions, algorithm, found, references })
    }

    /// Adds a cell, of which each comes once, in order: the first algorithm comes before those that
    /// are compared with it.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        let mut places: Vec<usize> =
            self.dimensions.apart.iter().map(|dimension| dimension.place_of(cell.cell)).collect();
        let algorithm = places.remove(self.algorithm);
        let values = |metric: &Metric| -> Vec<f64> {
            cell.valid().flat_map(|trial| metric.values(trial, None)).collect()
        };
        // A cell has one trace, which makes it a cluster: see `Dimensions`.
        let here = self.found.entry(places.clone()).or_default().entry(algorithm).or_default();
        here.gain.extend(Replicate::of(values(&MEAN_BITRATE).into_iter()));
        here.cost.extend(Replicate::of(values(&STALL_RATIO).into_iter()));
        for (spreads, shown) in here.spreads.iter_mut().zip(&SPREADS) {
            let values = values(shown.metric);
            spreads.traces.extend(Replicate::of(values.iter().copied()));
            spreads.values.extend(values);
        }
        let means = cell.valid().map(|trial| {
            let mean = |(.., metric): &ComparedMetric| metric.of_trial(trial).unwrap_or(f64::NAN);
            (trial.head.repeat, COMPARED.each_ref().map(mean))
        });
        let means: Vec<RepeatMeans> = means.collect();
        let key = (places, self.dimensions.trace_of(cell.cell));
        if algorithm == 0 {
            self.references.entry(key).or_insert(means);
        } else if let Some(reference) = self.references.get(&key) {
            for (at, differences) in here.differences.iter_mut().enumerate() {
                differences.extend(difference(&means, reference, at));
            }
        }
    }

    pub(crate) fn finish(self) -> Shootout {
        let hidden = self.found.len().saturating_sub(PANELS);
        let panels = self.found.iter().take(PANELS);
        let tradeoff = |(places, algorithms): (&Vec<usize>, &BTreeMap<usize, Values>)| {
            let points = algorithms.iter().filter_map(|(place, values)| {
                Some(TradeoffPoint {
                    label: self.name(*place),
                    cost: point(&values.cost, Limits::SHARE, COST)?,
                    gain: point(&values.gain, Limits::POSITIVE, GAIN)?,
                })
            });
            TradeoffPanel { title: self.title(places), points: points.collect() }
        };
        Shootout {
            tradeoff: Tradeoff {
                cost: "Stall ratio (%), less is better".to_owned(),
                gain: "Mean bitrate (Mbit/s)".to_owned(),
                better: Better::More,
                panels: panels.map(tradeoff).collect(),
            },
            spreads: self.spreads(),
            differences: self.differences(),
            hidden,
        }
    }

    fn spreads(&self) -> Vec<(&'static str, SpreadFigure)> {
        let all: Vec<Vec<Distributions>> = (0..SPREADS.len())
            .map(|at| {
                let panels = self.found.values().take(PANELS);
                panels.map(|algorithms| distributions(algorithms, at)).collect()
            })
            .collect();
        let Some(order) = all.iter().map(|panels| order(panels)).find(|order| !order.is_empty())
        else {
            return Vec::new();
        };
        let figure = |(panels, shown): (Vec<Distributions>, &Spreading)| {
            let titles = self.found.keys().map(|places| self.title(places));
            let panel = |(spreads, title): (Distributions, String)| SpreadPanel {
                title,
                axis: shown.axis.to_owned(),
                spreads: order.iter().map(|place| spreads.get(place).cloned()).collect(),
            };
            let is_there = panels.iter().any(|spreads| !spreads.is_empty());
            let figure = SpreadFigure {
                rows_title: self.dimensions.apart[self.algorithm].name.clone(),
                rows: order.iter().map(|place| self.name(*place)).collect(),
                panels: panels.into_iter().zip(titles).map(panel).collect(),
            };
            is_there.then_some((shown.stem, figure))
        };
        all.into_iter().zip(&SPREADS).filter_map(figure).collect()
    }

    /// Every algorithm compared with the first, panel by panel.
    fn differences(&self) -> (String, HumanTable) {
        let others = self.dimensions.apart.iter().enumerate();
        let others = others.filter(|(i, _)| *i != self.algorithm).map(|(_, dimension)| dimension);
        let column =
            |d: &Dimension| HumanColumn { title: d.name.clone(), unit: "", right: d.is_numeric() };
        let mut table = HumanTable::default();
        table.columns.extend(others.clone().map(column));
        table.columns.push(column(&self.dimensions.apart[self.algorithm]));
        let is_there = |at: &usize| {
            let mut values = self.found.values().flat_map(BTreeMap::values);
            values.any(|values| !values.differences[*at].is_empty())
        };
        let shown: Vec<usize> = (0..COMPARED.len()).filter(is_there).collect();
        table.columns.extend(shown.iter().map(|&at| {
            let (title, unit, ..) = COMPARED[at];
            HumanColumn::number(title, unit)
        }));
        for (places, algorithms) in &self.found {
            for (place, values) in algorithms.iter().filter(|(place, _)| **place != 0) {
                let texts = others.clone().zip(places).map(|(d, &at)| d.places[at].text.clone());
                let mut row: Vec<HumanCell> = texts.map(HumanCell::from).collect();
                row.push(self.name(*place).into());
                row.extend(shown.iter().map(|&at| difference_cell(&values.differences[at], at)));
                table.rows.push(row);
            }
        }
        (self.name(0), table)
    }

    /// The name of an algorithm.
    fn name(&self, place: usize) -> String {
        let places = &self.dimensions.apart[self.algorithm].places;
        places.get(place).map_or_else(String::new, |place| short(&place.text))
    }

    /// What is the same in a panel.
    fn title(&self, places: &[usize]) -> String {
        let others = self.dimensions.apart.iter().enumerate();
        let others = others.filter(|(i, _)| *i != self.algorithm).map(|(_, dimension)| dimension);
        let words = others.zip(places).map(|(dimension, &place)| {
            let text = dimension.places.get(place).map_or("", |place| place.text.as_str());
            format!("{} = {text}", dimension.name)
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// The mean of all values and its interval over traces; `None` of none.
fn point(traces: &[Replicate], limits: Limits, unit: f64) -> Option<Point> {
    Point::of(&Estimate::of_replicates(traces, limits)?, unit)
}

/// The differences from the reference over what both have: the same repeat over the same trace.
fn difference(ours: &[RepeatMeans], reference: &[RepeatMeans], at: usize) -> Option<Replicate> {
    let mut theirs = reference.iter().peekable();
    Replicate::of(ours.iter().filter_map(|(repeat, means)| {
        // Both ascend.
        while theirs.next_if(|(other, _)| other < repeat).is_some() {}
        let (_, other) = theirs.next_if(|(other, _)| other == repeat)?;
        Some(means[at] - other[at]).filter(|difference| !difference.is_nan())
    }))
}

/// The mean of differences. Its interval resamples traces.
fn difference_cell(traces: &[Replicate], at: usize) -> HumanCell {
    let (_, _, size, decimals, _) = COMPARED[at];
    let Some(estimate) = Estimate::of_replicates(traces, Limits::NONE) else {
        return HumanCell::number(None, decimals);
    };
    let ends = estimate.interval.map(|ends| (ends.low / size, ends.high / size));
    let strong = ends.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
    let text = format!("{:+.decimals$}", estimate.mean / size);
    HumanCell { text, strong, interval: None }.with_interval(ends, decimals)
}

/// Distributions by algorithm.
type Distributions = BTreeMap<usize, Spread>;

fn distributions(algorithms: &BTreeMap<usize, Values>, at: usize) -> Distributions {
    let found = algorithms.iter();
    found.filter_map(|(place, values)| Some((*place, spread(&values.spreads[at])?))).collect()
}

/// The algorithms by their mean over these panels, the least first.
fn order(panels: &[Distributions]) -> Vec<usize> {
    let mut means: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (place, spread) in panels.iter().flatten() {
        means.entry(*place).or_default().extend(spread.mean);
    }
    let mean = |(place, means): (usize, Vec<f64>)| Some((Estimate::mean_of(&means)?, place));
    let mut order: Vec<(f64, usize)> = means.into_iter().filter_map(mean).collect();
    order.sort_by(|(one, a), (other, b)| one.total_cmp(other).then(a.cmp(b)));
    order.into_iter().map(|(_, place)| place).collect()
}

/// The distribution over sessions, and the mean with its interval over traces.
fn spread(spreads: &Spreads) -> Option<Spread> {
    let estimate = Estimate::of_replicates(&spreads.traces, Limits::POSITIVE)?;
    let spread = Spread::of(spreads.values.clone())?;
    Some(Spread { mean: Some(estimate.mean), interval: estimate.interval, ..spread })
}

/// `{name = fixed, rung = 1}` without what is known: `fixed, rung = 1`.
fn short(text: &str) -> String {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let inner = inner.map_or(text, str::trim);
    inner.strip_prefix("name = ").unwrap_or(inner).replace("\"", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_algorithm_is_short() {
        assert_eq!(short("bola"), "bola");
        assert_eq!(short("{name = fixed, rung = 1}"), "fixed, rung = 1");
        assert_eq!(short("{ exec = \"python3 mine.py\" }"), "exec = python3 mine.py");
    }

    #[test]
    fn a_distribution_is_that_of_sessions_and_its_interval_that_of_traces() {
        // Two traces of many equal sessions know as much as two sessions.
        let traces = [50.0, 150.0].map(|sum| Replicate { sum, count: 50.0 });
        let values = [[1.0; 50], [3.0; 50]].concat();
        let found = spread(&Spreads { values, traces: traces.into() }).unwrap();
        assert_eq!((found.mean, found.interval), (Some(2.0), None));
        assert_eq!(found.quantiles, [1.0, 1.0, 2.0, 3.0, 3.0]);
        assert_eq!(spread(&Spreads::default()), None);
    }
}
