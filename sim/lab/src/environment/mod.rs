//! This machine: what it can do, what a run on it says of it, and the programs that trials start.

pub(crate) mod doctor;
pub(crate) mod host_file;
pub(crate) mod started;
