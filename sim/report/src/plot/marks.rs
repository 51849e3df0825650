//! The marks of a series: its colour and marker, always the same ones for the same place in the
//! legend; drawn in pixels.

use super::canvas::{Canvas, Pixel};
use super::look::PALETTE;
use super::shades::shade;
use plotters::prelude::*;

/// How the series at one place of the legend looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub colour: RGBColor,
    shape: usize,
    /// The second round through the palette has hollow markers.
    hollow: bool,
}

/// Half the width of a marker.
const RADIUS: f64 = 3.9;

/// Half the width of a replicate's dot.
const DOT: f64 = 2.1;

/// The lines of a series: lengths of strokes and gaps in turn. Where two series coincide, the one
/// below is seen through the gaps of the one above; so the first has none.
const DASHES: [&[f64]; 7] = [
    &[],
    &[8.0, 4.0],
    &[2.5, 2.5],
    &[10.0, 3.0, 2.5, 3.0],
    &[5.0, 5.0],
    &[14.0, 4.0],
    &[6.0, 2.5, 2.0, 2.5, 2.0, 2.5],
];

/// The white rim that keeps markers apart from the lines of other series.
const RIM: f64 = 1.0;

/// Corners of the markers, in radii; of about the same area.
const SHAPES: [&[(f64, f64)]; 7] = [
    // A circle, drawn as such.
    &[],
    &[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
    &[(0.0, -1.2), (1.1, 0.75), (-1.1, 0.75)],
    &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
    &[(0.0, 1.2), (1.1, -0.75), (-1.1, -0.75)],
    &[(0.0, -1.2), (1.14, -0.37), (0.71, 0.97), (-0.71, 0.97), (-1.14, -0.37)],
    &[(-1.0, -0.55), (0.0, -1.15), (1.0, -0.55), (1.0, 0.55), (0.0, 1.15), (-1.0, 0.55)],
];

impl Mark {
    /// Of one of so many series; `ordered` if they are values of one quantity, ascending.
    pub(crate) fn of(series: usize, count: usize, ordered: bool) -> Self {
        let place = series % PALETTE.len();
        let colour = if ordered && count > 1 {
            // The lightest shades are too pale for lines on white.
            shade(0.3 + 0.7 * series as f64 / (count - 1) as f64)
        } else {
            PALETTE[place]
        };
        Self { colour, shape: place, hollow: series >= PALETTE.len() }
    }

    /// The range as a filled band between two edges; the edges keep bands apart where they overlap.
    pub(crate) fn band(&self, canvas: &Canvas, (upper, lower): (&[Pixel], &[Pixel]), opacity: f64) {
        let outline: Vec<Pixel> = upper.iter().chain(lower.iter().rev()).copied().collect();
        canvas.polygon(outline, self.colour.mix(opacity));
        for edge in [upper, lower] {
            let style = canvas.stroke(self.colour.mix(2.0 * opacity), 0.6);
            canvas.line(edge, style);
        }
    }

    /// The range of a single point as a bar with ends.
    pub(crate) fn bar(&self, canvas: &Canvas, high: Pixel, low: Pixel) {
        if high == low {
            return;
        }
        let style = canvas.stroke(self.colour, 1.4);
        canvas.line(vec![high, low], style);
        for (x, y) in [high, low] {
            let end = canvas.px(3.5);
            canvas.line(vec![(x - end, y), (x + end, y)], style);
        }
    }

    pub(crate) fn line(&self, canvas: &Canvas, points: &[Pixel]) {
        let dashes = DASHES[self.shape];
        let width = if dashes.is_empty() { 2.3 } else { 2.0 };
        draw_line(canvas, points, dashes, canvas.stroke(self.colour, width))
    }

    /// A replicate.
    pub(crate) fn dot(&self, canvas: &Canvas, at: Pixel) {
        let style = self.colour.mix(0.5).filled();
        canvas.circle(at, DOT, style);
    }

    pub(crate) fn marker(&self, canvas: &Canvas, at: Pixel) {
        self.shape(canvas, at, RADIUS + RIM, WHITE);
        self.shape(canvas, at, RADIUS, self.colour);
        if self.hollow {
            self.shape(canvas, at, RADIUS - 1.6, WHITE);
        }
    }

    fn shape(&self, canvas: &Canvas, (x, y): Pixel, radius: f64, colour: RGBColor) {
        let corners = SHAPES[self.shape];
        if corners.is_empty() {
            canvas.circle((x, y), radius, colour.filled());
        } else {
            let corner =
                |&(dx, dy): &(f64, f64)| (x + canvas.px(dx * radius), y + canvas.px(dy * radius));
            canvas.polygon(corners.iter().map(corner).collect(), colour);
        }
    }
}

/// Draws a line of strokes and gaps of these lengths, in turn; a whole one without any.
pub(crate) fn draw_line(canvas: &Canvas, points: &[Pixel], dashes: &[f64], style: ShapeStyle) {
    if dashes.is_empty() {
        canvas.line(points, style);
        return;
    }
    let dashes: Vec<f64> =
        dashes.iter().map(|length| f64::from(canvas.px(*length).max(1))).collect();
    for stroke in strokes(points, &dashes) {
        canvas.line(stroke, style);
    }
}

/// The strokes of a line, cut at every corner's way along it.
fn strokes(points: &[Pixel], dashes: &[f64]) -> Vec<Vec<Pixel>> {
    let mut found = Vec::new();
    let mut stroke: Vec<Pixel> = points.first().copied().into_iter().collect();
    let (mut place, mut left) = (0usize, dashes[0]);
    for pair in points.windows(2) {
        let [from, to] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).sqrt();
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let share = done / length;
            let here = (from.0 + share * dx).round() as i32;
            let here = (here, (from.1 + share * dy).round() as i32);
            let drawn = place.is_multiple_of(2);
            stroke.push(here);
            if drawn {
                found.push(std::mem::take(&mut stroke));
            }
            stroke = vec![here];
            place = (place + 1) % dashes.len();
            left = dashes[place];
        }
        left -= length - done;
        stroke.push(pair[1]);
    }
    if place.is_multiple_of(2) && stroke.len() > 1 {
        found.push(stroke);
    }
    found
}

/// The room that a marker takes.
pub(crate) const MARKER_WIDTH: f64 = 2.0 * (RADIUS + RIM);
