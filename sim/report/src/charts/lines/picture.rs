//! Pictures of a sweep: panels in rows, each block of them with its legend.

use super::figure::{Figure, Panel};
use super::legend;
use super::panel::{self, Box};
use crate::kit::head::Head;
use crate::plot::canvas::{Canvas, Painting, anchor};
use crate::plot::heading::{HEAD, PADDING, TOP, draw_head};
use crate::plot::look;
use anyhow::Result;

/// Between panels, and between panels and legend.
const GAP: f64 = 26.0;
/// The title above panels that share a metric.
const HEADING: f64 = 30.0;
/// The most of the width that the legend may take.
const LEGEND_SHARE: f64 = 0.24;
/// The most plots side by side.
const COLUMNS: usize = 3;

/// A picture of one figure or several.
pub(crate) struct Picture<'a> {
    /// Title and notes.
    pub head: &'a Head,
    pub width: f64,
    pub blocks: Vec<Block<'a>>,
    /// Blocks below these, which a page does not show.
    pub for_files: Vec<Block<'a>>,
}

/// Panels of one figure.
pub(crate) struct Block<'a> {
    pub figure: &'a Figure,
    /// Indices into its panels.
    pub panels: Vec<usize>,
    /// As many panels stand side by side, unless the figure has facets: those do then.
    pub columns: usize,
    /// The height of a plot.
    pub height: f64,
}

/// A plot of a block.
struct Plot<'a> {
    panel: &'a Panel,
    facet: usize,
    title: &'a str,
}

/// Plots side by side.
struct Row<'a> {
    /// The title of the metric, where the plots have their own.
    heading: Option<&'a str>,
    plots: Vec<Plot<'a>>,
}

impl<'a> Block<'a> {
    fn panels(&self) -> impl Iterator<Item = &'a Panel> {
        let panels = &self.figure.panels;
        self.panels.iter().filter_map(|index| panels.get(*index))
    }

    /// The most plots in a row.
    fn width(&self) -> usize {
        match self.figure.facets.len() {
            0 | 1 => self.columns,
            // Two rows of two look better than a row of three and one alone.
            4 => 2,
            facets => facets.min(COLUMNS),
        }
    }

    fn rows(&self) -> Vec<Row<'a>> {
        let facets = &self.figure.facets;
        if facets.len() <= 1 {
            let plots: Vec<Plot> =
                self.panels().map(|panel| Plot { panel, facet: 0, title: &panel.title }).collect();
            return in_rows(plots, self.width(), None);
        }
        let rows = self.panels().flat_map(|panel| {
            let plots = facets.iter().enumerate();
            let plots = plots.map(|(facet, title)| Plot { panel, facet, title }).collect();
            in_rows(plots, self.width(), Some(panel.title.as_str()))
        });
        rows.collect()
    }

    fn height(&self) -> f64 {
        let rows = self.rows();
        let headings = rows.iter().filter(|row| row.heading.is_some()).count();
        let gaps = rows.len().saturating_sub(1) as f64 * GAP;
        rows.len() as f64 * self.height + headings as f64 * HEADING + gaps
    }
}

fn in_rows<'a>(plots: Vec<Plot<'a>>, width: usize, heading: Option<&'a str>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row> = Vec::new();
    for plot in plots {
        match rows.last_mut() {
            Some(row) if row.plots.len() < width => row.plots.push(plot),
            last => {
                let heading = if last.is_none() { heading } else { None };
                rows.push(Row { heading, plots: vec![plot] });
            }
        }
    }
    rows
}

impl Picture<'_> {
    /// The height of a picture with these blocks.
    fn height_of(&self, blocks: &[&Block<'_>]) -> f64 {
        let heights: f64 = blocks.iter().map(|block| block.height()).sum();
        HEAD + heights + blocks.len().saturating_sub(1) as f64 * GAP + 2.0 * PADDING
    }

    fn all(&self) -> Vec<&Block<'_>> {
        self.blocks.iter().chain(&self.for_files).collect()
    }
}

impl Painting for Picture<'_> {
    fn size(&self) -> (f64, f64) {
        (self.width, self.height_of(&self.all()))
    }

    fn on_page(&self) -> (f64, f64) {
        (HEAD, self.height_of(&self.blocks.iter().collect::<Vec<_>>()))
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let inner = self.width - 2.0 * PADDING;
        draw_head(canvas, self.head, inner)?;
        let mut y = TOP;
        for block in self.all() {
            if block.figure.is_empty() {
                let middle = (self.width / 2.0, y + block.height() / 2.0);
                canvas.write("no valid trials", &look::TITLE, middle, anchor::MIDDLE);
            } else {
                draw_block(canvas, block, (PADDING, y), inner)?;
            }
            y += block.height() + GAP;
        }
        Ok(())
    }
}

fn draw_block(canvas: &Canvas, block: &Block, (left, top): (f64, f64), width: f64) -> Result<()> {
    let legend = legend::width(canvas, block.figure, width * LEGEND_SHARE)?;
    let columns = block.width();
    let plots_width = width - if legend > 0.0 { legend + GAP } else { 0.0 };
    let plot_width = (plots_width - GAP * (columns - 1) as f64) / columns as f64;
    let mut y = top;
    for row in block.rows() {
        if let Some(heading) = row.heading {
            let place = (left, y);
            canvas.write(heading, &look::HEADING, place, anchor::TOP_LEFT);
            y += HEADING;
        }
        for (column, Plot { panel, facet, title }) in row.plots.into_iter().enumerate() {
            let x = left + column as f64 * (plot_width + GAP);
            let place = Box { left: x, top: y, width: plot_width, height: block.height };
            panel::draw(canvas, place, block.figure, (panel, facet, title))?;
        }
        y += block.height + GAP;
    }
    if legend > 0.0 {
        legend::draw(canvas, block.figure, (left + width - legend, top), legend)?;
    }
    Ok(())
}
