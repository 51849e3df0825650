//! `weir abr`: the algorithms that an experiment can name.

use crate::output;
use crate::refusal::refuse;
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;
use weir_abr::{Entry, registry};

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the algorithms, each with its parameters and their defaults.
    ///
    /// Unverified is an algorithm for whose decisions there was neither a published number nor
    /// another program to compare them with.
    List(List),
    /// Say where an algorithm was published, what its decisions were compared with, and what its
    /// parameters mean.
    Show(Show),
}

#[derive(clap::Args)]
struct List {
    /// Print JSON, with all that `weir abr show` says.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Show {
    /// The algorithm.
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// If there is no such algorithm.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let text = match &arguments.command {
        Command::List(List { json: true }) => pretty(&registry().iter().map(as_json).collect())?,
        Command::List(List { json: false }) => listed(),
        Command::Show(Show { name, json }) => {
            let entry = entry(name)?;
            if *json { pretty(&as_json(entry))? } else { shown(entry) }
        }
    };
    output::put(&text);
    Ok(ExitCode::SUCCESS)
}

fn entry(name: &str) -> Result<&'static Entry> {
    let found = registry().iter().find(|entry| entry.name == name);
    found.ok_or_else(|| {
        let names: Vec<_> = registry().iter().map(|entry| entry.name).collect();
        let names = names.join(", ");
        refuse(format!("no algorithm is called \"{name}\" (there are: {names})"))
    })
}

fn listed() -> String {
    let mut text = String::new();
    for entry in registry() {
        let unverified = if entry.verified.is_none() { " [unverified]" } else { "" };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:<18} {}{unverified}", entry.name, entry.about);
        let params = entry.params.iter().map(|param| format!("{} = {}", param.name, param.default));
        let params = params.collect::<Vec<_>>().join(", ");
        if !params.is_empty() {
            let _ = writeln!(text, "{:<18} {params}", "");
        }
    }
    text
}

fn shown(entry: &Entry) -> String {
    let mut text = format!("{}: {}\n\n", entry.name, entry.about);
    for line in entry.described() {
        let _ = writeln!(text, "  {line}");
    }
    let verified = entry.verified.map_or_else(
        || "unverified: there was nothing to compare its decisions with".to_owned(),
        |what| format!("compared with: {what}"),
    );
    let _ = writeln!(text, "\n{verified}");
    for param in entry.params {
        let _ = writeln!(text, "  {:<20} {} [default: {}]", param.name, param.doc, param.default);
    }
    text
}

fn as_json(entry: &Entry) -> Value {
    let param = |param: &weir_abr::Param| json!({ "name": param.name, "default": param.default, "meaning": param.doc });
    json!({
        "name": entry.name,
        "about": entry.about,
        "source": entry.described().collect::<Vec<_>>().join("\n"),
        "compared_with": entry.verified,
        "params": entry.params.iter().map(param).collect::<Vec<_>>(),
    })
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).context("write the result")? + "\n")
}
