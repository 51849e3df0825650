//! `weir trace`: traces from other programs and to them, what is in them, and new ones by models.

use crate::output;
use crate::refusal::refuse;
use anyhow::Result;
use clap::Subcommand;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use weir_trace::{Clock, Csv, Format, Kind, Origin, Reader, Trace};
use weir_units::{BitRate, Bytes, Seed, Span};

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read a trace of another program and write it as a trace of Weir.
    Import(Import),
    /// Write a trace in the form of another program.
    Export(Export),
    /// Draw a trace as text.
    Show(Show),
    /// Say what is in traces: length, rates, silences, kind, licence.
    Stats(Files),
    /// Make a trace by a model.
    Generate(Generate),
}

#[derive(clap::Args)]
struct Import {
    /// The file.
    file: PathBuf,
    /// Its form: sabre, pensieve, mahimahi, cadvise or csv.
    #[arg(long)]
    from: Format,
    /// What its rates are: the capacity of a link, or the goodput of one flow.
    #[arg(long)]
    kind: Option<Kind>,
    /// Who measured it.
    #[arg(long)]
    source: String,
    /// The licence of the data; "unknown" if it is.
    #[arg(long)]
    licence: String,
    /// Where it was obtained: an address, with the commit or the date.
    #[arg(long)]
    obtained: Option<String>,
    /// What to call it [default: the file's name].
    #[arg(long)]
    name: Option<String>,
    /// The trace does not begin again at its end; its last step goes on.
    #[arg(long)]
    once: bool,
    /// The size of a packet opportunity (mahimahi).
    #[arg(long, default_value_t = Reader::PACKET)]
    packet: Bytes,
    #[command(flatten)]
    table: Table,
    /// The file to write [default: standard output].
    #[arg(long, short)]
    out: Option<PathBuf>,
}

/// The columns of a table; the defaults are those of UCC's 4G and 5G data sets.
#[derive(clap::Args)]
struct Table {
    /// The column of the rate (csv).
    #[arg(long, default_value = "DL_bitrate", value_name = "NAME")]
    rate_column: String,
    /// The rate that a value of 1 means (csv).
    #[arg(long, default_value = "1 kbit/s", value_name = "RATE")]
    rate_unit: BitRate,
    /// How long every row lasts (csv).
    #[arg(long, default_value = "1 s", value_name = "SPAN")]
    every: Span,
    /// The column of when each row begins (csv).
    #[arg(long, value_name = "NAME", conflicts_with = "every")]
    begins_column: Option<String>,
    /// The column of how long each row lasts (csv).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["every", "begins_column"])]
    lasts_column: Option<String>,
    /// The column of the latency (csv).
    #[arg(long, value_name = "NAME")]
    latency_column: Option<String>,
    /// The span that a value of 1 means in columns of times (csv).
    #[arg(long, default_value = "1 s", value_name = "SPAN")]
    time_unit: Span,
}

#[derive(clap::Args)]
struct Export {
    /// A trace of Weir.
    file: PathBuf,
    /// The form: sabre, pensieve, mahimahi, cadvise or csv.
    #[arg(long)]
    to: Format,
    /// The size of a packet opportunity (mahimahi).
    #[arg(long, default_value_t = Reader::PACKET)]
    packet: Bytes,
    /// The file to write [default: standard output].
    #[arg(long, short)]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Show {
    #[command(flatten)]
    files: Files,
    /// Columns of the drawing.
    #[arg(long, default_value_t = 100)]
    width: usize,
    /// Rows of the drawing.
    #[arg(long, default_value_t = 12)]
    height: usize,
}

#[derive(clap::Args)]
struct Files {
    /// The traces.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Their form.
    #[arg(long, default_value = "weir")]
    from: Format,
}

#[derive(clap::Args)]
struct Generate {
    /// The model; --list describes them all.
    #[arg(required_unless_present = "list")]
    model: Option<String>,
    /// The seed.
    #[arg(long, default_value = "1")]
    seed: Seed,
    /// How long the trace is.
    #[arg(long, default_value = "10 min")]
    length: Span,
    /// A parameter of the model, such as rate="5 Mbit/s"; may be given several times.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// What to call it [default: the model's name].
    #[arg(long)]
    name: Option<String>,
    /// The file to write [default: standard output].
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// List the models and their parameters.
    #[arg(long)]
    list: bool,
}

/// Runs the command.
///
/// # Errors
/// If a trace or an argument is refused, or a file cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.command {
        Command::Import(import) => {
            let trace = weir_trace::load(&reader(import), &import.file).map_err(refuse)?;
            put(import.out.as_deref(), &weir_trace::write(&trace))?;
        }
        Command::Export(export) => {
            let trace = load(&export.file, Format::Weir)?;
            let exported = weir_trace::export(export.to, &trace, export.packet).map_err(refuse)?;
            for lost in &exported.lost {
                output::tell(format_args!("weir: this form does not say {lost}"));
            }
            put(export.out.as_deref(), &exported.text)?;
        }
        Command::Show(show) => {
            for file in &show.files.files {
                let trace = load(file, show.files.from)?;
                let heading = weir_trace::heading(&trace, show.files.from);
                let chart = weir_trace::chart(&trace, show.width, show.height);
                put(None, &format!("{heading}\n{chart}\n"))?;
            }
        }
        Command::Stats(files) => {
            for file in &files.files {
                put(None, &weir_trace::described(&load(file, files.from)?, files.from))?;
            }
        }
        Command::Generate(generate) if generate.list => put(None, &weir_trace::models_listed())?,
        Command::Generate(generate) => {
            let model = generate.model.as_deref().unwrap_or_default();
            let params = pairs(&generate.params)?;
            let mut trace = weir_trace::generate(model, &params, generate.length, generate.seed)
                .map_err(refuse)?;
            if let Some(name) = &generate.name {
                trace.rename(name);
            }
            put(generate.out.as_deref(), &weir_trace::write(&trace))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn reader(import: &Import) -> Reader {
    let table = &import.table;
    let clock = match (&table.begins_column, &table.lasts_column) {
        (Some(begins), _) => Clock::Begins(begins.clone()),
        (_, Some(lasts)) => Clock::Lasts(lasts.clone()),
        _ => Clock::Every(table.every),
    };
    Reader {
        format: import.from,
        origin: Origin {
            name: import.name.clone().unwrap_or_else(|| weir_trace::name_of(&import.file)),
            kind: import.kind,
            repeats: !import.once,
            source: import.source.clone(),
            licence: import.licence.clone(),
            obtained: import.obtained.clone(),
        },
        csv: Csv {
            rate: table.rate_column.clone(),
            rate_unit: table.rate_unit,
            clock,
            time_unit: table.time_unit,
            latency: table.latency_column.clone(),
        },
        packet: import.packet,
    }
}

/// A trace to look at.
fn load(file: &Path, format: Format) -> Result<Trace> {
    weir_trace::look(format, file).map_err(refuse)
}

fn pairs(params: &[String]) -> Result<BTreeMap<String, String>> {
    let pair = |param: &String| {
        let (name, value) = param
            .split_once('=')
            .ok_or_else(|| refuse(format!("\"{param}\" is not NAME=VALUE")))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    params.iter().map(pair).collect()
}

fn put(out: Option<&Path>, text: &str) -> Result<()> {
    match out {
        Some(path) => output::write_file(path, text)?,
        None => output::put(text),
    }
    Ok(())
}
