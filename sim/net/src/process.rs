//! A program in a node: captured output, a readiness probe with a deadline, and death with its
//! owner.

use crate::Namespace;
use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;
use weir_units::Span;

/// How much of a log an error quotes.
const QUOTED_LINES: usize = 5;
/// How much of a log is looked at to quote it.
const QUOTED_BYTES: u64 = 4_096;
/// Between two looks at a service that is not ready yet.
const PROBE_EVERY: Span = Span::from_ms(2);

/// What to run.
#[derive(Debug, Clone)]
pub struct Command {
    /// What it is called in messages.
    pub name: String,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where its standard output and error go.
    pub log: PathBuf,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(ExitStatus);

impl Exit {
    /// Whether it reported success.
    pub fn success(self) -> bool {
        self.0.success()
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0.code(), self.0.signal()) {
            (Some(code), _) => write!(f, "exited with status {code}"),
            (None, Some(signal)) => write!(f, "was killed by signal {signal}"),
            (None, None) => write!(f, "ended"),
        }
    }
}

/// A running program. Dropping it kills it and waits until it is gone.
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
    descriptor: OwnedFd,
}

impl Process {
    /// Starts a program in a namespace. The caller's thread must outlive it: the kernel kills the
    /// program when that thread ends.
    ///
    /// # Errors
    /// If the log cannot be made or the program cannot be started.
    pub fn spawn(namespace: &Namespace, command: &Command) -> Result<Self> {
        let what = || format!("start {}", command.name);
        let (program, arguments) = command.argv.split_first().with_context(what)?;
        let log = OpenOptions::new().create(true).append(true).open(&command.log);
        let log = log.with_context(|| format!("make the log {}", command.log.display()))?;
        let mut child = std::process::Command::new(program);
        child
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().with_context(what)?)
            .stderr(log);
        let inside = namespace.descriptor().try_clone_to_owned().with_context(what)?;
        let owner = nix::unistd::getpid();
        // SAFETY: between fork and exec only async-signal-safe system calls are made, on values
        // that were prepared before.
        unsafe {
            child.pre_exec(move || {
                nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
                // The owner may have ended before the line above.
                if nix::unistd::getppid() != owner {
                    return Err(std::io::ErrorKind::BrokenPipe.into());
                }
                setns(inside.as_fd(), CloneFlags::CLONE_NEWNET)?;
                Ok(())
            });
        }
        let child = child.spawn().with_context(|| format!("{} ({program})", what()))?;
        let descriptor = pidfd(child.id()).with_context(what)?;
        Ok(Self { name: command.name.clone(), log: command.log.clone(), child, descriptor })
    }

    /// Waits until the program has ended, or until `limit` is over.
    ///
    /// # Errors
    /// If the kernel refuses to wait.
    pub fn wait(&mut self, limit: Span) -> Result<Option<Exit>> {
        let what = || format!("wait for {}", self.name);
        let limit = PollTimeout::try_from(limit.ms()).unwrap_or(PollTimeout::MAX);
        let mut ended = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ended, limit) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => Ok(None),
            Ok(_) => Ok(Some(Exit(self.child.wait().with_context(what)?))),
            Err(error) => Err(error).with_context(what),
        }
    }

    /// Waits until a server accepts connections at `address`, which must be reachable from
    /// `namespace`.
    ///
    /// # Errors
    /// If the program ends first, or the deadline passes; both quote its last words.
    pub fn wait_until_accepting(
        &mut self,
        namespace: &Namespace,
        address: SocketAddr,
        limit: Span,
    ) -> Result<()> {
        let attempts = limit.ns().div_ceil(PROBE_EVERY.ns()).max(1);
        for _ in 0..attempts {
            let connected = namespace.run(async move |_| {
                let timeout = Duration::from_nanos(PROBE_EVERY.ns());
                Ok(TcpStream::connect_timeout(&address, timeout).is_ok())
            })?;
            if connected {
                return Ok(());
            }
            if let Some(exit) = self.wait(PROBE_EVERY)? {
                bail!("{} {exit} before it was ready{}", self.name, self.last_words());
            }
        }
        bail!("{} was not ready within {limit}{}", self.name, self.last_words());
    }

    /// Asks the program to end, and kills it if it has not after `grace`.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn stop(mut self, grace: Span) -> Result<Exit> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        // It may have ended on its own.
        let _ = kill(pid, Signal::SIGTERM);
        if let Some(exit) = self.wait(grace)? {
            return Ok(exit);
        }
        drop(self.child.kill());
        Ok(Exit(self.child.wait().with_context(|| format!("wait for {}", self.name))?))
    }

    /// The last lines of its log, ready to be put after an error; empty if there are none.
    pub fn last_words(&self) -> String {
        last_lines(&self.log).map(|lines| format!("; its log ends: {lines}")).unwrap_or_default()
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both do nothing to a program that has ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn pidfd(pid: u32) -> std::io::Result<OwnedFd> {
    // SAFETY: the call takes two integers and returns a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd =
        i32::try_from(fd).ok().filter(|fd| *fd >= 0).ok_or_else(std::io::Error::last_os_error)?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn last_lines(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(QUOTED_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(QUOTED_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let kept = lines.get(lines.len().saturating_sub(QUOTED_LINES)..)?;
    (!kept.is_empty()).then(|| kept.join(" | "))
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} (pid {}, descriptor {})",
            self.name,
            self.child.id(),
            self.descriptor.as_raw_fd()
        )
    }
}
