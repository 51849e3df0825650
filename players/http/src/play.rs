//! One session for a person who looks on: `weir play URL`.

use crate::algorithm::algorithm;
use crate::connection::Endpoint;
use crate::date::zero_of;
use crate::job::Transport;
use crate::machine::Machine;
use crate::run::runtime;
use crate::session::Session;
use crate::viewer::Viewer;
use anyhow::{Context, Result};
use std::path::PathBuf;
use weir_abr::{Choice, Knows};
use weir_clock::Clock;
use weir_core::playlist::Uri;
use weir_core::{Conduct, Config, LivePlayer, LiveRules, Player, SessionFacts, Status, Stream};
use weir_exec::Start;
use weir_units::{Span, Time};

/// How to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The algorithm.
    pub abr: Choice,
    /// The folder in which an algorithm that is a program is started; the present one if it is empty.
    pub folder: PathBuf,
    /// Whether such a program is started behind a guard, which ends with it all that it has started:
    /// for whoever takes over for guards in `main`.
    pub guarded: bool,
    /// What the algorithm may know of coming segments.
    pub knows: Knows,
    /// How long to watch at most.
    pub watch: Span,
    /// The most media that is kept.
    pub max_buffer: Span,
    /// The media that must be there before playback begins.
    pub startup: Span,
    /// The media that must be there before playback goes on after a stall.
    pub resume: Span,
    /// How the player goes about it.
    pub conduct: Conduct,
    /// How to use the network, for recorded content. Live players have times of their own
    /// ([`Transport::live`]).
    pub transport: Transport,
    /// How to follow a live stream.
    pub live: LiveRules,
}

impl Default for Options {
    /// BOLA with the buffer of its simulator (25 s, Sabre), playback from the first segment on, an
    /// hour at most.
    fn default() -> Self {
        Self {
            abr: Choice::named("bola"),
            folder: PathBuf::new(),
            guarded: false,
            knows: Knows::Declared,
            watch: Span::from_s(3600),
            max_buffer: Span::from_s(25),
            startup: Span::ZERO,
            resume: Span::ZERO,
            conduct: Conduct::default(),
            transport: Transport::default(),
            live: LiveRules::default(),
        }
    }
}

/// How often the session is shown.
const SHOWN_EVERY: Span = Span::from_ms(250);

/// Plays the master playlist at `url` in real time, recorded content from its first segment and a live stream
/// from near its end, and calls `status` four times a second and once at the end. Returns what the session was
/// like; a failure on the network or of the server is one of its facts ([`SessionFacts::err`]), and so is that
/// there was no picture in the time that there was.
///
/// # Errors
/// If `url` is not an `http://` URL, if there is no such algorithm, and if the machine refuses what
/// a session needs.
pub fn play(url: &str, options: &Options, mut status: impl FnMut(Status)) -> Result<SessionFacts> {
    let uri = Uri::parse(url)?;
    Endpoint::of(&uri)?;
    let config = Config {
        first_segment: 0,
        watch: options.watch,
        max_buffer: options.max_buffer,
        startup: options.startup,
        resume: options.resume,
        sizes: options.knows == Knows::Sizes,
        rules: options.conduct.rules(options.max_buffer),
    };
    let abr = || {
        let start = if options.guarded { Start::Guarded(None) } else { Start::Plain };
        algorithm(&options.abr, &options.folder, &start).map(|abr| options.conduct.decorate(abr))
    };
    let recorded = Player::new(config, uri.clone(), abr()?);
    let clock = Clock::starting_now();
    let facts = watch(recorded.into(), clock, options.transport, &mut status)?;
    if !facts.refuses_live() {
        return Ok(facts);
    }
    let clock = Clock::starting_now();
    let stream = Stream { masters: vec![uri], epoch: Some(zero_of(clock)), start: Time::ZERO };
    let live = LivePlayer::new(config, options.live, stream, abr()?);
    watch(live.into(), clock, Transport::live(), &mut status)
}

fn watch(
    machine: Machine,
    clock: Clock,
    transport: Transport,
    status: &mut impl FnMut(Status),
) -> Result<SessionFacts> {
    let mut ended = runtime()?.block_on(async {
        let viewer =
            Viewer::new(machine, clock, status, SHOWN_EVERY).context("starting the clock")?;
        Session::new(viewer, transport, None).run().await
    })?;
    if ended.facts.startup.is_none() && ended.facts.err.is_none() {
        let length = ended.facts.length;
        let why = ended.problem.unwrap_or_else(|| "too little came to begin with".to_owned());
        ended.facts.err = Some(format!("there was no picture in {length}: {why}"));
    }
    Ok(ended.facts)
}
