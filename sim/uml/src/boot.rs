//! One guest from boot to halt.

use crate::init::{ARGUMENT, DONE, PHASE, PROGRAM};
use crate::{Kernel, Root};
use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::personality::{self, Persona};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use weir_units::{Bytes, Seed};

/// The guest's clock at boot: 1 January 2025, 00:00 UTC, later than any certificate or file that
/// was made for it. In nanoseconds since 1970.
const START_NS: u64 = 1_735_689_600_000_000_000;
/// The largest file that a guest may make, its memory included: it must not fill the disk.
const FILE_LIMIT: u64 = 8 << 30;
/// How long a cancelled or overdue guest may go on unnoticed.
const CHECK_EVERY: Duration = Duration::from_millis(50);
/// The entropy shim in the guest's folder.
const ENTROPY: &str = "entropy.so";
/// How much of the console an error quotes.
const QUOTED_BYTES: u64 = 2_048;
const QUOTED_LINES: usize = 6;

/// Asks guests to stop; shared by all that may ask, a signal handler included.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What to boot.
pub struct Guest<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// The root file system.
    pub root: &'a Root,
    /// A folder of the guest's own, which must exist: it is started here, and writes to `out/`.
    pub folder: &'a Path,
    /// Further folders of the host: name in the guest's root, and path.
    pub mounts: &'a [(&'a str, PathBuf)],
    /// The seed of all its entropy.
    pub seed: Seed,
    /// Its memory, which is part of what results depend on.
    pub memory: Bytes,
    /// The CPU that it is pinned to. Unpinned, every system call in the guest would wake another
    /// core, which costs a factor of eight.
    pub cpu: usize,
    /// The wall-clock time after which it is killed.
    pub limit: Duration,
}

/// A guest that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// The most memory that it occupied at a time.
    pub memory: Bytes,
}

/// How a guest ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did its work.
    Done,
    /// It did not; what is known about why.
    Failed(String),
    /// It was asked to stop.
    Cancelled,
}

/// The folder below [`Guest::folder`] that the guest writes to.
pub fn out_folder(folder: &Path) -> PathBuf {
    folder.join("out")
}

/// The CPUs that this process may use, in order: one for each guest at a time.
///
/// # Errors
/// If the kernel does not tell.
pub fn cpus() -> Result<Vec<usize>> {
    let allowed = sched_getaffinity(Pid::from_raw(0)).context("ask which CPUs may be used")?;
    Ok((0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu).unwrap_or(false)).collect())
}

impl Guest<'_> {
    /// Boots the guest, waits until it halts, and says how it ended. The calling thread must stay:
    /// the guest is killed when it ends.
    ///
    /// # Errors
    /// If the guest cannot be started.
    pub fn run(&self, cancel: &Cancel) -> Result<Ended> {
        let out = out_folder(self.folder);
        fs::create_dir_all(&out).with_context(|| format!("make {}", out.display()))?;
        let sockets = self.folder.join("uml");
        fs::create_dir_all(&sockets).with_context(|| format!("make {}", sockets.display()))?;
        let root = ("root", self.root.folder.clone());
        let entropy = (ENTROPY, self.kernel.entropy.clone());
        for (name, target) in self.mounts.iter().chain([&root, &entropy]) {
            let link = self.folder.join(name);
            symlink(target, &link).with_context(|| format!("link {}", link.display()))?;
        }
        let console = self.folder.join("console.log");
        let running = Running::start(self.command(&console)?)?;
        let (watched, memory) = running.watch(self.limit, cancel)?;
        let phase = || fs::read_to_string(out.join(PHASE)).unwrap_or_else(|_| "booting".to_owned());
        let outcome = match watched {
            Watched::Cancelled => Outcome::Cancelled,
            Watched::Ended(_) if out.join(DONE).exists() => Outcome::Done,
            Watched::Ended(status) => Outcome::Failed(format!(
                "the guest {} while {}{}",
                how(status),
                phase(),
                last_words(&console)
            )),
            Watched::Overdue => Outcome::Failed(format!(
                "the guest was killed after {} s of wall-clock time while {}{}",
                self.limit.as_secs(),
                phase(),
                last_words(&console)
            )),
        };
        Ok(Ended { outcome, memory })
    }

    fn command(&self, console: &Path) -> Result<Command> {
        let console =
            File::create(console).with_context(|| format!("make {}", console.display()))?;
        let memory = memory_folder(self.memory)?;
        let mut pinned = CpuSet::new();
        pinned.set(self.cpu).with_context(|| format!("there is no CPU {}", self.cpu))?;
        let mut command = Command::new(&self.kernel.linux);
        // The guest sees this line: not one word of it may depend on the host.
        command
            .arg(format!("mem={}", self.memory.get()))
            // Without a root device, UML adds one of its own, and words to init's arguments.
            .args(["rootfstype=hostfs", "rootflags=/proc/self/cwd/root", "root=none", "ro"])
            .args(["time-travel=inf-cpu", &format!("time-travel-start={START_NS}"), "norandmaps"])
            .args(["console=tty0", "con=null", "con0=null,fd:1", "quiet"])
            // Guest programs are switched by seccomp instead of ptrace, which is a third faster.
            // Kernels before 6.16 ignore it. It does not contain hostile programs; ours are not.
            .arg("seccomp=on")
            .args(["uml_dir=/proc/self/cwd/uml/", "umid=guest"])
            .args([&format!("init={PROGRAM}"), "--", ARGUMENT])
            .env_clear()
            .env("WEIR_ENTROPY", format!("{:016x}", self.seed.get()))
            // By a constant name: the loader would split a path with spaces, and go on without.
            .env("LD_PRELOAD", format!("/proc/self/cwd/{ENTROPY}"))
            .env("TMPDIR", memory)
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .stdout(console.try_clone().context("share the console")?)
            .stderr(console);
        let owner = nix::unistd::getpid();
        // SAFETY: between fork and exec only async-signal-safe system calls are made, on values
        // that were prepared before.
        unsafe {
            command.pre_exec(move || {
                // A session of its own: Ctrl-C is the owner's to handle.
                nix::unistd::setsid()?;
                nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
                if nix::unistd::getppid() != owner {
                    return Err(std::io::ErrorKind::BrokenPipe.into());
                }
                personality::set(Persona::ADDR_NO_RANDOMIZE)?;
                setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
                setrlimit(Resource::RLIMIT_FSIZE, FILE_LIMIT, FILE_LIMIT)?;
                sched_setaffinity(Pid::from_raw(0), &pinned)?;
                Ok(())
            });
        }
        Ok(command)
    }
}

/// Where the guest's memory, a file, can live: a file system in memory with room for it.
fn memory_folder(memory: Bytes) -> Result<PathBuf> {
    let own = std::env::var_os("TMPDIR").map(PathBuf::from);
    let candidates = [Some(PathBuf::from("/dev/shm")), own, Some(PathBuf::from("/tmp"))];
    let mut tried = Vec::new();
    for folder in candidates.into_iter().flatten() {
        let Ok(found) = nix::sys::statvfs::statvfs(&folder) else { continue };
        let free = found.blocks_available().saturating_mul(found.fragment_size());
        let executable = !found.flags().contains(nix::sys::statvfs::FsFlags::ST_NOEXEC);
        let writable = nix::unistd::access(&folder, nix::unistd::AccessFlags::W_OK).is_ok();
        if free >= memory.get() && executable && writable {
            return Ok(folder);
        }
        tried.push(format!("{} ({} MB free)", folder.display(), free / 1_000_000));
    }
    bail!(
        "the guest's memory ({memory}) needs a writable folder with as much room that is not mounted \
         noexec; tried {}",
        tried.join(", ")
    )
}

#[derive(Debug, PartialEq, Eq)]
enum Watched {
    Ended(ExitStatus),
    Overdue,
    Cancelled,
}

/// A guest that runs; dropping it kills all of it.
struct Running {
    child: Child,
    descriptor: OwnedFd,
    /// Its process number is nobody's any more.
    reaped: bool,
}

impl Running {
    fn start(mut command: Command) -> Result<Self> {
        let child = command.spawn().with_context(|| {
            format!("start the guest kernel {}", command.get_program().to_string_lossy())
        })?;
        // SAFETY: the call takes two integers and returns a new descriptor or -1.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, child.id(), 0) };
        let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0);
        let fd = fd.ok_or_else(std::io::Error::last_os_error).context("watch the guest")?;
        // SAFETY: the kernel has just made this descriptor for us alone.
        let descriptor = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { child, descriptor, reaped: false })
    }

    /// Waits for the end, which comes by itself or is made; and tells the memory occupied.
    fn watch(mut self, limit: Duration, cancel: &Cancel) -> Result<(Watched, Bytes)> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the watchdog is a driver: it guards wall time"
        )]
        let started = Instant::now();
        let pause = PollTimeout::try_from(CHECK_EVERY).unwrap_or(PollTimeout::MAX);
        let cut = loop {
            let mut ended = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ended, pause) {
                Ok(0) | Err(nix::errno::Errno::EINTR) => {}
                Ok(_) => break None,
                Err(error) => return Err(error).context("watch the guest"),
            }
            if cancel.is_cancelled() {
                break Some(Watched::Cancelled);
            }
            if started.elapsed() > limit {
                break Some(Watched::Overdue);
            }
        };
        let (status, memory) = self.reap().context("wait for the guest")?;
        Ok((cut.unwrap_or(Watched::Ended(status)), memory))
    }

    /// Kills what is left of the guest and takes note of its end. The guest's own processes are in
    /// the group of its session, whose number is theirs until the kernel itself is reaped.
    fn reap(&mut self) -> std::io::Result<(ExitStatus, Bytes)> {
        let pid = i32::try_from(self.child.id()).map_err(std::io::Error::other)?;
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        self.reaped = true;
        let mut status = 0;
        // SAFETY: an all-zero rusage is a valid value of a plain C struct.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are to live values of the types that the call fills in.
        while unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) } < 0 {
            let error = std::io::Error::last_os_error();
            if error.kind() != std::io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        // Linux counts in units of 1,024 bytes.
        let memory = u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1_024);
        Ok((ExitStatus::from_raw(status), Bytes::new(memory)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            drop(self.reap());
        }
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

fn last_words(console: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(console)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(QUOTED_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(QUOTED_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let kept = lines.get(lines.len().saturating_sub(QUOTED_LINES)..).unwrap_or_default();
    if kept.is_empty() {
        String::new()
    } else {
        format!("; its console ends: {}", kept.join(" | "))
    }
}
