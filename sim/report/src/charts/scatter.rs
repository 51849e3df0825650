//! Many points of a few series.

use crate::kit::head::Head;
use crate::plot::canvas::{Canvas, Painting, anchor};
use crate::plot::frame::{Frame, Scale};
use crate::plot::heading::{BELOW, HEAD, PADDING, TITLE, TOP, WIDE, draw_head};
use crate::plot::look;
use crate::plot::marks::Mark;
use crate::plot::ticks;
use anyhow::Result;
use plotters::prelude::*;

const HEIGHT: f64 = 330.0;
/// Between points and legend.
const GAP: f64 = 26.0;
/// The most of the width for the legend.
const LEGEND: f64 = 0.22;
/// From one label of the legend to the next.
const ROW: f64 = 20.0;
/// Between a dot of the legend and its label.
const SPACE: f64 = 14.0;

/// A panel of points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScatterPlot {
    pub title: String,
    /// The title of the horizontal axis, which is logarithmic.
    pub x: String,
    /// The title of the vertical axis.
    pub y: String,
    /// What tells the series apart, and the label of each.
    pub series_title: String,
    pub series: Vec<String>,
    /// Whether the series are values of one quantity, ascending.
    pub ordered: bool,
    pub points: Vec<ScatterPoint>,
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ScatterPoint {
    pub series: usize,
    /// Above zero.
    pub x: f64,
    pub y: f64,
}

/// A picture of it.
pub(crate) struct ScatterPicture<'a> {
    /// Title and notes.
    pub head: &'a Head,
    pub plot: &'a ScatterPlot,
}

impl ScatterPicture<'_> {
    fn legend_width(&self, canvas: &Canvas) -> Result<f64> {
        if self.plot.series.len() < 2 {
            return Ok(0.0);
        }
        let mut widest = canvas.width(&self.plot.series_title, &look::LEGEND_TITLE)?;
        for label in &self.plot.series {
            widest = widest.max(SPACE + canvas.width(label, &look::LEGEND)?);
        }
        Ok(widest.min(LEGEND * WIDE))
    }

    fn legend(&self, canvas: &Canvas, left: f64, width: f64) -> Result<()> {
        let top = TOP + TITLE;
        let corner = (left, top);
        canvas.write_fit(
            &self.plot.series_title,
            &look::LEGEND_TITLE,
            corner,
            anchor::TOP_LEFT,
            width,
        )?;
        // As many as there is room for; the last ones have the same marks as the first.
        let fit = (HEIGHT / ROW) as usize;
        for (index, label) in self.plot.series.iter().enumerate().take(fit) {
            let y = top + ROW * (index as f64 + 1.0) + 10.0;
            let mark = self.mark(index);
            canvas.circle(canvas.at((left + 4.0, y)), 3.5, mark.filled());
            let place = (left + SPACE, y);
            canvas.write_fit(label, &look::LEGEND, place, anchor::LEFT, width - SPACE)?;
        }
        Ok(())
    }

    fn mark(&self, series: usize) -> RGBColor {
        Mark::of(series, self.plot.series.len(), self.plot.ordered).colour
    }

    /// The ends of the horizontal axis, as powers of ten.
    fn across(&self) -> Scale {
        let logs = self.plot.points.iter().map(|point| libm::log10(point.x));
        let (low, high) = logs
            .filter(|log| log.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), log| {
                (low.min(log), high.max(log))
            });
        match high - low {
            span if span > 0.0 => Scale { low: low - 0.02 * span, high: high + 0.02 * span },
            _ if high.is_finite() => Scale { low: high - 0.5, high: high + 0.5 },
            _ => Scale { low: 0.0, high: 1.0 },
        }
    }
}

impl Painting for ScatterPicture<'_> {
    fn size(&self) -> (f64, f64) {
        (WIDE, TOP + TITLE + HEIGHT + BELOW + PADDING)
    }

    fn on_page(&self) -> (f64, f64) {
        (HEAD, self.size().1)
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let inner = WIDE - 2.0 * PADDING;
        draw_head(canvas, self.head, inner)?;
        let plot = self.plot;
        let points = || plot.points.iter().filter(|point| point.x > 0.0 && point.y.is_finite());
        let lowest = points().map(|point| point.y).fold(0.0, f64::min);
        let highest = points().map(|point| point.y).fold(0.0, f64::max);
        let (y_ticks, low, high) = ticks::around(lowest, highest, ticks::VERTICAL_INTERVALS);
        let left = Frame::label_room(canvas, &y_ticks)?;
        let legend = self.legend_width(canvas)?;
        let x = self.across();
        let frame = Frame {
            left: PADDING + left,
            top: TOP + TITLE,
            width: inner - left - if legend > 0.0 { legend + GAP } else { 0.0 },
            height: HEIGHT,
            x,
            y: Scale { low, high },
        };
        let corner = (PADDING, TOP);
        canvas.write_fit(&plot.title, &look::PANEL, corner, anchor::TOP_LEFT, inner)?;
        frame.y_axis(canvas, &y_ticks);
        frame.across(canvas, frame.y_of(0.0), canvas.stroke(look::AXIS, 1.0));
        let [from, to] = [x.low, x.high].map(|log| libm::pow(10.0, log));
        let ticks = ticks::decades(from, to, &[1, 2, 5]);
        let ticks: Vec<ticks::Tick> =
            ticks.into_iter().map(|(value, label)| (libm::log10(value), label)).collect();
        frame.x_axis(canvas, &ticks, true);
        let below = (frame.left + frame.width / 2.0, frame.bottom() + BELOW);
        canvas.write_fit(&plot.x, &look::AXIS_TITLE, below, anchor::BOTTOM, frame.width)?;
        for point in points() {
            let colour = self.mark(point.series).mix(0.6);
            let at = frame.pixel(canvas, libm::log10(point.x), point.y);
            canvas.circle(at, 2.4, colour.filled());
        }
        if legend > 0.0 {
            self.legend(canvas, frame.right() + GAP, legend)?;
        }
        Ok(())
    }
}
