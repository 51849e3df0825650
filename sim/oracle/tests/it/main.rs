//! The clairvoyant optimum: its laws, and published content and traces.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod common;
mod examples;
mod laws;
mod published;
mod refusals;
