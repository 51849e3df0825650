//! `weir check`: the plan of an experiment, or why there is none.

use crate::output;
use anyhow::Result;
use std::path::PathBuf;
use std::process::ExitCode;
use weir_plan::listed;

/// So many of the programs that an experiment starts are listed.
const PROGRAMS: usize = 50;

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
    super::reported::expected(&plan)?;
    if arguments.plan {
        output::put(&plan.to_toml());
        return Ok(ExitCode::SUCCESS);
    }
    if let (Some(file), Some(cell)) = (&arguments.draw, plan.cells().next()) {
        output::write_file(file, &weir_experiment::to_svg(&cell.setup))?;
        output::say(file.display());
        return Ok(ExitCode::SUCCESS);
    }
    output::say(format_args!("{}: {} trials", plan.name, plan.len()));
    for axis in &plan.axes {
        let values = listed(axis.values.iter().map(String::as_str));
        output::say(format_args!("  {}: {values}", axis.path));
    }
    for (axis, values) in &plan.only {
        let values = listed(values.iter().map(String::as_str));
        output::say(format_args!("  only {axis}: {values}"));
    }
    let (repeats, cells) = (plan.repeats, plan.cells().len());
    output::say(format_args!("  {repeats} repeats of {cells} cells, seed {}", plan.seed));
    let started = weir_lab::started(&plan);
    if started.is_empty() {
        output::say("  starts no programs");
    }
    for program in started.iter().take(PROGRAMS) {
        output::say(format_args!("  starts {program}"));
    }
    if let Some(more) = started.len().checked_sub(PROGRAMS).filter(|more| *more > 0) {
        output::say(format_args!("  starts {more} programs more"));
    }
    Ok(ExitCode::SUCCESS)
}
