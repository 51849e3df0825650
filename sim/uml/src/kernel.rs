//! The guest kernel in the cache.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use weir_base::{hex, sha256_of_file};

/// What a guest kernel is built from, besides Linux: its configuration and the shim.
const CONFIG: &[u8] = include_bytes!("../guest/config");
const SHIM: &[u8] = include_bytes!("../guest/shim.c");
/// A description of more than this is none of ours.
const ABOUT_LIMIT: u64 = 1 << 16;

/// The hash that kernels in the cache are marked with: 12 hexadecimal digits of the SHA-256 of
/// configuration and shim, as `scripts/guest-kernel` computes it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelKey(String);

impl KernelKey {
    /// The key of the kernels that this program can boot.
    pub fn current() -> Self {
        let hash = Sha256::new().chain_update(CONFIG).chain_update(SHIM).finalize();
        Self(hex(&hash).chars().take(12).collect())
    }
}

/// A guest kernel.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// The version of Linux.
    pub version: String,
    /// The executable.
    pub linux: PathBuf,
    /// The shared object that stands between it and the host's libc.
    pub shim: PathBuf,
    /// Where its clock is in its memory, if it was built so that this is known: eight bytes,
    /// nanoseconds.
    pub clock: Option<u64>,
    /// SHA-256 of both, in this order.
    pub sha256: String,
}

impl Kernel {
    /// The newest kernel below `cache` that was built for this program.
    ///
    /// # Errors
    /// If there is none (the message says which command builds one), or it cannot be read.
    pub fn find(cache: &Path) -> Result<Self> {
        let folder = cache.join("guest");
        let key = KernelKey::current();
        let suffix = format!("-{}", key.0);
        let mut newest: Option<(Vec<u64>, String)> = None;
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let name = entry.with_context(|| format!("list {}", folder.display()))?.file_name();
            let Some(version) = name.to_str().and_then(|name| name.strip_suffix(&suffix)) else {
                continue;
            };
            let numbers = version_numbers(version);
            if newest.as_ref().is_none_or(|(best, _)| numbers > *best) {
                newest = Some((numbers, version.to_owned()));
            }
        }
        let Some((_, version)) = newest else {
            bail!(
                "there is no guest kernel for this program (key {}) in {}: scripts/guest-kernel builds one",
                key.0,
                folder.display()
            );
        };
        let folder = folder.join(format!("{version}{suffix}"));
        let (linux, shim) = (folder.join("linux"), folder.join("shim.so"));
        let both = format!("{} {}", sha256_of_file(&linux)?, sha256_of_file(&shim)?);
        let sha256 = hex(&Sha256::digest(both));
        let clock = clock_address(&folder.join("about"));
        Ok(Self { version, linux, shim, clock, sha256 })
    }
}

/// Where guest kernels and encoded content are kept between runs: `$WEIR_CACHE`, or `weir` in the
/// user's cache folder. `scripts/guest-kernel` looks there too.
///
/// # Errors
/// If the environment names neither.
pub fn cache_folder() -> Result<PathBuf> {
    let variable =
        |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("WEIR_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("weir")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/weir")))
        .context("find the cache folder: set WEIR_CACHE or HOME")
}

/// Where the clock of the kernel is that this file describes, if it says so.
fn clock_address(about: &Path) -> Option<u64> {
    let mut text = String::new();
    File::open(about).ok()?.take(ABOUT_LIMIT).read_to_string(&mut text).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("clock_address = 0x"));
    u64::from_str_radix(line?, 16).ok()
}

/// 7.2.10 comes after 7.2.9.
fn version_numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_versions_sort_behind_earlier_ones() {
        assert!(version_numbers("7.2.10") > version_numbers("7.2.9"));
        assert!(version_numbers("7.2") > version_numbers("6.1.176"));
    }

    #[test]
    fn a_missing_kernel_names_the_command_that_builds_it() {
        let error = Kernel::find(Path::new("/nonexistent")).unwrap_err().to_string();
        assert!(error.contains("scripts/guest-kernel"), "{error}");
    }
}
