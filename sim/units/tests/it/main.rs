//! The laws of the quantities, as the crate's first page states them, and the words of refusals.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod arithmetic;
mod text;
