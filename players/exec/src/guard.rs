//! The guard between this program and a program of the user's: a process of its own, which is this
//! program once more. It holds nothing but a leash. When the program has ended, or the leash is let
//! go of, because its owner wants that or is gone in whatever way, it kills all that the program
//! has started: whoever loses its parent becomes the guard's own child, so nobody can hide.

use crate::start::Walls;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, dup2_stderr, dup2_stdin, dup2_stdout, getpgid, getpid, getppid, setsid};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// The word on the command line that makes this program a guard.
const WORD: &str = "guest-guard";
/// The words for what is behind a wall, and the one before the command.
const WALL: &str = "--wall";
const READS: &str = "--reads";
const WRITES: &str = "--writes";
const COMMAND: &str = "--";

/// How long a guard may take to start a program: an interpreter on a machine that is busy.
const STARTED_WITHIN: Duration = Duration::from_secs(20);
/// How often it looks for what is left, and how long it waits between: four seconds at least.
const ROUNDS: u32 = 2_000;
const BETWEEN_MS: u8 = 2;
/// How many ends it takes note of before it looks again: others may begin meanwhile.
const AT_ONCE: u32 = 1_000;
/// How long it takes for that at most, on a machine that is busy.
pub(crate) const ENDED_WITHIN: Duration = Duration::from_secs(10);
/// The exit status of a guard that could not start its program.
const NOT_STARTED: i32 = 127;

/// The owner's end of a leash. Letting go of it ends the program.
pub(crate) struct Leash(UnixStream);

/// The command that starts a guard for `program`, and the leash on which it will be.
pub(crate) fn command(
    program: &Path,
    walls: Option<(&Walls, &Path)>,
) -> io::Result<(Command, Held)> {
    let (ours, theirs) = UnixStream::pair()?;
    // Not by its name: a rebuild may have replaced the file of that name by now.
    let mut command = Command::new("/proc/self/exe");
    command.arg0("weir").arg(WORD).arg(theirs.as_raw_fd().to_string());
    if let Some((walls, scratch)) = walls {
        command.arg(WALL);
        for path in &walls.reads {
            command.arg(READS).arg(path);
        }
        for path in walls.writes.iter().map(AsRef::as_ref).chain([scratch]) {
            command.arg(WRITES).arg(path);
        }
    }
    command.arg(COMMAND).arg(program);
    let end = theirs.as_raw_fd();
    // SAFETY: between fork and exec only async-signal-safe system calls are made.
    unsafe {
        command.pre_exec(move || keep_on_exec(end, true));
    }
    Ok((command, Held { ours, theirs }))
}

/// Both ends of a leash, until the guard has its own.
pub(crate) struct Held {
    ours: UnixStream,
    theirs: UnixStream,
}

impl Held {
    /// Waits until the guard, which was started, has started the program; or why it has not.
    pub fn started(self) -> io::Result<Leash> {
        let Self { ours, theirs } = self;
        drop(theirs);
        ours.set_read_timeout(Some(STARTED_WITHIN))?;
        let mut line = String::new();
        BufReader::new(&ours).read_line(&mut line)?;
        match line.strip_suffix('\n') {
            Some("") => Ok(Leash(ours)),
            Some(why) => Err(io::Error::other(why.to_owned())),
            None => Err(io::Error::other("its guard ended before it was started")),
        }
    }
}

impl Leash {
    /// Lets the program go, which ends it.
    pub fn let_go(self) {
        drop(self.0);
    }
}

/// Takes over if this process is a guard, and does not return then. To be called before anything
/// else in `main`.
pub fn take_over() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|word| word != WORD) {
        return;
    }
    match guard(arguments) {
        Ok(Some(status)) => end_as(status),
        // Nobody wants to know.
        Ok(None) => std::process::exit(0),
        Err(error) => {
            eprintln!("the guard of a program: {error}");
            std::process::exit(NOT_STARTED);
        }
    }
}

/// Starts the program and waits for its end, which it returns, or that of its owner.
fn guard(mut arguments: impl Iterator<Item = OsString>) -> io::Result<Option<ExitStatus>> {
    let mut leash = leash(arguments.next())?;
    // No signal but those that nobody can stop ends a guard before its program.
    SigSet::all().thread_block()?;
    let ended = SigSet::from_iter([Signal::SIGCHLD]);
    let ended = SignalFd::with_flags(&ended, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    prctl::set_child_subreaper(true)?;
    let child = match start(arguments) {
        Ok(child) => child,
        Err(error) => {
            writeln!(leash, "{}", error.to_string().replace('\n', " "))?;
            std::process::exit(NOT_STARTED);
        }
    };
    // The pipes are the program's alone: their other ends see when it closes them.
    let null = File::options().read(true).write(true).open("/dev/null");
    let watched = null.and_then(|null| {
        dup2_stdin(&null)?;
        dup2_stdout(&null)?;
        dup2_stderr(&null)?;
        // An owner that is gone already is noticed below.
        let _ = leash.write_all(b"\n");
        watch(child, &ended, &leash)
    });
    end_all(&ended);
    watched
}

/// This process's end of the leash, which its owner has left open for it.
fn leash(number: Option<OsString>) -> io::Result<UnixStream> {
    let number = number.as_deref().and_then(OsStr::to_str).and_then(|text| text.parse().ok());
    let number: RawFd = number.filter(|number| *number > 2).ok_or(Errno::EBADF)?;
    // Which also says whether there is one.
    keep_on_exec(number, false)?;
    // SAFETY: it is open, and nobody else in this process, which has just begun, knows its number.
    Ok(UnixStream::from(unsafe { OwnedFd::from_raw_fd(number) }))
}

/// Starts the program as these arguments say.
fn start(mut arguments: impl Iterator<Item = OsString>) -> io::Result<Pid> {
    let mut wall = None;
    let none = || io::Error::other("a guard without a command");
    loop {
        let word = arguments.next().ok_or_else(none)?;
        match word.to_str() {
            Some(COMMAND) => break,
            Some(WALL) => wall = Some(weir_wall::Wall::new()),
            Some(how @ (READS | WRITES)) => {
                let path = arguments.next().ok_or_else(none)?;
                let with = |wall: weir_wall::Wall| match how {
                    READS => wall.reads(path),
                    _ => wall.writes(path),
                };
                wall = wall.map(with);
            }
            _ => return Err(none()),
        }
    }
    let mut command = Command::new(arguments.next().ok_or_else(none)?);
    command.args(arguments);
    let mut prepared =
        wall.as_ref().map(weir_wall::Wall::prepare).transpose().map_err(io::Error::other)?;
    let guard = getpid();
    // SAFETY: between fork and exec only async-signal-safe system calls are made.
    unsafe {
        command.pre_exec(move || {
            // A group of its own: whom it starts can be in no group of somebody else's.
            setsid()?;
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            // The guard may have ended before the line above.
            if getppid() != guard {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            SigSet::empty().thread_set_mask()?;
            prepared.as_mut().map_or(Ok(()), weir_wall::Prepared::enter)
        });
    }
    let child = command.spawn()?;
    i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)
}

/// Waits until the child has ended, and how; `None` if the owner has let go of the leash.
fn watch(child: Pid, ended: &SignalFd, leash: &UnixStream) -> io::Result<Option<ExitStatus>> {
    loop {
        let mut either = [
            PollFd::new(leash.as_fd(), PollFlags::POLLIN),
            PollFd::new(ended.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut either, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        if either[0].any().unwrap_or(true) {
            return Ok(None);
        }
        while let Ok(Some(_)) = ended.read_signal() {}
        // Whom others have left to this process is waited for too.
        while let Reaped::One(pid, status) = reap() {
            if pid == child {
                return Ok(Some(status));
            }
        }
    }
}

/// Kills whoever is left, until nobody is.
fn end_all(ended: &SignalFd) {
    for _ in 0..ROUNDS {
        for _ in 0..AT_ONCE {
            match reap() {
                Reaped::One(..) => {}
                Reaped::NotYet => break,
                Reaped::NobodyLeft => return,
            }
        }
        // Only children: nobody but this process can free their numbers for somebody else. What
        // they leave is among the children the next time.
        for child in children() {
            // A group at a time, which its members cannot outrun by starting others.
            if let Ok(group) = getpgid(Some(child)) {
                let _ = killpg(group, Signal::SIGKILL);
            }
            let _ = kill(child, Signal::SIGKILL);
        }
        let _ = poll(&mut [PollFd::new(ended.as_fd(), PollFlags::POLLIN)], BETWEEN_MS);
        while let Ok(Some(_)) = ended.read_signal() {}
    }
}

enum Reaped {
    One(Pid, ExitStatus),
    NotYet,
    NobodyLeft,
}

/// Takes note of the end of one child.
fn reap() -> Reaped {
    let mut status = 0;
    // SAFETY: the pointer is to a live value of the type that the call fills in.
    match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) } {
        0 => Reaped::NotYet,
        pid if pid > 0 => Reaped::One(Pid::from_raw(pid), ExitStatus::from_raw(status)),
        _ => Reaped::NobodyLeft,
    }
}

/// The children of this process.
fn children() -> impl Iterator<Item = Pid> {
    let own = getpid().to_string();
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.map(Pid::from_raw).filter(move |pid| {
        // Names and arguments may be anything, and not text.
        let stat = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
        let stat = String::from_utf8_lossy(&stat);
        // After the name: state, parent.
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        parent == Some(own.as_str())
    })
}

/// Ends as the program did, so that whoever waits for this process hears of it.
fn end_as(status: ExitStatus) -> ! {
    if let Some(signal) = status.signal() {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: plain system calls on numbers and a live value. The memory of a guard is of no
        // interest, so it is not left in a file.
        unsafe {
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
            libc::signal(signal, libc::SIG_DFL);
            let _ = SigSet::empty().thread_set_mask();
            libc::kill(libc::getpid(), signal);
        }
    }
    std::process::exit(status.code().unwrap_or(NOT_STARTED))
}

/// Whether a descriptor stays open when this process becomes another program.
fn keep_on_exec(number: RawFd, keep: bool) -> io::Result<()> {
    let flags = if keep { 0 } else { libc::FD_CLOEXEC };
    // SAFETY: the call takes integers alone, and refuses a number that is no descriptor.
    if unsafe { libc::fcntl(number, libc::F_SETFD, flags) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
