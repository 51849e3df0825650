//! This program once more, as the first process of namespaces of its own: of processes, mounts,
//! network and shared memory.
//!
//! Whatever it starts or makes there ends with it, because the kernel kills every process of its
//! namespace and frees the rest; and it ends with the thread that launched it. So nothing has to be
//! cleaned up, however that thread ends.

use anyhow::{Context, Result, bail};
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use std::ffi::{CString, c_char, c_int};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::ptr;
use weir_process::Handle;

/// Room for what the new process does before it is this program.
const STACK: usize = 64 << 10;
/// What it says when it is sure to die with its owner, and is told then.
const READY: [u8; 1] = *b"r";
const GO: [u8; 1] = *b"g";
/// Its exit status if it cannot become this program.
const NOT_STARTED: isize = 127;

/// Launches this program with `arguments` in `folder`; both of its outputs go to `console`. The
/// environment is nearly empty, so that nothing depends on the user's.
///
/// # Errors
/// Without CAP_SYS_ADMIN, and if the kernel has no room for another process or namespace.
pub(crate) fn relaunch(arguments: &[&str], folder: &Path, console: &File) -> Result<Handle> {
    let texts = |words: &[&str]| -> Result<Vec<CString>> {
        words.iter().map(|word| CString::new(*word).context("a zero byte in an argument")).collect()
    };
    // Not by its name: a rebuild may have replaced the file of that name by now.
    let program = CString::new("/proc/self/exe")?;
    let folder = CString::new(folder.as_os_str().as_bytes()).context("a zero byte in a path")?;
    let arguments = texts(&[&["weir"], arguments].concat())?;
    let environment = texts(&["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"])?;
    let (arguments, environment) = (pointers(&arguments), pointers(&environment));

    let input = File::open("/dev/null").context("open /dev/null")?;
    let (ours, theirs) = UnixStream::pair().context("make a pair of sockets")?;
    let (our_end, their_end) = (ours.as_raw_fd(), theirs.as_raw_fd());
    let outputs = [input.as_raw_fd(), console.as_raw_fd(), console.as_raw_fd()];
    let become_it = || -> isize {
        if !dies_with_its_owner(our_end, their_end) {
            return NOT_STARTED;
        }
        // SAFETY: system calls on descriptors and texts that live in this process's copy of the
        // memory; none of them allocates.
        unsafe {
            for (fd, output) in (0..).zip(outputs) {
                if libc::dup2(output, fd) < 0 {
                    return NOT_STARTED;
                }
            }
            // Of the owner's own nothing is left open, nor of whoever started it: not a folder, and
            // not its end of the connection.
            let first_other = 1 + libc::STDERR_FILENO;
            if libc::syscall(libc::SYS_close_range, first_other, libc::c_uint::MAX, 0) < 0
                || libc::chdir(folder.as_ptr()) < 0
            {
                return NOT_STARTED;
            }
            libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr());
        }
        NOT_STARTED
    };
    let flags = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET;
    // And none of the memory that programs of this machine share by numbers.
    let flags = flags | CloneFlags::CLONE_NEWIPC;
    let mut stack = vec![0; STACK];
    // SAFETY: the new process has a copy of this memory (there is no CLONE_VM) and only makes
    // async-signal-safe system calls, on values that were prepared before, until it executes.
    let pid =
        unsafe { clone(Box::new(become_it), &mut stack, flags, Some(Signal::SIGCHLD as c_int)) };
    let pid = pid.context("make namespaces of processes, mounts, network and memory")?;
    // It leads a session, but what is in its namespace dies with it anyway.
    let handle = Handle::new(pid, false).context("watch a process")?;
    drop(theirs);
    let_go(ours)?;
    Ok(handle)
}

/// Pointers to texts, and the null that ends them.
fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// The new process's side. Its owner may end before the death signal is asked for, and a process
/// that is the first of its namespace cannot see that: its parent is always 0. So the owner has to
/// answer afterwards.
fn dies_with_its_owner(our_end: RawFd, their_end: RawFd) -> bool {
    // Ctrl-C is the owner's to handle.
    if nix::unistd::setsid().is_err() || nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).is_err() {
        return false;
    }
    let mut answer = [0; GO.len()];
    // SAFETY: the descriptors are this process's own copies, and the buffers live as long as the
    // calls, which are given their lengths.
    unsafe {
        // Otherwise this process itself would keep the connection open.
        libc::close(our_end);
        libc::write(their_end, READY.as_ptr().cast(), READY.len()) == 1
            && libc::read(their_end, answer.as_mut_ptr().cast(), answer.len()) == 1
    }
}

/// The owner's side.
fn let_go(mut ours: UnixStream) -> Result<()> {
    let mut ready = [0; READY.len()];
    if ours.read(&mut ready).context("wait for a process")? == 0 {
        bail!("the process ended before it began");
    }
    ours.write_all(&GO).context("start a process")
}
