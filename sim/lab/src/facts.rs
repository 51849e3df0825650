//! What a run's results depend on, and where it ran: `host.toml`, and the answers of `weir doctor`.

use crate::content::Contents;
use crate::services::Service;
use crate::uml::UmlLab;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use weir_experiment::{LabName, Plan};
use weir_uml::{Kernel, sha256_of_file};

/// A service as it is on this machine.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceFacts {
    /// Its name.
    pub name: String,
    /// What it says of its version.
    pub version: String,
    /// The SHA-256 of its executable.
    pub sha256: String,
}

/// The name of a lab, as files and tables have it.
pub fn lab_name(lab: LabName) -> &'static str {
    match lab {
        LabName::Model => "model",
        LabName::Uml => "uml",
        LabName::Host => "host",
    }
}

/// The services that a plan uses.
///
/// # Errors
/// If one is not there or does not tell its version.
pub fn services(plan: &Plan) -> Result<Vec<ServiceFacts>> {
    let names: BTreeSet<_> = plan
        .cells
        .iter()
        .flat_map(|cell| cell.setup.origins.iter().map(|origin| origin.service.as_str()))
        .collect();
    names.into_iter().map(service).collect()
}

fn service(name: &str) -> Result<ServiceFacts> {
    let service = Service::find(name)?;
    let version = service.version().context("scripts/setup installs it")?;
    let sha256 = sha256_of_file(Path::new(&service.program))?;
    Ok(ServiceFacts { name: name.to_owned(), version, sha256 })
}

/// The text of `host.toml`.
///
/// # Errors
/// If a fact cannot be had.
pub fn host(lab: &UmlLab, services: &[ServiceFacts], contents: &Contents) -> Result<String> {
    #[derive(Serialize)]
    struct Host {
        weir: String,
        weir_sha256: String,
        host_kernel: String,
        cpu: String,
        cpus: usize,
        guest: Guest,
        service: Vec<ServiceFacts>,
        content: Vec<BTreeMap<String, String>>,
    }
    #[derive(Serialize)]
    struct Guest {
        version: String,
        sha256: String,
    }
    let kernel = lab.kernel();
    let facts = Host {
        weir: env!("CARGO_PKG_VERSION").to_owned(),
        weir_sha256: lab.program_sha256().to_owned(),
        host_kernel: first_line("/proc/sys/kernel/osrelease"),
        cpu: cpu_model(),
        cpus: weir_uml::boot::cpus()?.len(),
        guest: Guest { version: kernel.version.clone(), sha256: kernel.sha256.clone() },
        service: services.to_vec(),
        content: contents
            .all()
            .map(|content| {
                BTreeMap::from([
                    ("hash".to_owned(), content.hash.clone()),
                    ("segments".to_owned(), content.segments.to_string()),
                ])
            })
            .collect(),
    };
    toml::to_string(&facts).context("write host.toml")
}

fn first_line(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn cpu_model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.map(|line| line.trim_start_matches([' ', '\t', ':']).to_owned()).unwrap_or_default()
}

/// One thing that a lab needs, and whether it is there.
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// What it is, or why it is not there and what adds it.
    pub state: std::result::Result<String, String>,
}

/// Refuses a plan that cannot run on this machine: its lab, and the files of its content.
///
/// # Errors
/// If it cannot; what is wrong with a file points to the line of the experiment that names it.
pub fn check(plan: &Plan) -> Result<()> {
    if plan.lab != LabName::Uml {
        bail!("the lab \"{}\" is not built yet; use --lab uml", lab_name(plan.lab));
    }
    crate::content::check(plan)
}

/// What this machine can do.
pub fn doctor(cache: &Path) -> Vec<Finding> {
    let tell = |what, state: Result<String>| Finding {
        what,
        state: state.map_err(|error| format!("{error:#}")),
    };
    vec![
        tell("guest kernel", Kernel::find(cache).map(|kernel| format!("Linux {}", kernel.version))),
        tell("origin (nginx)", service("nginx").map(|facts| facts.version)),
        tell("encoder (ffmpeg)", weir_media::ffmpeg_version().context("scripts/setup installs it")),
        tell(
            "CPUs",
            weir_uml::boot::cpus().map(|cpus| format!("{}: as many guests at a time", cpus.len())),
        ),
    ]
}
