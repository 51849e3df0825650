//! How pictures look: fonts, sizes, colours; and drawing in units of layout, which are the pixels of
//! a plot at its natural size.

use anyhow::{Context, Result, anyhow, ensure};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::sync::OnceLock;

/// What a picture is drawn on.
pub(crate) type Area<B> = DrawingArea<B, Shift>;

/// A drawing backend whose errors can be passed on.
pub(crate) trait Backend: DrawingBackend<ErrorType: 'static> {}

impl<B: DrawingBackend<ErrorType: 'static>> Backend for B {}

/// Something that can be drawn on any backend.
pub(crate) trait Painting {
    /// Width and height in units of layout.
    fn size(&self) -> (f64, f64);
    /// Draws the whole picture.
    fn paint<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()>;
}

/// What a piece of text is for.
#[derive(Debug)]
pub(super) struct Role {
    /// The size of an em.
    pub size: f64,
    pub bold: bool,
    pub colour: RGBColor,
}

const fn role(size: f64, bold: bool, colour: RGBColor) -> Role {
    Role { size, bold, colour }
}

pub(super) const INK: RGBColor = RGBColor(26, 28, 32);
pub(super) const SOFT: RGBColor = RGBColor(90, 94, 102);
pub(super) const AXIS: RGBColor = RGBColor(110, 114, 122);
pub(super) const GRID: RGBColor = RGBColor(226, 228, 232);

pub(super) const TITLE: Role = role(19.0, true, INK);
pub(super) const SUBTITLE: Role = role(12.0, false, SOFT);
pub(super) const HEADING: Role = role(14.5, true, INK);
pub(super) const PANEL: Role = role(13.0, true, INK);
pub(super) const AXIS_TITLE: Role = role(12.0, false, INK);
pub(super) const TICK: Role = role(11.5, false, SOFT);
pub(super) const LEGEND_TITLE: Role = role(12.0, false, SOFT);
pub(super) const LEGEND: Role = role(12.5, false, INK);
pub(super) const KEY: Role = role(11.5, false, INK);

/// The palette of Okabe and Ito (<https://jfly.uni-koeln.de/color/>, 2008), which people with any
/// colour vision can tell apart; without yellow, too pale for lines on white.
pub(super) const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// The generic family: an SVG is shown in the reader's own font of this kind. Widths are measured
/// with DejaVu Sans, which is wider than most, so that text of other fonts fits too.
const FAMILY: &str = "sans-serif";

/// plotters states a font's size as the height of its box; its SVG backend takes 1.24 em for that.
const BOX_PER_EM: f64 = 1.24;

const FONTS: [(&str, FontStyle); 2] = [
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", FontStyle::Normal),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", FontStyle::Bold),
];

/// The fonts have 0.8 MB.
const FONT_LIMIT: u64 = 16 << 20;

/// Reads the fonts, once per process: plotters keeps them for ever.
fn load_fonts() -> Result<()> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    let load = || -> Result<()> {
        for (path, style) in FONTS {
            let attempt = || format!("read the font {path} (Debian package fonts-dejavu-core)");
            let length = std::fs::metadata(path).with_context(attempt)?.len();
            ensure!(length <= FONT_LIMIT, "{path} is larger than {FONT_LIMIT} bytes");
            let bytes = std::fs::read(path).with_context(attempt)?;
            register_font(FAMILY, style, bytes.leak())
                .map_err(|_| anyhow!("{path} is not a font"))?;
        }
        Ok(())
    };
    LOADED
        .get_or_init(|| load().map_err(|error| format!("{error:#}")))
        .clone()
        .map_err(|e| anyhow!(e))
}

/// What a picture is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Svg,
    Bitmap,
}

impl Medium {
    /// How far text has to move down, in em: plotters puts the baseline of a bitmap's text this
    /// much higher than that of an SVG's.
    fn text_drop(self) -> f64 {
        match self {
            Self::Svg => 0.0,
            Self::Bitmap => 0.15,
        }
    }
}

/// The scale of a picture.
#[derive(Debug)]
pub(crate) struct Look {
    scale: f64,
    medium: Medium,
}

impl Look {
    /// Drawing with this many of the backend's units per unit of layout.
    pub(super) fn new(scale: f64, medium: Medium) -> Result<Self> {
        load_fonts()?;
        Ok(Self { scale, medium })
    }

    /// In the backend's units.
    pub(super) fn px(&self, length: f64) -> i32 {
        // Pictures are a few thousand units wide; the conversion saturates.
        (length * self.scale).round() as i32
    }

    pub(super) fn size(&self, (width, height): (f64, f64)) -> (u32, u32) {
        (self.px(width).unsigned_abs(), self.px(height).unsigned_abs())
    }

    pub(super) fn stroke(&self, colour: impl Color, width: f64) -> ShapeStyle {
        colour.stroke_width(self.px(width).unsigned_abs().max(1))
    }

    pub(super) fn font(&self, role: &Role) -> TextStyle<'static> {
        let style = if role.bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = role.size * BOX_PER_EM * self.scale;
        (FAMILY, size, style).into_font().color(&role.colour)
    }

    /// The width of a text.
    pub(super) fn width(&self, text: &str, role: &Role) -> Result<f64> {
        let (width, _) = self.font(role).font.box_size(text).context("measure a text")?;
        Ok(f64::from(width) / self.scale)
    }

    /// The text, or as much of its beginning as fits into `width`, with an ellipsis.
    pub(super) fn fit(&self, text: &str, role: &Role, width: f64) -> Result<String> {
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

    /// The text in at most `lines` lines of this width, broken between words; what does not fit ends
    /// with an ellipsis.
    pub(super) fn wrap(
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

    pub(super) fn write<B: Backend>(
        &self,
        area: &Area<B>,
        text: &str,
        role: &Role,
        (x, y): (f64, f64),
        (h, v): (HPos, VPos),
    ) -> Result<()> {
        let style = self.font(role).pos(Pos::new(h, v));
        let drop = role.size * self.medium.text_drop();
        let place = (self.px(x), self.px(y + drop));
        area.draw(&Text::new(text.to_owned(), place, style))?;
        Ok(())
    }
}
