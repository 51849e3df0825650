//! The kernel's settings, which nobody in a trial may write to.

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use std::path::Path;

/// Flags of a mount in which nothing can be more than it seems.
pub(crate) const HARMLESS: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV);

/// Gives a mount other flags than it has.
pub(crate) fn remount(target: &Path, flags: MsFlags) -> Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | flags;
    mount(None::<&str>, target, None::<&str>, flags, None::<&str>)
        .with_context(|| format!("change how {} is mounted", target.display()))
}

/// Has nobody in the mounts of this process write to the kernel's settings from now on. Who is root
/// in a trial but for its capabilities could still write to many of them.
///
/// # Errors
/// If the kernel refuses.
pub(crate) fn seal_settings() -> Result<()> {
    ["/proc", "/sys"].iter().try_for_each(|folder| {
        remount(Path::new(folder), HARMLESS | MsFlags::MS_NOEXEC | MsFlags::MS_RDONLY)
    })
}
