//! The axes of one plot: where values lie in the picture, and their ticks.

use super::canvas::{Canvas, Pixel, anchor};
use super::look;
use super::ticks::Tick;
use anyhow::Result;
use plotters::prelude::*;

/// Between a label and its axis.
const LABEL_SPACE: f64 = 8.0;
/// The length of a tick at the horizontal axis.
const TICK: f64 = 4.0;
/// From one line of a label to the next.
pub(crate) const LABEL_LINE: f64 = 14.0;

/// The ends of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
}

impl Scale {
    /// How far along the axis a value lies: 0 at its low end, 1 at its high end.
    pub(crate) fn share(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// Two axes and the place of the data between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Scale,
    pub y: Scale,
}

impl Frame {
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn x_of(&self, value: f64) -> f64 {
        self.left + self.width * self.x.share(value)
    }

    pub(crate) fn y_of(&self, value: f64) -> f64 {
        self.bottom() - self.height * self.y.share(value)
    }

    pub(crate) fn pixel(&self, canvas: &Canvas, x: f64, y: f64) -> Pixel {
        canvas.at((self.x_of(x), self.y_of(y)))
    }

    /// The room that these labels need at the left of the axis.
    pub(crate) fn label_room(canvas: &Canvas, ticks: &[Tick]) -> Result<f64> {
        let mut widest = 0.0f64;
        for (_, label) in ticks {
            widest = widest.max(canvas.width(label, &look::TICK)?);
        }
        Ok(widest + LABEL_SPACE)
    }

    /// Draws a line across at every tick of the vertical axis, and its label.
    pub(crate) fn y_axis(&self, canvas: &Canvas, ticks: &[Tick]) {
        for (value, label) in ticks {
            let y = self.y_of(*value);
            self.across(canvas, y, canvas.stroke(look::GRID, 1.0));
            let place = (self.left - LABEL_SPACE, y);
            canvas.write(label, &look::TICK, place, anchor::RIGHT);
        }
    }

    /// Draws the horizontal axis with a tick at each of these places; labels may have lines.
    pub(crate) fn x_axis(&self, canvas: &Canvas, ticks: &[Tick], marked: bool) {
        let style = canvas.stroke(look::AXIS, 1.0);
        self.across(canvas, self.bottom(), style);
        for (value, label) in ticks {
            let x = self.x_of(*value);
            if marked {
                let line = [self.bottom(), self.bottom() + TICK];
                let line = line.map(|y| canvas.at((x, y)));
                canvas.line(line, style);
            }
            let mut y = self.bottom() + LABEL_SPACE;
            for line in label.lines() {
                canvas.write(line, &look::TICK, (x, y), anchor::TOP);
                y += LABEL_LINE;
            }
        }
    }

    /// Draws a line from the left end to the right.
    pub(crate) fn across(&self, canvas: &Canvas, y: f64, style: ShapeStyle) {
        let line = [self.left, self.right()].map(|x| canvas.at((x, y)));
        canvas.line(line, style);
    }

    /// Fills the whole height between two places of the horizontal axis.
    pub(crate) fn shade(&self, canvas: &Canvas, (from, to): (f64, f64), colour: RGBAColor) {
        let corners =
            [canvas.at((self.x_of(from), self.top)), canvas.at((self.x_of(to), self.bottom()))];
        canvas.rectangle(corners, colour.filled());
    }
}
