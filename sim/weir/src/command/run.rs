//! `weir run`: an experiment file becomes tables and plots.

use super::reported;
use crate::output;
use crate::screen::Screen;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use weir_lab::{Existing, Options, Ran};

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    wanted: super::Wanted,
    /// The folder of the results [default: results/NAME; with what makes it a part or another run,
    /// such as results/NAME+abr=bola].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Trials at a time [default: one for each CPU; one in the lab host].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1024))]
    jobs: Option<u64>,
    /// Go on with an interrupted run, and run trials again that failed.
    #[arg(long, conflicts_with = "discard")]
    resume: bool,
    /// Replace an interrupted or complete run in the same folder. Files that are not Weir's stay.
    #[arg(long)]
    discard: bool,
    /// Progress as JSON lines on standard output, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command: exit code 0 if all trials are valid and every value is as expected, and 1
/// otherwise.
///
/// # Errors
/// If the experiment is refused, the run cannot begin, or its results cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let plan = arguments.wanted.plan()?;
    let expected = reported::expected(&plan)?;
    let own = || PathBuf::from("results").join(arguments.wanted.folder(&plan.name));
    let out = arguments.out.clone().unwrap_or_else(own);
    let options = Options {
        out,
        existing: match (arguments.resume, arguments.discard) {
            (true, _) => Existing::Resume,
            (_, true) => Existing::Discard,
            _ => Existing::Refuse,
        },
        jobs: arguments.jobs.map(usize::try_from).transpose().context("--jobs")?,
        cache: weir_uml::cache_folder()?,
        experiment: super::folder_of(&arguments.wanted.experiment)?,
    };
    let cancel = super::cancelled_by_ctrl_c()?;
    let mut screen = Screen::new(arguments.json);
    let ran = weir_lab::run(&plan, &options, &cancel, &mut |progress| screen.show(&progress))?;
    // Before the report, which shows it.
    let agreement = |folder: &Path| expected.as_ref().map(|e| e.agreement(folder)).transpose();
    let (report, agreement, folder) = match ran {
        Ran::Finished(run) => {
            let info = reported::info(&plan, &run.id, &run.content, arguments.wanted.command());
            let folder = run.store.folder();
            weir_stats::write_run(folder, &info, &reported::values(&plan), run.results())?;
            let agreement = agreement(folder)?;
            (weir_report::report(folder)?, agreement, run.store.complete()?)
        }
        Ran::Complete { folder, inputs } => {
            screen.complete(&folder, &inputs);
            let agreement = agreement(&folder)?;
            (weir_report::report(&folder)?, agreement, folder)
        }
    };
    let bad = report.left_out;
    screen.finish(&folder, &report, bad);
    if let Some(agreement) = agreement.as_ref().filter(|_| !arguments.json) {
        output::say(agreement);
    }
    let holds = agreement.is_none_or(|agreement| agreement.holds());
    Ok(ExitCode::from(u8::from(bad > 0 || !holds)))
}
