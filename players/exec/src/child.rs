//! The process of a program: how it starts, and how it ends.

use crate::BuildError;
use crate::errors::{Errors, Heard};
use crate::find::Place;
use crate::guard::{self, ENDED_WITHIN, Held, Leash};
use crate::start::{Scratch, Start};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getpid, getppid};
use std::fmt::Display;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use weir_abr::exec::Program;
use weir_process::{Exit, Handle};
use weir_units::Span;

/// All that a program finds in its environment, besides `PATH`: the same in every laboratory.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("HOME", "/"),
    ("LANG", "C.UTF-8"),
    // Text is passed on at once, also by a program that forgets to.
    ("PYTHONUNBUFFERED", "1"),
    // Sets have the same order every time.
    ("PYTHONHASHSEED", "0"),
    // The folder of an experiment is read only in some laboratories.
    ("PYTHONDONTWRITEBYTECODE", "1"),
];

/// How long a program may take to end by itself when its input has ended.
const CLOSING: Duration = Duration::from_secs(1);

/// How much a program may write to its standard error for each answer, and when it ends: 1 MiB.
/// Where time is virtual, it stands still while a program writes, and nothing else ends one that
/// does so for ever.
pub(crate) const ERRORS_AT_ONCE: usize = 1 << 20;

/// A program that runs. Dropping it ends its input, and kills it if it does not end then.
pub(crate) struct Child {
    /// As it was given, for messages.
    command: String,
    /// Of its guard, where it has one: that ends as it did.
    handle: Handle,
    leash: Option<Leash>,
    /// `None` when there is nothing more to be said to it.
    pub input: Option<OwnedFd>,
    pub output: OwnedFd,
    pub errors: Errors,
    pub patience: Span,
    /// Whether it has not answered yet.
    pub starting: bool,
    _scratch: Scratch,
}

impl Child {
    /// Starts a program in a folder.
    pub fn start(
        program: &Program,
        folder: &Path,
        start: &Start,
        heard: Option<Heard>,
    ) -> Result<Self, BuildError> {
        let place = Place::of(program, folder)?;
        let path = place.program()?;
        let spawn = || -> io::Result<Self> {
            let scratch = Scratch::of(start)?;
            let (mut command, held) = match start {
                Start::Plain => (plain(&path), None),
                Start::Guarded(walls) => {
                    let walls = walls.as_ref().map(|walls| (walls, scratch.path()));
                    let (command, held) = guard::command(&path, walls)?;
                    (command, Some(held))
                }
            };
            command
                .args(place.arguments())
                .current_dir(&place.folder)
                .env_clear()
                .env("PATH", crate::SEARCHED.join(":"))
                .env("TMPDIR", scratch.path())
                .envs(ENVIRONMENT)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                // Ctrl-C is the owner's to handle, and what the program starts ends with it.
                .process_group(0);
            let mut child = command.spawn()?;
            let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
            let handle = Handle::new(Pid::from_raw(pid), true)?;
            Ok(Self {
                command: program.command.clone(),
                handle,
                leash: held.map(Held::started).transpose()?,
                input: Some(pipe(child.stdin.take())?),
                output: pipe(child.stdout.take())?,
                errors: Errors::new(pipe(child.stderr.take())?, heard),
                patience: program.patience,
                starting: true,
                _scratch: scratch,
            })
        };
        spawn().map_err(|error| BuildError::Start { command: program.command.clone(), error })
    }

    /// Why nothing more can be expected of a program that has closed one of its pipes.
    pub fn gone(&mut self, which: &str) -> String {
        match self.wait() {
            Ok(Some(exit)) => format!("{exit} instead of answering"),
            Ok(None) => format!("closed its standard {which}"),
            Err(error) => error.to_string(),
        }
    }

    /// Ends a program of which nothing more is expected, and says why.
    pub fn fail(&mut self, problem: impl Display) -> String {
        self.input = None;
        self.end();
        // What it wrote last. Somebody whom it started may live, and write for ever.
        let mut bytes = 0;
        while let Ok(count @ 1..) = self.errors.take()
            && bytes <= ERRORS_AT_ONCE
        {
            bytes += count;
        }
        format!("the program \"{}\" {problem}{}", self.command, self.errors)
    }

    /// Kills it, with all that it started.
    fn end(&mut self) {
        if let Some(leash) = self.leash.take() {
            leash.let_go();
            // The guard ends when nobody is left.
            let until = Deadline::after(ENDED_WITHIN);
            while matches!(self.handle.wait(until.left()), Ok(None)) && !until.left().is_zero() {}
        }
        // Dropping the handle tries again.
        drop(self.handle.kill());
    }

    /// Waits for its end, and reads meanwhile what it writes to its standard error; `None` if it
    /// does not come soon.
    fn wait(&mut self) -> io::Result<Option<Exit>> {
        let (until, mut bytes) = (Deadline::after(CLOSING), 0);
        while let Some(pipe) = self.errors.pipe() {
            let left = until.left();
            if left.is_zero() || bytes > ERRORS_AT_ONCE {
                break;
            }
            wait_for(&mut [PollFd::new(pipe, PollFlags::POLLIN)], left)?;
            bytes += self.errors.take()?;
        }
        Ok(self.handle.wait(until.left())?.map(|(exit, _)| exit))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The end of its input is how a program learns that the session is over.
        if self.input.take().is_some() {
            drop(self.wait());
        }
        self.end();
    }
}

/// The command that starts a program as a child of this process.
fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    let owner = getpid();
    // SAFETY: between fork and exec only async-signal-safe system calls are made.
    unsafe {
        command.pre_exec(move || {
            nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
            // The owner may have ended before the line above.
            if getppid() == owner { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        });
    }
    command
}

/// This process's end of a pipe, which does not block.
fn pipe(end: Option<impl Into<OwnedFd>>) -> io::Result<OwnedFd> {
    let end: OwnedFd = end.ok_or(io::ErrorKind::BrokenPipe)?.into();
    fcntl(end.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(end)
}

/// A moment of the machine's clock, which is virtual in a guest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    #[expect(clippy::disallowed_methods, reason = "a program is given a bound of the clock's time")]
    pub fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// How long until then.
    #[expect(clippy::disallowed_methods, reason = "a program is given a bound of the clock's time")]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Waits until one of these is ready, or has nobody at its other end any more; or `limit` is over,
/// or a signal comes.
pub(crate) fn wait_for(pipes: &mut [PollFd<'_>], limit: Duration) -> io::Result<()> {
    // Rounded up: who waits must not wake before the moment.
    let ms = i32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
    match poll(pipes, PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
