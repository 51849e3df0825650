//! `[sweep]`: axes and their values, the cells that they span, and values put into the tree of an
//! experiment at the paths of axes.

pub(crate) mod axis;
mod cells;
mod patterns;
mod range;
mod variants;

pub(crate) use cells::Sweep;
pub(crate) use variants::Variants;
