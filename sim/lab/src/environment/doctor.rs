//! What this machine can do, and whether a plan can run on it.

use crate::content::contents as content;
use crate::exec::programs as exec;
use crate::labs::{host, model};
use crate::trial::services::installed::service;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use weir_base::cpus;
use weir_plan::{LabName, Plan};
use weir_uml::Kernel;

/// One thing that a lab needs, and whether it is there.
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// What it is, or why it is not there and what adds it.
    pub state: std::result::Result<String, String>,
    /// Whether the default lab needs it.
    pub needed: bool,
}

/// Refuses a plan that cannot run on this machine: its labs, its programs, and the files of its
/// content. `experiment` is the folder of the experiment.
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
    let cpus = cpus();
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
pub(crate) fn walls() -> Result<String> {
    weir_wall::lacking().map_or(Ok("Landlock, seccomp".to_owned()), |lacking| bail!(lacking))
}
