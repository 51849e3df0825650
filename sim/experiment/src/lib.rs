//! Experiment file to plan: pure, it never looks at the machine.
//!
//! [`resolve`] reads an experiment, and the topology that it names, through a closure; [`load`] is
//! the same on the files of a disk. The way of the text:
//!
//! ```text
//! document  TOML text to a tree in which every value remembers its file and line
//! axis      puts a value of the sweep into the tree at a path
//! section   the typed reader of one table: refuses what is wrong, unknown or left over
//! head, media, tcp, topology, shape, players, traffic     one section of the format each
//! members   one node of a file to many, and its links
//! sweep     [sweep] to axes, and their values to cells
//! resolve   all of them together: a plan
//! plan      what comes of it
//! selection a part of it
//! routes    who reaches whom, and how
//! network   what follows from a plan's network: depths of queues, and what endpoints take
//! draw      the network as a picture
//! text      the plan as text, and back: grid and bounds check what comes back
//! ```
//!
//! A cell of the sweep is read from a tree into which its values were put, so that a swept value is
//! checked exactly as a written one is. The formats are documented in `experiments/FORMAT.md` and
//! `topologies/FORMAT.md`, which a test compares with the keys that the readers ask for.

mod axis;
mod bounds;
mod document;
mod draw;
mod error;
mod files;
#[cfg(test)]
mod format;
mod grid;
mod head;
mod media;
mod members;
mod network;
pub mod plan;
mod players;
mod queue;
mod resolve;
mod routes;
mod section;
mod selection;
mod shape;
mod sweep;
mod tcp;
mod text;
mod topology;
mod traffic;

pub use error::{Error, Place};
pub use files::{Files, load};
pub use plan::{
    Axis, Cell, Discipline, GilbertElliott, Host, LabName, Ladder, LadderRung, Link, Loss, Media,
    MediaFile, Origin, Phase, Plan, Players, Queue, Selection, Setup, Shape, Source, TcpProfile,
    Topology, Traffic, TrafficKind, Trial,
};
pub use queue::QueueError;
pub use resolve::resolve;
pub use routes::{Direction, Routes};
pub use selection::FilterError;
pub use sweep::MAX_TRIALS;
pub use text::MAX_PLAN;
pub use weir_abr::Knows;
