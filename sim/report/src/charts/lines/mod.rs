//! Line plots: metrics over a dimension of the sweep, a line for each series and a panel for each
//! metric.

mod axis;
pub(crate) mod figure;
mod layout;
mod legend;
mod panel;
pub(crate) mod picture;
pub(crate) mod x;
