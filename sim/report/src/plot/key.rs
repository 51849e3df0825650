//! The keys beside a panel of a timeline: what each sign stands for.

use super::canvas::{Canvas, anchor};
use super::frame::Frame;
use super::look;
use super::marks::draw_line;
use anyhow::Result;
use plotters::prelude::*;

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
pub(crate) enum Sign {
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
pub(crate) struct Key {
    sign: Sign,
    text: String,
}

impl Key {
    pub(crate) fn new(sign: Sign, text: &str) -> Self {
        Self { sign, text: text.to_owned() }
    }

    /// More words, without a sign.
    pub(crate) fn more(text: &str) -> Self {
        Self::new(Sign::None, text)
    }
}

/// Draws the keys at the right of the frame, over this width.
pub(crate) fn draw(canvas: &Canvas, frame: &Frame, width: f64, keys: &[Key]) -> Result<()> {
    let left = frame.right() + SPACE;
    let mut y = frame.top + 8.0;
    for Key { sign, text } in keys {
        sign.draw(canvas, left, y);
        let room = width - SPACE - SIGN - GAP;
        let place = (left + SIGN + GAP, y);
        canvas.write_fit(text, &look::KEY, place, anchor::LEFT, room)?;
        y += ROW;
    }
    Ok(())
}

impl Sign {
    fn draw(self, canvas: &Canvas, left: f64, y: f64) {
        let at = |share: f64| canvas.at((left + share * SIGN, y));
        match self {
            Self::Line(colour, dashes) => {
                draw_line(canvas, &[at(0.0), at(1.0)], dashes, canvas.stroke(colour, 2.0));
            }
            Self::Stroke(colour) => {
                let line = vec![at(0.25), at(0.75)];
                canvas.line(line, canvas.stroke(colour, 2.4));
                canvas.circle(at(0.5), 2.0, colour.filled());
            }
            Self::Dot(colour) => {
                canvas.circle(at(0.5), 2.3, colour.filled());
            }
            Self::Shade(colour) => {
                let half = canvas.px(6.0);
                let (from, to) = (at(0.0), at(1.0));
                let corners = [(from.0, from.1 - half), (to.0, to.1 + half)];
                canvas.rectangle(corners, colour.filled());
            }
            Self::Cross => super::time::cross(canvas, at(0.5)),
            Self::Shape(corners, colour) => shape(canvas, at(0.5), corners, colour),
            Self::None => {}
        }
    }
}

/// Half the width of a figure.
const FIGURE: f64 = 5.0;

/// Draws a figure with these corners, in its half width, around a place.
pub(crate) fn shape(canvas: &Canvas, (x, y): (i32, i32), corners: &[(f64, f64)], colour: RGBColor) {
    let corner = |(dx, dy): &(f64, f64)| (x + canvas.px(dx * FIGURE), y + canvas.px(dy * FIGURE));
    canvas.polygon(corners.iter().map(corner).collect(), colour);
}
