//! The guest: a Linux kernel as an ordinary process, whose clock stands still while anything
//! computes and jumps to the next timer when all is idle.
//!
//! - [`Kernel`] finds the one that `scripts/guest-kernel` built.
//! - [`Root`] is the guest's file system: this very program as init, and the host's `/usr`.
//! - [`boot`] runs one guest to its end, pinned to one CPU and watched by a wall clock.
//! - [`init`] is what this program does as the guest's first process.
//!
//! A guest is no wall: what runs in it could ask for any file of the host. The process that is the
//! guest stands behind one (`weir-wall`), with what it has to read and its own folders open.
//!
//! A guest's view is constant: no path, user, process number or degree of parallelism of the host
//! is visible in it, so that equal inputs give equal bytes. Its root, what it reads and where it
//! writes have constant names relative to the folder that the kernel is started in.

pub mod boot;
pub mod init;
mod kernel;
mod root;

pub use boot::{Ended, Guest, Outcome};
pub use kernel::{Kernel, KernelKey, cache_folder};
pub use root::Root;
pub use weir_process::{Cancel, Patience};
