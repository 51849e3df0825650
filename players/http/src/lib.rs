//! The headless player: `weir-core`'s state machine on tokio and hyper.
//!
//! [`run`] plays many sessions in one process and writes their rows: what a trial starts on a node.
//! [`play`] plays one and shows how it goes: `weir play URL`. Both speak HTTP/1.1 without TLS over
//! one connection per session, kept alive.
//!
//! | file | what lives there |
//! |---|---|
//! | `job.rs`, `run.rs`, `rows.rs` | the sessions of one process, and their rows |
//! | `algorithm.rs` | the algorithm of a session, which may be a program |
//! | `play.rs` | one session for a person who looks on |
//! | `log/` | every decision and its circumstances, for whoever asks why |
//! | `sender.rs` | what the other end's TCP knows, from whoever can see it |
//! | `session.rs` | carries out what the state machine asks for |
//! | `machine.rs` | the state machine: of recorded content, or of a live stream |
//! | `clocked_player.rs` | the state machine with its clock: waits that end at a deadline |
//! | `connection.rs`, `low_water.rs` | one server at a time, one request at a time; few wake-ups |
//!
//! In a guest in virtual time the CPU is free but every system call costs wall time, so there are
//! few of them per packet: bodies are read in large pieces ([`Transport::low_water`]), deadlines
//! that move with every read do not touch the timer, and tokio's own timers, which read the clock
//! at every turn of its loop and are a millisecond late, are not used.

mod algorithm;
mod clocked_player;
mod connection;
mod date;
mod job;
mod log;
mod low_water;
mod machine;
mod play;
mod rows;
mod run;
#[cfg(test)]
mod script;
mod sender;
mod session;

pub use job::{Job, MAX_SESSIONS, SessionJob, Transport};
pub use log::{Happening, LOG_LIMIT, LogLine};
pub use play::{Options, play};
pub use run::run;
pub use sender::{SenderState, Senders};
pub use weir_abr::SizeHints;
pub use weir_core::{CatchUp, LiveRules, Phase, PlayerProfile, Preset, Status, Viewer, Viewing};
