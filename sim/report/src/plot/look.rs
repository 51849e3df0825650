//! How pictures look: fonts, sizes, colours.

use anyhow::{Context, Result, anyhow, ensure};
use plotters::prelude::*;
use plotters::style::register_font;
use std::sync::OnceLock;

/// What a piece of text is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    /// The size of an em.
    pub size: f64,
    pub bold: bool,
    pub colour: RGBColor,
}

const fn role(size: f64, bold: bool, colour: RGBColor) -> Role {
    Role { size, bold, colour }
}

pub(crate) const INK: RGBColor = RGBColor(26, 28, 32);
pub(crate) const SOFT: RGBColor = RGBColor(90, 94, 102);
pub(crate) const AXIS: RGBColor = RGBColor(110, 114, 122);
pub(crate) const GRID: RGBColor = RGBColor(226, 228, 232);

pub(crate) const TITLE: Role = role(19.0, true, INK);
pub(crate) const SUBTITLE: Role = role(12.0, false, SOFT);
pub(crate) const HEADING: Role = role(14.5, true, INK);
pub(crate) const PANEL: Role = role(13.0, true, INK);
pub(crate) const AXIS_TITLE: Role = role(12.0, false, INK);
pub(crate) const TICK: Role = role(11.5, false, SOFT);
pub(crate) const LEGEND_TITLE: Role = role(12.0, false, SOFT);
pub(crate) const LEGEND: Role = role(12.5, false, INK);
pub(crate) const KEY: Role = role(11.5, false, INK);

/// The palette of Okabe and Ito (<https://jfly.uni-koeln.de/color/>, 2008), which people with any
/// colour vision can tell apart; without yellow, too pale for lines on white.
pub(crate) const PALETTE: [RGBColor; 7] = [
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
pub(super) const FAMILY: &str = "sans-serif";

/// plotters states a font's size as the height of its box; its SVG backend takes 1.24 em for that.
pub(super) const BOX_PER_EM: f64 = 1.24;

const FONTS: [(&str, FontStyle); 2] = [
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", FontStyle::Normal),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", FontStyle::Bold),
];

/// The fonts have 0.8 MB.
const FONT_LIMIT: u64 = 16 << 20;

/// Reads the fonts, once per process: plotters keeps them for ever.
pub(super) fn load_fonts() -> Result<()> {
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
