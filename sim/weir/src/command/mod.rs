//! The subcommands.

pub mod abr;
pub mod check;
pub mod doctor;
pub mod media;
pub mod play;
pub mod replay;
pub mod report;
mod reported;
pub mod run;
pub mod switch;
pub mod trace;

use crate::output;
use crate::refusal::refuse;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;
use weir_lab::Cancel;
use weir_plan::limits::MAX_TRIALS;
use weir_plan::{LabName, Plan};
use weir_units::Seed;

/// What of an experiment is wanted.
#[derive(clap::Args)]
pub struct Wanted {
    /// The experiment file.
    pub experiment: PathBuf,
    /// The lab, instead of the experiment's: model, uml or host.
    #[arg(long)]
    lab: Option<String>,
    /// The seed, instead of the experiment's.
    #[arg(long)]
    seed: Option<u64>,
    /// How often each cell runs, instead of the experiment's.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    repeats: Option<u64>,
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
        if let Some(name) = &self.lab {
            plan.run_in(lab_named(name)?).map_err(refuse)?;
        }
        plan.seed = self.seed.map_or(plan.seed, Seed::new);
        plan.repeats = self.repeats.unwrap_or(plan.repeats);
        if plan.len() > MAX_TRIALS {
            let (trials, most) = (plan.len(), MAX_TRIALS);
            return Err(refuse(format!("{trials} trials are too many (at most {most})")));
        }
        if !self.only.is_empty() {
            let only: Vec<_> = self.only.iter().map(String::as_str).collect();
            plan = plan.only(&only).map_err(refuse)?;
        }
        weir_lab::check(&plan, &folder_of(&self.experiment)?).map_err(refuse)?;
        Ok(plan)
    }

    /// The name of the folder of its results: that of the experiment, and what makes it another run
    /// than the whole experiment as it is written.
    pub fn folder(&self, name: &str) -> String {
        /// File names have 255 bytes, and others are made of this one.
        const LONGEST: usize = 160;
        let lab = self.lab.iter().map(|lab| format!("lab={lab}"));
        let seed = self.seed.iter().map(|seed| format!("seed={seed}"));
        let repeats = self.repeats.iter().map(|repeats| format!("repeats={repeats}"));
        let mut only = self.only.clone();
        only.sort();
        let all = lab.chain(seed).chain(repeats).chain(only);
        let whole = all.fold(name.to_owned(), |folder, part| format!("{folder}+{part}"));
        let plain = |c: char| if c.is_alphanumeric() || "+=._-".contains(c) { c } else { '_' };
        let folder: String = whole.chars().map(plain).collect();
        if folder.len() <= LONGEST && folder == whole.replace(' ', "_") {
            return folder;
        }
        // What was left out of the name tells two of them apart.
        let cut: String = folder.chars().take(LONGEST / 4).collect();
        format!("{cut}+{:08x}", Seed::new(0).derive(&whole).get() >> 32)
    }

    /// The command that runs the same again.
    pub fn command(&self) -> String {
        let mut command = format!("weir run {}", self.experiment.display());
        let lab = self.lab.iter().map(|lab| format!(" --lab {lab}"));
        let seed = self.seed.iter().map(|seed| format!(" --seed {seed}"));
        let repeats = self.repeats.iter().map(|repeats| format!(" --repeats {repeats}"));
        let only = self.only.iter().map(|only| format!(" --only '{only}'"));
        command.extend(lab.chain(seed).chain(repeats).chain(only));
        command
    }
}

/// The folder of an experiment, as a name that works from anywhere.
fn folder_of(experiment: &Path) -> Result<PathBuf> {
    let file = experiment.canonicalize();
    let file = file.with_context(|| format!("find {}", experiment.display()))?;
    Ok(file.parent().map_or(file.clone(), Path::to_owned))
}

fn lab_named(name: &str) -> Result<LabName> {
    let none = || refuse(format!("there is no lab \"{name}\" (labs: model, uml, host)"));
    name.parse().map_err(|_| none())
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
    output::tell("weir: interrupted");
    std::process::exit(1);
}
