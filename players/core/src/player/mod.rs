//! The session as a state machine.
//!
//! ```text
//!            +--------- fetch ---------> playlists, then per segment:
//!   driver   |                           room in the buffer? -> the algorithm decides -> request
//!     ^      v
//!   poll() --+-- wait until -----------> a moment, or what the network brings
//!     |      |
//!   handle() +-- finished -------------> the facts
//! ```
//!
//! One fetch is in progress at most. Media playlists and initialization sections are fetched when
//! their rung is first chosen, as hls.js does; that of the lowest rung at the start, since it is
//! what retries fall back on.

mod fetch;
mod schedule;

use crate::content::Content;
use crate::facts::{SegmentFacts, SessionFacts};
use crate::playback::{Phase, Playback};
use crate::playlist::Uri;
use fetch::Transfer;
pub use fetch::{Request, Resource};
use std::collections::BTreeSet;
use weir_abr::{Abr, Download, Observation};
use weir_units::{BitRate, Bytes, Span, Time};

/// How often a session tries again when a request fails, before it gives up.
pub const RETRIES: u32 = 3;

/// How long a session waits before it tries again (dash.js: `retryIntervals`, 1000 ms).
pub const RETRY_DELAY: Span = Span::from_s(1);

/// How a viewer watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The segment of the content with which the session begins.
    pub first_segment: usize,
    /// How long the viewer stays, from pressing play, if the content does not end before.
    pub watch: Span,
    /// The most media that is kept: a segment is requested when there is room for it.
    pub max_buffer: Span,
    /// The media that must be there before playback begins.
    pub startup: Span,
    /// The media that must be there before playback goes on after a stall.
    pub resume: Span,
    /// Whether the algorithm is told the sizes of coming segments (`knows = "sizes"`), which the
    /// server must then offer.
    pub sizes: bool,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// The moment that [`Output::Wait`] named has come, or any other: looking never harms.
    Timeout,
    /// The head of a response arrived.
    Response {
        /// Its HTTP status.
        status: u16,
    },
    /// A piece of the body arrived.
    Body {
        /// How much.
        bytes: Bytes,
    },
    /// The body is complete.
    Complete {
        /// All of it if [`Resource::is_document`]; not looked at otherwise.
        document: &'a [u8],
    },
    /// The fetch failed, and nothing more will come of it.
    Failed {
        /// Why.
        reason: &'a str,
    },
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this request, and report how it goes.
    Fetch(Request),
    /// Wait until this moment for what the network brings, then handle [`Event::Timeout`].
    Wait(Time),
    /// Nothing: the session is over. A fetch in progress is to be dropped.
    Finished,
}

/// A session at one moment, for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The moment, since the start of the session.
    pub now: Time,
    /// Whether it plays.
    pub phase: Phase,
    /// Media played.
    pub played: Span,
    /// Media that is downloaded and not yet played.
    pub buffer: Span,
    /// The rung of the last segment request.
    pub rung: Option<usize>,
    /// That rung's declared mean rate.
    pub declared: Option<BitRate>,
    /// That rung's picture width and height in pixels, if the manifest says so.
    pub resolution: Option<(u64, u64)>,
    /// The throughput of the last segment.
    pub throughput: Option<BitRate>,
    /// Stalls so far.
    pub stalls: usize,
}

/// One viewer watching one stream.
///
/// Times are since the start of the session, when the viewer pressed play. What is due at a moment
/// happens, in the facts, at that moment, however late the driver is: only the network sees that a
/// request was late.
pub struct Player {
    config: Config,
    master: Uri,
    abr: Box<dyn Abr>,
    /// `None` until the master playlist is there.
    content: Option<Content>,
    /// Initialization sections that are there, as (rung, index).
    inits: BTreeSet<(usize, usize)>,
    playback: Playback,
    /// The next segment to download.
    next: usize,
    /// What the algorithm sees; kept, and brought up to date before each decision.
    seen: Observation,
    state: State,
    /// Failed requests in a row.
    failures: u32,
    /// A request that the driver has not taken yet.
    outbox: Option<Request>,
    segments: Vec<SegmentFacts>,
    err: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing happens until this moment.
    Waiting {
        until: Time,
        then: Step,
    },
    Fetching(Fetch),
    /// Only while an event is handled: one thing is over, and the next has not begun.
    Between,
    /// Every segment is downloaded.
    PlayingOut,
    Ended,
}

/// What a wait was for.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Fetch a document again.
    Load(Resource),
    /// There is room in the buffer for the next segment, which was wanted since then.
    Decide { since: Time },
    /// The algorithm's own wait is over.
    Request(Plan),
    /// Request the segment again, at the lowest rung.
    Retry,
}

#[derive(Debug, Clone, Copy)]
struct Fetch {
    resource: Resource,
    transfer: Transfer,
    /// The segment request that this fetch serves; `None` before the first.
    plan: Option<Plan>,
}

/// A decision that is to be carried out, and what it was based on.
#[derive(Debug, Clone, Copy)]
struct Plan {
    rung: usize,
    buffer: Span,
    wait: Span,
    estimate: Option<BitRate>,
}

impl Player {
    /// A session at its start: the viewer just pressed play.
    pub fn new(config: Config, master: Uri, abr: Box<dyn Abr>) -> Self {
        let seen = Observation { max_buffer: config.max_buffer, ..Observation::default() };
        let mut player = Self {
            config,
            master,
            abr,
            content: None,
            inits: BTreeSet::new(),
            playback: Playback::new(config.startup, config.resume),
            next: config.first_segment,
            seen,
            state: State::Between,
            failures: 0,
            outbox: None,
            segments: Vec::new(),
            err: None,
        };
        player.fetch(Time::ZERO, Resource::Master, None);
        player
    }

    /// What to do now. A request is handed out once.
    pub fn poll(&mut self) -> Output {
        match (self.state, self.outbox.take()) {
            (State::Ended, _) => Output::Finished,
            (_, Some(request)) => Output::Fetch(request),
            (_, None) => Output::Wait(self.deadline()),
        }
    }

    /// The moment at which something is due, whatever the network brings: at the latest the end of
    /// the session.
    pub fn deadline(&self) -> Time {
        let due = match self.state {
            State::Waiting { until, .. } => until,
            State::PlayingOut => self.playback.falls_to(Span::ZERO).unwrap_or(Time::NEVER),
            State::Fetching(_) | State::Between => Time::NEVER,
            State::Ended => return Time::NEVER,
        };
        due.min(self.end_of_watch())
    }

    /// Takes in what happened at `now`. Events of a fetch count only while it is in progress.
    pub fn handle(&mut self, now: Time, event: Event<'_>) {
        self.catch_up(now);
        let State::Fetching(fetch) = &mut self.state else { return };
        match event {
            Event::Timeout => {}
            Event::Response { status } => fetch.transfer.status = Some(status),
            Event::Body { bytes } => fetch.transfer.body(now, bytes),
            Event::Complete { document } => {
                let fetch = *fetch;
                self.state = State::Between;
                self.arrived(now, fetch, document);
            }
            Event::Failed { reason } => {
                let fetch = *fetch;
                self.state = State::Between;
                self.failed(now, fetch, reason);
            }
        }
    }

    /// The session at `now`, which is not before any moment handled.
    pub fn status(&self, now: Time) -> Status {
        let mut playback = self.playback.clone();
        if !matches!(self.state, State::Ended) {
            playback.advance(now);
        }
        let last = self.seen.downloads.last();
        let rung = match self.state {
            State::Fetching(Fetch { plan: Some(plan), .. }) => Some(plan.rung),
            _ => self.segments.last().map(|segment| segment.rung),
        };
        let variant = self.content.as_ref().zip(rung).and_then(|(c, rung)| c.variant(rung));
        Status {
            now: playback.at(),
            phase: playback.phase(),
            played: playback.played(),
            buffer: playback.buffer(),
            rung,
            declared: variant.map(|variant| variant.rung.mean),
            resolution: variant.and_then(|variant| variant.resolution),
            throughput: last.and_then(|last| BitRate::of(last.bytes, last.transfer)),
            stalls: playback.stalls().len(),
        }
    }

    /// The playhead and the buffer at the last moment handled.
    pub fn playback(&self) -> &Playback {
        &self.playback
    }

    /// What the session was like.
    pub fn into_facts(self) -> SessionFacts {
        SessionFacts {
            startup: self.playback.startup(),
            length: self.playback.at().since(Time::ZERO),
            played: self.playback.played(),
            stalls: self.playback.stalls().to_vec(),
            segments: self.segments,
            err: self.err,
        }
    }

    fn end_of_watch(&self) -> Time {
        Time::ZERO.after(self.config.watch)
    }

    /// Does all that was due until `now`, in order, each at its own moment.
    fn catch_up(&mut self, now: Time) {
        while self.deadline() <= now {
            let due = self.deadline();
            self.playback.advance(due);
            match self.state {
                _ if due == self.end_of_watch() => return self.end(None),
                State::Waiting { then, .. } => self.step(due, then),
                State::PlayingOut => return self.end(None),
                State::Fetching(_) | State::Between | State::Ended => return,
            }
        }
        if !matches!(self.state, State::Ended) {
            self.playback.advance(now);
        }
    }

    /// Ends the session at the moment that playback has reached.
    fn end(&mut self, err: Option<String>) {
        if let State::Fetching(fetch) = self.state {
            self.record(&fetch, self.playback.at(), Some("cut off by the end of the session"));
        }
        self.playback.end();
        self.outbox = None;
        self.state = State::Ended;
        self.err = err;
    }

    /// Adds the facts of a segment request that is over; nothing for other requests.
    fn record(&mut self, fetch: &Fetch, now: Time, err: Option<&str>) {
        let Fetch { resource: Resource::Segment { rung, segment }, transfer, plan: Some(plan) } =
            fetch
        else {
            return;
        };
        let Some(content) = &self.content else { return };
        let end = if err.is_none() { transfer.last_byte } else { now };
        self.segments.push(SegmentFacts {
            segment: *segment,
            rung: *rung,
            declared: content.variant(*rung).map_or(BitRate::default(), |v| v.rung.mean),
            media: content.duration(*segment),
            requested: transfer.requested,
            status: transfer.status,
            ttfb: transfer.ttfb(),
            transfer: if err.is_none() { transfer.time() } else { None },
            download: end.since(transfer.requested),
            bytes: Bytes::new(transfer.bytes),
            reads: transfer.reads,
            buffer_before: plan.buffer,
            buffer_after: self.playback.buffer(),
            estimate: plan.estimate,
            wait: plan.wait,
            err: err.map(str::to_owned),
        });
    }

    /// Shows a segment that arrived to the algorithm.
    fn show(&mut self, download: Download) {
        if self.seen.downloads.len() == weir_abr::DOWNLOADS_SEEN {
            self.seen.downloads.remove(0);
        }
        self.seen.downloads.push(download);
    }
}
