//! Experiment file to plan: pure, it never looks at the machine.
//!
//! [`resolve`] reads an experiment, and the topology that it names, through [`Files`]; [`load`] is
//! the same on the files of a disk. What comes of it is a [`weir_plan::Plan`], which also has all
//! limits.
//!
//! | folder or file | what lives there |
//! |---|---|
//! | `document/` | TOML text as a tree that remembers lines, and the typed reader of one table |
//! | `library/` | what an experiment names: topologies, services, traces and files; bundled ones
//! too |
//! | `sweep/` | `[sweep]`: axes, their values, and the cells that they span |
//! | `sections/` | one file for each section of the format |
//! | `resolve` | all of them together: a plan, cell after cell of its sweep |
//! | `load` | experiments on a disk, and the files of plans that were written before |
//! | `draw/` | the network as a picture |
//!
//! A cell of the sweep is read from a tree into which its values were put, so that a swept value is
//! checked exactly as a written one is. The formats are documented in `experiments/FORMAT.md` and
//! `topologies/FORMAT.md`, which a test compares with the keys that the readers ask for, and with
//! the limits that they keep.

mod document;
mod draw;
#[cfg(test)]
mod format;
mod library;
mod load;
mod resolve;
mod sections;
mod sweep;

pub use draw::to_svg;
pub use library::kind::bundled_kind;
pub use library::{Files, MAX_LISTED};
pub use load::{find_files, load};
pub use resolve::resolve;
