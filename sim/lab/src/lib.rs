//! The laboratory: it takes a plan, prepares content, runs every trial in a lab, and keeps each
//! result the moment it is there.
//!
//! - [`run`]: a whole plan, several trials at a time.
//! - [`trial`]: one trial on the kernel that this process runs on.
//! - [`guest`]: a trial inside a guest, and the player processes of any trial.
//! - `uml`: the lab that boots a guest for each trial.
//! - `services`: what runs on nodes, as data.

mod content;
mod facts;
pub mod guest;
pub mod run;
mod services;
mod store;
pub mod trial;
mod uml;
mod viewers;

pub use content::check as check_content;
pub use facts::doctor;
pub use run::{Options, Progress, Run, run};
pub use store::Store;

/// The word on the command line that makes this program a player process of a trial.
pub const PLAYER_ARGUMENT: &str = "guest-players";
