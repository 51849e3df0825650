//! Sidecars from outside: over TCP, with origins and clients that behave, and some that do not.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helper fails by panicking")]

mod fault_proxy;
mod health;
mod hostile;
mod rules;
mod toy;
