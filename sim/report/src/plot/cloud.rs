//! Many points of a few series.

use super::frame::{Frame, Scale};
use super::look::{self, Area, Backend, Look, Painting};
use super::marks::Mark;
use super::picture::{PADDING, draw_head};
use super::ticks;
use crate::cloud::Cloud;
use crate::head::Head;
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const WIDTH: f64 = 1200.0;
/// The height of title and notes.
const HEAD: f64 = 84.0;
/// Above the points: the title.
const TITLE: f64 = 28.0;
/// Below the points: labels and title of the axis.
const BELOW: f64 = 46.0;
const HEIGHT: f64 = 330.0;
/// Between points and legend.
const GAP: f64 = 26.0;
/// The most of the width for the legend.
const LEGEND: f64 = 0.22;
/// From one label of the legend to the next.
const ROW: f64 = 20.0;
/// Between a dot of the legend and its label.
const SPACE: f64 = 14.0;

/// A picture of one cloud.
pub(crate) struct CloudPicture<'a> {
    /// Title and notes; a page has them already.
    pub head: Option<&'a Head>,
    pub cloud: &'a Cloud,
}

impl CloudPicture<'_> {
    fn top(&self) -> f64 {
        PADDING + if self.head.is_some() { HEAD } else { 0.0 }
    }

    fn legend_width(&self, look: &Look) -> Result<f64> {
        if self.cloud.series.len() < 2 {
            return Ok(0.0);
        }
        let mut widest = look.width(&self.cloud.series_title, &look::LEGEND_TITLE)?;
        for label in &self.cloud.series {
            widest = widest.max(SPACE + look.width(label, &look::LEGEND)?);
        }
        Ok(widest.min(LEGEND * WIDTH))
    }

    fn legend<B: Backend>(&self, area: &Area<B>, look: &Look, left: f64, width: f64) -> Result<()> {
        let top = self.top() + TITLE;
        let title = look.fit(&self.cloud.series_title, &look::LEGEND_TITLE, width)?;
        let corner = (left, top);
        look.write(area, &title, &look::LEGEND_TITLE, corner, (HPos::Left, VPos::Top))?;
        // As many as there is room for; the last ones have the same marks as the first.
        let fit = (HEIGHT / ROW) as usize;
        for (index, label) in self.cloud.series.iter().enumerate().take(fit) {
            let y = top + ROW * (index as f64 + 1.0) + 10.0;
            let mark = self.mark(index);
            area.draw(&Circle::new(
                (look.px(left + 4.0), look.px(y)),
                look.px(3.5),
                mark.filled(),
            ))?;
            let label = look.fit(label, &look::LEGEND, width - SPACE)?;
            let place = (left + SPACE, y);
            look.write(area, &label, &look::LEGEND, place, (HPos::Left, VPos::Center))?;
        }
        Ok(())
    }

    fn mark(&self, series: usize) -> RGBColor {
        Mark::of(series, self.cloud.series.len(), self.cloud.ordered).colour
    }

    /// The ends of the horizontal axis, as powers of ten.
    fn across(&self) -> Scale {
        let logs = self.cloud.points.iter().map(|point| libm::log10(point.x));
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

impl Painting for CloudPicture<'_> {
    fn size(&self) -> (f64, f64) {
        (WIDTH, self.top() + TITLE + HEIGHT + BELOW + PADDING)
    }

    fn paint<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()> {
        let inner = WIDTH - 2.0 * PADDING;
        if let Some(head) = self.head {
            draw_head(area, look, head, inner)?;
        }
        let cloud = self.cloud;
        let points = || cloud.points.iter().filter(|point| point.x > 0.0 && point.y.is_finite());
        let lowest = points().map(|point| point.y).fold(0.0, f64::min);
        let highest = points().map(|point| point.y).fold(0.0, f64::max);
        let (y_ticks, low, high) = ticks::around(lowest, highest, ticks::VERTICAL_INTERVALS);
        let left = Frame::label_room(look, &y_ticks)?;
        let legend = self.legend_width(look)?;
        let x = self.across();
        let frame = Frame {
            left: PADDING + left,
            top: self.top() + TITLE,
            width: inner - left - if legend > 0.0 { legend + GAP } else { 0.0 },
            height: HEIGHT,
            x,
            y: Scale { low, high },
        };
        let title = look.fit(&cloud.title, &look::PANEL, inner)?;
        let corner = (PADDING, self.top());
        look.write(area, &title, &look::PANEL, corner, (HPos::Left, VPos::Top))?;
        frame.y_axis(area, look, &y_ticks)?;
        frame.across(area, look, frame.y_of(0.0), look.stroke(look::AXIS, 1.0))?;
        let [from, to] = [x.low, x.high].map(|log| libm::pow(10.0, log));
        let ticks = ticks::decades(from, to, &[1, 2, 5]);
        let ticks: Vec<ticks::Tick> =
            ticks.into_iter().map(|(value, label)| (libm::log10(value), label)).collect();
        frame.x_axis(area, look, &ticks, true)?;
        let label = look.fit(&cloud.x, &look::AXIS_TITLE, frame.width)?;
        let below = (frame.left + frame.width / 2.0, frame.bottom() + BELOW);
        look.write(area, &label, &look::AXIS_TITLE, below, (HPos::Center, VPos::Bottom))?;
        for point in points() {
            let colour = self.mark(point.series).mix(0.6);
            let at = frame.pixel(look, libm::log10(point.x), point.y);
            area.draw(&Circle::new(at, look.px(2.4), colour.filled()))?;
        }
        if legend > 0.0 {
            self.legend(area, look, frame.right() + GAP, legend)?;
        }
        Ok(())
    }
}
