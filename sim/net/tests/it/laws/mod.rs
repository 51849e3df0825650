//! What holds for every network. Each law runs in a guest, on a virtual clock, so that the numbers
//! are exact however busy the machine is.

mod bandwidth;
mod bursts;
mod changes;
mod counters;
mod fq_codel;
mod jitter;
mod nodes;
mod processes;
mod processing;
mod senders;

use anyhow::Result;

pub use senders::{ASK, ask};

/// A law, and what it says when it holds.
pub type Law = fn() -> Result<String>;

pub fn all() -> Vec<(&'static str, Law)> {
    [
        &bandwidth::LAWS[..],
        &bursts::LAWS,
        &changes::LAWS,
        &counters::LAWS,
        &fq_codel::LAWS,
        &jitter::LAWS,
        &nodes::LAWS,
        &processes::LAWS,
        &processing::LAWS,
        &senders::LAWS,
    ]
    .concat()
}
