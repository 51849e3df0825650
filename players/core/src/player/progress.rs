//! Downloads in progress: when the algorithm looks at them, and what becomes of those that it
//! abandons.

use super::fetch::{Resource, Transfer};
use super::{Fetch, Plan, Player, State};
use crate::player_config::{AbandonCheck, Abandoned};
use weir_abr::{Download, End, Outlook, Progress, Verdict};
use weir_units::{Bytes, Ratio, Span, Time};

/// How often the downloads of one segment are abandoned at most. The next one is left to end: an
/// algorithm that abandons whatever comes must not keep a session for ever.
const MOST_ABANDONED: u32 = 1000;

/// When the algorithm next looks at the download in progress: when both have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextLook {
    /// This moment.
    pub at: Time,
    /// So many bytes of the body.
    pub bytes: Bytes,
    /// And so much of the next byte.
    pub part: Ratio,
    /// How much more of both is between two looks.
    pub step: AbandonCheck,
}

impl Player {
    /// When the algorithm next looks at the download in progress; `None` if it does not. A driver
    /// that knows what comes reports [`Event::Arrived`](super::Event::Arrived) then; for all
    /// others, every piece of a body is a chance.
    pub fn next_look(&self) -> Option<NextLook> {
        self.look
    }

    /// Until when the algorithm surely lets the download in progress go on, whose first byte comes
    /// or came at this moment: [`Abr::next_check`](weir_abr::Abr::next_check). A driver that knows
    /// what comes may leave looks out until then, and go on with the first that is not before, in
    /// the same steps.
    pub fn next_check(&mut self, first_byte: Time, outlook: Outlook<'_>) -> Time {
        let State::Fetching(fetch) = &self.state else { return Time::ZERO };
        let Resource::Segment { rung, segment } = fetch.resource else { return Time::ZERO };
        let Transfer { requested, length, bytes, part, .. } = fetch.transfer;
        let progress = Progress {
            rung,
            requested,
            ttfb: Some(first_byte.since(requested)),
            size: length.unwrap_or_else(|| self.size(rung, segment)),
            downloaded: Bytes::new(bytes),
            part,
        };
        self.observe(self.playback.at());
        self.abr.next_check(&self.seen, &progress, outlook)
    }

    /// Whether the next [`Player::poll`] is [`Output::Cancel`](super::Output::Cancel).
    pub fn is_cancelled(&self) -> bool {
        self.cancel
    }

    /// Whether the session is over.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Begins to look at a download of a segment, unless it is the first.
    pub(super) fn watch_download(&mut self, at: Time) {
        let Some(step) = self.config.player.abandon_check else { return };
        if self.buffered.none_yet() || self.abandoned >= MOST_ABANDONED || !self.abr.abandons() {
            return;
        }
        let (bytes, part) = (step.bytes, Ratio::ZERO);
        self.look = Some(NextLook { at: at.after(step.every), bytes, part, step });
    }

    /// Asks the algorithm about the download in progress, if it is time.
    pub(super) fn look(&mut self, now: Time) {
        let (Some(next), State::Fetching(fetch)) = (self.look, &self.state) else { return };
        let downloaded = Bytes::new(fetch.transfer.bytes);
        if now < next.at || (downloaded, fetch.transfer.part) < (next.bytes, next.part) {
            return;
        }
        let fetch = *fetch;
        let Fetch { resource: Resource::Segment { rung, segment }, transfer, plan: Some(plan) } =
            fetch
        else {
            return;
        };
        let size = transfer.length.unwrap_or_else(|| self.size(rung, segment));
        let Some(look) = self.config.player.abandon_check.filter(|_| downloaded < size) else {
            // There is nothing left to abandon.
            self.look = None;
            return;
        };
        self.observe(now);
        let Transfer { requested, part, .. } = transfer;
        let ttfb = transfer.ttfb();
        let progress = Progress { rung, requested, ttfb, size, downloaded, part };
        let verdict = self.abr.progress(&self.seen, &progress);
        if self.ends_on_fault() {
            return;
        }
        match verdict {
            Verdict::Continue => {
                let bytes = downloaded.checked_add(look.bytes).unwrap_or(downloaded);
                self.look = Some(NextLook { at: now.after(look.every), bytes, part, step: look });
            }
            Verdict::Abandon { to } => self.abandon(now, fetch, plan, to),
        }
    }

    /// The size of a segment, or what its rung's declared rate lets expect.
    fn size(&self, rung: usize, segment: usize) -> Bytes {
        let Some(content) = &self.content else { return Bytes::ZERO };
        content.size(segment, rung).unwrap_or_else(|| {
            let rate = content.ladder().get(rung).map(|rung| rung.mean).unwrap_or_default();
            rate.bytes_in(content.duration(segment)).unwrap_or_default()
        })
    }

    /// Ends the download in progress, and goes for what the rules say.
    fn abandon(&mut self, now: Time, fetch: Fetch, plan: Plan, to: Option<usize>) {
        let reason = match to {
            Some(rung) => format!("abandoned for rung {rung}"),
            None => "given up".to_owned(),
        };
        self.record(&fetch, now, Some(reason));
        let transfer = fetch.transfer;
        let elapsed = now.since(transfer.requested);
        let ttfb = transfer.ttfb().unwrap_or(elapsed);
        self.show(Download {
            rung: plan.rung,
            bytes: Bytes::new(transfer.bytes),
            ttfb,
            transfer: elapsed.saturating_sub(ttfb),
            media: self.content.as_ref().map_or(Span::ZERO, |c| c.duration(plan.segment)),
            finished: now,
            buffer: self.playback.buffer(),
            replacement: plan.replaces,
            end: End::Abandoned { to },
        });
        self.abandoned += 1;
        (self.cancel, self.state) = (true, State::Between);
        match (self.config.player.abandoned, to) {
            (Abandoned::TakeTarget, Some(rung)) if !plan.replaces => {
                let rung = rung.min(self.seen.top());
                let (buffer, estimate) = (self.playback.buffer(), self.abr.estimate());
                self.request(now, Plan { rung, buffer, wait: Span::ZERO, estimate, ..plan });
            }
            _ => self.next_segment(now),
        }
    }

    /// Ends the session if the algorithm has failed; returns whether that is so.
    pub(super) fn ends_on_fault(&mut self) -> bool {
        let fault = self.abr.fault().map(str::to_owned);
        let failed = fault.is_some();
        if failed {
            self.end(fault);
        }
        failed
    }
}
