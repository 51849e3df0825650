//! `weir check`: the plan of an experiment, or why there is none.

use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::ExitCode;
use weir_experiment::listed;

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    wanted: super::Wanted,
    /// Print the whole plan.
    #[arg(long)]
    plan: bool,
    /// Draw the network of the first cell as an SVG file.
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    draw: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// If the experiment is refused, or the picture cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let plan = arguments.wanted.plan()?;
    super::expected(&plan)?;
    if arguments.plan {
        print!("{}", plan.to_toml());
        return Ok(ExitCode::SUCCESS);
    }
    if let (Some(file), Some(cell)) = (&arguments.draw, plan.cells().next()) {
        std::fs::write(file, cell.setup.to_svg())
            .with_context(|| format!("write {}", file.display()))?;
        println!("{}", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}: {} trials", plan.name, plan.len());
    for axis in &plan.axes {
        println!("  {}: {}", axis.path, listed(axis.values.iter().map(String::as_str)));
    }
    for (axis, values) in &plan.only {
        println!("  only {axis}: {}", listed(values.iter().map(String::as_str)));
    }
    println!("  {} repeats of {} cells, seed {}", plan.repeats, plan.cells().len(), plan.seed);
    let started = weir_lab::started(&plan);
    if started.is_empty() {
        println!("  starts no programs");
    }
    for program in &started {
        println!("  starts {program}");
    }
    Ok(ExitCode::SUCCESS)
}
