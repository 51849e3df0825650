//! `weir media`: what is in content, and which content has been prepared.

use crate::output;
use crate::refusal::refuse;
use anyhow::{Context, Result};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Look at content and say whether a player may rely on it.
    ///
    /// For every rung: the bit rate that was asked for or is declared, the mean and the peak as RFC
    /// 8216 defines them, and how much the sizes of its segments differ. Checked are: nothing is
    /// missing, cut off or changed since it was prepared; every segment begins with a key frame, at
    /// the same time in all rungs, where the one before ends, and lasts as long as it should; and
    /// no rate is more than 10 % above what a master playlist declares.
    ///
    /// Exit code: 0 if all is in order, 1 if there are problems (each is named with its rung and
    /// its segment, counted from 0), 2 if this is no content.
    Inspect(Inspect),
    /// List the content that experiments have prepared, with the folder of each package.
    List,
}

#[derive(clap::Args)]
struct Inspect {
    /// A prepared package (its folder), an HLS master playlist (the file, or a folder with a
    /// master.m3u8), or a video file.
    path: PathBuf,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the command: exit code 1 if content has problems.
///
/// # Errors
/// If there is no content to look at, or the cache cannot be read.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.command {
        Command::Inspect(arguments) => inspect(arguments),
        Command::List => list(),
    }
}

fn inspect(arguments: &Inspect) -> Result<ExitCode> {
    let found = weir_media::inspect(&arguments.path).map_err(refuse)?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&found).context("write the result")?
    } else {
        found.to_string()
    };
    output::say(text);
    Ok(ExitCode::from(u8::from(!found.in_order())))
}

fn list() -> Result<ExitCode> {
    let cache = weir_uml::cache_folder()?;
    let packages = weir_media::packages(&cache)?;
    if packages.is_empty() {
        output::say(format_args!("{} holds no prepared content yet", cache.display()));
    }
    for package in packages {
        output::say(package);
    }
    Ok(ExitCode::SUCCESS)
}
