//! A network namespace without a name: a thread that lives in it, and a descriptor that holds it.

use crate::Netlink;
use anyhow::{Context, Result, anyhow};
use nix::sched::{CloneFlags, unshare};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

type Job = Box<dyn FnOnce(&tokio::runtime::Runtime, &Netlink) + Send>;

/// A network namespace of its own. Dropping it ends its thread; the kernel frees the namespace
/// when the last process and the last descriptor in it are gone.
pub struct Namespace {
    label: String,
    descriptor: OwnedFd,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Namespace {
    /// Makes a namespace; `label` is for messages only.
    ///
    /// # Errors
    /// Without CAP_SYS_ADMIN, and when the kernel has no room for another namespace or socket.
    pub fn new(label: &str) -> Result<Self> {
        let (jobs, inbox) = channel::<Job>();
        let (ready, started) = channel::<Result<OwnedFd>>();
        // A thread of its own: what a thread unshares stays with it, and a netlink socket belongs
        // for ever to the namespace of the thread that opened it.
        let thread = std::thread::Builder::new()
            .name(format!("net {label}"))
            .spawn(move || match enter() {
                Ok((descriptor, runtime, netlink)) => {
                    if ready.send(Ok(descriptor)).is_ok() {
                        inbox.iter().for_each(|job| job(&runtime, &netlink));
                    }
                }
                // The owner sees the error; if it is gone, nobody needs it.
                Err(error) => drop(ready.send(Err(error))),
            })
            .with_context(|| format!("start a thread for the namespace of {label}"))?;
        let descriptor = started
            .recv()
            .map_err(|_| anyhow!("the thread ended"))
            .and_then(|result| result)
            .with_context(|| format!("make a network namespace for {label}"))?;
        Ok(Self { label: label.to_owned(), descriptor, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `job` on the namespace's thread, with netlink at hand, and waits for its result.
    /// Whatever the job opens (a socket, `/proc/sys/net`) belongs to this namespace.
    ///
    /// # Errors
    /// The job's own, with the namespace's label.
    pub fn run<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&Netlink) -> Result<T> + Send + 'static,
    {
        let (answer, result) = channel();
        let job: Job = Box::new(move |runtime, netlink| {
            // The asker waits for the answer below, so it is there.
            drop(answer.send(runtime.block_on(job(netlink))));
        });
        let ended = || anyhow!("the thread of the namespace ended");
        self.jobs.as_ref().ok_or_else(ended)?.send(job).map_err(|_| ended())?;
        result
            .recv()
            .map_err(|_| ended())
            .and_then(|result| result)
            .with_context(|| format!("in the namespace of {}", self.label))
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

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed already.
            drop(thread.join());
        }
    }
}

fn enter() -> Result<(OwnedFd, tokio::runtime::Runtime, Netlink)> {
    unshare(CloneFlags::CLONE_NEWNET).context("unshare the network (needs CAP_SYS_ADMIN)")?;
    let path = "/proc/thread-self/ns/net";
    let descriptor = File::open(path).with_context(|| format!("open {path}"))?.into();
    silence_ipv6()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("start an event loop")?;
    let netlink = {
        let _inside = runtime.enter();
        let (connection, handle, _) = rtnetlink::new_connection().context("open netlink")?;
        runtime.spawn(connection);
        Netlink::new(handle)
    };
    runtime.block_on(netlink.set_up("lo")).context("bring the loopback interface up")?;
    Ok((descriptor, runtime, netlink))
}

/// Networks are IPv4. With IPv6 on, every interface that comes up would send solicitations at moments
/// of its own, which take part in what a link counts, delays and loses.
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
