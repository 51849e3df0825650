//! Small processes that stand beside the services of a live stream.
//!
//! - [`gate`]: in front of an origin, which it has answer wrongly when it is told to by [`order`].
//! - [`health`]: says what is wrong with a packager or an origin.

mod gate;
mod health;
mod serve;
mod wire;

pub use gate::{GateJob, Order, gate, order};
pub use health::{HealthJob, health};
