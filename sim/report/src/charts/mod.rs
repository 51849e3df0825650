//! The kinds of plots that several sections have: what they show, and how it is drawn.

pub(crate) mod box_plot;
pub(crate) mod lines;
pub(crate) mod pareto;
pub(crate) mod scatter;
