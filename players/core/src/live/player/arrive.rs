//! What comes of a fetch.

use super::super::boxes::tracks;
use super::super::capture::captured;
use super::super::metrics::PlaylistMetrics;
use super::super::queue::Queued;
use super::super::timeline::Laid;
use super::{Fetch, Listing, LivePlayer, State};
use crate::metrics::SegmentMetrics;
use crate::player::{RETRIES, RETRY_DELAY, Resource};
use crate::playlist::{MAX_SEGMENT, Master, Media};
use weir_abr::Download;
use weir_units::{Bytes, Span, Time};

/// The most segments of a playlist that are kept: the newest. It is more than five hours of
/// segments of 2 s.
const MAX_LISTED: usize = 10_000;

/// The longest target duration that is believed: a playlist is loaded again so often at least,
/// whatever it says.
const MAX_TARGET_DURATION: Span = Span::from_s(60);

/// The most initialization sections that are remembered.
const MAX_INITS: usize = 256;

/// What a playlist says of itself.
#[derive(Debug, Clone, Copy, Default)]
struct Contents {
    first: Option<u64>,
    last: Option<u64>,
    discontinuities: Option<u64>,
    age: Option<Span>,
    new: bool,
}

impl LivePlayer {
    /// A fetch is complete.
    pub(super) fn arrived(&mut self, now: Time, fetch: &Fetch, document: &[u8]) {
        // One thing is over, and the next has not begun.
        self.state = State::Waiting { until: now };
        match fetch.resource {
            Resource::Segment { .. } => return self.segment_arrived(now, fetch, document),
            Resource::Init { .. } => self.init_arrived(fetch, document),
            Resource::Media { rung } => return self.media_arrived(now, fetch, rung, document),
            Resource::Master | Resource::Sizes => {
                let uri = self.stream.masters.get(self.current);
                let Some(master) = uri.map(|uri| Master::parse(document, uri)) else { return };
                match master {
                    Ok(master) => {
                        let ladder = master.variants.iter().map(|variant| variant.rung);
                        self.seen.ladder = ladder.collect();
                        self.master = Some(master);
                    }
                    Err(problem) => return self.failed(now, fetch, &problem.to_string()),
                }
            }
        }
        self.go(now);
    }

    fn init_arrived(&mut self, fetch: &Fetch, document: &[u8]) {
        let Some(plan) = fetch.plan else { return };
        let init = self.listing.as_ref().and_then(|listing| {
            let index = self.timeline.number(plan.place).checked_sub(listing.media.sequence)?;
            let segment = listing.media.segments.get(usize::try_from(index).ok()?)?;
            listing.media.inits.get(segment.init?).cloned()
        });
        if self.inits.len() == MAX_INITS {
            self.inits.pop_front();
        }
        self.inits.extend(init.map(|init| (init, tracks(document))));
    }

    fn media_arrived(&mut self, now: Time, fetch: &Fetch, rung: usize, document: &[u8]) {
        let variant = self.master.as_ref().and_then(|master| master.variants.get(rung));
        let Some(uri) = variant.map(|variant| variant.uri.clone()) else { return };
        let mut media = match Media::parse_live(document, &uri) {
            Ok(media) => media,
            Err(problem) => return self.failed(now, fetch, &problem.to_string()),
        };
        let listed_from = media.sequence;
        let surplus = media.segments.len().saturating_sub(MAX_LISTED);
        media.segments.drain(..surplus);
        media.sequence += surplus as u64;
        self.target_duration = media.target.clamp(Span::from_s(1), MAX_TARGET_DURATION);
        self.hold_back = media.hold_back.filter(|back| *back > Span::ZERO && *back <= MAX_SEGMENT);
        let Some(more) = (media.segments.len() as u64).checked_sub(1) else {
            return self.failed(now, fetch, "a playlist without a segment");
        };
        let before = self.timeline.newest();
        let (laid, new) = self.timeline.lay(&media, now);
        let (first, last) = (self.timeline.place(media.sequence), media.sequence + more);
        let marked = media.segments.iter().filter(|segment| segment.discontinuity).count();
        let discontinuities = media.discontinuity_sequence.saturating_add(marked as u64);
        let contents = Contents {
            first: Some(listed_from),
            last: Some(last),
            discontinuities: Some(discontinuities),
            age: self.date(now).zip(media.newest_end()).map(|(now, end)| now.since(end)),
            new,
        };
        let back = before.filter(|before| self.timeline.place(last) < *before);
        let problem = match (laid, back) {
            (Laid::ByDate, _) => {
                Some("other numbers: the dates tell which segments are the same".to_owned())
            }
            (Laid::Afresh, _) => {
                Some("other numbers, and no dates that fit: taken for what comes next".to_owned())
            }
            (Laid::ByNumber, Some(before)) => Some(format!(
                "it ends with {last}, where {} was listed before",
                self.timeline.number(before)
            )),
            (Laid::ByNumber, None) => None,
        };
        self.note_playlist(now, fetch, rung, contents, problem);
        let wait =
            if new { self.target_duration } else { Span::from_ns(self.target_duration.ns() / 2) };
        self.reload = fetch.transfer.requested.after(wait);
        self.listing = Some(Listing { rung, media });
        if laid == Laid::Afresh || self.first.is_none() {
            let start = self.timeline.start(self.target(), first).unwrap_or(first);
            if self.first.is_some() {
                self.metrics.announced += self.timeline.count(self.next..first);
            }
            if self.first.is_none() || start > self.next {
                (self.next, self.plan, self.attempts) = (start, None, 0);
            }
            if self.first.is_none() {
                (self.first, self.wanted) = (Some(start), now);
            }
            self.forget();
        }
        self.go(now);
    }

    fn segment_arrived(&mut self, now: Time, fetch: &Fetch, head: &[u8]) {
        let transfer = &fetch.transfer;
        let (Some(ttfb), Some(time), Some(plan)) = (transfer.ttfb(), transfer.time(), fetch.plan)
        else {
            return self.failed(now, fetch, "an empty body");
        };
        let Some(known) = self.timeline.get(plan.place) else {
            return self.failed(now, fetch, "a segment that nobody knows");
        };
        let request = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
        let gap = self.queue.add(Queued {
            place: plan.place,
            start: known.start,
            duration: known.duration,
            request,
            captured: self.captured(now, plan.place, head),
        });
        if let Some(gap) = gap {
            self.metrics.skips += 1;
            self.metrics.skipped = self.metrics.skipped.saturating_add(gap);
        }
        self.metrics.announced += 1;
        self.metrics.available += u64::from(self.attempts == 0);
        (self.next, self.plan, self.attempts) = (plan.place + 1, None, 0);
        (self.failures_in_row, self.wanted) = (0, now);
        let filled = self.filled(self.playback.buffer().saturating_add(known.duration));
        self.playback.add(known.duration, filled);
        self.record(fetch, now, None);
        if self.seen.downloads.len() == weir_abr::DOWNLOADS_SEEN {
            self.seen.downloads.remove(0);
        }
        self.seen.downloads.push(Download {
            rung: plan.rung,
            bytes: Bytes::new(transfer.bytes),
            ttfb,
            transfer: time,
            media: known.duration,
            finished: now,
            buffer: self.playback.buffer(),
            ..Download::default()
        });
        self.forget();
        self.go(now);
    }

    /// When the first picture of a segment was captured.
    fn captured(&self, now: Time, place: i64, head: &[u8]) -> Option<crate::playlist::Date> {
        let media = &self.listing.as_ref()?.media;
        let index = self.timeline.number(place).checked_sub(media.sequence)?;
        let init = media.inits.get(media.segments.get(usize::try_from(index).ok()?)?.init?)?;
        let (_, tracks) = self.inits.iter().find(|(uri, _)| uri == init)?;
        captured(head, tracks, self.date(now)?)
    }

    /// A fetch failed: tries again in a moment, or elsewhere at once.
    pub(super) fn failed(&mut self, now: Time, fetch: &Fetch, reason: &str) {
        self.state = State::Waiting { until: now };
        self.record(fetch, now, Some(reason.to_owned()));
        self.metrics.failures += 1;
        self.failures_in_row += 1;
        let streams = self.stream.masters.len();
        let all_failed = self.failures_in_row.is_multiple_of(streams);
        let retry = if all_failed { now.after(RETRY_DELAY) } else { now };
        match fetch.resource {
            Resource::Segment { .. } | Resource::Init { .. } => {
                self.segments_from = retry;
                self.attempts += 1;
                if self.attempts > RETRIES {
                    self.metrics.announced += 1;
                    (self.next, self.plan, self.attempts) = (self.next.saturating_add(1), None, 0);
                }
            }
            Resource::Media { rung } => {
                self.playlists_from = retry;
                match (&self.listing, &mut self.plan) {
                    // The rung in use will do for this segment.
                    (Some(listing), Some(plan)) if listing.rung != rung => plan.rung = listing.rung,
                    // What retries fall back on.
                    (None, plan) if all_failed => {
                        self.rung = 0;
                        plan.iter_mut().for_each(|plan| plan.rung = 0);
                    }
                    _ => {}
                }
            }
            Resource::Master | Resource::Sizes => self.playlists_from = retry,
        }
        if streams > 1 {
            self.switch(now);
            self.playlists_from = retry;
        }
        self.go(now);
    }

    fn note_playlist(
        &mut self,
        now: Time,
        fetch: &Fetch,
        rung: usize,
        contents: Contents,
        err: Option<String>,
    ) {
        let Contents { first, last, discontinuities, age, new } = contents;
        let requested = fetch.transfer.requested;
        self.metrics.playlists.push(PlaylistMetrics {
            rung,
            requested,
            download: now.since(requested),
            status: fetch.transfer.status,
            first,
            last,
            discontinuities,
            age,
            new,
            err,
        });
    }

    /// Adds the metrics of a request that is over; nothing for master playlists and initialization
    /// sections.
    pub(super) fn record(&mut self, fetch: &Fetch, now: Time, err: Option<String>) {
        let Fetch { resource, transfer, plan } = fetch;
        let (rung, segment, plan) = match (*resource, plan) {
            (Resource::Segment { rung, segment }, Some(plan)) => (rung, segment, plan),
            (Resource::Media { rung }, _) => {
                return self.note_playlist(now, fetch, rung, Contents::default(), err);
            }
            _ => return,
        };
        let declared = self.seen.ladder.get(rung).map(|rung| rung.mean);
        let media = self.timeline.get(plan.place).map_or(Span::ZERO, |known| known.duration);
        self.segments.push(SegmentMetrics {
            segment,
            sequence: Some(self.timeline.number(plan.place)),
            rung,
            declared: declared.unwrap_or_default(),
            media,
            buffer_before: plan.buffer,
            buffer_after: self.playback.buffer(),
            estimate: plan.estimate,
            wait: plan.wait,
            ..transfer.metrics(now, err)
        });
    }
}
