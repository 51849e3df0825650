//! The switcher from outside.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helper fails by panicking")]

mod false_alarms;
mod faults;
mod health_tracker;
mod hostile;
mod laws;
mod origin;
mod service;
mod slow_clients;
mod texts;
mod toy;
mod world;
