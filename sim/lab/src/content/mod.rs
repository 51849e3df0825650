//! The content of a plan's trials: prepared before the first of them starts, and shared.

pub(crate) mod contents;
pub(crate) mod movie;
