//! `weir play`: one session against any server, of recorded content or of a live stream, with a
//! line that shows how it goes.

use crate::output;
use crate::refusal::refuse;
use anyhow::Result;
use std::io::IsTerminal;
use std::process::ExitCode;
use weir_abr::Choice;
use weir_abr::exec::Program;
use weir_http::{CatchUp, LiveRules, Options, Phase, Preset, SizeHints, Status, Viewing};
use weir_units::{BitRate, Span};

/// The arguments.
#[derive(clap::Args)]
pub struct Arguments {
    /// The master playlist: http://server/path.m3u8
    url: String,
    /// The algorithm.
    #[arg(long, default_value = "bola")]
    abr: String,
    /// A program that decides instead, such as "python3 my_abr.py" (see players/abr/PROTOCOL.md).
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["abr", "params"])]
    exec: Option<String>,
    /// A parameter of the algorithm, such as gp="5 s"; may be given several times.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// How long to watch.
    #[arg(long, default_value = "10 min")]
    watch: Span,
    /// The most media to keep.
    #[arg(long, default_value = "25 s")]
    max_buffer: Span,
    /// The media that must be there before playback begins.
    #[arg(long, default_value = "2 s")]
    startup: Span,
    /// The media that must be there before playback goes on after a stall.
    #[arg(long, default_value = "2 s")]
    resume: Span,
    /// How a live stream's latency is kept: none, dashjs, hlsjs or media3.
    #[arg(long, default_value_t, value_name = "LAW")]
    catch_up: CatchUp,
    /// The latency that is aimed at in a live stream; three target durations, or what the playlist
    /// says.
    #[arg(long)]
    latency: Option<Span>,
    /// Jump towards the end of a live stream when the latency exceeds this.
    #[arg(long)]
    max_latency: Option<Span>,
    /// The server offers a size table (sizes.json), and the algorithm may use it.
    #[arg(long)]
    sizes: bool,
}

/// Runs the command: exit code 1 if the session broke off, or never had a picture.
///
/// # Errors
/// If the arguments are refused.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let program = arguments.exec.as_deref().map(|command| Program::new(command).choice());
    let mut abr = program.unwrap_or_else(|| Choice::named(&arguments.abr));
    for param in &arguments.params {
        let (name, value) = param
            .split_once('=')
            .ok_or_else(|| refuse(format!("\"{param}\" is not NAME=VALUE")))?;
        abr.params.insert(name.to_owned(), value.to_owned());
    }
    abr.check().map_err(refuse)?;
    let viewing = Viewing {
        knows: if arguments.sizes { SizeHints::Sizes } else { SizeHints::Declared },
        max_buffer: arguments.max_buffer,
        startup: arguments.startup,
        resume: arguments.resume,
        live: Some(LiveRules {
            catch_up: arguments.catch_up,
            target: arguments.latency,
            max_latency: arguments.max_latency,
            ..LiveRules::default()
        }),
        ..Viewing::of(Preset::Weir, abr, arguments.watch)
    };
    let options = Options { viewing, guarded: true, ..Options::default() };
    let terminal = std::io::stderr().is_terminal();
    let metrics = weir_http::play(&arguments.url, &options, |status| show(&status, terminal))
        .map_err(refuse)?;
    if terminal {
        output::tell("");
    }
    let startup = metrics.startup.map_or("never".to_owned(), |span| format!("{} ms", span.ms()));
    output::say(format_args!(
        "startup {startup}, played {:.1} s, {} stalls ({:.1} s), mean {}, {} switches",
        metrics.played.as_secs_f64(),
        metrics.stalls.len(),
        metrics.stalled().as_secs_f64(),
        metrics.mean_bitrate_bps().map_or("-".to_owned(), |bps| format!("{:.2} Mbit/s", bps / 1e6)),
        metrics.switches(),
    ));
    if let Some(live) = &metrics.live {
        let latency = live.latency.map_or("-".to_owned(), |latency| {
            format!("{} ms (95 %: {} ms)", latency.mean.ms(), latency.p95.ms())
        });
        let capture = live.capture_latency.map_or("-".to_owned(), |latency| {
            format!("{} ms (95 %: {} ms)", latency.mean.ms(), latency.p95.ms())
        });
        output::say(format_args!(
            "live: latency {latency}, from capture {capture}, {} skips, {} of {} segments at first try, \
             {} failures",
            live.skips, live.available, live.announced, live.failures,
        ));
    }
    match &metrics.err {
        None => Ok(ExitCode::SUCCESS),
        Some(err) => {
            output::tell(format_args!("weir: the session broke off: {err}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// One line: on a terminal always the same one.
fn show(status: &Status, terminal: bool) {
    let mbps = |rate: Option<BitRate>| {
        rate.map_or("     -".to_owned(), |rate| format!("{:6.2}", rate.bps() as f64 / 1e6))
    };
    let phase = match status.phase {
        Phase::Starting => "starting",
        Phase::Playing => "playing ",
        Phase::Stalled => "STALLED ",
    };
    let latency = status
        .latency
        .map_or(String::new(), |latency| format!("  latency {:5.1} s", latency.as_secs_f64()));
    let line = format!(
        "{phase} {:7.1} s  buffer {:5.1} s  rung {} {} Mbit/s  throughput {} Mbit/s  stalls {}{latency}",
        status.played.as_secs_f64(),
        status.buffer.as_secs_f64(),
        status.rung.map_or("-".to_owned(), |rung| rung.to_string()),
        mbps(status.declared),
        mbps(status.throughput),
        status.stalls,
    );
    if terminal {
        output::murmur(&format!("\r\x1b[K{line}"));
    } else if status.now.ns() % 1_000_000_000 < 250_000_000 {
        // A log wants one line a second, not four.
        output::tell(line);
    }
}
