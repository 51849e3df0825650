//! The guest's first process.
//!
//! It mounts what a trial needs, runs it, and powers the guest off. A trial that worked leaves a
//! marker, written and synced last; a guest that ends without one has failed, whatever it printed.

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// The word on init's command line that makes this program init.
pub const ARGUMENT: &str = "guest-init";
/// Where init, which is this program, finds itself in the guest.
pub const PROGRAM: &str = "/weir";
/// The trial's folder in the guest: what is written here is the host's to keep.
pub const OUT: &str = "/out";
/// What a guest that worked writes last.
pub(crate) const DONE: &str = "done";
/// What the guest was about when it last said so.
pub const PHASE: &str = "phase";

/// Whether this process is the first of a guest.
pub fn is_init() -> bool {
    std::process::id() == 1 && std::env::args_os().nth(1).is_some_and(|word| word == ARGUMENT)
}

/// Runs `trial` as the guest's only work, and powers the guest off. `mounts` are the names of
/// folders that the host prepared beside the guest's root; each is mounted under its name, to be
/// read.
pub fn run(mounts: &[&str], trial: impl FnOnce() -> Result<()>) -> ! {
    let result = set_up(mounts).and_then(|()| trial()).and_then(|()| finish());
    if let Err(error) = result {
        // The console is what the host quotes.
        eprintln!("weir: {error:#}");
    }
    // Does not return; if it did, the kernel would panic, and the host would see no marker.
    let _ = reboot(RebootMode::RB_POWER_OFF);
    std::process::exit(1)
}

/// Says what the guest is about, for the message of a watchdog that has to kill it.
pub fn enter_phase(phase: &str) {
    // Nothing depends on it.
    drop(fs::write(Path::new(OUT).join(PHASE), phase));
}

fn set_up(mounts: &[&str]) -> Result<()> {
    // The kernel itself mounts /dev.
    let kernel = [("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run"), ("tmpfs", "/tmp")];
    for (kind, target) in kernel {
        attach(kind, target, MsFlags::empty(), None)?;
    }
    stop_write_back()?;
    stop_other_roots()?;
    // Of the machine's own files, a guest may change none.
    attach("hostfs", "/usr", MsFlags::MS_RDONLY, Some("/usr"))?;
    attach("hostfs", OUT, MsFlags::empty(), Some("/proc/self/cwd/out"))?;
    for name in mounts {
        let source = format!("/proc/self/cwd/{name}");
        attach("hostfs", &format!("/{name}"), MsFlags::MS_RDONLY, Some(&source))?;
    }
    Ok(())
}

/// What the kernel would do every few seconds with what has been written to files: its clock
/// advances by how much that is, so that a trial with fuller logs would become another trial.
/// hostfs passes on what is written at once, and nothing here is to outlive a loss of power.
const NO_WRITE_BACK: [(&str, &str); 4] = [
    ("dirty_writeback_centisecs", "0"),
    ("dirty_expire_centisecs", "2147483647"),
    ("dirtytime_expire_seconds", "0"),
    // Nor for being many: these are shares of memory.
    ("dirty_background_ratio", "100"),
];

/// In a namespace of users anybody would be root once more, with all capabilities.
fn stop_other_roots() -> Result<()> {
    let path = "/proc/sys/user/max_user_namespaces";
    fs::write(path, "0").with_context(|| format!("write {path}"))
}

fn stop_write_back() -> Result<()> {
    NO_WRITE_BACK.iter().try_for_each(|(name, value)| {
        let path = Path::new("/proc/sys/vm").join(name);
        fs::write(&path, value).with_context(|| format!("write {}", path.display()))
    })
}

fn attach(kind: &str, target: &str, flags: MsFlags, options: Option<&str>) -> Result<()> {
    // Access times of the host's files would be read, and compared with the guest's clock.
    let flags = MsFlags::MS_NOATIME | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | flags;
    mount(Some("none"), target, Some(kind), flags, options)
        .with_context(|| format!("mount {kind} at {target}"))
}

fn finish() -> Result<()> {
    let path = Path::new(OUT).join(DONE);
    let mut file = File::create(&path).with_context(|| format!("make {}", path.display()))?;
    file.write_all(b"done\n").and_then(|()| file.sync_all()).context("write the marker")
}
