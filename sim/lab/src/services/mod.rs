//! The services of a trial: processes on its nodes, which data describes.

mod place;
mod running;
mod words;

use anyhow::{Context, Result, ensure};
pub use place::{Place, Rooms};
pub use running::{PID, Running};
use serde::{Deserialize, Serialize};
use std::path::Path;
use weir_experiment::{Origin, Service, ServiceKind};

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

/// What a kind says of its version, on this machine.
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
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("ask {program} for its version"))?;
    // nginx answers on its standard error.
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    ensure!(output.status.success(), "{program} does not tell its version");
    Ok(line.context("an empty version")?.to_owned())
}
