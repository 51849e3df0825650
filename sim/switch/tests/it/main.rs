//! The switcher from outside.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helper fails by panicking")]

mod config;
mod false_alarms;
mod faults;
mod health_tracker;
mod hostile;
mod laws;
mod log;
mod origin;
mod probe_scheduler;
mod service;
mod slow_clients;
mod texts;
mod toy;
mod world;
