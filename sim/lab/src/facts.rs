//! What a run's results depend on, and where it ran: `host.toml`, and the answers of `weir doctor`.

use crate::content::{self, Contents};
use crate::host::{self, first_line};
use crate::labs::Labs;
use crate::{exec, model, services};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use weir_plan::{LabName, Plan, ServiceKind};
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
    let kind = |name| plan.services.get(name).context("a kind of service is not in the plan");
    kinds(plan).iter().map(|name| service(name, kind(name)?)).collect()
}

/// The names of the kinds of services that trials start.
pub(crate) fn kinds(plan: &Plan) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for cell in plan.cells().filter(|cell| cell.setup.lab != LabName::Model) {
        let origins = cell.setup.origins.iter().map(|origin| &origin.service);
        let used = origins.chain(cell.setup.services.iter().map(|service| &service.run));
        names.extend(used.cloned());
    }
    names
}

fn service(name: &str, kind: &ServiceKind) -> Result<ServiceFacts> {
    let needed = || {
        let program = &kind.program;
        let own =
            if program.starts_with("/usr/local/") { "" } else { ", which scripts/setup installs" };
        format!("the service {name} needs {program}{own}")
    };
    let version = services::version(kind).with_context(needed)?;
    let sha256 = sha256_of_file(services::program(kind))?;
    Ok(ServiceFacts { name: name.to_owned(), version, sha256 })
}

/// The facts of the machine in a run's folder.
pub(crate) const HOST: &str = "host.toml";

/// The text of `host.toml`.
///
/// # Errors
/// If a fact cannot be had.
pub(crate) fn host(
    plan: &Plan,
    labs: &Labs,
    services: &[ServiceFacts],
    contents: &Contents,
    experiment: &Path,
) -> Result<String> {
    #[derive(Serialize)]
    struct Host {
        weir: String,
        lab: Vec<&'static str>,
        host_kernel: String,
        cpu: String,
        cpus: usize,
        walls: String,
        experiment_folder: PathBuf,
        #[serde(flatten)]
        own: toml::Table,
        service: Vec<ServiceFacts>,
        content: Vec<BTreeMap<String, String>>,
    }
    let own = labs.all().map(|(_, lab)| lab.facts());
    let content = contents.all().map(|content| {
        BTreeMap::from([
            ("hash".to_owned(), content.hash.clone()),
            ("segments".to_owned(), content.segments.to_string()),
        ])
    });
    let facts = Host {
        weir: env!("CARGO_PKG_VERSION").to_owned(),
        lab: plan.labs().into_iter().map(lab_name).collect(),
        host_kernel: first_line("/proc/sys/kernel/osrelease"),
        cpu: cpu_model(),
        cpus: weir_uml::boot::cpus()?.len(),
        walls: walls().unwrap_or_else(|lacking| lacking.to_string()),
        experiment_folder: experiment.to_owned(),
        own: own.map(|(name, facts)| (name.to_owned(), facts.into())).collect(),
        service: services.to_vec(),
        content: content.collect(),
    };
    toml::to_string(&facts).context("write host.toml")
}

/// The version of a service that comes with the program.
fn bundled(name: &str) -> Result<String> {
    let kind =
        weir_experiment::bundled_kind(name).context("no such service comes with the program")?;
    Ok(service(name, &kind)?.version)
}

/// The version of the ingest, if nginx has what makes it one.
fn ingest() -> Result<String> {
    const MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
    fs::metadata(MODULE).context(MODULE).context("scripts/setup installs libnginx-mod-rtmp")?;
    bundled("ingest")
}

/// What guests and programs that decide are walled off by, as far as the kernel can.
fn walls() -> Result<String> {
    weir_wall::lacking().map_or(Ok("Landlock, seccomp".to_owned()), |lacking| bail!(lacking))
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
    /// Whether the default lab needs it.
    pub needed: bool,
}

/// Refuses a plan that cannot run on this machine: its labs, its programs, and the files of its content.
/// `experiment` is the folder of the experiment.
///
/// # Errors
/// If it cannot; what is wrong with a file points to the line of the experiment that names it.
pub fn check(plan: &Plan, experiment: &Path) -> Result<()> {
    check_labs(plan)?;
    exec::check(plan, experiment)?;
    content::check(plan)
}

/// Refuses a plan of whose labs this machine does not have one.
///
/// # Errors
/// If so.
pub(crate) fn check_labs(plan: &Plan) -> Result<()> {
    for lab in plan.labs() {
        match lab {
            LabName::Uml => {}
            LabName::Host => host::check(plan)?,
            LabName::Model => model::check(plan)?,
        }
    }
    model::check_others(plan)
}

/// What this machine can do.
pub fn doctor(cache: &Path) -> Vec<Finding> {
    let tell = |what, state: Result<String>, needed| Finding {
        what,
        state: state.map_err(|error| format!("{error:#}")),
        needed,
    };
    let kernel = Kernel::find(cache).map(|kernel| format!("Linux {}", kernel.version));
    let encoder = weir_media::ffmpeg_version().context("scripts/setup installs it");
    let cpus = weir_uml::boot::cpus();
    let threads = cpus.as_ref().map_or(1, |cpus| cpus.len().max(1));
    let model = Ok(format!("always there; {threads} trials at a time"));
    let mut findings = vec![
        tell("lab model", model, false),
        tell("guest kernel", kernel, true),
        tell("origin (nginx)", bundled("nginx"), true),
        tell("ingest (nginx-rtmp)", ingest(), false),
        tell("failover (haproxy)", bundled("haproxy"), false),
        tell("encoder (ffmpeg)", encoder, true),
        tell("walls", walls(), false),
        tell("CPUs", cpus.map(|cpus| format!("{}: as many guests at a time", cpus.len())), true),
    ];
    findings.extend(host::abilities().into_iter().map(|(what, state)| tell(what, state, false)));
    findings
}
