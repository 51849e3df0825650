//! The services of a trial: processes on its nodes, which data describes.

mod place;
mod running;
mod words;

use anyhow::{Context, Result, ensure};
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
pub use place::{Place, Rooms};
pub use running::{PID, Running};
use serde::{Deserialize, Serialize};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use weir_experiment::{Origin, Service, ServiceKind};
use weir_process::{Cancel, Handle, Patience, Watched};
use weir_wall::Wall;

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Logs {
    /// What goes wrong.
    #[default]
    Usual,
    /// All that can be: for looking at one trial closely.
    Full,
}

impl Logs {
    /// Its table in the description of a kind.
    const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Full => "full",
        }
    }
}

/// An origin of recorded content, as a service.
pub fn of_origin(origin: &Origin) -> Service {
    Service {
        name: origin.service.clone(),
        node: origin.node.clone(),
        run: origin.service.clone(),
        upstream: Vec::new(),
        settings: Default::default(),
    }
}

/// The word that stands for this program where a kind names its executable.
const THIS: &str = "{weir}";

/// The executable of a kind, on this machine.
pub fn program(kind: &ServiceKind) -> &Path {
    let this = kind.program == THIS;
    Path::new(if this { "/proc/self/exe" } else { &kind.program })
}

/// How long a program may take to tell its version, and how much it may say.
const VERSION_WITHIN: Duration = Duration::from_secs(20);
const VERSION_LIMIT: usize = 64 << 10;

/// What a kind says of its version, on this machine.
///
/// The program is somebody's, and runs here outside of any trial: behind a wall, from which it sees
/// programs only.
///
/// # Errors
/// If it is not there or does not answer: results of unknown origin are refused.
pub fn version(kind: &ServiceKind) -> Result<String> {
    let fill = |word: &String| {
        let program = program(kind).display().to_string();
        word.replace("{program}", &program).replace(THIS, &program)
    };
    let argv: Vec<_> = kind.version.iter().map(fill).collect();
    let (program, arguments) = argv.split_first().context("a service without a version command")?;
    let what = || format!("ask {program} for its version");
    let own = std::env::current_exe().with_context(what)?;
    let open = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null"];
    let wall = open.iter().fold(Wall::new(), |wall, path| wall.reads(path)).reads(own);
    let mut wall = wall.writes("/dev/null").prepare()?;
    let (read, write) =
        nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).with_context(what)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .process_group(0)
        .stdin(Stdio::null())
        // nginx answers on its standard error.
        .stderr(write.try_clone().with_context(what)?)
        .stdout(write);
    // SAFETY: entering makes system calls alone, on values that were prepared before.
    unsafe {
        command.pre_exec(move || {
            nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
            wall.enter()
        });
    }
    let child = command.spawn().with_context(what)?;
    // Its end of the pipe is the child's alone now.
    drop(command);
    let handle = Handle::new(Pid::from_raw(i32::try_from(child.id())?), true).with_context(what)?;
    let patience = Patience::of(VERSION_WITHIN);
    let ended = handle.watch(patience, &|| None, &Cancel::default()).with_context(what)?;
    // What the pipe holds, whoever may still have its other end.
    let mut text = vec![0; VERSION_LIMIT];
    let length = nix::unistd::read(&read, &mut text).unwrap_or(0);
    text.truncate(length);
    let well = matches!(ended.watched, Watched::Ended(exit) if exit.success());
    ensure!(well, "{program} does not tell its version");
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    Ok(line.context("an empty version")?.to_owned())
}
