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
    Ok(ExitCode::SUCCESS)
}
