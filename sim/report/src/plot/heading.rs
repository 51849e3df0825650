//! Title and notes at the top of a picture.

use super::canvas::{Canvas, anchor};
use super::look;
use crate::kit::head::Head;
use anyhow::Result;

/// Around everything.
pub(crate) const PADDING: f64 = 22.0;
/// The height of title and notes. A page, which says the same, begins below them.
pub(crate) const HEAD: f64 = 84.0;
/// The top of what is drawn below them.
pub(crate) const TOP: f64 = PADDING + HEAD;

/// The width of pictures with panels side by side, or with names in them.
pub(crate) const WIDE: f64 = 1200.0;
/// Above the data of a panel: its title.
pub(crate) const TITLE: f64 = 28.0;
/// Below the data of a panel: labels and title of the axis.
pub(crate) const BELOW: f64 = 46.0;

/// Draws title and notes at the top of a picture.
pub(crate) fn draw_head(canvas: &Canvas, head: &Head, width: f64) -> Result<()> {
    let Head { title, subtitle, note } = head;
    let anchor = anchor::TOP_LEFT;
    for (text, role, y) in [
        (title, &look::TITLE, 0.0),
        (subtitle, &look::SUBTITLE, 30.0),
        (note, &look::SUBTITLE, 48.0),
    ] {
        canvas.write_fit(text, role, (PADDING, PADDING + y), anchor, width)?;
    }
    Ok(())
}
