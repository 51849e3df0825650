//! Laws of what is made of trials, from the outside.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod alarms;
mod coverage;
mod drills;
mod estimates;
mod fairness;
mod intervals;
