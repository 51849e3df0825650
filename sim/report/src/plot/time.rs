//! What pictures over the time of a trial have in common.

use super::frame::{Frame, Scale};
use super::look::{self, Area, Backend, Look, PALETTE};
use super::picture::PADDING;
use super::ticks;
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

pub(super) const WIDTH: f64 = 1100.0;
/// The height of title and notes.
pub(super) const HEAD: f64 = 84.0;
/// The title of a panel.
pub(super) const TITLE: f64 = 26.0;
/// Labels and title of the axis of time.
pub(super) const BELOW: f64 = 46.0;
/// The keys at the right of each panel.
pub(super) const KEYS: f64 = 196.0;
/// Of a thumbnail.
pub(super) const THUMBNAIL: (f64, f64) = (320.0, 112.0);
pub(super) const LEVEL: RGBColor = PALETTE[2];
pub(super) const STALLED: RGBColor = PALETTE[1];
pub(super) const STARTING: RGBColor = RGBColor(150, 154, 162);

/// Writes the title of a panel.
pub(super) fn title<B: Backend>(
    area: &Area<B>,
    look: &Look,
    frame: &Frame,
    text: &str,
) -> Result<()> {
    let text = look.fit(text, &look::PANEL, frame.right() - PADDING)?;
    let place = (PADDING, frame.top - TITLE);
    look.write(area, &text, &look::PANEL, place, (HPos::Left, VPos::Top))
}

/// A cross: something failed.
pub(super) fn cross<B: Backend>(area: &Area<B>, look: &Look, (x, y): (i32, i32)) -> Result<()> {
    let arm = look.px(3.5);
    let style = look.stroke(STALLED, 1.8);
    for line in [[(x - arm, y - arm), (x + arm, y + arm)], [(x - arm, y + arm), (x + arm, y - arm)]]
    {
        area.draw(&PathElement::new(line.to_vec(), style))?;
    }
    Ok(())
}

/// The time at the bottom of the last panel.
pub(super) fn time_axis<B: Backend>(area: &Area<B>, look: &Look, frame: &Frame) -> Result<()> {
    let Scale { low, high } = frame.x;
    frame.x_axis(area, look, &ticks::between(low, high, 10.0), true)?;
    let place = (frame.left + frame.width / 2.0, frame.bottom() + BELOW);
    let anchor = (HPos::Center, VPos::Bottom);
    look.write(area, "Time in the trial (s)", &look::AXIS_TITLE, place, anchor)
}

/// Where a line goes; what lies before or after the picture, at its edge.
pub(super) fn pixels(line: &[(f64, f64)], look: &Look, frame: &Frame) -> Vec<(i32, i32)> {
    let within = |time: f64| time.clamp(frame.x.low, frame.x.high);
    line.iter().map(|(time, value)| frame.pixel(look, within(*time), *value)).collect()
}

/// The media in a buffer, as a line with its area.
pub(super) fn draw_level<B: Backend>(
    area: &Area<B>,
    look: &Look,
    level: &[(f64, f64)],
    frame: &Frame,
) -> Result<()> {
    let line = pixels(level, look, frame);
    let (Some(first), Some(last)) = (line.first(), line.last()) else { return Ok(()) };
    let ground = look.px(frame.bottom());
    let mut below = vec![(first.0, ground)];
    below.extend(&line);
    below.push((last.0, ground));
    area.draw(&Polygon::new(below, LEVEL.mix(0.16)))?;
    area.draw(&PathElement::new(line, look.stroke(LEVEL, 1.5)))?;
    Ok(())
}
