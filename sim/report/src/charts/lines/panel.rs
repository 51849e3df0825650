//! One plot: a metric against the horizontal axis, with a line, intervals and markers for each
//! series.

use super::axis::{Horizontal, TITLE_HEIGHT};
use super::figure::{Figure, Panel, Point, Range};
use crate::kit::metric_view::Ends;
use crate::plot::canvas::{Canvas, Pixel, anchor};
use crate::plot::frame::{Frame, Scale};
use crate::plot::heading::TITLE;
use crate::plot::look;
use crate::plot::marks::Mark;
use crate::plot::ticks::{self, Tick};
use anyhow::Result;

/// Room at the right for half of the last label.
const RIGHT: f64 = 18.0;

/// The most that series at one number are set apart, so that none hides another.
const APART_NUMBERS: f64 = 5.0;
/// The most that series at one name are set apart.
const APART_NAMES: f64 = 26.0;

/// Of up to three bands, which can lie on top of each other.
const BAND_OPACITY: f64 = 0.16;

/// Where a plot stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Box {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Draws one facet of a panel, with this title above it.
pub(crate) fn draw(
    canvas: &Canvas,
    place: Box,
    figure: &Figure,
    (panel, facet, title): (&Panel, usize, &str),
) -> Result<()> {
    let (y_ticks, y) = vertical(panel);
    let left = Frame::label_room(canvas, &y_ticks)?;
    let width = place.width - left - RIGHT;
    let x = Horizontal::of(canvas, &figure.x, width, beside(figure))?;
    let frame = Frame {
        left: place.left + left,
        top: place.top + TITLE,
        width,
        height: place.height - TITLE - x.labels_height() - TITLE_HEIGHT,
        x: x.scale,
        y,
    };
    let corner = (place.left, place.top);
    canvas.write_fit(title, &look::PANEL, corner, anchor::TOP_LEFT, place.width)?;
    frame.y_axis(canvas, &y_ticks);
    frame.x_axis(canvas, &x.ticks, figure.x.is_joined());
    let below = (frame.left + frame.width / 2.0, place.top + place.height);
    canvas.write_fit(figure.x.label(), &look::AXIS_TITLE, below, anchor::BOTTOM, place.width)?;

    let series = Series::all(figure, &panel.facets[facet], canvas, &x, &frame);
    match figure.range() {
        Range::Bands => {
            // Many bands on top of each other must not become a dark patch.
            let opacity = BAND_OPACITY * (3.0 / series.len() as f64).min(1.0);
            series.iter().for_each(|s| s.bands(canvas, opacity));
        }
        Range::Bars => series.iter().for_each(|s| s.bars(canvas)),
    }
    if figure.x.is_joined() {
        series.iter().for_each(|s| s.lines(canvas));
    }
    series.iter().for_each(|s| s.dots(canvas));
    for (index, s) in series.iter().enumerate() {
        // Series whose points are too close for a marker each have theirs at different places.
        let first = x.markers_apart * index as f64 / series.len() as f64;
        s.markers(canvas, first, x.markers_apart);
    }
    Ok(())
}

/// How far the outermost series is set apart from its number.
fn beside(figure: &Figure) -> f64 {
    match figure.range() {
        Range::Bars => APART_NUMBERS * figure.series.len() as f64 / 2.0,
        Range::Bands => 0.0,
    }
}

/// The vertical axis and its ticks.
fn vertical(panel: &Panel) -> (Vec<Tick>, Scale) {
    let points = || panel.points().flatten();
    match panel.view.ends {
        Ends::Zero(least) => {
            let highest = points().map(Point::highest).fold(0.0, f64::max);
            let top = if highest > 0.0 { highest } else { least };
            let (ticks, high) = ticks::from_zero(top, ticks::VERTICAL_INTERVALS);
            (ticks, Scale { low: 0.0, high })
        }
        Ends::Around => {
            let lowest = points().map(Point::lowest).fold(0.0, f64::min);
            let highest = points().map(Point::highest).fold(0.0, f64::max);
            let (ticks, low, high) = ticks::around(lowest, highest, ticks::VERTICAL_INTERVALS);
            (ticks, Scale { low, high })
        }
        Ends::Best(high) => {
            let lowest = points().map(Point::lowest).fold(high, f64::min);
            // Little of it would be seen if the axis began at zero.
            let begins = [0.9, 0.8, 0.5].into_iter().map(|share| share * high);
            let low = begins.into_iter().find(|low| lowest >= *low).unwrap_or(0.0);
            (ticks::between(low, high, ticks::VERTICAL_INTERVALS), Scale { low, high })
        }
    }
}

/// A point in pixels.
struct Placed {
    mean: Pixel,
    /// The ends of its interval, the high one first.
    interval: Option<[Pixel; 2]>,
    replicates: Vec<Pixel>,
}

/// The marks of one series.
struct Series {
    mark: Mark,
    /// Points without a gap between them.
    runs: Vec<Vec<Placed>>,
}

impl Series {
    /// Each series, set apart from those beside it.
    fn all(
        figure: &Figure,
        points: &[Vec<Option<Point>>],
        canvas: &Canvas,
        x: &Horizontal,
        frame: &Frame,
    ) -> Vec<Self> {
        let count = points.len();
        let (most, share) = match (figure.x.is_joined(), figure.range()) {
            (true, Range::Bars) => (APART_NUMBERS, 0.6),
            // A band stays where its numbers are.
            (true, Range::Bands) => (0.0, 0.0),
            (false, _) => (APART_NAMES, 0.8),
        };
        let room = x.closest(frame.width);
        let apart = (room * share / count.max(1) as f64).min(most);
        let place_series = |(index, points): (usize, &Vec<Option<Point>>)| {
            let beside = (index as f64 - (count as f64 - 1.0) / 2.0) * apart;
            let shift = canvas.px(beside);
            let mut runs = vec![Vec::new()];
            for (&place, point) in x.places.iter().zip(points) {
                let at = |value: f64| {
                    let (x, y) = frame.pixel(canvas, place, value);
                    (x + shift, y)
                };
                match (point, runs.last_mut()) {
                    (Some(Point { mean, interval, replicates }), Some(run)) => run.push(Placed {
                        mean: at(*mean),
                        interval: interval.map(|ends| [at(ends.high), at(ends.low)]),
                        replicates: replicates.iter().map(|value| at(*value)).collect(),
                    }),
                    _ => runs.push(Vec::new()),
                }
            }
            runs.retain(|run| !run.is_empty());
            Self { mark: Mark::of(index, count, figure.ordered), runs }
        };
        points.iter().enumerate().map(place_series).collect()
    }

    fn bands(&self, canvas: &Canvas, opacity: f64) {
        for run in &self.runs {
            for part in run.split(|point| point.interval.is_none()) {
                let ends: Vec<[Pixel; 2]> = part.iter().filter_map(|p| p.interval).collect();
                match ends[..] {
                    [] => {}
                    // A band needs width: a point without neighbours has a bar.
                    [[high, low]] => self.mark.bar(canvas, high, low),
                    _ => {
                        let [upper, lower] =
                            [0, 1].map(|i| ends.iter().map(|e| e[i]).collect::<Vec<_>>());
                        self.mark.band(canvas, (&upper, &lower), opacity);
                    }
                }
            }
        }
    }

    fn bars(&self, canvas: &Canvas) {
        let ends = self.runs.iter().flatten().filter_map(|point| point.interval);
        ends.for_each(|[high, low]| self.mark.bar(canvas, high, low));
    }

    fn lines(&self, canvas: &Canvas) {
        for run in self.runs.iter().filter(|run| run.len() > 1) {
            let means: Vec<Pixel> = run.iter().map(|point| point.mean).collect();
            self.mark.line(canvas, &means);
        }
    }

    fn dots(&self, canvas: &Canvas) {
        let dots = self.runs.iter().flatten().flat_map(|point| &point.replicates);
        dots.for_each(|at| self.mark.dot(canvas, *at));
    }

    fn markers(&self, canvas: &Canvas, first: f64, apart: f64) {
        let mut points = self.runs.iter().flatten().map(|point| point.mean).peekable();
        let start = points.peek().map_or(0, |(x, _)| *x);
        let mut free_from = start.saturating_add(canvas.px(first));
        for mean in points {
            if mean.0 >= free_from {
                self.mark.marker(canvas, mean);
                free_from = mean.0.saturating_add(canvas.px(apart));
            }
        }
    }
}
