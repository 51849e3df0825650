//! The switcher from outside.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helper fails by panicking")]

mod board;
mod faults;
mod hostile;
mod toy;
