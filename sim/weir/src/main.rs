//! `weir`: runs experiments on adaptive streaming. One file per subcommand; no logic here.

// They panic when nobody listens: see `output`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod command;
mod defect;
mod output;
mod refusal;
mod screen;

use clap::{Parser, Subcommand};
use refusal::RefusedInput;
use std::process::ExitCode;

/// A laboratory for adaptive streaming: real players and servers on a real kernel, in virtual time.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Weir {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run an experiment and write its tables and plots.
    Run(command::run::Arguments),
    /// Say what an experiment would run, or why it is refused; runs nothing.
    Check(command::check::Arguments),
    /// Make the plots and the page of a run again, from its tables.
    Report(command::report::Arguments),
    /// Run one trial of a run again, with full logs, and compare.
    Replay(command::replay::Arguments),
    /// Play a stream from any HTTP server.
    Play(command::play::Arguments),
    /// Stand in front of several origins of a live stream, and pass requests to one that is alive.
    Switch(command::switch::Arguments),
    /// List the algorithms that an experiment can name, and say what they are.
    Abr(command::abr::Arguments),
    /// Read, write, draw and make traces of how fast a link was.
    Trace(command::trace::Arguments),
    /// Look at content: bit rates, key frames, timestamps; or list what has been prepared.
    Media(command::media::Arguments),
    /// Say what this machine can do, and what is missing.
    Doctor(command::doctor::Arguments),
}

fn main() -> ExitCode {
    // In a guest, and as a player process, this program is something else.
    weir_lab::guest::take_over();
    let ended = defect::caught(|| run(&Weir::parse().command));
    let code = match ended {
        Ok(code) => code,
        Err(error) => {
            output::tell(format_args!("weir: {error:#}"));
            // 2: the input was refused, so nothing ran. 1: something went wrong while it ran.
            let refused = error.is::<RefusedInput>() || error.is::<weir_lab::Refused>();
            ExitCode::from(if refused { 2 } else { 1 })
        }
    };
    if let Some(error) = output::failure() {
        output::tell(format_args!("weir: write to the standard output: {error}"));
        return if code == ExitCode::SUCCESS { ExitCode::FAILURE } else { code };
    }
    code
}

fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(arguments) => command::run::run(arguments),
        Command::Check(arguments) => command::check::run(arguments),
        Command::Report(arguments) => command::report::run(arguments),
        Command::Replay(arguments) => command::replay::run(arguments),
        Command::Play(arguments) => command::play::run(arguments),
        Command::Switch(arguments) => command::switch::run(arguments),
        Command::Abr(arguments) => command::abr::run(arguments),
        Command::Trace(arguments) => command::trace::run(arguments),
        Command::Media(arguments) => command::media::run(arguments),
        Command::Doctor(arguments) => command::doctor::run(arguments),
    }
}
