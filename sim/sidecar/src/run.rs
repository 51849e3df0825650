//! How a sidecar runs.

use anyhow::{Context, Result};
use tokio::task::LocalSet;

/// Runs `job` on this thread alone.
///
/// # Errors
/// The job's own, and if the kernel has no room for a runtime.
pub(crate) fn run(job: impl Future<Output = Result<()>>) -> Result<()> {
    weir_clock::without_timer_slack().context("set the timer slack")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    LocalSet::new().block_on(&runtime.context("start the runtime")?, job)
}
