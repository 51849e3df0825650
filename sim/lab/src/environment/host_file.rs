//! What a run's results depend on, and where it ran: `host.toml`, and the answers of `weir doctor`.

use crate::content::contents::Contents;
use crate::environment::doctor;
use crate::labs::host::first_line;
use crate::labs::machine::Labs;
use crate::trial::services::installed::InstalledService;
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use weir_plan::Plan;

/// The facts of the machine in a run's folder.
pub(crate) const HOST: &str = "host.toml";

/// The text of `host.toml`.
///
/// # Errors
/// If a fact cannot be had.
pub(crate) fn host(
    plan: &Plan,
    labs: &Labs,
    services: &[InstalledService],
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
        service: Vec<InstalledService>,
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
        lab: plan.labs().into_iter().map(<&str>::from).collect(),
        host_kernel: first_line("/proc/sys/kernel/osrelease"),
        cpu: cpu_model(),
        cpus: weir_base::cpus()?.len(),
        walls: doctor::walls().unwrap_or_else(|lacking| lacking.to_string()),
        experiment_folder: experiment.to_owned(),
        own: own.map(|(name, facts)| (name.to_owned(), facts.into())).collect(),
        service: services.to_vec(),
        content: content.collect(),
    };
    toml::to_string(&facts).context("write host.toml")
}

fn cpu_model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.map(|line| line.trim_start_matches([' ', '\t', ':']).to_owned()).unwrap_or_default()
}
