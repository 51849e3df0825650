//! Distributions side by side: for each row a line from the 5th percentile to the 95th, a box from
//! quarter to quarter with the median, and the mean with its interval.

use crate::kit::head::Head;
use crate::plot::canvas::{Canvas, Painting, Pixel, anchor};
use crate::plot::frame::{Frame, Scale};
use crate::plot::heading::{BELOW, HEAD, PADDING, TITLE, TOP, WIDE, draw_head};
use crate::plot::look::{self, PALETTE};
use crate::plot::ticks::{self, Tick};
use anyhow::Result;
use plotters::prelude::*;
use weir_stats::methods::bootstrap::Interval;
use weir_stats::methods::quantile::quantile;

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

/// The shares of values below each of the quantiles that are shown.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Panels with the same rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoxPlot {
    /// What the rows are.
    pub rows_title: String,
    pub rows: Vec<String>,
    pub panels: Vec<BoxPlotPanel>,
}

/// One quantity of all rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoxPlotPanel {
    pub title: String,
    /// The title of the axis, with the unit.
    pub axis: String,
    /// One for each row; missing where it has no value.
    pub boxes: Vec<Option<Distribution>>,
}

/// A distribution.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Distribution {
    pub quantiles: [f64; 5],
    /// The mean, where it is shown, and its 95 % interval.
    pub mean: Option<f64>,
    pub interval: Option<Interval>,
}

impl Distribution {
    /// Of these values, without a mean; `None` of none. Values that are not finite are left out.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let mut quantiles = [0.0; 5];
        for (value, share) in quantiles.iter_mut().zip(QUANTILES) {
            *value = quantile(&values, share)?;
        }
        Some(Self { quantiles, mean: None, interval: None })
    }

    /// The lowest of its marks.
    pub(crate) fn lowest(&self) -> f64 {
        let marks = [self.mean, self.interval.map(|interval| interval.low)];
        marks.into_iter().flatten().fold(self.quantiles[0], f64::min)
    }

    /// The highest of its marks.
    pub(crate) fn highest(&self) -> f64 {
        let marks = [self.mean, self.interval.map(|interval| interval.high)];
        marks.into_iter().flatten().fold(self.quantiles[4], f64::max)
    }
}

/// A picture of all panels.
pub(crate) struct BoxPlotPicture<'a> {
    /// Title and notes.
    pub head: &'a Head,
    pub plot: &'a BoxPlot,
}

impl BoxPlotPicture<'_> {
    fn columns(&self) -> usize {
        match self.plot.panels.len() {
            4 => 2,
            panels => panels.clamp(1, COLUMNS),
        }
    }

    fn row_height(&self) -> f64 {
        (ROWS / self.plot.rows.len().max(1) as f64).clamp(ROW.0, ROW.1)
    }

    fn panel_height(&self) -> f64 {
        TITLE + self.row_height() * self.plot.rows.len() as f64 + BELOW
    }

    /// The room for the names of rows.
    fn names(&self, canvas: &Canvas) -> Result<f64> {
        let mut widest = canvas.width(&self.plot.rows_title, &look::LEGEND_TITLE)?;
        for row in &self.plot.rows {
            widest = widest.max(canvas.width(row, &look::KEY)?);
        }
        Ok((widest + 12.0).min(NAMES * WIDE))
    }
}

impl Painting for BoxPlotPicture<'_> {
    fn size(&self) -> (f64, f64) {
        let lines = self.plot.panels.len().div_ceil(self.columns()) as f64;
        let panels = lines * self.panel_height() + (lines - 1.0).max(0.0) * GAP;
        (WIDE, TOP + panels + PADDING)
    }

    fn on_page(&self) -> (f64, f64) {
        (HEAD, self.size().1)
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let inner = WIDE - 2.0 * PADDING;
        draw_head(canvas, self.head, inner)?;
        let names = self.names(canvas)?;
        let columns = self.columns();
        let width = (inner - names - GAP * columns as f64) / columns as f64;
        for (index, panel) in self.plot.panels.iter().enumerate() {
            let (column, line) = (index % columns, index / columns);
            let top = TOP + line as f64 * (self.panel_height() + GAP);
            if column == 0 {
                self.name_rows(canvas, top, names)?;
            }
            let left = PADDING + names + GAP / 2.0 + column as f64 * (width + GAP);
            self.panel(canvas, panel, (left, top), width)?;
        }
        Ok(())
    }
}

impl BoxPlotPicture<'_> {
    /// The middle of a row.
    fn row(&self, top: f64, row: usize) -> f64 {
        top + TITLE + self.row_height() * (row as f64 + 0.5)
    }

    fn name_rows(&self, canvas: &Canvas, top: f64, width: f64) -> Result<()> {
        let corner = (PADDING, top + 2.0);
        canvas.write_fit(
            &self.plot.rows_title,
            &look::LEGEND_TITLE,
            corner,
            anchor::TOP_LEFT,
            width,
        )?;
        for (row, name) in self.plot.rows.iter().enumerate() {
            let place = (PADDING, self.row(top, row));
            canvas.write_fit(name, &look::KEY, place, anchor::LEFT, width)?;
        }
        Ok(())
    }

    fn panel(
        &self,
        canvas: &Canvas,
        panel: &BoxPlotPanel,
        (left, top): (f64, f64),
        width: f64,
    ) -> Result<()> {
        let (ticks, x) = axis(panel, width);
        let height = self.row_height() * self.plot.rows.len() as f64;
        let y = Scale { low: 0.0, high: 1.0 };
        let frame = Frame { left, top: top + TITLE, width, height, x, y };
        canvas.write_fit(&panel.title, &look::PANEL, (left, top), anchor::TOP_LEFT, width)?;
        for (value, _) in &ticks {
            let colour = if *value == 0.0 { look::AXIS } else { look::GRID };
            let x = canvas.px(frame.x_of(*value));
            let line = vec![(x, canvas.px(frame.top)), (x, canvas.px(frame.bottom()))];
            canvas.line(line, canvas.stroke(colour, 1.0));
        }
        frame.x_axis(canvas, &ticks, true);
        let below = (left + width / 2.0, frame.bottom() + BELOW);
        canvas.write_fit(&panel.axis, &look::AXIS_TITLE, below, anchor::BOTTOM, width)?;
        for (row, found) in panel.boxes.iter().enumerate() {
            if let Some(found) = found {
                draw_box(canvas, &frame, found, (self.row(top, row), self.row_height()));
            }
        }
        Ok(())
    }
}

fn draw_box(canvas: &Canvas, frame: &Frame, found: &Distribution, (y, height): (f64, f64)) {
    let half = BOX * height;
    let at = |value: f64, dy: f64| -> Pixel { canvas.at((frame.x_of(value), y + dy)) };
    let [lowest, low, middle, high, highest] = found.quantiles;
    let colour = PALETTE[0];
    let thin = canvas.stroke(colour.mix(0.75), 1.2);
    canvas.line(vec![at(lowest, 0.0), at(highest, 0.0)], thin);
    for end in [lowest, highest] {
        let line = vec![at(end, -0.5 * half), at(end, 0.5 * half)];
        canvas.line(line, thin);
    }
    let corners = [at(low, -half), at(high, half)];
    canvas.rectangle(corners, WHITE.filled());
    canvas.rectangle(corners, colour.mix(0.25).filled());
    canvas.rectangle(corners, thin);
    let line = vec![at(middle, -half), at(middle, half)];
    canvas.line(line, canvas.stroke(colour, 2.4));

    let colour = PALETTE[1];
    if let Some(interval) = found.interval {
        let style = canvas.stroke(colour, 1.6);
        let ends = vec![at(interval.low, 0.0), at(interval.high, 0.0)];
        canvas.line(ends, style);
        for end in [interval.low, interval.high] {
            let line = vec![at(end, -0.6 * half), at(end, 0.6 * half)];
            canvas.line(line, style);
        }
    }
    if let Some(mean) = found.mean {
        canvas.circle(at(mean, 0.0), 4.0, WHITE.filled());
        canvas.circle(at(mean, 0.0), 3.2, colour.filled());
    }
}

/// The horizontal axis and its ticks: around zero and all marks.
fn axis(panel: &BoxPlotPanel, width: f64) -> (Vec<Tick>, Scale) {
    let boxes = || panel.boxes.iter().flatten();
    let lowest = boxes().map(Distribution::lowest).fold(0.0, f64::min);
    let highest = boxes().map(Distribution::highest).fold(0.0, f64::max);
    let (ticks, low, high) = ticks::around(lowest, highest, (width * INTERVALS).max(2.0));
    (ticks, Scale { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_finite_has_no_distribution() {
        assert_eq!(Distribution::of(vec![f64::NAN, f64::INFINITY]), None);
    }

    proptest! {
        #[test]
        fn quantiles_ascend_within_the_values(
            values in proptest::collection::vec(-1e9f64..1e9, 1..50)
        ) {
            let found = Distribution::of(values.clone()).unwrap();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(found.quantiles.is_sorted());
            prop_assert!(low <= found.lowest() && found.highest() <= high);
        }
    }
}
