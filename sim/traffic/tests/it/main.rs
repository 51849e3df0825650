//! Flows in real time on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod common;
mod failures;
mod jobs;
mod kinds;
