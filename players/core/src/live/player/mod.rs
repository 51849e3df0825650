//! A session that follows a live stream, as a state machine like [`Player`](crate::Player): the
//! same events, the same requests, one fetch at a time.
//!
//! What it does, in this order, whenever nothing is being fetched:
//! 1. the master playlist of its stream, once;
//! 2. the media playlist of the rung in use: at first, when the rung changes, and when it is time
//!    to reload it. That is one target duration after the last load began if that brought something
//!    new, and half of it otherwise (RFC 8216, section 6.3.4);
//! 3. the next segment, when it is announced and there is room for it.
//!
//! *Start.* The first segment is the newest that begins at least the target before the live edge.
//! Playback begins with its first picture.
//!
//! *Failures* never end the session. A request is repeated after [`RETRY_DELAY`]; a segment that
//! failed more often than [`RETRIES`] times, or that the playlist does not list any more, is left
//! out. If there are further streams, a failed request, or a playlist without a new segment for too
//! long, makes it go on with the next one at once, from its master playlist on; it waits only when
//! each of them has failed in turn. (hls.js calls them redundant streams: when a level or a
//! fragment fails, `ErrorController` switches to another pathway or URL. It repeats requests of its
//! own first, up to 6 times a fragment and twice a playlist; here the switch comes first.)
//!
//! *Jumps.* A segment that the playlist does not list any more is followed by the live target, as
//! hls.js's `synchronizeToLiveEdge` does; so is a latency above [`LiveRules::max_latency`].
//!
//! What is not modelled: a playlist is not loaded while a segment is downloaded, so a download that
//! hangs also hides that a playlist is stale; downloads are not abandoned and segments of the
//! buffer not replaced; only whole segments are fetched (no EXT-X-PART); algorithms are told no
//! sizes.

mod arrive;
mod schedule;
mod time;

use super::boxes::Track;
use super::measure::Weighted;
use super::metrics::{LiveMetrics, MomentMetrics};
use super::queue::Queue;
use super::rate_controller::PlaybackRateController;
use super::timeline::Timeline;
use super::{Latency, LiveRules};
use crate::metrics::{SegmentMetrics, SessionMetrics};
use crate::playback::{Phase, Playback};
use crate::player::{Event, Output, Request, Resource, SessionConfig, Status, Transfer};
use crate::playlist::{Date, Master, Media, Uri};
use std::collections::VecDeque;
use weir_abr::{Abr, Observation};
use weir_units::{BitRate, Ratio, Span, Time};

/// The longest that a session lasts: what it keeps grows with time.
const MAX_WATCH: Span = Span::from_s(24 * 3600);

/// The most requests of a session; a player makes a few in a second.
const MAX_REQUESTS: usize = 1_000_000;

/// Why a request came to nothing that was under way when the session ended.
const CUT_OFF: &str = weir_records::Segment::CUT_OFF;

/// Where a live session finds its stream, and what its clock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The master playlists of the same stream, the preferred one first; at least one.
    pub masters: Vec<Uri>,
    /// The moment of the world's clock at which the session began, if that is known.
    pub epoch: Option<Date>,
    /// When the session began, since the start of the trial: what is noted every second is noted at
    /// the whole seconds of the trial.
    pub start: Time,
}

/// One viewer following one live stream.
///
/// Times are since the start of the session. What is due at a moment happens, in the metrics, at
/// that moment, however late the driver is.
pub struct LivePlayer {
    config: SessionConfig,
    rules: LiveRules,
    stream: Stream,
    /// The index of the stream in use.
    current: usize,
    abr: Box<dyn Abr>,
    /// The master playlist of the stream in use; `None` until it is there.
    master: Option<Master>,
    /// The newest media playlist of the rung in use.
    listing: Option<Listing>,
    /// When that is to be loaded again.
    reload: Time,
    /// The rung of the last segment requested.
    rung: usize,
    /// The target duration of the newest playlist.
    target_duration: Span,
    hold_back: Option<Span>,
    timeline: Timeline,
    /// Initialization sections that are there, newest last.
    inits: VecDeque<(Uri, Vec<Track>)>,
    queue: Queue,
    playback: Playback,
    rate_controller: PlaybackRateController,
    /// The place of the first segment, once it is known.
    first: Option<i64>,
    /// The place of the next segment to request.
    next: i64,
    /// A decision on it that is to be carried out.
    plan: Option<Plan>,
    /// How often requests for it failed.
    attempts: u32,
    /// Requests that failed in a row.
    failures_in_row: usize,
    /// Playlists and segments are not requested before these moments.
    playlists_from: Time,
    segments_from: Time,
    /// Since when the next segment is wanted.
    wanted: Time,
    /// When the stream in use was taken.
    switched: Time,
    /// Whether it is told that the last segment is in the buffer.
    last: bool,
    seen: Observation,
    state: State,
    cancel: bool,
    outbox: Option<Request>,
    /// The next whole second of the trial, and the next look at the rate and the latency.
    next_moment: Time,
    next_tick: Time,
    segments: Vec<SegmentMetrics>,
    metrics: LiveMetrics,
    latency: Weighted,
    capture_latency: Weighted,
    /// The sum of time x distance of the rate from 1, in parts per 10^9.
    deviation: u128,
    err: Option<String>,
}

/// A media playlist, and what it is of.
#[derive(Debug)]
struct Listing {
    rung: usize,
    media: Media,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing is fetched before this moment.
    Waiting {
        until: Time,
    },
    Fetching(Fetch),
    Ended,
}

#[derive(Debug, Clone, Copy)]
struct Fetch {
    resource: Resource,
    transfer: Transfer,
    /// The segment request that this fetch serves.
    plan: Option<Plan>,
}

/// A decision that is to be carried out, and what it was based on.
#[derive(Debug, Clone, Copy)]
struct Plan {
    place: i64,
    rung: usize,
    /// Not before this moment.
    at: Time,
    buffer: Span,
    wait: Span,
    estimate: Option<BitRate>,
}

impl LivePlayer {
    /// A session at its start: the viewer just pressed play. [`SessionConfig::first_segment`] and
    /// [`SessionConfig::sizes`] have no meaning here.
    pub fn new(config: SessionConfig, rules: LiveRules, stream: Stream, abr: Box<dyn Abr>) -> Self {
        let config = SessionConfig { watch: config.watch.min(MAX_WATCH), ..config };
        let second = 1_000_000_000;
        let into = stream.start.ns() % second;
        let seen = Observation {
            max_buffer: config.max_buffer,
            live: true,
            downloads: Vec::with_capacity(weir_abr::DOWNLOADS_SEEN),
            ..Observation::default()
        };
        let mut player = Self {
            config,
            rules,
            current: 0,
            abr,
            master: None,
            listing: None,
            reload: Time::ZERO,
            rung: config.player.first.unwrap_or(0),
            target_duration: Span::from_s(1),
            hold_back: None,
            timeline: Timeline::default(),
            inits: VecDeque::new(),
            queue: Queue::default(),
            playback: Playback::new(config.startup, config.resume, config.player.stall_threshold),
            rate_controller: PlaybackRateController::new(rules.catch_up),
            first: None,
            next: 0,
            plan: None,
            attempts: 0,
            failures_in_row: 0,
            playlists_from: Time::ZERO,
            segments_from: Time::ZERO,
            wanted: Time::ZERO,
            switched: Time::ZERO,
            last: false,
            seen,
            state: State::Waiting { until: Time::ZERO },
            cancel: false,
            outbox: None,
            next_moment: Time::from_ns((second - into) % second),
            next_tick: Time::ZERO.after(super::rate_controller::TICK),
            segments: Vec::new(),
            metrics: LiveMetrics::default(),
            latency: Weighted::default(),
            capture_latency: Weighted::default(),
            deviation: 0,
            err: None,
            stream,
        };
        if player.stream.masters.is_empty() {
            player.end(Some("no stream to follow".to_owned()));
        } else {
            player.catch_up(Time::ZERO);
        }
        player
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

    /// Whether the next [`LivePlayer::poll`] is [`Output::Cancel`].
    pub fn is_cancelled(&self) -> bool {
        self.cancel
    }

    /// Whether the session is over.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Takes in what happened at `now`. Events of a fetch count only while it is in progress.
    pub fn handle(&mut self, now: Time, event: Event<'_>) {
        self.catch_up(now);
        // A moment at which nothing happens leaves no trace, not even in sums. A request that the
        // driver has not taken, and one that it has yet to drop, brings nothing.
        if event == Event::Timeout || self.cancel || self.outbox.is_some() || self.is_over() {
            return;
        }
        self.advance(now);
        let State::Fetching(fetch) = &mut self.state else { return };
        fetch.transfer.on_event(now, &event);
        let fetch = *fetch;
        match event {
            Event::Whole { .. } => self.arrived(now, &fetch, &[]),
            Event::Complete { document } => self.arrived(now, &fetch, document),
            Event::Failed { reason } => self.failed(now, &fetch, reason),
            Event::Timeout
            | Event::Response { .. }
            | Event::Body { .. }
            | Event::Arrived { .. } => {}
        }
    }

    /// The session at `now`, which is not before any moment handled.
    pub fn status(&self, now: Time) -> Status {
        let mut playback = self.playback.clone();
        if !self.is_over() {
            playback.advance(now);
        }
        let rung = self.segments.last().map(|segment| segment.rung);
        let rung = match self.state {
            State::Fetching(Fetch { plan: Some(plan), .. }) => Some(plan.rung),
            _ => rung,
        };
        let last = self.seen.downloads.last();
        let variant =
            self.master.as_ref().zip(rung).and_then(|(master, rung)| master.variants.get(rung));
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
            latency: self.latency_at(playback.at(), playback.played()),
        }
    }

    /// The playhead on the stream's line of time, at the last moment handled; `None` before the
    /// first segment.
    pub fn playhead(&self) -> Option<Span> {
        self.queue.playhead(self.playback.played())
    }

    /// The live edge on the same line, at the same moment: the end of the newest segment that is
    /// known, and the time since it is.
    pub fn live_edge(&self) -> Span {
        self.timeline.edge_at(self.playback.at())
    }

    /// The playhead and the buffer at the last moment handled.
    pub fn playback(&self) -> &Playback {
        &self.playback
    }

    /// What the session was like.
    pub fn into_metrics(self) -> SessionMetrics {
        let latency = |weighted: &Weighted| {
            let (mean, p95) = weighted.mean().zip(weighted.p95())?;
            Some(Latency { mean, p95 })
        };
        let deviation = self.deviation.checked_div(u128::from(self.metrics.playing.ns()));
        let live = LiveMetrics {
            latency: latency(&self.latency),
            capture_latency: latency(&self.capture_latency),
            rate_deviation: deviation.and_then(|ppb| u64::try_from(ppb).ok()).map(Ratio::from_ppb),
            ..self.metrics
        };
        SessionMetrics {
            lowest: self.seen.ladder.first().map(|rung| rung.mean).unwrap_or_default(),
            complete: false,
            startup: self.playback.startup(),
            length: self.playback.at().since(Time::ZERO),
            played: self.playback.played(),
            stalls: self.playback.into_stalls(),
            segments: self.segments,
            presented: self.queue.into_shown(),
            live: Some(Box::new(live)),
            err: self.err,
        }
    }

    /// Ends the session at the moment that playback has reached.
    fn end(&mut self, err: Option<String>) {
        if let State::Fetching(fetch) = self.state {
            self.record(&fetch, self.playback.at(), Some(CUT_OFF.to_owned()));
        }
        self.playback.end();
        (self.outbox, self.cancel) = (None, false);
        self.state = State::Ended;
        self.err = err;
        // What came before is on the line; the rest of the watch time is over before it began.
        while self.next_moment < self.end_of_watch() {
            let at = self.next_moment;
            self.metrics.moments.push(MomentMetrics {
                at,
                phase: None,
                buffer: Span::ZERO,
                latency: None,
                capture_latency: None,
                rate: Ratio::ZERO,
            });
            self.next_moment = at.after(Span::from_s(1));
        }
    }

    fn end_of_watch(&self) -> Time {
        Time::ZERO.after(self.config.watch)
    }

    /// The latency that is aimed at.
    fn target(&self) -> Span {
        let three = self.target_duration.checked_mul(3).unwrap_or(Span::MAX);
        self.rules.target.or(self.hold_back).unwrap_or(three)
    }

    /// The live edge less the playhead, where so much has been played; `None` before it plays.
    fn latency_at(&self, now: Time, played: Span) -> Option<Span> {
        self.playback.startup()?;
        let playhead = self.queue.playhead(played)?;
        Some(self.timeline.edge_at(now).saturating_sub(playhead))
    }

    /// From capture to display of the picture at the playhead.
    fn capture_latency_at(&self, now: Time) -> Option<Span> {
        self.playback.startup()?;
        let captured = self.queue.captured(self.playback.played())?;
        Some(self.date(now)?.since(captured))
    }

    /// A moment of the session on the world's clock.
    fn date(&self, now: Time) -> Option<Date> {
        self.stream.epoch.map(|epoch| epoch.after(now.since(Time::ZERO)))
    }

    /// Whether it plays.
    fn plays(&self) -> bool {
        self.playback.phase() == Phase::Playing
    }
}
