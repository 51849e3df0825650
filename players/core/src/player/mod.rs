//! The session as a state machine.
//!
//! ```text
//!            +--------- fetch ---------> playlists, then per segment:
//!   driver   |                           room in the buffer? -> the algorithm decides -> request
//!     ^      v
//!   poll() --+-- wait until -----------> a moment, or what the network brings
//!     |      |
//!   handle() +-- finished -------------> the metrics
//! ```
//!
//! One fetch is in progress at most. Media playlists and initialization sections are fetched when
//! their rung is first chosen, as hls.js does; that of the lowest rung at the start, since it is
//! what retries fall back on.

mod buffered;
mod fetch;
mod progress;
mod schedule;

use crate::content::Content;
use crate::metrics::{SegmentMetrics, SessionMetrics};
use crate::playback::{Phase, Playback};
use crate::player_config::PlayerConfig;
use crate::playlist::Uri;
use buffered::Buffered;
pub(crate) use fetch::Transfer;
pub use fetch::{Event, Request, Resource};
pub use progress::NextLook;
use std::collections::BTreeSet;
use std::sync::Arc;
use weir_abr::{Abr, Download, Observation};
use weir_units::{BitRate, Span, Time};

/// How often a session tries again when a request fails, before it gives up.
pub const RETRIES: u32 = 3;

/// How long a session waits before it tries again (dash.js: `retryIntervals`, 1000 ms).
pub const RETRY_DELAY: Span = Span::from_s(1);

/// A session: how a viewer watches, from where, and with which player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionConfig {
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
    /// How the player goes about it.
    pub player: PlayerConfig,
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Drop the fetch in progress: nothing more of it is to be reported. Only an abandoned download
    /// ends so; what comes next is asked for by the next poll.
    Cancel,
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
    /// The live edge less the playhead; `None` of recorded content and before playback begins.
    pub latency: Option<Span>,
}

/// One viewer watching one stream.
///
/// Times are since the start of the session, when the viewer pressed play. What is due at a moment
/// happens, in the metrics, at that moment, however late the driver is: only the network sees that
/// a request was late.
pub struct Player {
    config: SessionConfig,
    /// `None` of content that was given.
    master: Option<Uri>,
    abr: Box<dyn Abr>,
    /// `None` until the master playlist is there.
    content: Option<Arc<Content>>,
    /// How long the content plays, once it is known.
    length: Span,
    /// Initialization sections that are there, as (rung, index).
    inits: BTreeSet<(usize, usize)>,
    playback: Playback,
    buffered: Buffered,
    /// The next segment to download.
    next: usize,
    /// The rung of the last segment requested.
    last_rung: usize,
    /// What the algorithm sees; kept, and brought up to date before each decision.
    seen: Observation,
    state: State,
    /// Failed requests in a row.
    failures: u32,
    /// Abandoned downloads in a row.
    abandoned: u32,
    /// When the algorithm next looks at the download in progress.
    look: Option<NextLook>,
    /// Whether the driver has yet to be told that the fetch before is to be dropped.
    cancel: bool,
    /// A request that the driver has not taken yet.
    outbox: Option<Request>,
    segments: Vec<SegmentMetrics>,
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
    /// The segment of the content.
    segment: usize,
    rung: usize,
    /// Whether the buffer has that segment at another rung.
    replaces: bool,
    buffer: Span,
    wait: Span,
    estimate: Option<BitRate>,
}

impl Player {
    /// A session at its start: the viewer just pressed play.
    pub fn new(config: SessionConfig, master: Uri, abr: Box<dyn Abr>) -> Self {
        let mut player = Self::idle(config, Buffered::default(), abr);
        player.master = Some(master);
        player.fetch(Time::ZERO, Resource::Master, None);
        player
    }

    /// The same with content that was given ([`Content::given`]): only segments are fetched, and no
    /// request has a URI.
    pub fn with_content(config: SessionConfig, content: Arc<Content>, abr: Box<dyn Abr>) -> Self {
        let count = content.segments().saturating_sub(config.first_segment);
        let mut player = Self::idle(config, Buffered::for_segments(count), abr);
        player.segments.reserve(count);
        player.seen.ladder = content.ladder().to_vec();
        player.content = Some(content);
        player.begin(Time::ZERO);
        player
    }

    fn idle(config: SessionConfig, buffered: Buffered, abr: Box<dyn Abr>) -> Self {
        let seen = Observation {
            max_buffer: config.max_buffer,
            downloads: Vec::with_capacity(weir_abr::DOWNLOADS_SEEN),
            ..Observation::default()
        };
        Self {
            config,
            master: None,
            abr,
            content: None,
            length: Span::ZERO,
            inits: BTreeSet::new(),
            playback: Playback::new(config.startup, config.resume, config.player.stall_threshold),
            buffered,
            next: config.first_segment,
            last_rung: 0,
            seen,
            state: State::Between,
            failures: 0,
            abandoned: 0,
            look: None,
            cancel: false,
            outbox: None,
            segments: Vec::new(),
            err: None,
        }
    }

    /// What to do now. A cancellation and a request are handed out once each.
    pub fn poll(&mut self) -> Output {
        if let State::Ended = self.state {
            return Output::Finished;
        }
        if self.cancel {
            self.cancel = false;
            return Output::Cancel;
        }
        match self.outbox.take() {
            Some(request) => Output::Fetch(request),
            None => Output::Wait(self.deadline()),
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
        if let (Event::Arrived { bytes, part }, State::Fetching(fetch)) = (event, &mut self.state)
            && now == Time::ZERO.after(self.config.watch)
        {
            // The end of the session cuts the download off, with what has arrived by then.
            fetch.transfer.arrived(now, bytes, part);
        }
        self.catch_up(now);
        let State::Fetching(fetch) = &mut self.state else { return };
        fetch.transfer.on_event(now, &event);
        match event {
            Event::Timeout | Event::Response { .. } => {}
            Event::Body { .. } | Event::Arrived { .. } => self.look(now),
            Event::Whole { .. } => self.over(|player, fetch| player.arrived(now, fetch, &[])),
            Event::Complete { document } => {
                self.over(|player, fetch| player.arrived(now, fetch, document));
            }
            Event::Failed { reason } => {
                self.over(|player, fetch| player.failed(now, fetch, reason))
            }
        }
    }

    /// Goes on after the fetch in progress.
    fn over(&mut self, then: impl FnOnce(&mut Self, &Fetch)) {
        let state = std::mem::replace(&mut self.state, State::Between);
        if let State::Fetching(fetch) = &state {
            then(self, fetch);
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
        let content = self.content.as_ref().zip(rung);
        let declared = content.and_then(|(content, rung)| content.ladder().get(rung));
        let variant = content.and_then(|(content, rung)| content.variant(rung));
        Status {
            now: playback.at(),
            phase: playback.phase(),
            played: playback.played(),
            buffer: playback.buffer(),
            rung,
            declared: declared.map(|rung| rung.mean),
            resolution: variant.and_then(|variant| variant.resolution),
            throughput: last.and_then(|last| BitRate::of(last.bytes, last.transfer)),
            stalls: playback.stalls().len(),
            latency: None,
        }
    }

    /// The playhead and the buffer at the last moment handled.
    pub fn playback(&self) -> &Playback {
        &self.playback
    }

    /// What the session was like.
    pub fn into_metrics(self) -> SessionMetrics {
        let content = self.content.as_deref();
        // Nothing has segments before its playlist is there.
        let downloaded =
            content.is_some_and(|content| (1..=self.next).contains(&content.segments()));
        let lowest = content.and_then(|content| content.ladder().first());
        SessionMetrics {
            lowest: lowest.map(|rung| rung.mean).unwrap_or_default(),
            complete: downloaded && self.playback.buffer() == Span::ZERO && self.err.is_none(),
            startup: self.playback.startup(),
            length: self.playback.at().since(Time::ZERO),
            played: self.playback.played(),
            stalls: self.playback.into_stalls(),
            segments: self.segments,
            presented: self.buffered.into_places(),
            live: None,
            err: self.err,
        }
    }

    fn end_of_watch(&self) -> Time {
        Time::ZERO.after(self.config.watch)
    }

    /// Does all that was due until `now`, in order, each at its own moment.
    fn catch_up(&mut self, now: Time) {
        loop {
            let due = self.deadline();
            if due > now {
                break;
            }
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
            let reason = "cut off by the end of the session".to_owned();
            self.record(&fetch, self.playback.at(), Some(reason));
        }
        self.playback.end();
        (self.outbox, self.cancel, self.look) = (None, false, None);
        self.state = State::Ended;
        self.err = err;
    }

    /// Adds the metrics of a segment request that is over; nothing for other requests.
    fn record(&mut self, fetch: &Fetch, now: Time, err: Option<String>) {
        let Fetch { resource: Resource::Segment { rung, segment }, transfer, plan: Some(plan) } =
            fetch
        else {
            return;
        };
        let Some(content) = &self.content else { return };
        let declared = content.ladder().get(*rung).map(|rung| rung.mean);
        self.segments.push(SegmentMetrics {
            segment: *segment,
            rung: *rung,
            declared: declared.unwrap_or_default(),
            media: content.duration(*segment),
            buffer_before: plan.buffer,
            buffer_after: self.playback.buffer(),
            estimate: plan.estimate,
            wait: plan.wait,
            replacement: plan.replaces,
            ..transfer.metrics(now, err)
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
