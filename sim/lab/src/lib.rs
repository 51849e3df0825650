//! The laboratory: it takes a plan, prepares content, runs every trial in a lab, and keeps each
//! result the moment it is there.
//!
//! | folder | what lives there |
//! |---|---|
//! | `run/` | a whole plan, all of its trials, and one trial of a run once more |
//! | `store/` | its folder: one writer, finished trials that are safe, what results depend on |
//! | `content/` | what trials serve |
//! | `labs/` | what labs have in common, and each of them: `model/`, a guest, this machine's kernel
//! |
//! | `trial/` | one trial on the kernel that this process runs on |
//! | `exec/` | where programs of the user's decide, and what they see |
//! | `environment/` | this machine, and the programs that trials start |

mod content;
mod environment;
mod exec;
mod labs;
mod progress;
mod refused;
mod run;
mod store;
mod trial;

pub use environment::doctor::{Finding, check, doctor};
pub use environment::started::{From, Started, started};
pub use labs::guest;
pub use progress::Progress;
pub use refused::Refused;
pub use run::replay::{Replay, Replayed, replay};
pub use run::whole::{Options, Ran, Run, run};
pub use store::folder::{Existing, Store};
pub use weir_process::Cancel;

/// The word on the command line that makes this program a player process of a trial.
const PLAYER_ARGUMENT: &str = "guest-players";
/// The word on the command line that makes this program a process of cross traffic.
const TRAFFIC_ARGUMENT: &str = "guest-traffic";
/// The words on the command line that make this program stand beside a service.
const GATE_ARGUMENT: &str = "guest-gate";
const HEALTH_ARGUMENT: &str = "guest-health";
