//! Laws of all algorithms. That those of Sabre and Pensieve decide as published is tested where
//! whole sessions are run: in `sim/model`.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod laws;
mod memory;
mod one_file;
mod protocol;
