//! Laws of all algorithms, and agreement with other implementations.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod laws;
mod memory;
mod one_file;
mod protocol;
mod reference;
mod sabre;
