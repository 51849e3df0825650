//! What a section of the report is: it looks at the cells of a run as they come, and makes pictures
//! and a part of the page of them.

use crate::plot::canvas::Painting;
use crate::plot::render::{Drawn, draw, draw_svg};
use anyhow::Result;
use maud::{Markup, PreEscaped};
use weir_stats::Sweep;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimensions;

/// A section while cells come.
pub(crate) trait Section {
    /// Looks at a cell, of which each comes once, in order.
    fn add(&mut self, _cell: &CellTrials<'_>) {}

    /// What it comes to. What else it shows is read from other tables.
    fn finish(self: Box<Self>) -> Result<SectionOutput>;
}

/// The run that a report is made of.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub sweep: &'a Sweep,
    pub dimensions: &'a Dimensions,
}

/// A section of a run; `None` if the run has nothing for it.
pub(crate) type Begun<'a> = Option<Box<dyn Section + 'a>>;

/// What a section comes to.
pub(crate) struct SectionOutput {
    /// Its pictures, each with the stem of its files' name.
    pub pictures: Vec<(String, Drawn)>,
    /// Its part of the page.
    pub markup: Markup,
    /// What is printed of it.
    pub text: String,
    /// What nobody must overlook.
    pub warning: Option<String>,
}

impl Default for SectionOutput {
    fn default() -> Self {
        let (pictures, markup) = (Vec::new(), PreEscaped(String::new()));
        Self { pictures, markup, text: String::new(), warning: None }
    }
}

impl SectionOutput {
    /// Draws a picture: it becomes files of this name, and what is returned shows it on the page.
    pub(crate) fn draw(
        &mut self,
        stem: impl Into<String>,
        picture: &impl Painting,
    ) -> Result<Markup> {
        let drawn = draw(picture)?;
        let on_page = drawn.between(picture.on_page());
        self.pictures.push((stem.into(), drawn));
        Ok(PreEscaped(on_page))
    }

    /// The same section with this part of the page.
    pub(crate) fn with(self, markup: Markup) -> Self {
        Self { markup, ..self }
    }
}

/// A picture for the page alone.
pub(crate) fn small(picture: &impl Painting) -> Result<Markup> {
    Ok(PreEscaped(draw_svg(picture)?))
}
