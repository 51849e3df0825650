//! Which fetch comes next, and when.

use super::fetch::{Request, Resource, Transfer};
use super::{Fetch, Plan, Player, RETRIES, RETRY_DELAY, State, Step};
use crate::content::Content;
use crate::playback::{Filled, Phase};
use crate::playlist::{Master, Media, SIZES_FILE, Sizes, Uri};
use std::sync::Arc;
use weir_abr::{Decision, Download, Playback, SIZES_SEEN};
use weir_units::{Bytes, Span, Time};

impl Player {
    /// Begins a fetch.
    #[inline(always)]
    pub(super) fn fetch(&mut self, at: Time, resource: Resource, plan: Option<Plan>) {
        match self.uri(resource) {
            Ok(uri) => {
                let keep = if resource.is_document() { resource.limit() } else { Bytes::ZERO };
                self.outbox = Some(Request { resource, uri, at, keep });
                self.look = None;
                if let Resource::Segment { rung, .. } = resource {
                    self.last_rung = rung;
                    self.watch_download(at);
                }
                self.state = State::Fetching(Fetch { resource, transfer: Transfer::new(at), plan });
            }
            Err(reason) => self.end(Some(format!("{resource}: {reason}"))),
        }
    }

    /// Where a resource is; `None` of content that was given.
    fn uri(&self, resource: Resource) -> Result<Option<Uri>, String> {
        let Some(master) = &self.master else { return Ok(None) };
        let content = self.content.as_ref();
        let segment = |rung, segment| content.and_then(|c| c.segment(rung, segment));
        let known = match resource {
            Resource::Master => Some(master),
            Resource::Sizes => {
                return master.resolve(SIZES_FILE).map(Some).map_err(|e| e.to_string());
            }
            Resource::Media { rung } => content.and_then(|c| c.variant(rung)).map(|v| &v.uri),
            Resource::Init { rung, segment: n } => segment(rung, n).and_then(|(_, init)| init),
            Resource::Segment { rung, segment: n } => segment(rung, n).map(|(s, _)| &s.uri),
        };
        known.cloned().map(Some).ok_or_else(|| "its playlist is missing".to_owned())
    }

    /// Goes on after a wait that ended at `now`.
    pub(super) fn step(&mut self, now: Time, step: Step) {
        match step {
            Step::Load(resource) => self.fetch(now, resource, None),
            Step::Decide { since } => self.decide(now, since),
            Step::Request(plan) => self.request(now, plan),
            Step::Retry => {
                let (segment, buffer) = (self.next, self.playback.buffer());
                self.request(
                    now,
                    Plan {
                        segment,
                        rung: 0,
                        replaces: false,
                        buffer,
                        wait: Span::ZERO,
                        estimate: None,
                    },
                );
            }
        }
    }

    /// A fetch is complete. (Failures count until a segment arrives, so that one that fails for
    /// ever is not helped by the initialization section before it.)
    pub(super) fn arrived(&mut self, now: Time, fetch: &Fetch, document: &[u8]) {
        let Fetch { resource, plan, .. } = *fetch;
        if let Resource::Segment { rung, segment } = resource {
            return self.segment_arrived(now, fetch, rung, segment);
        }
        if let Err(problem) = self.learn(resource, document) {
            return self.end(Some(format!("{resource}: {problem}")));
        }
        match (resource, plan) {
            (Resource::Master, _) => self.fetch(now, Resource::Media { rung: 0 }, None),
            (_, Some(plan)) => self.request(now, plan),
            (Resource::Media { .. }, None) if self.config.sizes => {
                self.fetch(now, Resource::Sizes, None);
            }
            (_, None) => self.begin(now),
        }
    }

    /// Goes for the first segment, now that the content is known.
    pub(super) fn begin(&mut self, now: Time) {
        match self.check_content() {
            Ok(()) => self.next_segment(now),
            Err(problem) => self.end(Some(problem)),
        }
    }

    /// Takes in a document or an initialization section.
    fn learn(&mut self, resource: Resource, document: &[u8]) -> Result<(), String> {
        if let Resource::Master = resource {
            let Some(uri) = &self.master else { return Ok(()) };
            let master = Master::parse(document, uri).map_err(|e| e.to_string())?;
            let content = Content::new(master);
            content.ladder().clone_into(&mut self.seen.ladder);
            self.content = Some(Arc::new(content));
            return Ok(());
        }
        let uri = self.uri(resource)?;
        let (Some(content), Some(uri)) = (&mut self.content, uri) else { return Ok(()) };
        // Nobody else has content that is being learnt: nothing is copied.
        let content = Arc::make_mut(content);
        match resource {
            Resource::Media { rung } => {
                let media = Media::parse(document, &uri).map_err(|e| e.to_string())?;
                content.set_media(rung, media).map_err(|e| e.to_string())
            }
            Resource::Sizes => {
                content.set_sizes(Sizes::parse(document)?).map_err(|e| e.to_string())
            }
            Resource::Init { rung, segment } => {
                let init = content.segment(rung, segment).and_then(|(segment, _)| segment.init);
                self.inits.extend(init.map(|init| (rung, init)));
                Ok(())
            }
            Resource::Master | Resource::Segment { .. } => Ok(()),
        }
    }

    /// Whether this session can play this content at all.
    fn check_content(&mut self) -> Result<(), String> {
        let Some(content) = &self.content else { return Ok(()) };
        self.length = content.length();
        let (first, count) = (self.config.first_segment, content.segments());
        if first >= count {
            return Err(format!("segment {first} was to come first, of {count} (from 0)"));
        }
        let (most, rules) = (self.config.max_buffer, self.config.player);
        if !rules.room.with_segment {
            return Ok(());
        }
        // There must be a moment at which playback goes on and the segment fits.
        let least = |segment: usize| {
            let next = content.duration(segment).saturating_add(rules.stall_threshold);
            if rules.room.below { next.saturating_add(Span::from_ns(1)) } else { next }
        };
        match (first..count).find(|segment| least(*segment) > most) {
            Some(segment) => {
                let media = content.duration(segment);
                Err(format!(
                    "segment {segment} plays {media}: it does not fit into {most} of buffer"
                ))
            }
            None => Ok(()),
        }
    }

    fn segment_arrived(&mut self, now: Time, fetch: &Fetch, rung: usize, segment: usize) {
        let transfer = &fetch.transfer;
        let (Some(ttfb), Some(time), Some(content)) =
            (transfer.ttfb(), transfer.time(), &self.content)
        else {
            return self.failed(now, fetch, "an empty body");
        };
        let media = content.duration(segment);
        let replacement = fetch.plan.is_some_and(|plan| plan.replaces);
        (self.failures, self.abandoned) = (0, 0);
        let mut problem = None;
        if replacement {
            self.catch_up_buffered();
            let (index, played) = (segment - self.config.first_segment, self.playback.played());
            if !self.buffered.replace(index, played, rung, self.segments.len()) {
                problem = Some("it came when its turn to play was over".to_owned());
            }
        } else {
            self.next = segment + 1;
            self.buffered.add(rung, self.segments.len());
            let filled = if self.next == content.segments() {
                Filled::Last
            } else if self.playback.phase() != Phase::Playing
                && self.above_room(self.playback.buffer().saturating_add(media)).is_some()
            {
                // That matters only where playback stands still.
                Filled::Full
            } else {
                Filled::Partly
            };
            self.playback.add(media, filled);
        }
        self.record(fetch, now, problem);
        self.show(Download {
            rung,
            bytes: Bytes::new(transfer.bytes),
            ttfb,
            transfer: time,
            media,
            finished: now,
            buffer: self.playback.buffer(),
            replacement,
            ..Download::default()
        });
        self.next_segment(now);
    }

    /// A fetch failed: tries again in a moment, a segment at the lowest rung, or gives up.
    pub(super) fn failed(&mut self, now: Time, fetch: &Fetch, reason: &str) {
        self.record(fetch, now, Some(reason.to_owned()));
        self.failures += 1;
        if self.failures > RETRIES {
            let resource = fetch.resource;
            return self.end(Some(format!("{resource}: {reason} (after {RETRIES} retries)")));
        }
        let then = match fetch.plan {
            None => Step::Load(fetch.resource),
            Some(plan) if plan.replaces => Step::Decide { since: now },
            Some(_) => Step::Retry,
        };
        self.state = State::Waiting { until: now.after(RETRY_DELAY), then };
    }

    /// Goes for the next segment: at once, or when there is room for it in the buffer.
    pub(super) fn next_segment(&mut self, now: Time) {
        let Some(content) = &self.content else { return };
        if self.next >= content.segments() {
            self.state = State::PlayingOut;
            return;
        }
        // Playback stands still only while there is room: see `Filled` in `segment_arrived`.
        match self.config.player.room.wait(self.above_room(self.playback.buffer())) {
            Some(wait) => {
                let then = Step::Decide { since: now };
                self.state = State::Waiting { until: now.after(wait), then };
            }
            None => self.decide(now, now),
        }
    }

    /// By how much this buffer is above the level at which there is room for the next segment;
    /// `None` if there is room.
    fn above_room(&self, buffer: Span) -> Option<Span> {
        let content = self.content.as_ref()?;
        let room = self.config.player.room;
        let next = if room.with_segment { content.duration(self.next) } else { Span::ZERO };
        let above = buffer.checked_sub(self.limit().saturating_sub(next))?;
        (above > Span::ZERO || room.below).then_some(above)
    }

    /// The most media that is kept now.
    fn limit(&self) -> Span {
        let peak = self.seen.ladder.get(self.last_rung).map(|rung| rung.peak);
        let at_top = self.last_rung == self.seen.top();
        self.config.player.limit.now(self.config.max_buffer, at_top, self.length, peak)
    }

    /// Brings what is in the buffer up to the moment of the playback.
    fn catch_up_buffered(&mut self) {
        let (Some(content), first) = (&self.content, self.config.first_segment) else { return };
        self.buffered.advance(self.playback.played(), |index| content.duration(first + index));
    }

    /// Shows the algorithm the moment and the playback.
    pub(super) fn observe(&mut self, now: Time) {
        self.seen.now = now;
        self.seen.buffer = self.playback.buffer();
        self.seen.played = self.playback.played();
        self.seen.playback = match self.playback.phase() {
            Phase::Starting => Playback::Starting,
            Phase::Playing => Playback::Playing,
            Phase::Stalled => Playback::Stalled,
        };
    }

    /// Asks the algorithm.
    fn decide(&mut self, now: Time, since: Time) {
        self.catch_up_buffered();
        self.observe(now);
        let Some(content) = &self.content else { return };
        let seen = &mut self.seen;
        seen.waited_for_room = now.since(since);
        seen.segment = (self.next - self.config.first_segment) as u64;
        seen.segments_left = (content.segments() - self.next) as u64;
        seen.segment_duration = content.duration(self.next);
        seen.played_of_first = self.buffered.played_of_first(seen.played);
        self.buffered.rungs().clone_into(&mut seen.buffered);
        if self.config.sizes {
            // Row by row, so that no row is allocated anew.
            let coming = content.coming_sizes(self.next, SIZES_SEEN);
            seen.sizes.resize_with(coming.len(), Vec::new);
            seen.sizes.iter_mut().zip(coming).for_each(|(row, sizes)| row.clone_from(sizes));
        }

        let decision = match self.config.player.first {
            Some(rung) if self.buffered.none_yet() => Decision::now(rung),
            _ => self.abr.decide(&self.seen),
        };
        if self.ends_on_fault() {
            return;
        }
        // An algorithm that names a rung beyond the ladder gets the highest, and one that names a
        // segment beyond the buffer the coming one.
        let rung = decision.rung.min(self.seen.top());
        let kept = self.seen.buffered.len();
        let replaced = decision.replace.filter(|index| *index < kept);
        let plan = Plan {
            segment: replaced.map_or(self.next, |index| self.next - kept + index),
            rung,
            replaces: replaced.is_some(),
            buffer: self.seen.buffer,
            wait: now.since(since).saturating_add(decision.wait),
            estimate: self.abr.estimate(),
        };
        if decision.wait > Span::ZERO {
            let until = now.after(decision.wait);
            self.state = State::Waiting { until, then: Step::Request(plan) };
        } else {
            self.request(now, plan);
        }
    }

    /// Fetches what the planned segment request needs first, and then the segment.
    #[inline(always)]
    pub(super) fn request(&mut self, now: Time, plan: Plan) {
        let Plan { rung, segment, .. } = plan;
        let content = self.content.as_ref();
        let given = content.is_some_and(|content| content.is_given());
        let known = content.and_then(|content| content.segment(rung, segment));
        let resource = match known.map(|(segment, _)| segment.init) {
            _ if given => Resource::Segment { rung, segment },
            None => Resource::Media { rung },
            Some(Some(init)) if !self.inits.contains(&(rung, init)) => {
                Resource::Init { rung, segment }
            }
            Some(_) => Resource::Segment { rung, segment },
        };
        self.fetch(now, resource, Some(plan));
    }
}
