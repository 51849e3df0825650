//! Pictures of a sweep: panels in rows, each block of them with its legend.

use super::legend;
use super::look::{self, Area, Backend, Look, Painting};
use super::panel::{self, Box};
use crate::figure::{Figure, Panel};
use crate::head::Head;
use anyhow::Result;
use plotters::style::text_anchor::{HPos, VPos};

/// Around everything.
pub(super) const PADDING: f64 = 22.0;
/// The height of title and notes.
const HEAD: f64 = 84.0;
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
    /// Title and notes; a page has them already.
    pub head: Option<&'a Head>,
    pub width: f64,
    pub blocks: Vec<Block<'a>>,
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

impl Painting for Picture<'_> {
    fn size(&self) -> (f64, f64) {
        let head = if self.head.is_some() { HEAD } else { 0.0 };
        let blocks: f64 = self.blocks.iter().map(Block::height).sum();
        let gaps = self.blocks.len().saturating_sub(1) as f64 * GAP;
        (self.width, head + blocks + gaps + 2.0 * PADDING)
    }

    fn paint<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()> {
        let inner = self.width - 2.0 * PADDING;
        let mut y = PADDING;
        if let Some(head) = self.head {
            draw_head(area, look, head, inner)?;
            y += HEAD;
        }
        for block in &self.blocks {
            if block.figure.is_empty() {
                let middle = (self.width / 2.0, y + block.height() / 2.0);
                let anchor = (HPos::Center, VPos::Center);
                look.write(area, "no valid trials", &look::TITLE, middle, anchor)?;
            } else {
                draw_block(area, look, block, (PADDING, y), inner)?;
            }
            y += block.height() + GAP;
        }
        Ok(())
    }
}

/// Draws title and notes at the top of a picture.
pub(super) fn draw_head<B: Backend>(
    area: &Area<B>,
    look: &Look,
    head: &Head,
    width: f64,
) -> Result<()> {
    let Head { title, subtitle, note } = head;
    let anchor = (HPos::Left, VPos::Top);
    for (text, role, y) in [
        (title, &look::TITLE, 0.0),
        (subtitle, &look::SUBTITLE, 30.0),
        (note, &look::SUBTITLE, 48.0),
    ] {
        let text = look.fit(text, role, width)?;
        look.write(area, &text, role, (PADDING, PADDING + y), anchor)?;
    }
    Ok(())
}

fn draw_block<B: Backend>(
    area: &Area<B>,
    look: &Look,
    block: &Block,
    (left, top): (f64, f64),
    width: f64,
) -> Result<()> {
    let legend = legend::width(look, block.figure, width * LEGEND_SHARE)?;
    let columns = block.width();
    let plots_width = width - if legend > 0.0 { legend + GAP } else { 0.0 };
    let plot_width = (plots_width - GAP * (columns - 1) as f64) / columns as f64;
    let mut y = top;
    for row in block.rows() {
        if let Some(heading) = row.heading {
            let place = (left, y);
            look.write(area, heading, &look::HEADING, place, (HPos::Left, VPos::Top))?;
            y += HEADING;
        }
        for (column, Plot { panel, facet, title }) in row.plots.into_iter().enumerate() {
            let x = left + column as f64 * (plot_width + GAP);
            let place = Box { left: x, top: y, width: plot_width, height: block.height };
            panel::draw(area, look, place, block.figure, (panel, facet, title))?;
        }
        y += block.height + GAP;
    }
    if legend > 0.0 {
        legend::draw(area, look, block.figure, (left + width - legend, top), legend)?;
    }
    Ok(())
}
