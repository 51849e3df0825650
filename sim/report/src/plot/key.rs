//! The keys beside a panel of a timeline: what each sign stands for.

use super::frame::Frame;
use super::look::{self, Area, Backend, Look};
use super::marks::draw_line;
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Between the panel and its keys.
const SPACE: f64 = 18.0;
/// The width of a sign.
const SIGN: f64 = 26.0;
/// Between a sign and its words.
const GAP: f64 = 8.0;
/// From one key to the next.
const ROW: f64 = 20.0;

/// A sign.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign {
    /// A line of these dashes.
    Line(RGBColor, &'static [f64]),
    /// A short stroke with a dot.
    Stroke(RGBColor),
    Dot(RGBColor),
    Shade(RGBAColor),
    Cross,
    /// A figure with these corners, in its half width.
    Shape(&'static [(f64, f64)], RGBColor),
    /// Nothing: words that belong to the key above.
    None,
}

/// A sign and its words.
#[derive(Debug, Clone)]
pub(super) struct Key {
    sign: Sign,
    text: String,
}

impl Key {
    pub(super) fn new(sign: Sign, text: &str) -> Self {
        Self { sign, text: text.to_owned() }
    }

    /// More words, without a sign.
    pub(super) fn more(text: &str) -> Self {
        Self::new(Sign::None, text)
    }
}

/// Draws the keys at the right of the frame, over this width.
pub(super) fn draw<B: Backend>(
    area: &Area<B>,
    look: &Look,
    frame: &Frame,
    width: f64,
    keys: &[Key],
) -> Result<()> {
    let left = frame.right() + SPACE;
    let mut y = frame.top + 8.0;
    for Key { sign, text } in keys {
        sign.draw(area, look, left, y)?;
        let room = width - SPACE - SIGN - GAP;
        let text = look.fit(text, &look::KEY, room)?;
        let place = (left + SIGN + GAP, y);
        look.write(area, &text, &look::KEY, place, (HPos::Left, VPos::Center))?;
        y += ROW;
    }
    Ok(())
}

impl Sign {
    fn draw<B: Backend>(self, area: &Area<B>, look: &Look, left: f64, y: f64) -> Result<()> {
        let at = |share: f64| (look.px(left + share * SIGN), look.px(y));
        match self {
            Self::Line(colour, dashes) => {
                draw_line(area, &[at(0.0), at(1.0)], dashes, look, look.stroke(colour, 2.0))?;
            }
            Self::Stroke(colour) => {
                let line = vec![at(0.25), at(0.75)];
                area.draw(&PathElement::new(line, look.stroke(colour, 2.4)))?;
                area.draw(&Circle::new(at(0.5), look.px(2.0), colour.filled()))?;
            }
            Self::Dot(colour) => {
                area.draw(&Circle::new(at(0.5), look.px(2.3), colour.filled()))?;
            }
            Self::Shade(colour) => {
                let half = look.px(6.0);
                let (from, to) = (at(0.0), at(1.0));
                let corners = [(from.0, from.1 - half), (to.0, to.1 + half)];
                area.draw(&Rectangle::new(corners, colour.filled()))?;
            }
            Self::Cross => super::time::cross(area, look, at(0.5))?,
            Self::Shape(corners, colour) => shape(area, look, at(0.5), corners, colour)?,
            Self::None => {}
        }
        Ok(())
    }
}

/// Half the width of a figure.
const FIGURE: f64 = 5.0;

/// Draws a figure with these corners, in its half width, around a place.
pub(super) fn shape<B: Backend>(
    area: &Area<B>,
    look: &Look,
    (x, y): (i32, i32),
    corners: &[(f64, f64)],
    colour: RGBColor,
) -> Result<()> {
    let corner = |(dx, dy): &(f64, f64)| (x + look.px(dx * FIGURE), y + look.px(dy * FIGURE));
    area.draw(&Polygon::new(corners.iter().map(corner).collect::<Vec<_>>(), colour))?;
    Ok(())
}
