//! One guest from boot to halt.

use crate::init::{ARGUMENT, DONE, PHASE, PROGRAM};
use crate::{Kernel, Root};
use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::personality::{self, Persona};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use weir_process::{Cancel, Handle, Left, Patience, Watched, last_lines};
use weir_units::{Bytes, Seed};
use weir_wall::{Capability, Prepared, Wall};

/// The guest's clock at boot: 1 January 2025, 00:00 UTC, later than any certificate or file that
/// was made for it. In nanoseconds since 1970.
const START_NS: u64 = 1_735_689_600_000_000_000;
/// The largest file that a guest may make, its memory included: it must not fill the disk.
const FILE_LIMIT: u64 = 8 << 30;
/// The shim in the guest's folder.
const SHIM: &str = "shim.so";
/// The folder in which the kernel keeps its number.
const NUMBER: &str = "uml";
/// What the kernel itself, and the programs in it, read of the machine: programs. (What its root's
/// links lead to is found in the guest.)
const PROGRAMS: [&str; 5] = ["/usr", "/lib", "/lib64", "/bin", "/sbin"];
/// And what the kernel tells the guest of the processor.
const PROCESSOR: &str = "/proc/cpuinfo";

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
    /// How long it may take.
    pub patience: Patience,
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

impl Guest<'_> {
    /// Boots the guest, waits until it halts, and says how it ended. The calling thread must stay:
    /// the guest is killed when it ends.
    ///
    /// # Errors
    /// If the guest cannot be started.
    pub fn run(&self, cancel: &Cancel) -> Result<Ended> {
        let out = out_folder(self.folder);
        fs::create_dir_all(&out).with_context(|| format!("make {}", out.display()))?;
        let number = self.folder.join(NUMBER);
        fs::create_dir_all(&number).with_context(|| format!("make {}", number.display()))?;
        let root = ("root", self.root.folder.clone());
        let shim = (SHIM, self.kernel.shim.clone());
        for (name, target) in self.mounts.iter().chain([&root, &shim]) {
            let link = self.folder.join(name);
            symlink(target, &link).with_context(|| format!("link {}", link.display()))?;
        }
        let console = self.folder.join("console.log");
        let handle = start(self.command(&console)?)?;
        let clock = Clock::of(&handle, self.kernel);
        let ended = handle.watch(self.patience, &|| clock.as_ref()?.read(), cancel);
        let ended = ended.context("wait for the guest")?;
        let left = Left::open(&out).context("look at what the guest left")?;
        let phase = || left.said(PHASE).unwrap_or_else(|| "booting".to_owned());
        let last_words =
            || last_lines(&console).map(|lines| format!("; its console ends: {lines}"));
        let failed = |what: String| {
            Outcome::Failed(format!(
                "the guest {what} while {}{}",
                phase(),
                last_words().unwrap_or_default()
            ))
        };
        let outcome = match ended.watched {
            Watched::Cancelled => Outcome::Cancelled,
            Watched::Ended(_) if left.file(DONE).is_ok() => Outcome::Done,
            Watched::Ended(exit) => failed(exit.to_string()),
            Watched::Overdue(why) => failed(format!("was killed {why}")),
        };
        let memory = ended.memory;
        Ok(Ended { outcome, memory })
    }

    /// The guest's root is nobody special, but could ask its kernel for any file of the host
    /// (hostfs); and a fault of that kernel is a way to it. So the whole guest stands behind a
    /// wall, with what it has to read and the folders of its own open.
    fn wall(&self) -> Result<Prepared> {
        let root = &self.root.folder;
        let targets = self.mounts.iter().map(|(_, target)| target).chain([root, &self.kernel.shim]);
        let read = PROGRAMS.iter().map(Path::new).chain([Path::new(PROCESSOR), &self.kernel.linux]);
        read.chain(targets.map(PathBuf::as_path))
            .fold(Wall::new(), Wall::reads)
            .writes(out_folder(self.folder))
            .writes("/dev/null")
            .writes(self.folder.join(NUMBER))
            // What the user may read, who is root only by chance; never more.
            .keeps(Capability::DacOverride)
            .keeps(Capability::DacReadSearch)
            .prepare()
    }

    fn command(&self, console: &Path) -> Result<Command> {
        let console =
            File::create(console).with_context(|| format!("make {}", console.display()))?;
        let mut wall = self.wall()?;
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
            // Kernels before 6.16 ignore it. It does not contain hostile programs: the wall does.
            .arg("seccomp=on")
            .args(["uml_dir=/proc/self/cwd/uml/", "umid=guest"])
            .args([&format!("init={PROGRAM}"), "--", ARGUMENT])
            .env_clear()
            .env("WEIR_ENTROPY", format!("{:016x}", self.seed.get()))
            // By a constant name: the loader would split a path with spaces, and go on without.
            .env("LD_PRELOAD", format!("/proc/self/cwd/{SHIM}"))
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
                wall.enter()
            });
        }
        Ok(command)
    }
}

/// A guest's clock, in its memory, which the kernel shows to who may trace the guest. Looking at it
/// changes nothing in the guest.
struct Clock {
    memory: File,
    at: u64,
}

impl Clock {
    /// `None` if it is not known where it is, or may not be looked at.
    fn of(guest: &Handle, kernel: &Kernel) -> Option<Self> {
        let memory = File::open(format!("/proc/{}/mem", guest.pid())).ok()?;
        Some(Self { memory, at: kernel.clock? })
    }

    /// In nanoseconds; `None` once it has ended.
    fn read(&self) -> Option<u64> {
        let mut bytes = [0; 8];
        self.memory.read_exact_at(&mut bytes, self.at).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }
}

fn start(mut command: Command) -> Result<Handle> {
    let child = command.spawn().with_context(|| {
        format!("start the guest kernel {}", command.get_program().to_string_lossy())
    })?;
    // The guest's own processes are in the group of its session.
    Handle::new(Pid::from_raw(i32::try_from(child.id())?), true).context("watch the guest")
}
