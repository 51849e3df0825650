//! Where pictures are drawn, in units of layout: the pixels of a plot at its natural size. What is
//! drawn is kept as a list of shapes, so that a picture is painted once, whatever it becomes.

use super::look::{BOX_PER_EM, FAMILY, Role, load_fonts};
use anyhow::{Context, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use std::cell::RefCell;

/// Drawing units per unit of layout. Coordinates are whole units, so finer units draw finer.
pub(super) const SCALE: f64 = 4.0;

/// Which part of a text stands at its place.
pub(crate) mod anchor {
    use plotters::style::text_anchor::{HPos, VPos};

    pub(crate) const TOP_LEFT: (HPos, VPos) = (HPos::Left, VPos::Top);
    pub(crate) const TOP: (HPos, VPos) = (HPos::Center, VPos::Top);
    pub(crate) const LEFT: (HPos, VPos) = (HPos::Left, VPos::Center);
    pub(crate) const MIDDLE: (HPos, VPos) = (HPos::Center, VPos::Center);
    pub(crate) const RIGHT: (HPos, VPos) = (HPos::Right, VPos::Center);
    pub(crate) const BOTTOM: (HPos, VPos) = (HPos::Center, VPos::Bottom);
}

/// A place in drawing units.
pub(crate) type Pixel = (i32, i32);

/// What is drawn, in the order in which it is.
pub(super) enum Shape {
    Line(Vec<Pixel>, ShapeStyle),
    Polygon(Vec<Pixel>, RGBAColor),
    Rectangle([Pixel; 2], ShapeStyle),
    Circle(Pixel, i32, ShapeStyle),
    Text { text: String, role: Role, at: (f64, f64), anchor: (HPos, VPos) },
}

/// Something that can be drawn.
pub(crate) trait Painting {
    /// Width and height in units of layout.
    fn size(&self) -> (f64, f64);

    /// Draws the whole picture.
    fn paint(&self, canvas: &Canvas) -> Result<()>;

    /// What a page shows of it, from top to bottom: not what the page says itself.
    fn on_page(&self) -> (f64, f64) {
        (0.0, self.size().1)
    }
}

/// A picture while it is drawn.
pub(crate) struct Canvas {
    shapes: RefCell<Vec<Shape>>,
}

impl Canvas {
    /// An empty one.
    ///
    /// # Errors
    /// If the fonts are missing.
    pub(super) fn new() -> Result<Self> {
        load_fonts()?;
        Ok(Self { shapes: RefCell::default() })
    }

    /// All that was drawn.
    pub(super) fn finish(self) -> Vec<Shape> {
        self.shapes.into_inner()
    }

    /// In drawing units.
    pub(crate) fn px(&self, length: f64) -> i32 {
        // Pictures are a few thousand units wide; the conversion saturates.
        (length * SCALE).round() as i32
    }

    /// A place in drawing units.
    pub(crate) fn at(&self, (x, y): (f64, f64)) -> Pixel {
        (self.px(x), self.px(y))
    }

    pub(crate) fn stroke(&self, colour: impl Color, width: f64) -> ShapeStyle {
        colour.stroke_width(self.px(width).unsigned_abs().max(1))
    }

    pub(crate) fn line(&self, points: impl Into<Vec<Pixel>>, style: ShapeStyle) {
        self.shapes.borrow_mut().push(Shape::Line(points.into(), style));
    }

    pub(crate) fn polygon(&self, corners: Vec<Pixel>, colour: impl Color) {
        self.shapes.borrow_mut().push(Shape::Polygon(corners, colour.to_rgba()));
    }

    pub(crate) fn rectangle(&self, corners: [Pixel; 2], style: ShapeStyle) {
        self.shapes.borrow_mut().push(Shape::Rectangle(corners, style));
    }

    pub(crate) fn circle(&self, at: Pixel, radius: f64, style: ShapeStyle) {
        let radius = self.px(radius);
        self.shapes.borrow_mut().push(Shape::Circle(at, radius, style));
    }

    /// Writes a text with its anchor at this place.
    pub(crate) fn write(&self, text: &str, role: &Role, at: (f64, f64), anchor: (HPos, VPos)) {
        let (text, role) = (text.to_owned(), *role);
        self.shapes.borrow_mut().push(Shape::Text { text, role, at, anchor });
    }

    /// Writes a text, or as much of its beginning as fits into this width.
    pub(crate) fn write_fit(
        &self,
        text: &str,
        role: &Role,
        at: (f64, f64),
        anchor: (HPos, VPos),
        width: f64,
    ) -> Result<()> {
        self.write(&self.fit(text, role, width)?, role, at, anchor);
        Ok(())
    }

    /// The width of a text.
    pub(crate) fn width(&self, text: &str, role: &Role) -> Result<f64> {
        let (width, _) = font(role).font.box_size(text).context("measure a text")?;
        Ok(f64::from(width) / SCALE)
    }

    /// The text, or as much of its beginning as fits into `width`, with an ellipsis.
    pub(crate) fn fit(&self, text: &str, role: &Role, width: f64) -> Result<String> {
        if self.width(text, role)? <= width {
            return Ok(text.to_owned());
        }
        // Nothing wider than a plot can fit: no need to measure a megabyte.
        let kept: Vec<char> = text.chars().take(1_000).collect();
        let short = |length: usize| kept[..length].iter().chain(['…'].iter()).collect::<String>();
        // As long as possible: `fits` fits, or is nothing, and `over` does not.
        let (mut fits, mut over) = (0, kept.len() + 1);
        while over - fits > 1 {
            let middle = fits.midpoint(over);
            match self.width(&short(middle), role)? <= width {
                true => fits = middle,
                false => over = middle,
            }
        }
        Ok(short(fits))
    }

    /// The text in at most `lines` lines of this width, broken between words; what does not fit
    /// ends with an ellipsis.
    pub(crate) fn wrap(
        &self,
        text: &str,
        role: &Role,
        width: f64,
        lines: usize,
    ) -> Result<Vec<String>> {
        let mut wrapped: Vec<String> = Vec::new();
        for word in text.split_whitespace().take(100) {
            let joined = wrapped.last().map(|line| format!("{line} {word}"));
            match (joined, wrapped.last_mut()) {
                (Some(joined), Some(line)) if self.width(&joined, role)? <= width => *line = joined,
                _ => wrapped.push(word.to_owned()),
            }
        }
        if wrapped.len() > lines {
            let rest = wrapped.split_off(lines.saturating_sub(1)).join(" ");
            wrapped.push(rest);
        }
        wrapped.iter().map(|line| self.fit(line, role, width)).collect()
    }
}

/// The font of a role, in drawing units.
pub(super) fn font(role: &Role) -> TextStyle<'static> {
    let style = if role.bold { FontStyle::Bold } else { FontStyle::Normal };
    (FAMILY, role.size * BOX_PER_EM * SCALE, style).into_font().color(&role.colour)
}
