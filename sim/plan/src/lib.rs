//! What will run: the plan of an experiment as plain data, with every limit once, and its text.
//! Nothing here reads an experiment (that is `weir-experiment`) or runs one (`weir-lab`).
//!
//! | file | what lives there |
//! |---|---|
//! | `plan` | the whole; `selection`: a part of it; `cells`, `grid`: the cells of its sweep |
//! | `setup` | what a trial consists of, in the files below |
//! | `media`, `topology`, `queue`, `tcp` | content and the network |
//! | `players`, `traffic`, `services`, `kind`, `faults` | who is there, and what happens |
//! | `limits`, `names` | which values and names are good |
//! | `check`, `setup_check` | what is wrong with a value, and with a whole setup |
//! | `routes`, `network` | what follows from a network: who reaches whom, how deep buffers are |
//! | `needed` | the files that it needs, and how they are refused |
//! | `text` | `plan.toml`, written and read |
//! | `error` | a refusal, and the place that it points to |

mod cells;
mod check;
mod error;
mod faults;
mod grid;
mod kind;
pub mod limits;
mod media;
pub mod names;
mod needed;
mod network;
mod plan;
mod players;
mod queue;
mod routes;
mod selection;
mod services;
mod setup;
mod setup_check;
mod tcp;
mod text;
mod topology;
mod traffic;

pub use cells::{Cell, Cells, Draft};
pub use check::Invalid;
pub use error::{Error, Place, clip, listed, nearest};
pub use faults::{Fault, Moment, What, Wrong};
pub use kind::{Each, Of, Ready, ServiceKind, Upstream};
pub use media::{Ladder, LadderRung, Media, Source};
pub use plan::{Axis, MoveError, NamedFile, Plan, Selection, Trial};
pub use players::Players;
pub use queue::{Queue, QueueError};
pub use routes::{Parts, Routes};
pub use selection::FilterError;
pub use services::{LIVE_ROOM, Live, Service, check_count, check_together};
pub use setup::{Keep, LabName, Origin, Phase, Setup};
pub use tcp::TcpProfile;
pub use topology::{
    Direction, Discipline, GilbertElliott, Host, Link, Loss, Rate, Shape, Topology, Traced,
};
pub use traffic::{Traffic, TrafficKind};
