//! Which fetch comes next, and when.

use super::super::rate_controller::TICK;
use super::{Fetch, Listing, LivePlayer, MAX_REQUESTS, Plan, State};
use crate::playback::{Filled, Phase};
use crate::player::{Request, Resource, Transfer};
use crate::playlist::Uri;
use weir_abr::{Decision, Playback};
use weir_units::{Bytes, Span, Time};

/// How much of the beginning of a segment is read: its first `moof` begins there.
const SEGMENT_READ: Bytes = Bytes::new(4096);

/// How much of an initialization section is read. Usual ones have less than 2 kB.
const INIT_READ: Bytes = Bytes::new(65_536);

/// What an algorithm is told of the segments that are left: there is always another one.
const ENDLESS: u64 = 1 << 32;

impl LivePlayer {
    /// Begins the next fetch, or waits until there is one.
    pub(super) fn go(&mut self, now: Time) {
        if self.segments.len() + self.metrics.playlists.len() >= MAX_REQUESTS {
            return self.end(Some(format!("more than {MAX_REQUESTS} requests")));
        }
        let stale = self.stale_at();
        if stale <= now {
            self.switch(now);
        }
        if let Some(until) = self.playlists(now).map(|until| until.min(self.stale_at())) {
            self.state = State::Waiting { until };
        }
    }

    /// Fetches a playlist or a segment if it is time, and returns until when to wait otherwise.
    /// (`None` also of a session that is over.)
    fn playlists(&mut self, now: Time) -> Option<Time> {
        let Some(master) = &self.master else {
            if now < self.playlists_from {
                return Some(self.playlists_from);
            }
            let uri = self.stream.masters.get(self.current).cloned();
            return self.fetch(now, Resource::Master, uri, None);
        };
        let top = master.variants.len().saturating_sub(1);
        let rung = self.plan.map_or(self.rung, |plan| plan.rung).min(top);
        if let Some(plan) = &mut self.plan {
            plan.rung = rung;
        }
        let listed = self.listing.as_ref().filter(|listing| listing.rung == rung);
        let (usable, ended) = (listed.is_some(), listed.is_some_and(|l| l.media.ended));
        let due = if usable { self.reload } else { Time::ZERO }.max(self.playlists_from);
        if !ended && due <= now {
            return self.load(now, rung);
        }
        if !usable {
            return Some(due);
        }
        let until = self.next_segment(now)?;
        Some(if ended { until } else { until.min(due) })
    }

    /// Fetches the media playlist of a rung.
    fn load(&mut self, now: Time, rung: usize) -> Option<Time> {
        let variant = self.master.as_ref().and_then(|master| master.variants.get(rung));
        let uri = variant.map(|variant| variant.uri.clone());
        self.fetch(now, Resource::Media { rung }, uri, self.plan)
    }

    /// Fetches what the next segment needs if it is announced and there is room for it, and returns
    /// until when to wait otherwise; for ever where only a playlist can help.
    fn next_segment(&mut self, now: Time) -> Option<Time> {
        let Some((from, to, ended)) = self.listed() else { return Some(Time::NEVER) };
        if self.next < from {
            self.fall_behind(from);
        }
        if self.next > to {
            return if ended { self.play_out(now) } else { Some(Time::NEVER) };
        }
        if now < self.segments_from {
            return Some(self.segments_from);
        }
        let plan = match self.plan {
            Some(plan) => plan,
            None => {
                if let Some(until) = self.room_at(now) {
                    return Some(until);
                }
                self.decide(now)?
            }
        };
        if self.listing.as_ref().is_none_or(|listing| listing.rung != plan.rung) {
            if now < self.playlists_from {
                return Some(self.playlists_from);
            }
            return self.load(now, plan.rung);
        }
        if now < plan.at {
            return Some(plan.at);
        }
        self.request(now, plan)
    }

    /// The places of the first and the last segment of the playlist in use, and whether no more
    /// will come; `None` if it has no segment.
    pub(super) fn listed(&self) -> Option<(i64, i64, bool)> {
        let Listing { media, .. } = self.listing.as_ref()?;
        let more = (media.segments.len() as u64).checked_sub(1)?;
        let from = self.timeline.place(media.sequence);
        Some((from, self.timeline.place(media.sequence + more), media.ended))
    }

    /// The segment at a place, and its initialization section.
    fn segment(&self, place: i64) -> Option<(Uri, Option<Uri>)> {
        let media = &self.listing.as_ref()?.media;
        let index = self.timeline.number(place).checked_sub(media.sequence)?;
        let segment = media.segments.get(usize::try_from(index).ok()?)?;
        let init = segment.init.and_then(|init| media.inits.get(init));
        Some((segment.uri.clone(), init.cloned()))
    }

    /// The next segment is not listed any more: goes on at the live target.
    fn fall_behind(&mut self, from: i64) {
        // What was announced is gone; what is still listed is left out by choice.
        self.metrics.announced += self.timeline.count(self.next..from);
        self.next = self.timeline.start(self.target(), from).unwrap_or(from).max(from);
        (self.plan, self.attempts) = (None, 0);
        self.forget();
    }

    /// Forgets the segments before the playhead.
    pub(super) fn forget(&mut self) {
        self.timeline.forget(self.queue.first().unwrap_or(self.next).min(self.next));
    }

    /// The stream is at its end, and all of it that is wanted is there: waits until it has been
    /// played.
    fn play_out(&mut self, now: Time) -> Option<Time> {
        if !self.last {
            self.last = true;
            self.playback.add(Span::ZERO, Filled::Last);
        }
        match self.playback.falls_to(Span::ZERO) {
            Some(end) if end > now => Some(end),
            _ => {
                self.end(None);
                None
            }
        }
    }

    /// When the next look at the room for the next segment is; `None` if there is room now.
    fn room_at(&self, now: Time) -> Option<Time> {
        let buffer = self.playback.buffer();
        let above =
            self.above_room(buffer).filter(|_| buffer > self.config.player.stall_threshold)?;
        let every = self.config.player.room.every.ns();
        match now.since(self.wanted).ns().checked_div(every) {
            None => {
                let level = buffer.saturating_sub(above);
                self.playback
                    .falls_to(level)
                    .map_or(Some(Time::NEVER), |at| (at > now).then_some(at))
            }
            Some(looks) => {
                let wait = every.saturating_mul(looks.saturating_add(1));
                Some(self.wanted.after(Span::from_ns(wait)))
            }
        }
    }

    /// By how much this buffer is above the level at which there is room for the next segment;
    /// `None` if there is room.
    fn above_room(&self, buffer: Span) -> Option<Span> {
        let rules = self.config.player;
        let newest = || self.timeline.newest().and_then(|newest| self.timeline.get(newest));
        let next = self.timeline.get(self.next).or_else(newest);
        let next =
            next.filter(|_| rules.room.with_segment).map_or(Span::ZERO, |next| next.duration);
        let peak = self.seen.ladder.get(self.rung).map(|rung| rung.peak);
        let at_top = self.rung == self.seen.top();
        let limit = rules.limit.now(self.config.max_buffer, at_top, Span::ZERO, peak);
        let above = buffer.checked_sub(limit.saturating_sub(next))?;
        (above > Span::ZERO || rules.room.below).then_some(above)
    }

    /// How full the buffer is with a segment that has just come.
    pub(super) fn filled(&self, buffer: Span) -> Filled {
        if self.playback.phase() != Phase::Playing && self.above_room(buffer).is_some() {
            // That matters only where playback stands still.
            Filled::Full
        } else {
            Filled::Partly
        }
    }

    /// Asks the algorithm; `None` if that ended the session.
    fn decide(&mut self, now: Time) -> Option<Plan> {
        let played = self.playback.played();
        let seen = &mut self.seen;
        seen.now = now;
        seen.buffer = self.playback.buffer();
        seen.played = played;
        seen.playback = match self.playback.phase() {
            Phase::Starting => Playback::Starting,
            Phase::Playing => Playback::Playing,
            Phase::Stalled => Playback::Stalled,
        };
        seen.speed = self.playback.rate();
        seen.waited_for_room = now.since(self.wanted);
        seen.segment = self.first.map_or(0, |first| self.next.abs_diff(first));
        seen.segments_left = ENDLESS;
        seen.segment_duration = self.timeline.get(self.next).map_or(TICK, |known| known.duration);
        seen.played_of_first = self.queue.played_of_first(played);

        let decision = match self.config.player.first {
            Some(rung) if self.queue.tail().is_none() => Decision::now(rung),
            _ => self.abr.decide(&self.seen),
        };
        if let Some(fault) = self.abr.fault().map(str::to_owned) {
            self.end(Some(fault));
            return None;
        }
        let plan = Plan {
            place: self.next,
            rung: decision.rung.min(self.seen.top()),
            at: now.after(decision.wait),
            buffer: self.seen.buffer,
            wait: now.since(self.wanted).saturating_add(decision.wait),
            estimate: self.abr.estimate(),
        };
        self.plan = Some(plan);
        Some(plan)
    }

    /// Fetches the planned segment, or its initialization section first.
    fn request(&mut self, now: Time, plan: Plan) -> Option<Time> {
        let Some((uri, init)) = self.segment(plan.place) else { return Some(Time::NEVER) };
        let Plan { rung, .. } = plan;
        let segment = self.ordinal(plan.place);
        let missing = init.filter(|init| !self.inits.iter().any(|(there, _)| there == init));
        match missing {
            Some(init) => self.fetch(now, Resource::Init { rung, segment }, Some(init), Some(plan)),
            None => {
                self.rung = rung;
                self.fetch(now, Resource::Segment { rung, segment }, Some(uri), Some(plan))
            }
        }
    }

    /// The segment at a place, counted from the first of the session.
    pub(super) fn ordinal(&self, place: i64) -> usize {
        let first = self.first.unwrap_or(place);
        usize::try_from(place.saturating_sub(first)).unwrap_or(0)
    }

    /// Begins a fetch.
    fn fetch(
        &mut self,
        at: Time,
        resource: Resource,
        uri: Option<Uri>,
        plan: Option<Plan>,
    ) -> Option<Time> {
        let keep = match resource {
            Resource::Segment { .. } => SEGMENT_READ,
            Resource::Init { .. } => INIT_READ,
            document => document.limit(),
        };
        self.outbox = Some(Request { resource, uri, at, keep });
        self.state = State::Fetching(Fetch { resource, transfer: Transfer::new(at), plan });
        None
    }

    /// When the playlist counts as stale, so that another stream is tried; never if there is none.
    fn stale_at(&self) -> Time {
        let ended = self.listing.as_ref().is_some_and(|listing| listing.media.ended);
        if self.stream.masters.len() < 2 || ended {
            return Time::NEVER;
        }
        let three = self.target_duration.checked_mul(3).unwrap_or(Span::MAX);
        let new = self.timeline.newest_since().unwrap_or(Time::ZERO);
        // Even the best playlist has nothing new for a target duration.
        new.max(self.switched).after(self.rules.stale.unwrap_or(three).max(self.target_duration))
    }

    /// Goes over to the next stream.
    pub(super) fn switch(&mut self, now: Time) {
        self.current = (self.current + 1) % self.stream.masters.len().max(1);
        (self.master, self.listing) = (None, None);
        (self.switched, self.reload) = (now, now);
        self.metrics.failovers += 1;
    }
}
