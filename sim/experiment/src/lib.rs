//! Experiment file to plan: pure, it never looks at the machine.
//!
//! [`resolve`] reads an experiment, and the topology that it names, through [`Files`]; [`load`] is
//! the same on the files of a disk. The way of the text:
//!
//! ```text
//! document  TOML text to a tree in which every value remembers its file and line
//! axis      puts a value of the sweep into the tree at a path
//! section   the typed reader of one table: refuses what is wrong, unknown or left over
//! head, media, tcp, topology, shape, players, traffic     one section of the format each
//! stream    content that is a live stream; services: what makes it; kinds: what those are
//! faults    what happens to the network and to services
//! traced    a link's rate that is a trace
//! abr       the algorithm of a group of players
//! follow    how they follow a live stream
//! library   the topologies, services, traces and files that an experiment names; bundled ones too
//! members   one node of a file to many, and its links
//! sweep     [sweep] to axes, and their values to cells: range and patterns make some of them
//! resolve   all of them together: a plan
//! plan      what comes of it
//! cells     the cells of a plan, which are put together when they are asked for
//! needed    the files that it needs
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

mod abr;
mod axis;
mod bounds;
mod bundled;
mod cells;
mod document;
mod draw;
mod error;
mod faults;
mod files;
mod follow;
#[cfg(test)]
mod format;
mod grid;
mod head;
mod kinds;
mod library;
mod live;
mod media;
mod members;
mod needed;
mod network;
mod patterns;
pub mod plan;
mod players;
mod queue;
mod range;
mod resolve;
mod routes;
mod section;
mod selection;
mod services;
mod shape;
mod stream;
mod sweep;
mod tcp;
mod text;
mod topology;
mod traced;
mod traffic;

pub use error::{Error, Place, listed};
pub use files::{Files, MAX_LISTED, load};
pub use kinds::bundled_kind;
pub use live::{
    Each, Fault, LIVE_ROOM, Live, Moment, Of, Ready, Service, ServiceKind, Upstream, What, Wrong,
};
pub use plan::{
    Axis, Cell, Discipline, GilbertElliott, Host, Keep, LabName, Ladder, LadderRung, Link, Loss,
    Media, MoveError, NamedFile, Origin, Phase, Plan, Players, Queue, Rate, Selection, Setup,
    Shape, Source, TcpProfile, Topology, Traced, Traffic, TrafficKind, Trial,
};
pub use queue::QueueError;
pub use resolve::resolve;
pub use routes::{Direction, Routes};
pub use selection::FilterError;
pub use sweep::MAX_TRIALS;
pub use text::MAX_PLAN;
