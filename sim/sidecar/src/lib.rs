//! Small processes that stand beside the services of a live stream.
//!
//! - [`fault_proxy`]: in front of an origin, which it has answer wrongly when [`set_rules`] tells
//!   it to.
//! - [`health`]: says what is wrong with a packager or an origin.
//!
//! Both stand on [`weir_server`], with its default bounds.

mod fault_proxy;
mod health;
mod run;

pub use fault_proxy::{FaultProxyJob, FaultRule, fault_proxy, set_rules};
pub use health::{HealthJob, health};
