//! Reading: rows as structs, trial by trial; and a trial that was run again against its rows.

pub(crate) mod rerun;
pub(crate) mod row;
pub(crate) mod trials;
