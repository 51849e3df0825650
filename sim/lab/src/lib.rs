//! The laboratory: it takes a plan, prepares content, runs every trial in a lab, and keeps each
//! result the moment it is there.
//!
//! | file | what lives there |
//! |---|---|
//! | `run.rs`, `store.rs`, `facts.rs` | a whole plan, its folder, and what its results depend on |
//! | `content.rs` | what trials serve |
//! | `uml.rs` | the lab that boots a guest for each trial |
//! | `trial.rs` | one trial on the kernel that this process runs on |
//! | `viewers.rs`, `players.rs`, `services.rs`, `rows.rs` | its parts |
//! | `guest.rs` | what this program is inside a trial: init of a guest, or a player process |

mod content;
mod facts;
pub mod guest;
mod players;
mod rows;
mod run;
mod services;
mod store;
mod trial;
mod uml;
mod viewers;

pub use facts::{Finding, check, doctor};
pub use run::{Options, Progress, Run, run};
pub use store::Store;

/// The word on the command line that makes this program a player process of a trial.
const PLAYER_ARGUMENT: &str = "guest-players";
