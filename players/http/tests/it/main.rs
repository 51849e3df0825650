//! Sessions in real time against a server on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod abandonment;
mod failures;
mod live;
mod log;
mod low_water;
mod programs;
mod senders;
mod server;
mod sessions;
mod watching;
