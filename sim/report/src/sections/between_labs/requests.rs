//! Requests in two labs as people see them: how their differences are distributed, a row for each
//! cell, and a line.

use super::found::{CellFound, Found, RequestFound};
use crate::charts::box_plot::{BoxPlot, BoxPlotPanel, Distribution};
use crate::charts::scatter::{ScatterPlot, ScatterPoint};
use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::head::count;
use std::collections::BTreeMap;
use weir_stats::derived::between_labs::pairs::lab_axis;
use weir_stats::methods::quantile::quantile;
use weir_stats::sweep::dimension::Dimension;
use weir_stats::sweep::{Sweep, SweepCell};
use weir_tables::AxisKind;

/// More rows than this are no picture.
const ROWS: usize = 24;

/// More points than this hide each other; those that are shown are spread evenly over the requests.
const POINTS: usize = 4_000;

/// Whether this is the dimension of labs.
pub(super) fn is_lab(sweep: &Sweep, dimension: &Dimension) -> bool {
    lab_axis(sweep).is_some_and(|axis| dimension.name == sweep.axes[axis].axis.path)
}

/// The requests by network: by every combination of what varies besides lab and algorithm, or by
/// the rate if those are too many.
pub(super) struct Rows<'f> {
    title: String,
    ordered: bool,
    by_place: BTreeMap<Vec<usize>, (String, Vec<&'f RequestFound>)>,
}

impl<'f> Rows<'f> {
    pub(super) fn of(sweep: &Sweep, others: &[&Dimension], found: &'f Found) -> Self {
        let mut by: Vec<&Dimension> =
            others.iter().copied().filter(|dimension| !dimension.is_algorithm()).collect();
        let rows: usize = by.iter().map(|dimension| dimension.places.len()).product();
        if rows > ROWS {
            let rate = by.iter().copied().find(|dimension| dimension.kind == AxisKind::BitRate);
            by = rate.or(by.first().copied()).into_iter().collect();
        }
        let mut by_place: BTreeMap<Vec<usize>, (String, Vec<&RequestFound>)> = BTreeMap::new();
        for (cell, requests) in &found.cells {
            let Some(cell) = sweep.cell(*cell) else { continue };
            let places: Vec<usize> = by.iter().map(|d| d.place_of(cell)).collect();
            let name = || {
                let words = by.iter().zip(&places).map(|(d, &place)| d.places[place].text.as_str());
                match words.collect::<Vec<_>>().join(", ") {
                    none if none.is_empty() => "all".to_owned(),
                    name => name,
                }
            };
            let entry = by_place.entry(places.clone());
            entry.or_insert_with(|| (name(), Vec::new())).1.extend(&requests.requests);
        }
        let names: Vec<&str> = by.iter().map(|dimension| dimension.name.as_str()).collect();
        Self {
            title: names.join(", "),
            ordered: by.len() <= 2 && by.iter().all(|dimension| dimension.is_numeric()),
            by_place,
        }
    }

    fn names(&self) -> Vec<String> {
        self.by_place.values().take(ROWS).map(|(name, _)| name.clone()).collect()
    }

    /// How the differences are distributed.
    pub(super) fn box_plot(&self, found: &Found) -> BoxPlot {
        let Found { lab, reference, .. } = found;
        let panel =
            |title: String, axis: &str, of: fn(&RequestFound) -> Option<f64>| BoxPlotPanel {
                title,
                axis: axis.to_owned(),
                boxes: self
                    .by_place
                    .values()
                    .take(ROWS)
                    .map(|(_, requests)| {
                        Distribution::of(requests.iter().filter_map(|r| of(r)).collect())
                    })
                    .collect(),
            };
        let percent = "% of the download time";
        let panels = vec![
            panel(
                format!("{lab} - {reference}: download time"),
                &format!("% of the download time in {reference}"),
                |r| Some(r.share? * 100.0),
            ),
            panel(format!("{lab} - predicted"), percent, |r| Some(r.deviation? * 100.0)),
            panel(format!("{reference} - predicted"), percent, |r| {
                Some(r.reference_deviation? * 100.0)
            }),
        ];
        let is_there = |panel: &BoxPlotPanel| panel.boxes.iter().any(Option::is_some);
        BoxPlot {
            rows_title: self.title.clone(),
            rows: self.names(),
            panels: panels.into_iter().filter(is_there).collect(),
        }
    }

    /// The differences against the size.
    pub(super) fn scatter_plot(&self, found: &Found) -> ScatterPlot {
        let Found { lab, reference, .. } = found;
        let all = self.by_place.values().take(ROWS).zip(0..);
        let mut points: Vec<ScatterPoint> = all
            .flat_map(|((_, requests), series)| {
                requests.iter().filter_map(move |request| {
                    let y = request.difference_us? / 1e3;
                    (request.bytes > 0).then(|| ScatterPoint {
                        series,
                        x: request.bytes as f64 / 1e3,
                        y,
                    })
                })
            })
            .collect();
        let step = points.len().div_ceil(POINTS).max(1);
        points = points.into_iter().step_by(step).collect();
        ScatterPlot {
            title: format!("{lab} - {reference}: download time of a segment (ms)"),
            x: "size of the segment (kB)".to_owned(),
            y: "ms".to_owned(),
            series_title: self.title.clone(),
            series: self.names(),
            ordered: self.ordered,
            points,
        }
    }
}

/// The middle value of what `of` finds.
fn median(requests: &[RequestFound], of: impl Fn(&RequestFound) -> Option<f64>) -> Option<f64> {
    sorted(requests.iter(), of).and_then(|values| quantile(&values, 0.5))
}

/// The ascending values of what `of` finds; `None` of none.
fn sorted<'r>(
    requests: impl Iterator<Item = &'r RequestFound>,
    of: impl Fn(&RequestFound) -> Option<f64>,
) -> Option<Vec<f64>> {
    let mut values: Vec<f64> = requests.filter_map(of).collect();
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then_some(values)
}

/// The medians of each cell.
pub(super) fn cells(sweep: &Sweep, others: &[&Dimension], found: &Found) -> DisplayTable {
    let Found { lab, reference, .. } = found;
    let mut table = DisplayTable::default();
    table.columns.extend(others.iter().copied().map(DisplayColumn::of));
    table.columns.extend([
        DisplayColumn::number("n", ""),
        DisplayColumn::number("not comparable", ""),
        DisplayColumn::number(&format!("{lab} - {reference}"), "ms"),
        DisplayColumn::number("of it", "%"),
        DisplayColumn::number(&format!("|{lab} - predicted|"), "%"),
        DisplayColumn::number("9 of 10 below", "%"),
        DisplayColumn::number(&format!("|{reference} - predicted|"), "%"),
    ]);
    for (cell, CellFound { requests, apart }) in &found.cells {
        let Some(cell) = sweep.cell(*cell) else { continue };
        let mut row: Vec<DisplayCell> =
            others.iter().map(|d| d.places[d.place_of(cell)].text.clone().into()).collect();
        row.push((requests.len() as u64 - apart).to_string().into());
        row.push(apart.to_string().into());
        let own = sorted(requests.iter(), |r| Some(r.deviation?.abs() * 100.0));
        let ninth = own.as_deref().and_then(|values| quantile(values, 0.9));
        let numbers = [
            (median(requests, |r| Some(r.difference_us? / 1e3)), 1),
            (median(requests, |r| Some(r.share? * 100.0)), 2),
            (own.as_deref().and_then(|values| quantile(values, 0.5)), 2),
            (ninth, 2),
            (median(requests, |r| Some(r.reference_deviation?.abs() * 100.0)), 2),
        ];
        row.extend(numbers.map(|(value, decimals)| DisplayCell::number(value, decimals)));
        table.rows.push(row);
    }
    table
}

/// What a run prints of it.
pub(super) fn line(sweep: &Sweep, others: &[&Dimension], found: &Found) -> String {
    let Found { lab, reference, cells, .. } = found;
    let all: Vec<RequestFound> = found.requests().copied().collect();
    let compared = all.iter().filter(|request| request.difference_us.is_some()).count();
    let mut line = format!("{lab} against {reference}: {}", count(compared as u64, "download"));
    let difference = median(&all, |r| r.difference_us).zip(median(&all, |r| r.share));
    if let Some((us, share)) = difference {
        line.push_str(&format!(
            ", median difference {:+.1} ms ({:+.2} %)",
            us / 1e3,
            share * 100.0
        ));
    }
    let of = |r: &RequestFound| Some(r.deviation?.abs());
    let Some(whole) = median(&all, of) else { return line };
    let worst = cells
        .iter()
        .filter_map(|(cell, found)| Some((median(&found.requests, of)?, sweep.cell(*cell)?)))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    line.push_str(&format!("; {lab} is {:.2} % from what is predicted", whole * 100.0));
    if let Some((worst, cell)) = worst {
        let place = place_of(others, cell);
        line.push_str(&format!(" (median; worst cell {:.2} %{place})", worst * 100.0));
    }
    line
}

fn place_of(others: &[&Dimension], cell: &SweepCell) -> String {
    let words = others.iter().map(|d| d.places[d.place_of(cell)].text.as_str());
    match words.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => none,
        words => format!(": {words}"),
    }
}
