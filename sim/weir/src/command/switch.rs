//! `weir switch`: the failover proxy in front of several origins of one live stream.

use crate::output;
use crate::refusal::refuse;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use weir_switch::{Config, Settings, Switcher, allow_descriptors, line};

/// The arguments. What they say stands over the environment (`WEIR_SWITCH_INTERVAL` and so on), and
/// that over the file.
#[derive(clap::Args)]
pub struct Arguments {
    /// A TOML file with these options as keys, and a table `[[origins]]` for each origin.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The playlist of an origin, such as http://10.0.0.1/live/master.m3u8; the preferred one first.
    #[arg(long = "origin", value_name = "URL")]
    origins: Vec<String>,
    /// Where to listen [default: 0.0.0.0:8080].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// From the start of one probe of an origin to that of the next [default: 5 s].
    #[arg(long)]
    interval: Option<String>,
    /// How long a probe, and the first byte of an answer, may take [default: 2 s].
    #[arg(long)]
    timeout: Option<String>,
    /// How long ago a stream's newest segment may have ended [default: 20 s].
    #[arg(long)]
    threshold: Option<String>,
    /// How many probes in a row make an origin bad, or good again [default: 3].
    #[arg(long)]
    probes: Option<String>,
    /// Who of several good origins serves: backup, round-robin, latency [default: backup].
    #[arg(long)]
    policy: Option<String>,
    /// When to go back to a preferred origin: never, at-once, or a time [default: at-once].
    #[arg(long)]
    switchback: Option<String>,
    /// The path below which requests are passed on [default: /hls/].
    #[arg(long)]
    path: Option<String>,
    /// How long an answer may wait for a client that takes too little of it [default: 20 s].
    #[arg(long)]
    patience: Option<String>,
    /// The least rate at which a client has to take an answer that waits for it [default: 4
    /// kbit/s].
    #[arg(long, value_name = "RATE")]
    least_rate: Option<String>,
    /// The most connections from one address; more are refused [default: 4096].
    #[arg(long, value_name = "COUNT")]
    per_address: Option<String>,
}

/// A configuration of more than this is none.
const FILE_LIMIT: u64 = 1 << 20;

/// Runs the command, for ever; what happens goes to the standard output, a line of JSON for each,
/// at once.
///
/// # Errors
/// If the configuration is refused, or the address cannot be listened on.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let config = config(arguments)?;
    allow_descriptors().context("raise the limit of open files")?;
    let names: Vec<_> = config.origins.iter().map(|origin| origin.name.clone()).collect();
    // Where there is one processor, a second thread would only take turns with the first.
    let mut runtime = match std::thread::available_parallelism() {
        Ok(processors) if processors.get() == 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    runtime.enable_all().build().context("start")?.block_on(async {
        let switcher = Switcher::bind(config)?;
        output::tell(format_args!("weir switch: listening on {}", switcher.address()?));
        switcher.run(move |at, what| output::say(line(at, what, &names))).await
    })?;
    Ok(ExitCode::SUCCESS)
}

fn config(arguments: &Arguments) -> Result<Config> {
    let mut settings = Settings::default();
    let Arguments { listen, interval, timeout, threshold, probes, policy, .. } = arguments;
    for (key, value) in [
        ("listen", listen),
        ("interval", interval),
        ("timeout", timeout),
        ("threshold", threshold),
        ("probes", probes),
        ("policy", policy),
        ("switchback", &arguments.switchback),
        ("path", &arguments.path),
        ("patience", &arguments.patience),
        ("least_rate", &arguments.least_rate),
        ("per_address", &arguments.per_address),
    ] {
        if let Some(value) = value {
            let option = format!("--{}", key.replace('_', "-"));
            settings.set(key, value.clone(), &option).map_err(refuse)?;
        }
    }
    if !arguments.origins.is_empty() {
        let origins = arguments.origins.iter().map(String::as_str);
        settings.set_origins(origins, "--origin").map_err(refuse)?;
    }
    let environment =
        Settings::from_environment(|name| std::env::var(name).ok()).map_err(refuse)?;
    let mut settings = settings.or(environment);
    if let Some(file) = &arguments.config {
        let text = read(file).map_err(refuse)?;
        let said = Settings::from_toml(&text, &file.display().to_string()).map_err(refuse)?;
        settings = settings.or(said);
    }
    settings.config().map_err(refuse)
}

fn read(path: &Path) -> Result<String> {
    let what = || format!("read {}", path.display());
    let mut text = String::new();
    File::open(path)
        .and_then(|f| f.take(FILE_LIMIT).read_to_string(&mut text))
        .with_context(what)?;
    Ok(text)
}
