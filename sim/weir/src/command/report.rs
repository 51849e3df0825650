//! `weir report`: plots and page from the tables of a run.

use crate::output;
use crate::refusal::refuse;
use anyhow::Result;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    /// The folder of the run.
    run: PathBuf,
    /// Also check what theory expects of a sweep of bandwidth: that mean bit rates do not fall as
    /// it rises, and that nobody stalls where it is ample. Exit code 1 if something is otherwise.
    #[arg(long)]
    expect: bool,
    /// Only draw the timeline of one session, such as c0012-r3 or c0012-r3:7.
    #[arg(long, value_name = "TRIAL[:SESSION]", conflicts_with = "expect")]
    timeline: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// If the folder is no run's, or the plots cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if !arguments.run.is_dir() {
        return Err(refuse(format!("{} is no folder", arguments.run.display())));
    }
    if let Some(wanted) = &arguments.timeline {
        let (trial, session) = wanted.split_once(':').unwrap_or((wanted, "0"));
        let session = session.parse().map_err(|_| {
            refuse(format!("\"{wanted}\": \"{session}\" is no number of a session"))
        })?;
        let picture = weir_report::timeline(&arguments.run, trial, session).map_err(refuse)?;
        output::say(picture.display());
        return Ok(ExitCode::SUCCESS);
    }
    let report = weir_report::report(&arguments.run)?;
    output::put(&report.to_string());
    output::say(arguments.run.join("report.html").display());
    if !arguments.expect {
        return Ok(ExitCode::SUCCESS);
    }
    let violations = weir_report::bandwidth_check(&arguments.run)?;
    for violation in &violations {
        output::say(format_args!("against expectation: {violation}"));
    }
    Ok(ExitCode::from(u8::from(!violations.is_empty())))
}
