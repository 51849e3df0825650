//! Reports from the outside: from finished trials to files, and back.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod agreed;
mod bandwidth;
mod compared;
mod drawn;
mod drills;
mod labs;
mod live_sample;
mod never_started;
mod pages;
mod sample;
mod shapes;
mod shootout;
mod strange;
mod tables;
