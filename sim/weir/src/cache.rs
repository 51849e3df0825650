//! Where guest kernels and encoded content are kept between runs.

use anyhow::{Context, Result};
use std::path::PathBuf;

/// `$WEIR_CACHE`, or `weir` in the user's cache folder; `scripts/guest-kernel` looks there too.
///
/// # Errors
/// If the environment names neither.
pub fn folder() -> Result<PathBuf> {
    let variable =
        |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("WEIR_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("weir")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/weir")))
        .context("find the cache folder: set WEIR_CACHE or HOME")
}
