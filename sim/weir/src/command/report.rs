//! `weir report`: plots and page from the tables of a run.

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
}

/// Runs the command.
///
/// # Errors
/// If the folder is no run's, or the plots cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if !arguments.run.is_dir() {
        return Err(refuse(format!("{} is no folder", arguments.run.display())));
    }
    let report = weir_report::report(&arguments.run)?;
    print!("{report}");
    println!("{}", arguments.run.join("report.html").display());
    if !arguments.expect {
        return Ok(ExitCode::SUCCESS);
    }
    let violations = weir_report::expectations(&arguments.run)?;
    for violation in &violations {
        println!("against expectation: {violation}");
    }
    Ok(ExitCode::from(u8::from(!violations.is_empty())))
}
