//! The fluid network: its laws, against a naive solver, and published runs.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod common;
mod events;
mod fairness;
mod laws;
mod memory;
mod pensieve;
mod reference;
mod sabre;
mod sharing;
