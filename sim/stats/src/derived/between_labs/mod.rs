//! The same experiment in two labs, request by request: the table `differences`.

pub mod pairs;
mod path;
mod rows;
mod table;

pub(crate) use table::write;
