//! A program in a node: captured output, a readiness probe with a deadline, and death with its
//! owner.

use crate::namespace::Namespace;
use anyhow::{Context, Result, bail};
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::fs::OpenOptions;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use weir_process::{Exit, Handle, last_lines};
use weir_units::Span;
use weir_wall::{Capability, Wall};

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
    /// Capabilities that it has besides the usual ones, if its owner has them.
    pub keeps: Vec<Capability>,
}

/// What every program is left with of root: it works with files of its users, ends what it started,
/// becomes another user, and listens at ports that everybody knows. What leads out of the view that
/// it is given is not among them.
const USUAL: [Capability; 7] = [
    Capability::Chown,
    Capability::DacOverride,
    Capability::Fowner,
    Capability::Kill,
    Capability::Setgid,
    Capability::Setuid,
    Capability::NetBindService,
];

/// A running program, which leads a process group: what it starts stands still and dies with it.
/// Dropping it kills the group and waits until it is gone.
///
/// Where its owner is killed, the kernel kills the program itself; what it started dies with the
/// owner's PID namespace or machine.
pub struct Process {
    name: String,
    log: PathBuf,
    handle: Handle,
}

impl Process {
    /// Starts a program in a namespace. The caller's thread must outlive it: the kernel kills the
    /// program when that thread ends.
    ///
    /// # Errors
    /// If the log cannot be made or the program cannot be started.
    pub fn spawn(namespace: &Namespace, command: &Command) -> Result<Self> {
        Self::spawn_inheriting(namespace, command, &[])
    }

    /// The same, and the program inherits `descriptors` under the numbers that they have here,
    /// which its arguments can tell it.
    ///
    /// # Errors
    /// As [`Process::spawn`].
    pub fn spawn_inheriting(
        namespace: &Namespace,
        command: &Command,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<Self> {
        let what = || format!("start {}", command.name);
        let (program, arguments) = command.argv.split_first().with_context(what)?;
        let log = OpenOptions::new().create(true).append(true).open(&command.log);
        let log = log.with_context(|| format!("make the log {}", command.log.display()))?;
        let mut child = std::process::Command::new(program);
        child
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().with_context(what)?)
            .stderr(log);
        let inside = namespace.descriptor().try_clone_to_owned().with_context(what)?;
        let inherited: Vec<_> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let kept = USUAL.iter().chain(&command.keeps).copied();
        let mut wall = kept.fold(Wall::of_capabilities(), Wall::keeps).prepare()?;
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
                for descriptor in &inherited {
                    // The caller holds it until the program has been started. In the new process
                    // alone: no other program of the owner's gets it by chance.
                    if libc::fcntl(*descriptor, libc::F_SETFD, 0) < 0 {
                        return Err(std::io::Error::last_os_error());
                    }
                }
                wall.enter()
            });
        }
        let child = child.spawn().with_context(|| format!("{} ({program})", what()))?;
        let pid = Pid::from_raw(i32::try_from(child.id()).with_context(what)?);
        let handle = Handle::new(pid, true).with_context(what)?;
        Ok(Self { name: command.name.clone(), log: command.log.clone(), handle })
    }

    /// Waits until the program has ended, or until `limit` is over.
    ///
    /// # Errors
    /// If the kernel refuses to wait.
    pub fn wait(&mut self, limit: Span) -> Result<Option<Exit>> {
        let ended = self.handle.wait(Duration::from_nanos(limit.ns()));
        Ok(ended.with_context(|| format!("wait for {}", self.name))?.map(|(exit, _)| exit))
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
            let connected = namespace.run(|| {
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

    /// Makes the program stand still, with all that it started, as a machine does that hangs: its
    /// connections stay open, and the kernel goes on accepting new ones (SIGSTOP).
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn freeze(&self) -> Result<()> {
        self.handle.freeze().with_context(|| format!("freeze {}", self.name))
    }

    /// Lets it go on (SIGCONT).
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn thaw(&self) -> Result<()> {
        self.handle.thaw().with_context(|| format!("thaw {}", self.name))
    }

    /// Kills it, with all that it started, and waits until it is gone. Tells how it ended, which
    /// may have been before.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn kill(&mut self) -> Result<Exit> {
        Ok(self.handle.kill().with_context(|| format!("wait for {}", self.name))?.0)
    }

    /// The number of its process and of its group.
    pub fn pid(&self) -> u32 {
        self.handle.pid().as_raw().unsigned_abs()
    }

    /// Asks the program to end, and kills it if it has not after `grace`. What it started is not
    /// asked: it is killed as soon as the program itself is gone.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn stop(mut self, grace: Span) -> Result<Exit> {
        // It may have ended on its own.
        self.handle.ask_to_end();
        if let Some(exit) = self.wait(grace)? {
            return Ok(exit);
        }
        self.kill()
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

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (pid {})", self.name, self.handle.pid())
    }
}
