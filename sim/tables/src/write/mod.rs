//! Writing: which trials may become rows, in which order, and in which columns.

pub(crate) mod order;
pub(crate) mod run;
pub(crate) mod table;
