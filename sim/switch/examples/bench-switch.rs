//! The switcher alone, for `scripts/bench-switch`: `weir switch` without the rest of `weir`, which
//! takes long to build for speed. Its settings come from the environment.

use anyhow::{Context, Result};
use weir_switch::{Settings, Switcher};

fn main() -> Result<()> {
    let config = Settings::from_environment(|name| std::env::var(name).ok())?.config()?;
    weir_switch::allow_descriptors().context("raise the limit of descriptors")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("start")?.block_on(async { Switcher::bind(config)?.run(|_, _| {}).await })
}
