//! `weir check`: the plan of an experiment, or why there is none.

use anyhow::Result;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    /// The experiment file.
    experiment: PathBuf,
    /// Print the whole plan.
    #[arg(long)]
    plan: bool,
}

/// Runs the command.
///
/// # Errors
/// If the experiment is refused.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let plan = super::plan(&arguments.experiment, None, None)?;
    if arguments.plan {
        print!("{}", plan.to_toml());
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}: {} trials", plan.name, plan.len());
    for axis in &plan.axes {
        println!("  {}: {}", axis.path, axis.values.join(", "));
    }
    println!("  {} repeats of {} cells, seed {}", plan.repeats, plan.cells.len(), plan.seed);
    Ok(ExitCode::SUCCESS)
}
