//! The marks of a series: its colour and marker, always the same ones for the same place in the
//! legend; drawn in pixels.

use super::look::{Area, Backend, Look, PALETTE};
use super::shades::shade;
use anyhow::Result;
use plotters::prelude::*;

/// A place in an area, in its pixels.
pub(super) type Pixel = (i32, i32);

/// How the series at one place of the legend looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
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
    pub(super) fn of(series: usize, count: usize, ordered: bool) -> Self {
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
    pub(super) fn band<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        (upper, lower): (&[Pixel], &[Pixel]),
        opacity: f64,
    ) -> Result<()> {
        let outline: Vec<Pixel> = upper.iter().chain(lower.iter().rev()).copied().collect();
        area.draw(&Polygon::new(outline, self.colour.mix(opacity)))?;
        for edge in [upper, lower] {
            let style = look.stroke(self.colour.mix(2.0 * opacity), 0.6);
            area.draw(&PathElement::new(edge.to_vec(), style))?;
        }
        Ok(())
    }

    /// The range of a single point as a bar with ends.
    pub(super) fn bar<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        high: Pixel,
        low: Pixel,
    ) -> Result<()> {
        if high == low {
            return Ok(());
        }
        let style = look.stroke(self.colour, 1.4);
        area.draw(&PathElement::new(vec![high, low], style))?;
        for (x, y) in [high, low] {
            let end = look.px(3.5);
            area.draw(&PathElement::new(vec![(x - end, y), (x + end, y)], style))?;
        }
        Ok(())
    }

    pub(super) fn line<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        points: &[Pixel],
    ) -> Result<()> {
        let dashes = DASHES[self.shape];
        let width = if dashes.is_empty() { 2.3 } else { 2.0 };
        draw_line(area, points, dashes, look, look.stroke(self.colour, width))
    }

    /// A replicate.
    pub(super) fn dot<B: Backend>(&self, area: &Area<B>, look: &Look, at: Pixel) -> Result<()> {
        let style = self.colour.mix(0.5).filled();
        area.draw(&Circle::new(at, look.px(DOT), style))?;
        Ok(())
    }

    pub(super) fn marker<B: Backend>(&self, area: &Area<B>, look: &Look, at: Pixel) -> Result<()> {
        self.shape(area, look, at, RADIUS + RIM, WHITE)?;
        self.shape(area, look, at, RADIUS, self.colour)?;
        if self.hollow {
            self.shape(area, look, at, RADIUS - 1.6, WHITE)?;
        }
        Ok(())
    }

    fn shape<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        (x, y): Pixel,
        radius: f64,
        colour: RGBColor,
    ) -> Result<()> {
        let corners = SHAPES[self.shape];
        if corners.is_empty() {
            area.draw(&Circle::new((x, y), look.px(radius), colour.filled()))?;
        } else {
            let corner =
                |&(dx, dy): &(f64, f64)| (x + look.px(dx * radius), y + look.px(dy * radius));
            area.draw(&Polygon::new(corners.iter().map(corner).collect::<Vec<_>>(), colour))?;
        }
        Ok(())
    }
}

/// Draws a line of strokes and gaps of these lengths, in turn; a whole one without any.
pub(super) fn draw_line<B: Backend>(
    area: &Area<B>,
    points: &[Pixel],
    dashes: &[f64],
    look: &Look,
    style: ShapeStyle,
) -> Result<()> {
    if dashes.is_empty() {
        area.draw(&PathElement::new(points.to_vec(), style))?;
        return Ok(());
    }
    let dashes: Vec<f64> = dashes.iter().map(|length| f64::from(look.px(*length).max(1))).collect();
    for stroke in strokes(points, &dashes) {
        area.draw(&PathElement::new(stroke, style))?;
    }
    Ok(())
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
pub(super) const MARKER_WIDTH: f64 = 2.0 * (RADIUS + RIM);
