//! One session for a person who looks on: `weir play URL`.

use crate::algorithm::algorithm;
use crate::clocked_player::ClockedPlayer;
use crate::connection::Endpoint;
use crate::date::zero_of;
use crate::job::Transport;
use crate::machine::Machine;
use crate::run::runtime;
use crate::session::Session;
use anyhow::{Context, Result};
use std::path::PathBuf;
use weir_abr::Choice;
use weir_clock::Clock;
use weir_core::playlist::Uri;
use weir_core::{LivePlayer, Player, Preset, SessionMetrics, Status, Stream, Viewing};
use weir_exec::Start;
use weir_units::{Span, Time};

/// How to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How to watch: the algorithm, for how long at most, the player. The rules for a live stream
    /// are used if it turns out to be one; the usual ones if there are none.
    pub viewing: Viewing,
    /// The folder in which an algorithm that is a program is started; the present one if it is
    /// empty.
    pub folder: PathBuf,
    /// Whether such a program is started behind a guard, which ends with it all that it has
    /// started: for whoever takes over for guards in `main`.
    pub guarded: bool,
    /// How to use the network, for recorded content. Live players have times of their own
    /// ([`Transport::live`]).
    pub transport: Transport,
}

impl Default for Options {
    /// BOLA with the buffer of its simulator (25 s, Sabre), playback from the first segment on, an
    /// hour at most.
    fn default() -> Self {
        let viewing = Viewing::of(Preset::Weir, Choice::named("bola"), Span::from_s(3600));
        Self {
            viewing: Viewing { startup: Span::ZERO, resume: Span::ZERO, ..viewing },
            folder: PathBuf::new(),
            guarded: false,
            transport: Transport::default(),
        }
    }
}

/// How often the session is shown.
const SHOWN_EVERY: Span = Span::from_ms(250);

/// Plays the master playlist at `url` in real time, recorded content from its first segment and a
/// live stream from near its end, and calls `status` four times a second and once at the end.
/// Returns what the session was like; a failure on the network or of the server is one of its
/// metrics ([`SessionMetrics::err`]), and so is that there was no picture in the time that there
/// was.
///
/// # Errors
/// If `url` is not an `http://` URL, if there is no such algorithm, and if the machine refuses what
/// a session needs.
pub fn play(
    url: &str,
    options: &Options,
    mut status: impl FnMut(Status),
) -> Result<SessionMetrics> {
    let uri = Uri::parse(url)?;
    Endpoint::of(&uri)?;
    let viewing = &options.viewing;
    let config = viewing.session(0);
    let abr = || {
        let start = if options.guarded { Start::Guarded(None) } else { Start::Plain };
        let abr = algorithm(&viewing.abr, &options.folder, &start);
        abr.map(|abr| viewing.profile.decorate(abr))
    };
    let recorded = Player::new(config, uri.clone(), abr()?);
    let clock = Clock::starting_now();
    let metrics = watch(recorded.into(), clock, options.transport, &mut status)?;
    if !metrics.refuses_live() {
        return Ok(metrics);
    }
    let clock = Clock::starting_now();
    let stream = Stream { masters: vec![uri], epoch: Some(zero_of(clock)), start: Time::ZERO };
    let live = LivePlayer::new(config, viewing.live.unwrap_or_default(), stream, abr()?);
    watch(live.into(), clock, Transport::live(), &mut status)
}

fn watch(
    machine: Machine,
    clock: Clock,
    transport: Transport,
    status: &mut impl FnMut(Status),
) -> Result<SessionMetrics> {
    let mut ended = runtime()?.block_on(async {
        let player = ClockedPlayer::new(machine, clock, status, SHOWN_EVERY)
            .context("starting the clock")?;
        Session::new(player, transport, None).run().await
    })?;
    if ended.metrics.startup.is_none() && ended.metrics.err.is_none() {
        let length = ended.metrics.length;
        let why = ended.problem.unwrap_or_else(|| "too little came to begin with".to_owned());
        ended.metrics.err = Some(format!("there was no picture in {length}: {why}"));
    }
    Ok(ended.metrics)
}
