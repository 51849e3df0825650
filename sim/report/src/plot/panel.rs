//! One plot: a metric against the horizontal axis, with a line, a band and markers for each series.

use super::look::{self, Area, Backend, Look};
use super::marks::{MARKER_WIDTH, Mark, Pixel};
use super::ticks::{self, Scale, Tick};
use crate::figure::{Figure, METRICS, Point, X};
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Above the data: the panel's title.
const TITLE_HEIGHT: f64 = 28.0;
/// Below the data: labels and title of the horizontal axis.
const X_HEIGHT: f64 = 46.0;
/// Room at the right for half of the last label.
const RIGHT: f64 = 18.0;
/// Between a label and its axis.
const LABEL_SPACE: f64 = 12.0;
/// Between two labels of the horizontal axis.
const LABEL_GAP: f64 = 9.0;
/// Between the markers of a series whose points are too close for all to have one.
const SPARSE: f64 = 2.5 * MARKER_WIDTH;
/// Room beside the first and the last number, as a share of the axis.
const MARGIN: f64 = 0.03;

/// Of up to three bands, which can lie on top of each other.
const BAND_OPACITY: f64 = 0.16;

/// Draws the metric of this index into [`METRICS`] onto the whole of `area`, which has this size.
pub(super) fn draw<B: Backend>(
    area: &Area<B>,
    look: &Look,
    (width, _): (f64, f64),
    figure: &Figure,
    metric: usize,
) -> Result<()> {
    let points = &figure.panels[metric].points;
    let metric = &METRICS[metric];
    let highest = points.iter().flatten().flatten().map(|point| point.high).fold(0.0, f64::max);
    let (y_ticks, y_top) = ticks::from_zero(if highest > 0.0 { highest } else { metric.least_top });
    let mut label_width = 0.0f64;
    for (_, label) in &y_ticks {
        label_width = label_width.max(look.width(label, &look::TICK)?);
    }
    let left = label_width + LABEL_SPACE;
    let x = Horizontal::of(look, &figure.x, width - left - RIGHT)?;

    let mut chart = ChartBuilder::on(area)
        .margin_top(look.px(TITLE_HEIGHT))
        .margin_right(look.px(RIGHT))
        .x_label_area_size(look.px(X_HEIGHT))
        .y_label_area_size(look.px(left))
        .build_cartesian_2d(x.scale.clone(), Scale { low: 0.0, high: y_top, ticks: y_ticks })?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(look.stroke(look::GRID, 1.0))
        .light_line_style(TRANSPARENT)
        .axis_style(look.stroke(look::AXIS, 1.0))
        .set_all_tick_mark_size(look.px(4.0))
        .label_style(look.font(&look::TICK))
        .y_label_offset(look.px(look.drop_of(&look::TICK)))
        .x_desc(look.fit(figure.x.label(), &look::AXIS_TITLE, width - left)?)
        .axis_desc_style(look.font(&look::AXIS_TITLE))
        .draw()?;
    look.write(area, metric.title, &look::PANEL, (0.0, 0.0), (HPos::Left, VPos::Top))?;

    let corner = area.get_base_pixel();
    let pixel = |place: f64, value: f64| {
        let (x, y) = chart.backend_coord(&(place, value));
        (x - corner.0, y - corner.1)
    };
    let series = Marks::of(points, look, &x, &pixel);
    if x.joined {
        // Many bands on top of each other must not become a dark patch.
        let opacity = BAND_OPACITY * (3.0 / series.len() as f64).min(1.0);
        series.iter().try_for_each(|marks| marks.ranges(area, look, opacity))?;
        series.iter().try_for_each(|marks| marks.lines(area, look))?;
    } else {
        series.iter().try_for_each(|marks| marks.bars(area, look))?;
    }
    series.iter().try_for_each(|marks| marks.markers(area, look, x.markers_apart))
}

/// The horizontal axis, laid out.
struct Horizontal {
    scale: Scale,
    /// The place of each value on the axis.
    places: Vec<f64>,
    /// Whether neighbours are joined by lines: names are not, nothing lies between them.
    joined: bool,
    /// The least distance between two markers of a series; zero where all have room.
    markers_apart: f64,
}

impl Horizontal {
    /// Lays out the axis over this width.
    fn of(look: &Look, x: &X, width: f64) -> Result<Self> {
        match x {
            X::Names { names, .. } => {
                let places: Vec<f64> = (0..names.len()).map(|i| i as f64).collect();
                let room = width / names.len().max(1) as f64 - LABEL_GAP;
                let labels: Result<Vec<String>> =
                    names.iter().map(|name| look.fit(name, &look::TICK, room)).collect();
                let ticks = places.iter().copied().zip(labels?).collect();
                let (low, high) = (-0.5, names.len() as f64 - 0.5);
                let scale = Scale { low, high, ticks };
                Ok(Self { scale, places, joined: false, markers_apart: 0.0 })
            }
            X::Numbers { values, log, .. } => Self::of_numbers(look, values, *log, width),
        }
    }

    fn of_numbers(look: &Look, values: &[f64], log: bool, width: f64) -> Result<Self> {
        let place = |value: f64| if log { libm::log10(value) } else { value };
        let (first, last) = match (values.first(), values.last()) {
            (Some(&first), Some(&last)) if first < last => (first, last),
            (Some(&only), _) => (only - 0.5, only + 0.5),
            _ => (0.0, 1.0),
        };
        let margin = (place(last) - place(first)) * MARGIN;
        let (low, high) = (place(first) - margin, place(last) + margin);

        // The values themselves if their labels fit, or else round numbers, as many as fit.
        let own = values.iter().map(|value| (*value, ticks::label(*value))).collect();
        let round: Vec<Vec<Tick>> = if log {
            let multiples: [&[u32]; 3] = [&[1, 2, 5], &[1, 3], &[1]];
            multiples.map(|multiples| ticks::decades(first, last, multiples)).into()
        } else {
            [12.0, 10.0, 8.0, 6.0, 4.0, 2.0].map(|n| ticks::between(first, last, n)).into()
        };
        let mut chosen = Vec::new();
        for ticks in [own].into_iter().chain(round) {
            chosen = ticks.into_iter().map(|(value, label)| (place(value), label)).collect();
            if labels_fit(look, &chosen, width / (high - low))? {
                break;
            }
        }
        let places: Vec<f64> = values.iter().map(|value| place(*value)).collect();
        let closest = places.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let closest = closest * width / (high - low);
        let markers_apart = if closest < MARKER_WIDTH { SPARSE } else { 0.0 };
        let scale = Scale { low, high, ticks: chosen };
        Ok(Self { scale, places, joined: true, markers_apart })
    }
}

/// Whether the labels keep their distance; `scale` is the width of one unit of the axis.
fn labels_fit(look: &Look, ticks: &[Tick], scale: f64) -> Result<bool> {
    let mut free_from = f64::NEG_INFINITY;
    for (place, label) in ticks {
        let half = look.width(label, &look::TICK)? / 2.0;
        if place * scale - half < free_from {
            return Ok(false);
        }
        free_from = place * scale + half + LABEL_GAP;
    }
    Ok(true)
}

/// The marks of one series, in pixels.
struct Marks {
    mark: Mark,
    /// Points without a gap between them: mean, high and low of each.
    runs: Vec<Vec<[Pixel; 3]>>,
}

impl Marks {
    /// Of each series. Series beside each other at one name are set apart.
    fn of(
        points: &[Vec<Option<Point>>],
        look: &Look,
        x: &Horizontal,
        pixel: &impl Fn(f64, f64) -> Pixel,
    ) -> Vec<Self> {
        let count = points.len();
        let room = f64::from(pixel(1.0, 0.0).0 - pixel(0.0, 0.0).0);
        let apart = (room * 0.8 / count.max(1) as f64).min(f64::from(look.px(26.0)));
        let place_series = |(series, points): (usize, &Vec<Option<Point>>)| {
            let beside = (series as f64 - (count as f64 - 1.0) / 2.0) * apart;
            let shift = if x.joined { 0 } else { beside.round() as i32 };
            let at = |place: f64, value: f64| {
                let (x, y) = pixel(place, value);
                (x + shift, y)
            };
            let mut runs = vec![Vec::new()];
            for (&place, point) in x.places.iter().zip(points) {
                match (point, runs.last_mut()) {
                    (Some(Point { mean, low, high }), Some(run)) => {
                        run.push([*mean, *high, *low].map(|value| at(place, value)));
                    }
                    _ => runs.push(Vec::new()),
                }
            }
            runs.retain(|run| !run.is_empty());
            Self { mark: Mark::of(series), runs }
        };
        points.iter().enumerate().map(place_series).collect()
    }

    fn ranges<B: Backend>(&self, area: &Area<B>, look: &Look, opacity: f64) -> Result<()> {
        for run in &self.runs {
            let [_, upper, lower] = [0, 1, 2].map(|i| run.iter().map(|p| p[i]).collect::<Vec<_>>());
            match run.as_slice() {
                // A band needs width: a point without neighbours has a bar.
                [[_, high, low]] => self.mark.bar(area, look, *high, *low)?,
                _ => self.mark.band(area, look, (&upper, &lower), opacity)?,
            }
        }
        Ok(())
    }

    fn bars<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()> {
        self.runs
            .iter()
            .flatten()
            .try_for_each(|[_, high, low]| self.mark.bar(area, look, *high, *low))
    }

    fn lines<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()> {
        for run in self.runs.iter().filter(|run| run.len() > 1) {
            let means: Vec<Pixel> = run.iter().map(|[mean, ..]| *mean).collect();
            self.mark.line(area, look, &means)?;
        }
        Ok(())
    }

    fn markers<B: Backend>(&self, area: &Area<B>, look: &Look, apart: f64) -> Result<()> {
        let mut free_from = i32::MIN;
        for [mean, ..] in self.runs.iter().flatten() {
            if mean.0 >= free_from {
                self.mark.marker(area, look, *mean)?;
                free_from = mean.0.saturating_add(look.px(apart));
            }
        }
        Ok(())
    }
}
