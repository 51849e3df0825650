//! Which fetch comes next, and when.

use super::fetch::{Request, Resource, Transfer};
use super::{Fetch, Plan, Player, RETRIES, RETRY_DELAY, State, Step};
use crate::content::Content;
use crate::playlist::{Master, Media, SIZES_FILE, Sizes, Uri};
use weir_abr::{Download, SIZES_SEEN};
use weir_units::{Bytes, Span, Time};

impl Player {
    /// Begins a fetch.
    pub(super) fn fetch(&mut self, at: Time, resource: Resource, plan: Option<Plan>) {
        match self.uri(resource) {
            Ok(uri) => {
                self.outbox = Some(Request { resource, uri, at });
                self.state = State::Fetching(Fetch { resource, transfer: Transfer::new(at), plan });
            }
            Err(reason) => self.end(Some(format!("{resource}: {reason}"))),
        }
    }

    fn uri(&self, resource: Resource) -> Result<Uri, String> {
        let content = self.content.as_ref();
        let segment = |rung, segment| content.and_then(|c| c.segment(rung, segment));
        let known = match resource {
            Resource::Master => Some(&self.master),
            Resource::Sizes => return self.master.resolve(SIZES_FILE).map_err(|e| e.to_string()),
            Resource::Media { rung } => content.and_then(|c| c.variant(rung)).map(|v| &v.uri),
            Resource::Init { rung, segment: n } => segment(rung, n).and_then(|(_, init)| init),
            Resource::Segment { rung, segment: n } => segment(rung, n).map(|(s, _)| &s.uri),
        };
        known.cloned().ok_or_else(|| "its playlist is missing".to_owned())
    }

    /// Goes on after a wait that ended at `now`.
    pub(super) fn step(&mut self, now: Time, step: Step) {
        match step {
            Step::Load(resource) => self.fetch(now, resource, None),
            Step::Decide { since } => self.decide(now, since),
            Step::Request(plan) => self.request(now, plan),
            Step::Retry => {
                let buffer = self.playback.buffer();
                self.request(now, Plan { rung: 0, buffer, wait: Span::ZERO, estimate: None });
            }
        }
    }

    /// A fetch is complete. (Failures count until a segment arrives, so that one that fails for ever
    /// is not helped by the initialization section before it.)
    pub(super) fn arrived(&mut self, now: Time, fetch: Fetch, document: &[u8]) {
        let Fetch { resource, plan, .. } = fetch;
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
            (_, None) => match self.check_content() {
                Ok(()) => self.next_segment(now),
                Err(problem) => self.end(Some(problem)),
            },
        }
    }

    /// Takes in a document or an initialization section.
    fn learn(&mut self, resource: Resource, document: &[u8]) -> Result<(), String> {
        if let Resource::Master = resource {
            let master = Master::parse(document, &self.master).map_err(|e| e.to_string())?;
            let content = Content::new(master);
            self.seen.ladder = content.ladder();
            self.content = Some(content);
            return Ok(());
        }
        let uri = self.uri(resource)?;
        let Some(content) = &mut self.content else { return Ok(()) };
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
    fn check_content(&self) -> Result<(), String> {
        let Some(content) = &self.content else { return Ok(()) };
        let (first, count) = (self.config.first_segment, content.segments());
        if first >= count {
            return Err(format!("segment {first} was to come first, of {count} (from 0)"));
        }
        let most = self.config.max_buffer;
        match (first..count).find(|segment| content.duration(*segment) > most) {
            Some(segment) => {
                let media = content.duration(segment);
                Err(format!(
                    "segment {segment} plays {media}: it does not fit into {most} of buffer"
                ))
            }
            None => Ok(()),
        }
    }

    fn segment_arrived(&mut self, now: Time, fetch: Fetch, rung: usize, segment: usize) {
        let transfer = fetch.transfer;
        let (Some(ttfb), Some(time), Some(content)) =
            (transfer.ttfb(), transfer.time(), &self.content)
        else {
            return self.failed(now, fetch, "an empty body");
        };
        let media = content.duration(segment);
        self.next = segment + 1;
        self.failures = 0;
        let buffer = self.playback.buffer().saturating_add(media);
        let full = self.next == content.segments()
            || buffer.saturating_add(content.duration(self.next)) > self.config.max_buffer;
        self.playback.add(media, full);
        self.record(&fetch, now, None);
        let bytes = Bytes::new(transfer.bytes);
        self.show(Download {
            rung,
            bytes,
            ttfb,
            transfer: time,
            media,
            finished: now,
            buffer,
            ..Download::default()
        });
        self.next_segment(now);
    }

    /// A fetch failed: tries again in a moment, a segment at the lowest rung, or gives up.
    pub(super) fn failed(&mut self, now: Time, fetch: Fetch, reason: &str) {
        self.record(&fetch, now, Some(reason));
        self.failures += 1;
        if self.failures > RETRIES {
            let resource = fetch.resource;
            return self.end(Some(format!("{resource}: {reason} (after {RETRIES} retries)")));
        }
        let then = if fetch.plan.is_some() { Step::Retry } else { Step::Load(fetch.resource) };
        self.state = State::Waiting { until: now.after(RETRY_DELAY), then };
    }

    /// Goes for the next segment: at once, or when there is room for it in the buffer.
    fn next_segment(&mut self, now: Time) {
        let Some(content) = &self.content else { return };
        if self.next >= content.segments() {
            self.state = State::PlayingOut;
            return;
        }
        let room = self.config.max_buffer.saturating_sub(content.duration(self.next));
        // Playback stands still only while there is room: see `full` in `segment_arrived`.
        match self.playback.falls_to(room).unwrap_or(Time::NEVER) {
            at if at > now => {
                self.state = State::Waiting { until: at, then: Step::Decide { since: now } };
            }
            _ => self.decide(now, now),
        }
    }

    /// Asks the algorithm.
    fn decide(&mut self, now: Time, since: Time) {
        let Some(content) = &self.content else { return };
        let buffer = self.playback.buffer();
        self.seen.now = now;
        self.seen.buffer = buffer;
        self.seen.waited_for_room = now.since(since);
        self.seen.segment = (self.next - self.config.first_segment) as u64;
        self.seen.segments_left = (content.segments() - self.next) as u64;
        self.seen.segment_duration = content.duration(self.next);
        self.seen.sizes.clear();
        self.seen.sizes.extend_from_slice(content.coming_sizes(self.next, SIZES_SEEN));

        let decision = self.abr.decide(&self.seen);
        // An algorithm that names a rung beyond the ladder gets the highest.
        let rung = decision.rung.min(self.seen.top());
        let wait = now.since(since).saturating_add(decision.wait);
        let plan = Plan { rung, buffer, wait, estimate: self.abr.estimate() };
        if decision.wait > Span::ZERO {
            let until = now.after(decision.wait);
            self.state = State::Waiting { until, then: Step::Request(plan) };
        } else {
            self.request(now, plan);
        }
    }

    /// Fetches what the planned segment request needs first, and then the segment.
    fn request(&mut self, now: Time, plan: Plan) {
        let (rung, segment) = (plan.rung, self.next);
        let known = self.content.as_ref().and_then(|content| content.segment(rung, segment));
        let resource = match known.map(|(segment, _)| segment.init) {
            None => Resource::Media { rung },
            Some(Some(init)) if !self.inits.contains(&(rung, init)) => {
                Resource::Init { rung, segment }
            }
            Some(_) => Resource::Segment { rung, segment },
        };
        self.fetch(now, resource, Some(plan));
    }
}
