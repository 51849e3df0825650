//! Programs that decide, and programs that do not.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod endings;
mod faults;
mod finding;
mod scene;
mod sessions;
