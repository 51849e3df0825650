//! Walls: what a process may open, call and be, from a moment on, for good, and for all that it
//! starts.
//!
//! Whoever sends an experiment sends programs with it, and the kernel of a guest is a program too.
//! They stand behind walls of three kinds, each of which the kernel keeps up by itself:
//!
//! | file | what it takes away |
//! |---|---|
//! | `files.rs` | every file but those below named folders; TCP; processes outside (Landlock) |
//! | `calls.rs` | system calls that Landlock does not see: `chmod`, sockets, modules (seccomp) |
//! | `capabilities.rs` | what makes root more than a user |
//!
//! Landlock came with Linux 5.13 and grew since. What a kernel lacks is told by [`lacking`]; a wall
//! is as high there as it can be. None of this needs root.
//!
//! 2026-12-01: not a namespace of users with a root of its own. Distributions switch those off, and
//! containers have none; Landlock works in both.

mod calls;
mod capabilities;
mod files;

pub use capabilities::Capability;
pub use files::lacking;

use anyhow::{Context, Result};
use calls::Calls;
use files::Files;
use seccompiler::BpfProgram;
use std::io;
use std::path::Path;

/// A wall that is being planned. Without anything added, a process behind it can open nothing,
/// reach nobody, and is nobody special.
#[derive(Debug, Clone)]
pub struct Wall {
    files: Option<Files>,
    calls: Calls,
    capabilities: Vec<Capability>,
}

impl Default for Wall {
    fn default() -> Self {
        Self { files: Some(Files::default()), calls: Calls::Outward, capabilities: Vec::new() }
    }
}

impl Wall {
    /// One that lets nothing through.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that takes capabilities, and the ways to get them back, for where files are walled off
    /// in another way.
    pub fn of_capabilities() -> Self {
        Self { files: None, calls: Calls::Upward, capabilities: Vec::new() }
    }

    /// Lets files below `path`, or the file `path`, be read and executed. What is not there is left
    /// out.
    pub fn reads(mut self, path: impl AsRef<Path>) -> Self {
        self.files.get_or_insert_default().reads.push(path.as_ref().to_owned());
        self
    }

    /// Lets files and folders below `path`, or the file `path`, be read, written, made and removed;
    /// no links, sockets or devices.
    pub fn writes(mut self, path: impl AsRef<Path>) -> Self {
        self.files.get_or_insert_default().writes.push(path.as_ref().to_owned());
        self
    }

    /// Leaves root this capability.
    pub fn keeps(mut self, capability: Capability) -> Self {
        self.capabilities.push(capability);
        self
    }

    /// Opens what the wall is made of, so that it can be put up between `fork` and `exec`.
    ///
    /// # Errors
    /// If the kernel has no room for it.
    pub fn prepare(&self) -> Result<Prepared> {
        let files = self.files.as_ref().map(Files::prepare).transpose().context("plan a wall")?;
        let calls = calls::filter(self.calls).context("plan a wall")?;
        Ok(Prepared { files, calls, dropped: capabilities::others_than(&self.capabilities) })
    }
}

/// A wall that can be put up.
#[derive(Debug)]
pub struct Prepared {
    files: Option<landlock::RulesetCreated>,
    calls: Option<BpfProgram>,
    dropped: Vec<i32>,
}

impl Prepared {
    /// Puts the calling thread behind the wall, and whatever it starts: there is no way back. A
    /// program that root executes afterwards has no more than the capabilities that were left to
    /// it.
    ///
    /// Makes system calls alone and allocates nothing, so that it may stand between `fork` and
    /// `exec`.
    ///
    /// # Errors
    /// If the kernel refuses, or for a wall that was put up before.
    pub fn enter(&mut self) -> io::Result<()> {
        // Before the calls that the last part forbids.
        capabilities::give_up(&self.dropped)?;
        if self.files.is_some() {
            // What is open already no wall of files closes. (Linux before 5.11 does not know the
            // call.) SAFETY: the call takes numbers.
            unsafe {
                libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC)
            };
        }
        nix::sys::prctl::set_no_new_privs()?;
        if let Some(files) = self.files.take() {
            files.restrict_self().map_err(|_| io::Error::last_os_error())?;
        }
        if let Some(calls) = &self.calls {
            seccompiler::apply_filter(calls).map_err(|_| io::Error::last_os_error())?;
        }
        Ok(())
    }
}
