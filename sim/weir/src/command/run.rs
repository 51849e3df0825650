//! `weir run`: an experiment file becomes tables and plots.

use crate::screen::Screen;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use weir_experiment::LabName;
use weir_lab::Options;
use weir_records::Verdict;
use weir_uml::Cancel;

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    /// The experiment file.
    experiment: PathBuf,
    /// The folder of the results [default: results/NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// The lab, instead of the experiment's: uml.
    #[arg(long)]
    lab: Option<String>,
    /// Trials at a time [default: one for each CPU].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1024))]
    jobs: Option<u64>,
    /// The seed, instead of the experiment's.
    #[arg(long)]
    seed: Option<u64>,
    /// Progress as JSON lines on standard output, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command: exit code 0 if all trials are valid, and 1 if some failed or are invalid.
///
/// # Errors
/// If the experiment is refused, the run cannot begin, or its results cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let lab = arguments.lab.as_deref().map(lab_named).transpose()?;
    let plan = super::plan(&arguments.experiment, lab, arguments.seed)?;
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from("results").join(&plan.name));
    let options = Options {
        out,
        jobs: arguments.jobs.map(usize::try_from).transpose().context("--jobs")?,
        cache: weir_uml::cache_folder()?,
    };
    let cancel = Cancel::default();
    let asked = cancel.clone();
    ctrlc::set_handler(move || interrupt(&asked)).context("handle Ctrl-C")?;

    let mut screen = Screen::new(arguments.json);
    let run = weir_lab::run(&plan, &options, &cancel, &mut |progress| screen.show(&progress))?;
    let info = weir_report::RunInfo {
        run: run.id.clone(),
        name: plan.name.clone(),
        lab: "uml".to_owned(),
        media: run.content.clone(),
        command: format!("weir run {}", arguments.experiment.display()),
        axes: plan.axes.iter().map(|axis| axis.path.clone()).collect(),
        repeats: plan.repeats,
    };
    weir_report::write_run(run.store.folder(), &info, &run.trials)?;
    let report = weir_report::report(run.store.folder())?;
    let folder = run.store.complete()?;
    let bad = run.trials.iter().filter(|trial| trial.row.verdict != Verdict::Valid).count();
    screen.finish(&folder, &report, bad);
    Ok(ExitCode::from(u8::from(bad > 0)))
}

/// Asks guests to stop, which they do at once; and ends the program where something else, such as
/// an encoder, goes on. Whatever it started dies with it.
#[expect(clippy::disallowed_methods, reason = "the bound of an interrupt is wall time")]
fn interrupt(cancel: &Cancel) {
    const PATIENCE: Duration = Duration::from_millis(1_500);
    cancel.cancel();
    std::thread::sleep(PATIENCE);
    eprintln!("weir: interrupted");
    std::process::exit(1);
}

fn lab_named(name: &str) -> Result<LabName> {
    match name {
        "model" => Ok(LabName::Model),
        "uml" => Ok(LabName::Uml),
        "host" => Ok(LabName::Host),
        _ => Err(crate::refusal::refuse(format!("there is no lab \"{name}\" (labs: uml)"))),
    }
}
