//! Heatmaps: a coloured cell with its value for each combination of two axes.

use super::maps::{Heatmap, Map};
use crate::kit::head::Head;
use crate::plot::canvas::{Canvas, Painting, anchor};
use crate::plot::frame::{Frame, Scale};
use crate::plot::heading::{HEAD, PADDING, TOP, draw_head};
use crate::plot::look::{self, Role};
use crate::plot::shades::{is_dark, shade};
use crate::plot::ticks;
use anyhow::Result;
use plotters::prelude::*;

/// The metric's title above all maps, where there is no title above.
const HEADING: f64 = 34.0;
/// A map's title, and that of its vertical side.
const TITLES: f64 = 46.0;
/// Labels and title of the horizontal side.
const BELOW: f64 = 46.0;
/// Between maps.
const GAP: f64 = 30.0;
/// Maps side by side.
const COLUMNS: usize = 3;
/// The heights that a cell can have.
const CELL: (f64, f64) = (15.0, 44.0);
/// The height of a map that is not limited by its cells'.
const MAP: f64 = 420.0;
/// The colour scale and its labels.
const BAR: f64 = 104.0;
const BAR_WIDTH: f64 = 16.0;
/// Steps of the colour scale: enough to look smooth.
const BAR_STEPS: u32 = 100;
/// Between the lines of a hatched cell.
const HATCH: f64 = 7.0;

const VALUE: Role = Role { size: 11.5, bold: false, colour: look::INK };
const VALUE_ON_DARK: Role = Role { size: 11.5, bold: false, colour: WHITE };

/// A picture of one heatmap.
pub(crate) struct HeatmapPicture<'a> {
    /// Title and notes.
    pub head: &'a Head,
    pub heatmap: &'a Heatmap,
}

impl HeatmapPicture<'_> {
    fn columns(&self) -> usize {
        match self.heatmap.maps.len() {
            4 => 2,
            maps => maps.clamp(1, COLUMNS),
        }
    }

    fn width(&self) -> f64 {
        if self.columns() > 1 { 1200.0 } else { 900.0 }
    }

    fn cell_height(&self) -> f64 {
        (MAP / self.heatmap.y.places.len().max(1) as f64).clamp(CELL.0, CELL.1)
    }

    fn map_height(&self) -> f64 {
        TITLES + self.cell_height() * self.heatmap.y.places.len() as f64 + BELOW
    }

    /// The ends of the colour scale: from zero, unless all values are far from it.
    fn scale(&self) -> Scale {
        let (low, high) = self
            .heatmap
            .values()
            .flatten()
            .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
        match (low, high) {
            _ if high <= 0.0 => Scale { low: 0.0, high: 1.0 },
            (low, high) if low > high / 2.0 && low < high => Scale { low, high },
            _ => Scale { low: 0.0, high },
        }
    }
}

impl Painting for HeatmapPicture<'_> {
    fn size(&self) -> (f64, f64) {
        let rows = self.heatmap.maps.len().div_ceil(self.columns()) as f64;
        let maps = rows * self.map_height() + (rows - 1.0) * GAP;
        (self.width(), TOP + HEADING + maps + PADDING)
    }

    fn on_page(&self) -> (f64, f64) {
        (HEAD, self.size().1)
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let inner = self.width() - 2.0 * PADDING;
        draw_head(canvas, self.head, inner)?;
        let heading = (PADDING, TOP);
        canvas.write(self.heatmap.title, &look::HEADING, heading, anchor::TOP_LEFT);

        let scale = self.scale();
        let columns = self.columns();
        let between = GAP * (columns - 1) as f64;
        let width = (inner - BAR - GAP - between) / columns as f64;
        let top = TOP + HEADING;
        for (index, map) in self.heatmap.maps.iter().enumerate() {
            let left = PADDING + (index % columns) as f64 * (width + GAP);
            let top = top + (index / columns) as f64 * (self.map_height() + GAP);
            self.map(canvas, (map, scale), (left, top), width)?;
        }
        self.bar(canvas, (PADDING + inner - BAR, top + TITLES))
    }
}

impl HeatmapPicture<'_> {
    fn map(
        &self,
        canvas: &Canvas,
        (map, scale): (&Map, Scale),
        (left, top): (f64, f64),
        width: f64,
    ) -> Result<()> {
        let Heatmap { x, y, .. } = self.heatmap;
        let anchor = anchor::TOP_LEFT;
        canvas.write_fit(&map.title, &look::PANEL, (left, top), anchor, width)?;
        canvas.write_fit(&y.label, &look::AXIS_TITLE, (left, top + 22.0), anchor, width)?;

        let labels = ticks_of(canvas, &y.places, width * 0.35)?;
        let room = Frame::label_room(canvas, &labels)?;
        let frame = Frame {
            left: left + room,
            top: top + TITLES,
            width: width - room,
            height: self.cell_height() * y.places.len() as f64,
            x: Scale { low: -0.5, high: x.places.len() as f64 - 0.5 },
            y: Scale { low: -0.5, high: y.places.len() as f64 - 0.5 },
        };
        for (place, label) in &labels {
            let at = (frame.left - 8.0, frame.y_of(*place));
            canvas.write(label, &look::TICK, at, anchor::RIGHT);
        }
        let room = frame.width / x.places.len().max(1) as f64;
        for (place, label) in thinned(canvas, &x.places, room)? {
            let at = (frame.x_of(place), frame.bottom() + 8.0);
            canvas.write(&label, &look::TICK, at, anchor::TOP);
        }
        let below = (frame.left + frame.width / 2.0, frame.bottom() + BELOW);
        canvas.write_fit(&x.label, &look::AXIS_TITLE, below, anchor::BOTTOM, width)?;

        for (row, values) in map.rows.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let (x, y) = (column as f64, row as f64);
                let corner = |dx: f64, dy: f64| (frame.x_of(x + dx), frame.y_of(y + dy));
                let corners = (corner(-0.5, 0.5), corner(0.5, -0.5));
                draw_cell(canvas, corners, *value, scale)?;
            }
        }
        Ok(())
    }

    /// Draws the colour scale, with its top left corner here.
    fn bar(&self, canvas: &Canvas, (left, top): (f64, f64)) -> Result<()> {
        let height = (self.map_height() - TITLES - BELOW).clamp(120.0, 260.0);
        let scale = self.scale();
        let frame = Frame {
            left,
            top,
            width: BAR_WIDTH,
            height,
            x: Scale { low: 0.0, high: 1.0 },
            y: scale,
        };
        for step in 0..BAR_STEPS {
            let share = |step: u32| f64::from(step) / f64::from(BAR_STEPS);
            let y = |step: u32| frame.bottom() - height * share(step);
            let corners = [(left, y(step + 1)), (left + BAR_WIDTH, y(step))];
            let corners = corners.map(|at| canvas.at(at));
            canvas.rectangle(corners, shade(share(step)).filled());
        }
        for (value, label) in ticks::between(scale.low, scale.high, 5.0) {
            let y = frame.y_of(value);
            let tick = [left + BAR_WIDTH, left + BAR_WIDTH + 4.0];
            let tick = tick.map(|x| canvas.at((x, y)));
            canvas.line(tick, canvas.stroke(look::AXIS, 1.0));
            let place = (left + BAR_WIDTH + 8.0, y);
            canvas.write(&label, &look::TICK, place, anchor::LEFT);
        }
        if self.heatmap.values().any(|value| value.is_none()) {
            let y = top + height + 16.0;
            hatch(canvas, (left, y), (left + BAR_WIDTH, y + BAR_WIDTH));
            let place = (left + BAR_WIDTH + 8.0, y + BAR_WIDTH / 2.0);
            canvas.write("no result", &look::TICK, place, anchor::LEFT);
        }
        Ok(())
    }
}

/// Draws a cell between its top left and its bottom right corner.
fn draw_cell(
    canvas: &Canvas,
    (from, to): ((f64, f64), (f64, f64)),
    value: Option<f64>,
    scale: Scale,
) -> Result<()> {
    // White between cells, where they are large enough for it.
    let gap = if to.0 - from.0 > 12.0 { 1.0 } else { 0.0 };
    let (from, to) = (from, (to.0 - gap, to.1 - gap));
    let Some(value) = value else {
        hatch(canvas, from, to);
        return Ok(());
    };
    let colour = shade(scale.share(value));
    let corners = [from, to].map(|at| canvas.at(at));
    canvas.rectangle(corners, colour.filled());
    let text = text_of(value, scale.high);
    let (width, height) = (to.0 - from.0, to.1 - from.1);
    if canvas.width(&text, &VALUE)? + 4.0 <= width && height >= CELL.0 {
        let role = if is_dark(colour) { &VALUE_ON_DARK } else { &VALUE };
        let middle = (from.0.midpoint(to.0), from.1.midpoint(to.1));
        canvas.write(&text, role, middle, anchor::MIDDLE);
    }
    Ok(())
}

/// A value with as many decimals as tell neighbours apart where `top` is the highest one.
fn text_of(value: f64, top: f64) -> String {
    let decimals = match top {
        top if top >= 100.0 => 0,
        top if top >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let is_zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if is_zero && value > 0.0 {
        // A little is not nothing.
        return format!("<{}", format_args!("{:.decimals$}", libm::pow(10.0, -(decimals as f64))));
    }
    if is_zero { "0".to_owned() } else { text }
}

fn ticks_of(canvas: &Canvas, places: &[String], room: f64) -> Result<Vec<ticks::Tick>> {
    let fit = |(i, text): (u32, &String)| Ok((f64::from(i), canvas.fit(text, &look::TICK, room)?));
    (0u32..).zip(places).map(fit).collect()
}

/// The labels of the horizontal side: as many as fit, at even steps.
fn thinned(canvas: &Canvas, places: &[String], room: f64) -> Result<Vec<ticks::Tick>> {
    let mut widest = 0.0f64;
    for text in places {
        widest = widest.max(canvas.width(text, &look::TICK)?);
    }
    let step = ((widest + 6.0) / room).ceil().max(1.0);
    if step <= 3.0 {
        let all = (0u32..).zip(places).step_by(step as usize);
        return Ok(all.map(|(i, text)| (f64::from(i), text.clone())).collect());
    }
    ticks_of(canvas, places, room - 6.0)
}

/// Fills a rectangle with slanted lines.
fn hatch(canvas: &Canvas, from: (f64, f64), to: (f64, f64)) {
    let corners = [from, to].map(|at| canvas.at(at));
    canvas.rectangle(corners, RGBColor(244, 245, 247).filled());
    let (width, height) = (to.0 - from.0, to.1 - from.1);
    let style = canvas.stroke(RGBColor(176, 180, 188), 1.0);
    let mut offset = HATCH / 2.0;
    while offset < width + height {
        // From the top or right edge down to the left or bottom edge.
        let start = (offset.min(width), (offset - width).max(0.0));
        let end = ((offset - height).max(0.0), offset.min(height));
        let line = [start, end].map(|(x, y)| canvas.at((from.0 + x, from.1 + y)));
        canvas.line(line, style);
        offset += HATCH;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_what_tells_them_apart() {
        assert_eq!(text_of(3.456, 5.0), "3.46");
        assert_eq!(text_of(3.456, 50.0), "3.5");
        assert_eq!(text_of(345.6, 500.0), "346");
        assert_eq!(text_of(0.0, 50.0), "0");
        assert_eq!(text_of(0.004, 50.0), "<0.1");
    }
}
