//! `weir replay`: one trial of a run once more, with full logs.

use super::reported;
use crate::output;
use crate::screen::Screen;
use anyhow::Result;
use std::path::PathBuf;
use std::process::ExitCode;
use weir_lab::Replay;
use weir_units::Span;

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    /// The folder of the run.
    run: PathBuf,
    /// The trial, such as c0012-r3.
    trial: String,
    /// The folder of the replay [default: replays/TRIAL in the run's, where an earlier replay is
    /// replaced].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replay with the files that programs of the run see now, where they are others than they saw.
    #[arg(long)]
    changed: bool,
    /// The wall-clock time for which the trial is let alone, instead of what is computed.
    #[arg(long, value_name = "TIME")]
    watchdog: Option<Span>,
    /// Replace a complete run in that folder.
    #[arg(long)]
    discard: bool,
}

/// Runs the command: exit code 1 if a trial came out otherwise in virtual time, where equal inputs
/// give equal rows.
///
/// # Errors
/// If the run or the trial is refused, or its results cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { run, trial, .. } = arguments;
    let out = arguments.out.clone().unwrap_or_else(|| run.join("replays").join(trial));
    let cache = weir_uml::cache_folder()?;
    let discard = arguments.discard || arguments.out.is_none();
    let replay = Replay {
        run: run.clone(),
        trial: trial.clone(),
        out,
        discard,
        changed: arguments.changed,
        watchdog: arguments.watchdog,
        cache,
    };
    let cancel = super::cancelled_by_ctrl_c()?;
    let mut screen = Screen::new(false);
    let again = weir_lab::replay(&replay, &cancel, &mut |progress| screen.show(&progress))?;

    let command = format!("weir replay {} {trial}", run.display());
    let info = weir_tables::RunInfo {
        name: format!("{}, trial {trial}", again.plan.name),
        lab: again.trial.row.lab.clone(),
        repeats: 1,
        ..reported::info(&again.plan, &again.id, &again.content, command)
    };
    let values = reported::values(&again.plan);
    let results = [Ok(again.trial.clone())];
    weir_stats::write_run(again.store.folder(), &info, &values, results)?;
    let report = weir_report::report(again.store.folder())?;
    let difference = weir_tables::first_difference(run, &again.trial)?;
    let real_time = again.trial.row.lab == "host";
    let folder = again.store.complete()?;
    screen.finish(&folder, &report, report.left_out);
    output::say(format_args!("logs    {}", folder.join("logs").display()));
    match &difference {
        None => output::say("every row is equal to the run's"),
        Some(difference) if real_time => {
            let why = format_args!("not equal to the run's, as always in real time: {difference}");
            output::say(why);
        }
        Some(difference) => output::say(format_args!("NOT equal to the run's: {difference}")),
    }
    Ok(ExitCode::from(u8::from(difference.is_some() && !real_time)))
}
