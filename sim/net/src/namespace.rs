//! A network namespace without a name: a descriptor holds it.

use anyhow::{Context, Result, anyhow};
use nix::sched::{CloneFlags, setns, unshare};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::Scope;

/// A network namespace of its own. The kernel frees it when the last process and the last
/// descriptor in it are gone; this is one of them.
pub struct Namespace {
    label: String,
    descriptor: OwnedFd,
}

impl Namespace {
    /// Makes a namespace; `label` is for messages only.
    ///
    /// # Errors
    /// Without CAP_SYS_ADMIN, and when the kernel has no room for another namespace.
    pub fn new(label: &str) -> Result<Self> {
        on_a_thread(|| Self::enter_new(label))
    }

    /// Makes a namespace and moves the calling thread into it, for the rest of the thread's life.
    pub(crate) fn enter_new(label: &str) -> Result<Self> {
        let make = || -> Result<Self> {
            unshare(CloneFlags::CLONE_NEWNET).context("unshare the network (CAP_SYS_ADMIN)")?;
            let path = "/proc/thread-self/ns/net";
            let descriptor = File::open(path).with_context(|| format!("open {path}"))?.into();
            silence_ipv6()?;
            Ok(Self { label: label.to_owned(), descriptor })
        };
        make().with_context(|| format!("make a network namespace for {label}"))
    }

    /// Runs `job` on a thread of the namespace, and waits for its result. Whatever the job opens (a
    /// socket, `/proc/sys/net`) belongs to this namespace, and stays there.
    ///
    /// # Errors
    /// The job's own, with the namespace's label.
    pub fn run<T: Send>(&self, job: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        on_a_thread(|| {
            self.enter()?;
            job()
        })
        .with_context(|| format!("in the namespace of {}", self.label))
    }

    /// Moves the calling thread into the namespace.
    pub(crate) fn enter(&self) -> Result<()> {
        setns(&self.descriptor, CloneFlags::CLONE_NEWNET).context("enter the namespace")
    }

    /// The descriptor that holds the namespace, for `setns` and for moving interfaces into it.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// What the namespace is called in messages.
    pub fn label(&self) -> &str {
        &self.label
    }
}

/// Runs `job` on a thread of its own, which may go to other namespaces: what a thread unshares
/// stays with it, and is gone with it.
pub(crate) fn on_a_thread<T: Send>(job: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope: &Scope<'_, '_>| {
        let thread = std::thread::Builder::new().name("net".to_owned()).spawn_scoped(scope, job);
        let thread = thread.context("start a thread")?;
        thread.join().unwrap_or_else(|_| Err(anyhow!("the thread panicked")))
    })
}

/// Networks are IPv4. With IPv6 on, every interface that comes up would send solicitations at
/// moments of its own, which take part in what a link counts, delays and loses.
fn silence_ipv6() -> Result<()> {
    for which in ["all", "default"] {
        let path = format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6");
        match std::fs::write(&path, "1") {
            // A kernel without IPv6.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            result => result.with_context(|| format!("write {path}"))?,
        }
    }
    Ok(())
}
