//! The marks of a series: its colour and marker, always the same ones for the same place in the
//! legend; drawn in pixels.

use super::look::{Area, Backend, Look, PALETTE};
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
const RADIUS: f64 = 4.2;

/// The white rim that keeps markers apart from the lines of other series.
const RIM: f64 = 1.2;

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
    pub(super) fn of(series: usize) -> Self {
        let place = series % PALETTE.len();
        Self { colour: PALETTE[place], shape: place, hollow: series >= PALETTE.len() }
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
        area.draw(&PathElement::new(points.to_vec(), look.stroke(self.colour, 1.9)))?;
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

/// The room that a marker takes.
pub(super) const MARKER_WIDTH: f64 = 2.0 * (RADIUS + RIM);
