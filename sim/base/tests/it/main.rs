//! Files from the outside.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod replacement;
