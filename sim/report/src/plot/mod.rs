//! Drawing: a canvas that keeps what is drawn on it, and the parts that pictures have in common.
//!
//! Nothing in a picture depends on anything but what it shows, so equal data gives equal bytes.
//!
//! 2026-11-20: plotters draws the shapes. Axes, labels and legends are placed here: its own would
//! be measured in pixels of one backend, and SVG and PNG would differ.

pub(crate) mod canvas;
pub(crate) mod frame;
pub(crate) mod heading;
pub(crate) mod key;
pub(crate) mod look;
pub(crate) mod marks;
pub(crate) mod render;
pub(crate) mod shades;
pub(crate) mod ticks;
pub(crate) mod time;
