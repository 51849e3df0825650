//! A whole plan, all of its trials, and one trial of a run once more.

pub(crate) mod replay;
pub(crate) mod trials;
pub(crate) mod whole;
