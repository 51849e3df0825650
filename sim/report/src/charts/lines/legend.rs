//! The legend: a column to the right of all panels, where no data can be.

use super::figure::Figure;
use crate::plot::canvas::{Canvas, anchor};
use crate::plot::look;
use crate::plot::marks::Mark;
use anyhow::Result;

/// The length of the line in front of a label: enough to see its dashes on both sides of the
/// marker.
const SAMPLE: f64 = 40.0;
/// Between that line and its label.
const SPACE: f64 = 8.0;
/// From one label to the next.
const ROW: f64 = 22.0;

/// The width of the legend, at most `limit`; zero if there is nothing to tell apart.
pub(crate) fn width(canvas: &Canvas, figure: &Figure, limit: f64) -> Result<f64> {
    if figure.series.iter().all(String::is_empty) {
        return Ok(0.0);
    }
    let mut width = canvas.width(&figure.legend_title, &look::LEGEND_TITLE)?;
    for label in &figure.series {
        width = width.max(SAMPLE + SPACE + canvas.width(label, &look::LEGEND)?);
    }
    Ok(width.min(limit))
}

/// Draws the legend with its top left corner at `(x, y)`.
pub(crate) fn draw(canvas: &Canvas, figure: &Figure, (x, y): (f64, f64), width: f64) -> Result<()> {
    canvas.write_fit(&figure.legend_title, &look::LEGEND_TITLE, (x, y), anchor::TOP_LEFT, width)?;
    for (series, label) in figure.series.iter().enumerate() {
        let mark = Mark::of(series, figure.series.len(), figure.ordered);
        let middle = y + ROW * (series as f64 + 1.0) + 10.0;
        let at = |dx: f64| canvas.at((x + dx, middle));
        if figure.x.is_joined() {
            mark.line(canvas, &[at(0.0), at(SAMPLE)]);
        }
        mark.marker(canvas, at(SAMPLE / 2.0));
        let place = (x + SAMPLE + SPACE, middle);
        canvas.write_fit(label, &look::LEGEND, place, anchor::LEFT, width - SAMPLE - SPACE)?;
    }
    Ok(())
}
