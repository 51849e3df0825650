//! The services of a plan as they are on this machine.

use super::{program, version};
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::BTreeSet;
use weir_base::sha256_of_file;
use weir_plan::{LabName, Plan, ServiceKind};

/// A service as it is on this machine.
#[derive(Debug, Clone, Serialize)]
pub struct InstalledService {
    /// Its name.
    pub name: String,
    /// What it says of its version.
    pub version: String,
    /// The SHA-256 of its executable.
    pub sha256: String,
}

/// The services that a plan uses.
///
/// # Errors
/// If one is not there or does not tell its version.
pub fn services(plan: &Plan) -> Result<Vec<InstalledService>> {
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

pub(crate) fn service(name: &str, kind: &ServiceKind) -> Result<InstalledService> {
    let needed = || {
        let program = &kind.program;
        let own =
            if program.starts_with("/usr/local/") { "" } else { ", which scripts/setup installs" };
        format!("the service {name} needs {program}{own}")
    };
    let version = version(kind).with_context(needed)?;
    let sha256 = sha256_of_file(program(kind))?;
    Ok(InstalledService { name: name.to_owned(), version, sha256 })
}
