//! The subcommands.

pub mod check;
pub mod doctor;
pub mod play;
pub mod report;
pub mod run;

use crate::refusal::refuse;
use anyhow::Result;
use std::path::Path;
use weir_experiment::{LabName, Plan};
use weir_units::Seed;

/// Reads an experiment and refuses all that can be refused before anything starts.
fn plan(file: &Path, lab: Option<LabName>, seed: Option<u64>) -> Result<Plan> {
    let mut plan = weir_experiment::load(file).map_err(refuse)?;
    plan.lab = lab.unwrap_or(plan.lab);
    plan.seed = seed.map_or(plan.seed, Seed::new);
    weir_lab::check(&plan).map_err(refuse)?;
    Ok(plan)
}
