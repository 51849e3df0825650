//! What a trial on the host sees: the same root folder as a guest, and nothing else of this
//! machine.

use crate::exec::programs::EXPERIMENT;
use crate::labs::lab::{MEDIA, SITE};
use crate::trial::settings::{HARMLESS, remount};
use anyhow::{Context, Result};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::Path;

/// The names in the trial's folder for its root and for what it writes to.
pub(crate) const ROOT: &str = "root";
const OUT: &str = "out";
/// Folders of the trial's that it reads, besides programs.
const READ: [&str; 3] = [SITE, MEDIA, EXPERIMENT];
/// Devices without a memory.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// Other names in `/dev` of what a process has open.
const OPEN: [(&str, &str); 4] = [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")];

/// Leaves this machine's root folder for that of the trial in whose folder this process works. To
/// be called by the first process of its own namespaces.
///
/// # Errors
/// Before Linux 5.12.
pub(crate) fn enter() -> Result<()> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).context("make mounts private")?;
    bind(Path::new(ROOT), ROOT)?;
    // The folder of this name is below what has just been mounted there.
    let root = fs::canonicalize(ROOT).context("find the root folder")?;
    bind(Path::new("/usr"), root.join("usr"))?;
    for name in READ {
        bind(Path::new(name), root.join(name))?;
    }
    let unchanged = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID;
    seal(&root, unchanged | libc::MOUNT_ATTR_NODEV)?;
    // What is written goes to the trial's folder or to memory.
    bind(Path::new(OUT), root.join(OUT))?;
    remount(&root.join(OUT), HARMLESS)?;
    let quiet = HARMLESS | MsFlags::MS_NOEXEC;
    attach("proc", &root.join("proc"), quiet)?;
    attach("sysfs", &root.join("sys"), quiet | MsFlags::MS_RDONLY)?;
    for name in ["run", "tmp"] {
        attach("tmpfs", &root.join(name), HARMLESS)?;
    }
    let devices = root.join("dev");
    attach("tmpfs", &devices, MsFlags::MS_NOSUID)?;
    fill(&devices)?;
    seal(&devices, unchanged)?;
    attach("tmpfs", &devices.join("shm"), HARMLESS)?;
    chdir(&root).context("enter the root folder")?;
    // One folder for both: the old root is on top of the new one then, and is taken off.
    pivot_root(".", ".").context("change the root folder")?;
    umount2(".", MntFlags::MNT_DETACH).context("leave this machine's root folder")?;
    chdir("/").context("enter the root folder")
}

/// Makes what programs expect in `/dev`.
fn fill(devices: &Path) -> Result<()> {
    for name in DEVICES {
        let target = devices.join(name);
        File::create(&target).with_context(|| format!("make {}", target.display()))?;
        bind(&Path::new("/dev").join(name), target)?;
    }
    for (name, which) in OPEN {
        symlink(format!("/proc/self/fd{which}"), devices.join(name))
            .context("make links in /dev")?;
    }
    fs::create_dir(devices.join("shm")).context("make /dev/shm")
}

fn bind(source: &Path, target: impl AsRef<Path>) -> Result<()> {
    let (target, how) = (target.as_ref(), MsFlags::MS_BIND | MsFlags::MS_REC);
    mount(Some(source), target, None::<&str>, how, None::<&str>)
        .with_context(|| format!("show {} as {}", source.display(), target.display()))
}

fn attach(kind: &str, target: &Path, flags: MsFlags) -> Result<()> {
    mount(Some("none"), target, Some(kind), flags, None::<&str>)
        .with_context(|| format!("mount {kind} at {}", target.display()))
}

/// Gives a mount, and all that are below it, further flags.
fn seal(folder: &Path, attributes: u64) -> Result<()> {
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let folder = File::open(folder).with_context(|| format!("open {}", folder.display()))?;
    let flags = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
    // SAFETY: the descriptor is open, the path is an empty text, and the structure has the size
    // that is told; all of them outlive the call.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            folder.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    if done < 0 {
        let error = std::io::Error::last_os_error();
        return Err(error).context("make mounts read-only (Linux 5.12 or later is needed)");
    }
    Ok(())
}
