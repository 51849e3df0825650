//! Distributions side by side: for each row a line from the 5th percentile to the 95th, a box from
//! quarter to quarter with the median, and the mean with its interval.

use super::frame::{Frame, Scale};
use super::look::{self, Area, Backend, Look, PALETTE, Painting};
use super::marks::Pixel;
use super::picture::{PADDING, draw_head};
use super::ticks::{self, Tick};
use crate::head::Head;
use crate::spread::{Spread, SpreadFigure, SpreadPanel};
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const WIDTH: f64 = 1200.0;
/// The height of title and notes.
const HEAD: f64 = 84.0;
/// Above the rows: a panel's title.
const TITLE: f64 = 28.0;
/// Below the rows: labels and title of the axis.
const BELOW: f64 = 46.0;
/// Between panels.
const GAP: f64 = 26.0;
/// The heights that a row can have, and that of all rows that they share.
const ROW: (f64, f64) = (19.0, 34.0);
const ROWS: f64 = 300.0;
/// The most of the width for the names of rows.
const NAMES: f64 = 0.22;
/// The most panels side by side.
const COLUMNS: usize = 3;
/// Half of a box's height, as a share of its row.
const BOX: f64 = 0.3;
/// About as many intervals between ticks on an axis of this width.
const INTERVALS: f64 = 1.0 / 55.0;

/// A picture of all panels.
pub(crate) struct SpreadPicture<'a> {
    /// Title and notes; a page has them already.
    pub head: Option<&'a Head>,
    pub figure: &'a SpreadFigure,
}

impl SpreadPicture<'_> {
    fn columns(&self) -> usize {
        match self.figure.panels.len() {
            4 => 2,
            panels => panels.clamp(1, COLUMNS),
        }
    }

    fn row_height(&self) -> f64 {
        (ROWS / self.figure.rows.len().max(1) as f64).clamp(ROW.0, ROW.1)
    }

    fn panel_height(&self) -> f64 {
        TITLE + self.row_height() * self.figure.rows.len() as f64 + BELOW
    }

    fn top(&self) -> f64 {
        PADDING + if self.head.is_some() { HEAD } else { 0.0 }
    }

    /// The room for the names of rows.
    fn names(&self, look: &Look) -> Result<f64> {
        let mut widest = look.width(&self.figure.rows_title, &look::LEGEND_TITLE)?;
        for row in &self.figure.rows {
            widest = widest.max(look.width(row, &look::KEY)?);
        }
        Ok((widest + 12.0).min(NAMES * WIDTH))
    }
}

impl Painting for SpreadPicture<'_> {
    fn size(&self) -> (f64, f64) {
        let lines = self.figure.panels.len().div_ceil(self.columns()) as f64;
        let panels = lines * self.panel_height() + (lines - 1.0).max(0.0) * GAP;
        (WIDTH, self.top() + panels + PADDING)
    }

    fn paint<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()> {
        let inner = WIDTH - 2.0 * PADDING;
        if let Some(head) = self.head {
            draw_head(area, look, head, inner)?;
        }
        let names = self.names(look)?;
        let columns = self.columns();
        let width = (inner - names - GAP * columns as f64) / columns as f64;
        for (index, panel) in self.figure.panels.iter().enumerate() {
            let (column, line) = (index % columns, index / columns);
            let top = self.top() + line as f64 * (self.panel_height() + GAP);
            if column == 0 {
                self.name_rows(area, look, top, names)?;
            }
            let left = PADDING + names + GAP / 2.0 + column as f64 * (width + GAP);
            self.panel(area, look, panel, (left, top), width)?;
        }
        Ok(())
    }
}

impl SpreadPicture<'_> {
    /// The middle of a row.
    fn row(&self, top: f64, row: usize) -> f64 {
        top + TITLE + self.row_height() * (row as f64 + 0.5)
    }

    fn name_rows<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        top: f64,
        width: f64,
    ) -> Result<()> {
        let title = look.fit(&self.figure.rows_title, &look::LEGEND_TITLE, width)?;
        let corner = (PADDING, top + 2.0);
        look.write(area, &title, &look::LEGEND_TITLE, corner, (HPos::Left, VPos::Top))?;
        for (row, name) in self.figure.rows.iter().enumerate() {
            let name = look.fit(name, &look::KEY, width)?;
            let place = (PADDING, self.row(top, row));
            look.write(area, &name, &look::KEY, place, (HPos::Left, VPos::Center))?;
        }
        Ok(())
    }

    fn panel<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        panel: &SpreadPanel,
        (left, top): (f64, f64),
        width: f64,
    ) -> Result<()> {
        let (ticks, x) = axis(panel, width);
        let height = self.row_height() * self.figure.rows.len() as f64;
        let y = Scale { low: 0.0, high: 1.0 };
        let frame = Frame { left, top: top + TITLE, width, height, x, y };
        let title = look.fit(&panel.title, &look::PANEL, width)?;
        look.write(area, &title, &look::PANEL, (left, top), (HPos::Left, VPos::Top))?;
        for (value, _) in &ticks {
            let colour = if *value == 0.0 { look::AXIS } else { look::GRID };
            let x = look.px(frame.x_of(*value));
            let line = vec![(x, look.px(frame.top)), (x, look.px(frame.bottom()))];
            area.draw(&PathElement::new(line, look.stroke(colour, 1.0)))?;
        }
        frame.x_axis(area, look, &ticks, true)?;
        let label = look.fit(&panel.axis, &look::AXIS_TITLE, width)?;
        let below = (left + width / 2.0, frame.bottom() + BELOW);
        look.write(area, &label, &look::AXIS_TITLE, below, (HPos::Center, VPos::Bottom))?;
        for (row, spread) in panel.spreads.iter().enumerate() {
            if let Some(spread) = spread {
                draw_spread(area, look, &frame, spread, (self.row(top, row), self.row_height()))?;
            }
        }
        Ok(())
    }
}

fn draw_spread<B: Backend>(
    area: &Area<B>,
    look: &Look,
    frame: &Frame,
    spread: &Spread,
    (y, height): (f64, f64),
) -> Result<()> {
    let half = BOX * height;
    let at = |value: f64, dy: f64| -> Pixel { (look.px(frame.x_of(value)), look.px(y + dy)) };
    let [lowest, low, middle, high, highest] = spread.quantiles;
    let colour = PALETTE[0];
    let thin = look.stroke(colour.mix(0.75), 1.2);
    area.draw(&PathElement::new(vec![at(lowest, 0.0), at(highest, 0.0)], thin))?;
    for end in [lowest, highest] {
        let line = vec![at(end, -0.5 * half), at(end, 0.5 * half)];
        area.draw(&PathElement::new(line, thin))?;
    }
    let corners = [at(low, -half), at(high, half)];
    area.draw(&Rectangle::new(corners, WHITE.filled()))?;
    area.draw(&Rectangle::new(corners, colour.mix(0.25).filled()))?;
    area.draw(&Rectangle::new(corners, thin))?;
    let line = vec![at(middle, -half), at(middle, half)];
    area.draw(&PathElement::new(line, look.stroke(colour, 2.4)))?;

    let colour = PALETTE[1];
    if let Some(interval) = spread.interval {
        let style = look.stroke(colour, 1.6);
        let ends = vec![at(interval.low, 0.0), at(interval.high, 0.0)];
        area.draw(&PathElement::new(ends, style))?;
        for end in [interval.low, interval.high] {
            let line = vec![at(end, -0.6 * half), at(end, 0.6 * half)];
            area.draw(&PathElement::new(line, style))?;
        }
    }
    if let Some(mean) = spread.mean {
        area.draw(&Circle::new(at(mean, 0.0), look.px(4.0), WHITE.filled()))?;
        area.draw(&Circle::new(at(mean, 0.0), look.px(3.2), colour.filled()))?;
    }
    Ok(())
}

/// The horizontal axis and its ticks: around zero and all marks.
fn axis(panel: &SpreadPanel, width: f64) -> (Vec<Tick>, Scale) {
    let spreads = || panel.spreads.iter().flatten();
    let lowest = spreads().map(Spread::lowest).fold(0.0, f64::min);
    let highest = spreads().map(Spread::highest).fold(0.0, f64::max);
    let (ticks, low, high) = ticks::around(lowest, highest, (width * INTERVALS).max(2.0));
    (ticks, Scale { low, high })
}
