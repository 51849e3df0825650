//! Algorithms over many traces: what each gets and what it costs, and how far each stays behind the
//! bound.

use crate::charts::box_plot::{BoxPlot, BoxPlotPanel, BoxPlotPicture, Distribution};
use crate::charts::lines::figure::Point;
use crate::charts::pareto::{Better, ParetoPanel, ParetoPicture, ParetoPlot, ParetoPoint};
use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::head::{Head, count};
use crate::kit::html;
use crate::kit::metric_column::{MetricColumn, column};
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use maud::html;
use std::collections::BTreeMap;
use weir_stats::methods::bootstrap::{Limits, Replicate};
use weir_stats::methods::estimate::Estimate;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::{Dimension, Dimensions};
use weir_stats::sweep::metric::{
    MEAN_BITRATE, Metric, PENSIEVE_LIN, QOE, REGRET, SABRE_SCORE, STALL_RATIO, SWITCHES_PER_MINUTE,
};
use weir_stats::sweep::pairs::RepeatMeans;

/// More panels than this are no picture.
const PANELS: usize = 6;

/// More rows than this are not on the page.
const ROWS: usize = 500;

/// Algorithms over traces while cells come.
struct Shootout<'a> {
    run: Run<'a>,
    /// The dimension of algorithms among those apart.
    algorithm: usize,
    /// By the places in all other dimensions, and by algorithm.
    found: BTreeMap<Vec<usize>, BTreeMap<usize, Values>>,
    /// The trials of the first algorithm, by the places in all other dimensions, and by trace.
    references: BTreeMap<(Vec<usize>, Vec<usize>), RepeatMeans>,
}

/// The dimension of algorithms among those apart; `None` if the sweep has not both algorithms and
/// traces.
pub(super) fn algorithm(dimensions: &Dimensions) -> Option<usize> {
    dimensions.trace_count()?;
    dimensions.apart.iter().position(Dimension::is_algorithm)
}

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    let algorithm = algorithm(run.dimensions)?;
    let (found, references) = (BTreeMap::new(), BTreeMap::new());
    Some(Box::new(Shootout { run, algorithm, found, references }))
}

/// What the sessions of an algorithm come to, trace by trace.
#[derive(Debug, Default)]
struct Values {
    gain: Vec<Replicate>,
    cost: Vec<Replicate>,
    /// Of each of the metrics whose distribution is shown.
    distributions: [Sessions; DISTRIBUTIONS.len()],
    /// The differences from the first algorithm, in each of the metrics that are compared.
    differences: [Vec<Replicate>; COMPARED.len()],
}

/// Values whose distribution is shown: of each session, and their sums trace by trace.
#[derive(Debug, Default)]
struct Sessions {
    values: Vec<f64>,
    traces: Vec<Replicate>,
}

/// The values that are 1 in the plots: 1 Mbit/s, and 1 %.
const GAIN: f64 = 1e6;
const COST: f64 = 0.01;

/// The metrics whose distribution is shown, where there are any. The first one gives the order.
static DISTRIBUTIONS: [DistributionView; 2] = [
    DistributionView { stem: "shootout-regret", axis: "Regret: bound less QoE", metric: &REGRET },
    DistributionView {
        stem: "shootout-switches",
        axis: "Switches per minute of session",
        metric: &SWITCHES_PER_MINUTE,
    },
];

/// The metrics in which algorithms are compared, where there are any.
static COMPARED: [MetricColumn; 6] = [
    column("bitrate", "Mbit/s", (1e6, 3), &MEAN_BITRATE),
    column("stalled", "% points", (0.01, 2), &STALL_RATIO),
    column("score", "Sabre", (1.0, 3), &SABRE_SCORE),
    column("QoE lin", "Pensieve", (1.0, 3), &PENSIEVE_LIN),
    column("QoE", "", (1.0, 3), &QOE),
    column("regret", "QoE", (1.0, 3), &REGRET),
];

/// A metric whose distribution is shown.
#[derive(Debug)]
struct DistributionView {
    stem: &'static str,
    axis: &'static str,
    metric: &'static Metric,
}

impl Section for Shootout<'_> {
    /// The first algorithm comes before those that are compared with it.
    fn add(&mut self, cell: &CellTrials<'_>) {
        let dimensions = self.run.dimensions;
        let mut places: Vec<usize> =
            dimensions.apart.iter().map(|dimension| dimension.place_of(cell.cell)).collect();
        let algorithm = places.remove(self.algorithm);
        let values = |metric: &Metric| -> Vec<f64> {
            cell.valid().flat_map(|trial| metric.values(trial, None)).collect()
        };
        // A cell has one trace, which makes it a cluster: see `Dimensions`.
        let here = self.found.entry(places.clone()).or_default().entry(algorithm).or_default();
        here.gain.extend(Replicate::of(values(&MEAN_BITRATE).into_iter()));
        here.cost.extend(Replicate::of(values(&STALL_RATIO).into_iter()));
        for (sessions, shown) in here.distributions.iter_mut().zip(&DISTRIBUTIONS) {
            let values = values(shown.metric);
            sessions.traces.extend(Replicate::of(values.iter().copied()));
            sessions.values.extend(values);
        }
        let means = RepeatMeans::of(cell, COMPARED.iter().map(|column| column.metric));
        let key = (places, dimensions.trace_of(cell.cell));
        if algorithm == 0 {
            self.references.entry(key).or_insert(means);
        } else if let Some(reference) = self.references.get(&key) {
            for (at, differences) in here.differences.iter_mut().enumerate() {
                let pairs = means.paired(reference, at).into_iter();
                differences.extend(Replicate::of(pairs.map(|(ours, theirs)| ours - theirs)));
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let mut output = SectionOutput::default();
        let [of_pareto, of_boxes] = self.readings();
        let head = |reading: &str| Head::with_note(self.run.sweep, self.run.dimensions, reading);
        let picture = ParetoPicture { head: &head(&of_pareto), plot: &self.pareto() };
        let mut plots = vec![(of_pareto, output.draw("shootout", &picture)?)];
        for (stem, plot) in self.box_plots() {
            let picture = BoxPlotPicture { head: &head(&of_boxes), plot: &plot };
            plots.push((of_boxes.clone(), output.draw(stem, &picture)?));
        }
        let (reference, differences) = self.differences();
        Ok(output.with(html! {
            h2 { "Algorithms over traces" }
            @for (note, plot) in plots {
                p.soft { (note) }
                (html::whole(&[plot]))
            }
            h3 { "Compared with " (reference) }
            p.soft {
                "Mean differences between sessions over the same trace in the same repeat, and their \
                 95 % intervals over traces; bold where zero is outside, which chance does to one in \
                 twenty."
            }
            (html::table(&differences, ROWS, "sessions.csv"))
        }))
    }
}

impl Shootout<'_> {
    /// How to read the two kinds of plots.
    fn readings(&self) -> [String; 2] {
        let traces = count(self.run.dimensions.trace_count().unwrap_or(0) as u64, "trace");
        let hidden = match self.found.len().saturating_sub(PANELS) {
            0 => String::new(),
            some => format!(" {} more have no panel.", count(some as u64, "combination")),
        };
        let pareto = format!(
            "Points: mean over sessions and {traces}. Lines: 95 % bootstrap intervals, traces \
             resampled. Orange: no other has both more bitrate and less stalling.{hidden}"
        );
        let boxes = format!(
            "Box: half of the sessions, with the median. Thin line: 90 % of them. Dot: mean over \
             {traces}, with its 95 % bootstrap interval, traces resampled.{hidden}"
        );
        [pareto, boxes]
    }

    /// Bit rate against stalls.
    fn pareto(&self) -> ParetoPlot {
        let panel = |(places, algorithms): (&Vec<usize>, &BTreeMap<usize, Values>)| {
            let points = algorithms.iter().filter_map(|(place, values)| {
                Some(ParetoPoint {
                    label: self.name(*place),
                    cost: point(&values.cost, Limits::SHARE, COST)?,
                    gain: point(&values.gain, Limits::POSITIVE, GAIN)?,
                })
            });
            ParetoPanel { title: self.title(places), points: points.collect() }
        };
        ParetoPlot {
            cost: "Stall ratio (%), less is better".to_owned(),
            gain: "Mean bitrate (Mbit/s)".to_owned(),
            better: Better::More,
            panels: self.found.iter().take(PANELS).map(panel).collect(),
        }
    }

    /// How further metrics are distributed, each with the stem of its files' name.
    fn box_plots(&self) -> Vec<(&'static str, BoxPlot)> {
        let all: Vec<Vec<Distributions>> = (0..DISTRIBUTIONS.len())
            .map(|at| {
                let panels = self.found.values().take(PANELS);
                panels.map(|algorithms| distributions(algorithms, at)).collect()
            })
            .collect();
        let Some(order) = all.iter().map(|panels| order(panels)).find(|order| !order.is_empty())
        else {
            return Vec::new();
        };
        let figure = |(panels, shown): (Vec<Distributions>, &DistributionView)| {
            let titles = self.found.keys().map(|places| self.title(places));
            let panel = |(found, title): (Distributions, String)| BoxPlotPanel {
                title,
                axis: shown.axis.to_owned(),
                boxes: order.iter().map(|place| found.get(place).cloned()).collect(),
            };
            let is_there = panels.iter().any(|found| !found.is_empty());
            let figure = BoxPlot {
                rows_title: self.run.dimensions.apart[self.algorithm].name.clone(),
                rows: order.iter().map(|place| self.name(*place)).collect(),
                panels: panels.into_iter().zip(titles).map(panel).collect(),
            };
            is_there.then_some((shown.stem, figure))
        };
        all.into_iter().zip(&DISTRIBUTIONS).filter_map(figure).collect()
    }

    /// Every algorithm compared with the first, panel by panel.
    fn differences(&self) -> (String, DisplayTable) {
        let others = self.others();
        let mut table = DisplayTable::default();
        table.columns.extend(others.clone().map(DisplayColumn::of));
        table.columns.push(DisplayColumn::of(&self.run.dimensions.apart[self.algorithm]));
        let is_there = |at: &usize| {
            let mut values = self.found.values().flat_map(BTreeMap::values);
            values.any(|values| !values.differences[*at].is_empty())
        };
        let shown: Vec<usize> = (0..COMPARED.len()).filter(is_there).collect();
        table.columns.extend(shown.iter().map(|&at| COMPARED[at].head()));
        for (places, algorithms) in &self.found {
            for (place, values) in algorithms.iter().filter(|(place, _)| **place != 0) {
                let texts = others.clone().zip(places).map(|(d, &at)| d.places[at].text.clone());
                let mut row: Vec<DisplayCell> = texts.map(DisplayCell::from).collect();
                row.push(self.name(*place).into());
                row.extend(shown.iter().map(|&at| difference_cell(&values.differences[at], at)));
                table.rows.push(row);
            }
        }
        (self.name(0), table)
    }

    /// The dimensions besides the algorithm.
    fn others(&self) -> impl Iterator<Item = &Dimension> + Clone {
        let all = self.run.dimensions.apart.iter().enumerate();
        all.filter(|(i, _)| *i != self.algorithm).map(|(_, dimension)| dimension)
    }

    /// The name of an algorithm.
    fn name(&self, place: usize) -> String {
        let places = &self.run.dimensions.apart[self.algorithm].places;
        places.get(place).map_or_else(String::new, |place| short(&place.text))
    }

    /// What is the same in a panel.
    fn title(&self, places: &[usize]) -> String {
        let words = self.others().zip(places).map(|(dimension, &place)| {
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

/// The mean of differences. Its interval resamples traces.
fn difference_cell(traces: &[Replicate], at: usize) -> DisplayCell {
    let found = Estimate::of_replicates(traces, Limits::NONE);
    let ends = found.as_ref().and_then(|found| found.interval);
    COMPARED[at].difference(found.map(|found| found.mean), ends)
}

/// Distributions by algorithm.
type Distributions = BTreeMap<usize, Distribution>;

fn distributions(algorithms: &BTreeMap<usize, Values>, at: usize) -> Distributions {
    let found = algorithms.iter();
    found
        .filter_map(|(place, values)| Some((*place, distribution(&values.distributions[at])?)))
        .collect()
}

/// The algorithms by their mean over these panels, the least first.
fn order(panels: &[Distributions]) -> Vec<usize> {
    let mut means: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (place, found) in panels.iter().flatten() {
        means.entry(*place).or_default().extend(found.mean);
    }
    let mean = |(place, means): (usize, Vec<f64>)| Some((Estimate::mean_of(&means)?, place));
    let mut order: Vec<(f64, usize)> = means.into_iter().filter_map(mean).collect();
    order.sort_by(|(one, a), (other, b)| one.total_cmp(other).then(a.cmp(b)));
    order.into_iter().map(|(_, place)| place).collect()
}

/// The distribution over sessions, and the mean with its interval over traces.
fn distribution(sessions: &Sessions) -> Option<Distribution> {
    let estimate = Estimate::of_replicates(&sessions.traces, Limits::POSITIVE)?;
    let found = Distribution::of(sessions.values.clone())?;
    Some(Distribution { mean: Some(estimate.mean), interval: estimate.interval, ..found })
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
        let found = distribution(&Sessions { values, traces: traces.into() }).unwrap();
        assert_eq!((found.mean, found.interval), (Some(2.0), None));
        assert_eq!(found.quantiles, [1.0, 1.0, 2.0, 3.0, 3.0]);
        assert_eq!(distribution(&Sessions::default()), None);
    }
}
