//! Small processes that stand beside the services of a live stream.
//!
//! - [`fault_proxy`]: in front of an origin, which it has answer wrongly when [`set_rules`] tells it
//!   to.
//! - [`health`]: says what is wrong with a packager or an origin.
//!
//! Both stand on [`weir_server`], with its default bounds.

mod fault_proxy;
mod health;

pub use fault_proxy::{FaultProxyJob, FaultRule, fault_proxy, set_rules};
pub use health::{HealthJob, health};

use anyhow::{Context, Result};

/// Runs `job` on this thread alone.
///
/// # Errors
/// The job's own, and if the kernel has no room for a runtime.
fn run(job: impl Future<Output = Result<()>>) -> Result<()> {
    weir_clock::without_timer_slack().context("set the timer slack")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("start the runtime")?.block_on(job)
}
