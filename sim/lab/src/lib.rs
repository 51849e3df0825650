//! The laboratory: it takes a plan, prepares content, runs every trial in a lab, and keeps each
//! result the moment it is there.
//!
//! | file | what lives there |
//! |---|---|
//! | `run.rs`, `trials.rs` | a whole plan, and all of its trials |
//! | `replay.rs` | one trial of a run once more |
//! | `blocks.rs`, `store.rs`, `kept.rs`, `lock.rs`, `sealed.rs`, `own.rs` | its folder: one writer, and finished trials that are safe |
//! | `inputs.rs`, `facts.rs` | what its results depend on, and where it ran |
//! | `content.rs` | what trials serve |
//! | `lab.rs`, `labs.rs` | what labs have in common, and those of a plan |
//! | `model/` | the lab in which the network is a model |
//! | `uml.rs` | the lab that boots a guest for each trial |
//! | `patience.rs` | how long a guest may take |
//! | `host.rs`, `relaunch.rs`, `view.rs` | the lab on this machine's kernel: each trial in namespaces of its own |
//! | `trial.rs` | one trial on the kernel that this process runs on |
//! | `services/`, `sidecars.rs`, `programs.rs`, `players.rs`, `viewers.rs`, `traffic.rs` | who runs on its nodes |
//! | `faults/` | what happens to them and to the network, and when |
//! | `sampler.rs`, `senders.rs`, `rows.rs` | what is read from the kernel meanwhile, and its rows |
//! | `exec.rs`, `snapshot.rs` | where programs of the user's decide, and what they see |
//! | `started.rs` | which programs trials start, and where they come from |
//! | `guest.rs` | what this program is inside a trial: its first process, or a player process |

mod blocks;
mod content;
mod exec;
mod facts;
mod faults;
pub mod guest;
mod host;
mod inputs;
mod kept;
mod lab;
mod labs;
mod lock;
mod model;
mod own;
mod patience;
mod players;
mod programs;
mod refused;
mod relaunch;
mod replay;
mod rows;
mod run;
mod sampler;
mod sealed;
mod senders;
mod services;
mod sidecars;
mod snapshot;
mod started;
mod store;
mod traffic;
mod trial;
mod trials;
mod uml;
mod view;
mod viewers;

pub use facts::{Finding, check, doctor, lab_name};
pub use refused::Refused;
pub use replay::{Replay, Replayed, replay};
pub use run::{Options, Progress, Ran, Run, run};
pub use started::{From, Started, started};
pub use store::{Existing, Store};
pub use weir_process::Cancel;

/// The word on the command line that makes this program a player process of a trial.
const PLAYER_ARGUMENT: &str = "guest-players";
/// The word on the command line that makes this program a process of cross traffic.
const TRAFFIC_ARGUMENT: &str = "guest-traffic";
/// The words on the command line that make this program stand beside a service.
const GATE_ARGUMENT: &str = "guest-gate";
const HEALTH_ARGUMENT: &str = "guest-health";
