//! The services of a trial: processes on its nodes, which data describes.

pub(crate) mod installed;
mod place;
mod running;
mod template;

use anyhow::{Context, Result, ensure};
pub use place::{LiveDirs, ServiceContext};
pub use running::{PID, Running};
use std::path::{Path, PathBuf};
use std::time::Duration;
use weir_exec::Walls;
use weir_plan::{Origin, Service, ServiceKind};

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

/// How long a program may take to tell its version.
const VERSION_WITHIN: Duration = Duration::from_secs(20);
/// What it sees meanwhile: programs.
const VERSION_READS: [&str; 6] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache"];
const NOTHING: &str = "/dev/null";

/// What a kind says of its version, on this machine.
///
/// The program is somebody's, and runs here outside of any trial: behind a guard and a wall.
///
/// # Errors
/// If it is not there or does not answer: results of unknown origin are refused.
pub fn version(kind: &ServiceKind) -> Result<String> {
    let own = std::env::current_exe().context("find this program")?;
    let fill = |word: &String| {
        let program = if kind.program == THIS { own.as_path() } else { program(kind) };
        let program = program.display().to_string();
        word.replace("{program}", &program).replace(THIS, &program)
    };
    let argv: Vec<_> = kind.version.iter().map(fill).collect();
    let (program, arguments) = argv.split_first().context("a service without a version command")?;
    let reads = VERSION_READS.iter().map(PathBuf::from).chain([own.clone()]);
    let walls =
        Walls { reads: reads.collect(), writes: vec![NOTHING.into()], scratch: NOTHING.into() };
    let (ended, said) = weir_exec::ask(Path::new(program), arguments, &walls, VERSION_WITHIN)
        .with_context(|| format!("ask {program} for its version"))?;
    let well = ended.is_some_and(|exit| exit.success());
    ensure!(well, "{program} does not tell its version");
    let text = String::from_utf8_lossy(&said);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    Ok(line.context("an empty version")?.to_owned())
}
