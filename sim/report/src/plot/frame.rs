//! The axes of one plot: where values lie in the picture, and their ticks.

use super::look::{self, Area, Backend, Look};
use super::marks::Pixel;
use super::ticks::Tick;
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Between a label and its axis.
const LABEL_SPACE: f64 = 8.0;
/// The length of a tick at the horizontal axis.
const TICK: f64 = 4.0;
/// From one line of a label to the next.
pub(super) const LABEL_LINE: f64 = 14.0;

/// The ends of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
}

impl Scale {
    /// How far along the axis a value lies: 0 at its low end, 1 at its high end.
    pub(super) fn share(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// Two axes and the place of the data between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Scale,
    pub y: Scale,
}

impl Frame {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn x_of(&self, value: f64) -> f64 {
        self.left + self.width * self.x.share(value)
    }

    pub(super) fn y_of(&self, value: f64) -> f64 {
        self.bottom() - self.height * self.y.share(value)
    }

    pub(super) fn pixel(&self, look: &Look, x: f64, y: f64) -> Pixel {
        (look.px(self.x_of(x)), look.px(self.y_of(y)))
    }

    /// The room that these labels need at the left of the axis.
    pub(super) fn label_room(look: &Look, ticks: &[Tick]) -> Result<f64> {
        let mut widest = 0.0f64;
        for (_, label) in ticks {
            widest = widest.max(look.width(label, &look::TICK)?);
        }
        Ok(widest + LABEL_SPACE)
    }

    /// Draws a line across at every tick of the vertical axis, and its label.
    pub(super) fn y_axis<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        ticks: &[Tick],
    ) -> Result<()> {
        for (value, label) in ticks {
            let y = self.y_of(*value);
            self.across(area, look, y, look.stroke(look::GRID, 1.0))?;
            let place = (self.left - LABEL_SPACE, y);
            look.write(area, label, &look::TICK, place, (HPos::Right, VPos::Center))?;
        }
        Ok(())
    }

    /// Draws the horizontal axis with a tick at each of these places; labels may have lines.
    pub(super) fn x_axis<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        ticks: &[Tick],
        marked: bool,
    ) -> Result<()> {
        let style = look.stroke(look::AXIS, 1.0);
        self.across(area, look, self.bottom(), style)?;
        for (value, label) in ticks {
            let x = self.x_of(*value);
            if marked {
                let line = [self.bottom(), self.bottom() + TICK];
                let line = line.map(|y| (look.px(x), look.px(y)));
                area.draw(&PathElement::new(line.to_vec(), style))?;
            }
            let mut y = self.bottom() + LABEL_SPACE;
            for line in label.lines() {
                look.write(area, line, &look::TICK, (x, y), (HPos::Center, VPos::Top))?;
                y += LABEL_LINE;
            }
        }
        Ok(())
    }

    /// Draws a line from the left end to the right.
    pub(super) fn across<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        y: f64,
        style: ShapeStyle,
    ) -> Result<()> {
        let line = [self.left, self.right()].map(|x| (look.px(x), look.px(y)));
        area.draw(&PathElement::new(line.to_vec(), style))?;
        Ok(())
    }

    /// Fills the whole height between two places of the horizontal axis.
    pub(super) fn shade<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        (from, to): (f64, f64),
        colour: RGBAColor,
    ) -> Result<()> {
        let corners = [
            (look.px(self.x_of(from)), look.px(self.top)),
            (look.px(self.x_of(to)), look.px(self.bottom())),
        ];
        area.draw(&Rectangle::new(corners, colour.filled()))?;
        Ok(())
    }
}
