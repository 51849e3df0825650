//! Heatmaps: a metric over two dimensions of a sweep.

mod draw;
mod maps;

pub(crate) use draw::HeatmapPicture;
pub(super) use maps::HeatmapBuilder;
#[cfg(test)]
pub(crate) use maps::{Heatmap, Map, Side};
