//! `weir doctor`: what this machine can do.

use crate::output;
use anyhow::Result;
use std::process::ExitCode;

/// No arguments.
#[derive(clap::Args)]
pub struct Arguments {}

/// Runs the command: exit code 1 if something is missing that the default lab needs.
///
/// # Errors
/// If the cache folder cannot be found.
pub fn run(_: &Arguments) -> Result<ExitCode> {
    let findings = weir_lab::doctor(&weir_uml::cache_folder()?);
    for finding in &findings {
        match &finding.state {
            Ok(state) => output::say(format_args!("ok       {:<18} {state}", finding.what)),
            Err(why) => output::say(format_args!("missing  {:<18} {why}", finding.what)),
        }
    }
    // What only the lab on this machine's kernel needs, no script can add.
    let healthy = findings.iter().all(|finding| finding.state.is_ok() || !finding.needed);
    if !healthy {
        output::say("\nscripts/setup adds what is missing.");
    }
    Ok(ExitCode::from(u8::from(!healthy)))
}
