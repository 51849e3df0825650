//! The subcommands.

pub mod check;
pub mod doctor;
pub mod media;
pub mod play;
pub mod replay;
pub mod report;
pub mod run;
pub mod trace;

use crate::refusal::refuse;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use weir_experiment::{LabName, Plan};
use weir_lab::Cancel;
use weir_units::Seed;

/// What of an experiment is wanted.
#[derive(clap::Args)]
pub struct Wanted {
    /// The experiment file.
    pub experiment: PathBuf,
    /// The lab, instead of the experiment's: uml or host.
    #[arg(long)]
    lab: Option<String>,
    /// The seed, instead of the experiment's.
    #[arg(long)]
    seed: Option<u64>,
    /// Only the cells with this value of an axis, such as 'abr=bola'; may be given several times.
    #[arg(long, value_name = "AXIS=VALUE")]
    only: Vec<String>,
}

impl Wanted {
    /// Reads the experiment and refuses all that can be refused before anything starts.
    ///
    /// # Errors
    /// If it is refused.
    pub fn plan(&self) -> Result<Plan> {
        let mut plan = weir_experiment::load(&self.experiment).map_err(refuse)?;
        plan.lab = self.lab.as_deref().map_or(Ok(plan.lab), lab_named)?;
        plan.seed = self.seed.map_or(plan.seed, Seed::new);
        if !self.only.is_empty() {
            let only: Vec<_> = self.only.iter().map(String::as_str).collect();
            plan = plan.only(&only).map_err(refuse)?;
        }
        weir_lab::check(&plan).map_err(refuse)?;
        Ok(plan)
    }

    /// The command that runs the same again.
    pub fn command(&self) -> String {
        let mut command = format!("weir run {}", self.experiment.display());
        let lab = self.lab.iter().map(|lab| format!(" --lab {lab}"));
        let seed = self.seed.iter().map(|seed| format!(" --seed {seed}"));
        let only = self.only.iter().map(|only| format!(" --only '{only}'"));
        command.extend(lab.chain(seed).chain(only));
        command
    }
}

/// The zipped axes of a plan by name, as the report wants them.
fn zips(plan: &Plan) -> BTreeMap<String, Vec<String>> {
    let mut zips = BTreeMap::<String, Vec<String>>::new();
    for axis in &plan.axes {
        if let Some(name) = &axis.zip {
            zips.entry(name.clone()).or_default().push(axis.path.clone());
        }
    }
    zips
}

fn lab_named(name: &str) -> Result<LabName> {
    match name {
        "model" => Ok(LabName::Model),
        "uml" => Ok(LabName::Uml),
        "host" => Ok(LabName::Host),
        _ => Err(refuse(format!("there is no lab \"{name}\" (labs: uml, host)"))),
    }
}

/// What Ctrl-C asks to stop.
///
/// # Errors
/// If the signal cannot be handled.
fn cancelled_by_ctrl_c() -> Result<Cancel> {
    let cancel = Cancel::default();
    let asked = cancel.clone();
    ctrlc::set_handler(move || interrupt(&asked)).context("handle Ctrl-C")?;
    Ok(cancel)
}

/// Asks trials to stop, which they do at once; and ends the program where something else, such as
/// an encoder, goes on. Whatever it started dies with it.
#[expect(clippy::disallowed_methods, reason = "the bound of an interrupt is wall time")]
fn interrupt(cancel: &Cancel) {
    const PATIENCE: Duration = Duration::from_millis(1_500);
    cancel.cancel();
    std::thread::sleep(PATIENCE);
    eprintln!("weir: interrupted");
    std::process::exit(1);
}
