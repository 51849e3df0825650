//! What pictures over the time of a trial have in common.

use super::canvas::{Canvas, anchor};
use super::frame::{Frame, Scale};
use super::heading::PADDING;
use super::look::{self, PALETTE};
use super::ticks;
use anyhow::Result;
use plotters::prelude::*;

pub(crate) const WIDTH: f64 = 1100.0;
/// The title of a panel.
pub(crate) const TITLE: f64 = 26.0;
/// Labels and title of the axis of time.
pub(crate) const BELOW: f64 = 46.0;
/// The keys at the right of each panel.
pub(crate) const KEYS: f64 = 196.0;
/// Of a thumbnail.
pub(crate) const THUMBNAIL: (f64, f64) = (320.0, 112.0);
pub(crate) const LEVEL: RGBColor = PALETTE[2];
pub(crate) const STALLED: RGBColor = PALETTE[1];
pub(crate) const STARTING: RGBColor = RGBColor(150, 154, 162);

/// Writes the title of a panel.
pub(crate) fn title(canvas: &Canvas, frame: &Frame, text: &str) -> Result<()> {
    let place = (PADDING, frame.top - TITLE);
    canvas.write_fit(text, &look::PANEL, place, anchor::TOP_LEFT, frame.right() - PADDING)
}

/// A cross: something failed.
pub(crate) fn cross(canvas: &Canvas, (x, y): (i32, i32)) {
    let arm = canvas.px(3.5);
    let style = canvas.stroke(STALLED, 1.8);
    for line in [[(x - arm, y - arm), (x + arm, y + arm)], [(x - arm, y + arm), (x + arm, y - arm)]]
    {
        canvas.line(line, style);
    }
}

/// The time at the bottom of the last panel.
pub(crate) fn time_axis(canvas: &Canvas, frame: &Frame) {
    let Scale { low, high } = frame.x;
    frame.x_axis(canvas, &ticks::between(low, high, 10.0), true);
    let place = (frame.left + frame.width / 2.0, frame.bottom() + BELOW);
    let anchor = anchor::BOTTOM;
    canvas.write("Time in the trial (s)", &look::AXIS_TITLE, place, anchor)
}

/// Where a line goes; what lies before or after the picture, at its edge.
pub(crate) fn pixels(line: &[(f64, f64)], canvas: &Canvas, frame: &Frame) -> Vec<(i32, i32)> {
    let within = |time: f64| time.clamp(frame.x.low, frame.x.high);
    line.iter().map(|(time, value)| frame.pixel(canvas, within(*time), *value)).collect()
}

/// The media in a buffer, as a line with its area.
pub(crate) fn draw_level(canvas: &Canvas, level: &[(f64, f64)], frame: &Frame) {
    let line = pixels(level, canvas, frame);
    let (Some(first), Some(last)) = (line.first(), line.last()) else { return };
    let ground = canvas.px(frame.bottom());
    let mut below = vec![(first.0, ground)];
    below.extend(&line);
    below.push((last.0, ground));
    canvas.polygon(below, LEVEL.mix(0.16));
    canvas.line(line, canvas.stroke(LEVEL, 1.5));
}
