//! Traces: their arithmetic, their forms, their models, and what is published.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod common;
mod forms;
mod laws;
mod models;
mod published;
mod refusals;
mod statistics;
