//! Pictures: of a sweep, of two axes, of one session; each as SVG and as PNG.
//!
//! Both forms come from the same drawing commands with the same font metrics, so they agree; and
//! nothing in them depends on anything but what they show, so equal data gives equal bytes.

mod axis;
mod canvas;
mod cloud;
mod drill;
mod frame;
mod heatmap;
mod key;
mod labels;
mod legend;
mod look;
mod marks;
mod panel;
mod picture;
mod shades;
mod spread;
#[cfg(test)]
mod tests;
mod ticks;
mod time;
mod timeline;
mod tradeoff;

pub(crate) use cloud::CloudPicture;
pub(crate) use drill::{DrillPicture, DrillThumbnail};
pub(crate) use heatmap::HeatmapPicture;
pub(crate) use picture::{Block, Picture};
pub(crate) use spread::SpreadPicture;
pub(crate) use timeline::{Thumbnail, TimelinePicture};
pub(crate) use tradeoff::TradeoffPicture;

use anyhow::{Context, Result, ensure};
use look::Painting;
use std::path::Path;

/// Writes a picture into the folder `dir`, as `<stem>.svg` and `<stem>.png`.
///
/// # Errors
/// If the font is missing, a file cannot be written, or `dir` is a link: it may lead anywhere.
pub(crate) fn write(dir: &Path, stem: &str, picture: &impl Painting) -> Result<()> {
    let what = || format!("create {}", dir.display());
    ensure!(!dir.is_symlink(), "{}: it is a link, through which nothing is written", what());
    std::fs::create_dir_all(dir).with_context(what)?;
    let write = |ending: &str, bytes: &[u8]| {
        let path = dir.join(format!("{stem}.{ending}"));
        weir_base::replace(&path, bytes).with_context(|| format!("write {}", path.display()))
    };
    write("svg", svg(picture)?.as_bytes())?;
    write("png", &canvas::png(picture)?)
}

/// A picture as the text of an SVG file.
///
/// # Errors
/// If the font is missing.
pub(crate) fn svg(picture: &impl Painting) -> Result<String> {
    canvas::svg(picture)
}
