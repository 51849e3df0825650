//! What an experiment names: the topologies, kinds of services, traces and files near it or in the
//! program.

pub(crate) mod bundled;
mod files;
pub(crate) mod kind;
mod named;

pub(crate) use files::{Disk, read};
pub use files::{Files, MAX_LISTED};
pub(crate) use named::{Library, NEARBY, Used};
