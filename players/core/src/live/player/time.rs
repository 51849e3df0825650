//! What passes with time: the playhead, the rate, what is noted.

use super::super::rate_controller::{RateInput, TICK};
use super::{LivePlayer, State};
use crate::live::metrics::MomentMetrics;
use crate::playback::Phase;
use crate::player::Resource;
use weir_units::{Ratio, Span, Time};

impl LivePlayer {
    /// The moment at which something is due, whatever the network brings.
    pub fn deadline(&self) -> Time {
        let due = match self.state {
            State::Ended => return Time::NEVER,
            State::Waiting { until } => until,
            State::Fetching(_) => Time::NEVER,
        };
        let tick = if self.ticks() { self.next_tick } else { Time::NEVER };
        due.min(tick).min(self.next_moment).min(self.end_of_watch())
    }

    /// Whether anything depends on the ticks.
    fn ticks(&self) -> bool {
        self.rate_controller.acts() || self.rules.max_latency.is_some()
    }

    /// Does all that was due until `now`, in order, each at its own moment.
    pub(super) fn catch_up(&mut self, now: Time) {
        loop {
            let due = self.deadline();
            if due > now || self.is_over() {
                break;
            }
            self.advance(due);
            if due == self.end_of_watch() {
                return self.end(None);
            }
            if due == self.next_moment {
                self.note(due);
                self.next_moment = due.after(Span::from_s(1));
            }
            if due == self.next_tick && self.ticks() {
                self.tick(due);
                self.next_tick = due.after(TICK);
            }
            // The rate may have changed, and with it the moment at which there is room.
            if let State::Waiting { .. } = self.state {
                self.go(due);
            }
        }
    }

    /// Goes on to `now`, which is not after anything that is due, and adds up what the viewer saw
    /// until then.
    pub(super) fn advance(&mut self, now: Time) {
        while self.playback.at() < now {
            let (from, playing) = (self.playback.at(), self.plays());
            if !playing {
                self.playback.advance(now);
                break;
            }
            let played = self.playback.played();
            let first = self.queue.left_of_first(played);
            let end = first.map_or(now, |left| from.after(self.playback.time_for(left)));
            // At least a nanosecond, so that it ends.
            let until = end.min(now).max(from.after(Span::from_ns(1)));
            let (latency, captured) =
                (self.latency_at(from, played), self.capture_latency_at(from));
            self.playback.advance(until);
            let stalled = !self.plays();
            let stall = self.playback.stalls().last().filter(|_| stalled);
            let time = stall.map_or(until, |stall| stall.start).since(from);
            let forth = self.playback.played().saturating_sub(played);
            // Both latencies grow with time and shrink with what is played.
            let then = |first: Span| first.saturating_add(time).saturating_sub(forth);
            if let Some(latency) = latency {
                self.latency.add(time, latency, then(latency));
            }
            if let Some(captured) = captured {
                self.capture_latency.add(time, captured, then(captured));
            }
            let rate = self.playback.rate();
            let off = rate.ppb().abs_diff(Ratio::ONE.ppb());
            self.deviation = self.deviation.saturating_add(u128::from(off) * u128::from(time.ns()));
            self.metrics.playing = self.metrics.playing.saturating_add(time);
            if off > 0 {
                self.metrics.rate_changed = self.metrics.rate_changed.saturating_add(time);
            }
            self.queue.advance(self.playback.played());
            if stalled {
                self.rate_controller.stalled();
                self.playback.set_rate(Ratio::ONE);
            }
        }
    }

    /// Looks at the latency, and jumps or changes the rate.
    fn tick(&mut self, now: Time) {
        if self.playback.phase() == Phase::Starting {
            return;
        }
        let Some(latency) = self.latency_at(now, self.playback.played()) else { return };
        if self.rules.max_latency.is_some_and(|most| latency > most) {
            self.jump(now);
        }
        if !self.plays() {
            return;
        }
        let Some(latency) = self.latency_at(now, self.playback.played()) else { return };
        let rate = self.rate_controller.rate(&RateInput {
            now,
            latency: latency.as_secs_f64(),
            target: self.target().as_secs_f64(),
            buffer: self.playback.buffer().as_secs_f64(),
            target_duration: self.target_duration.as_secs_f64(),
            age: self.timeline.age(now).as_secs_f64(),
            max_latency: self.rules.max_latency.map(Span::as_secs_f64),
        });
        self.playback.set_rate(rate);
    }

    /// Jumps to the segment at the live target, if that is ahead.
    fn jump(&mut self, now: Time) {
        let played = self.playback.played();
        let Some(playhead) = self.queue.playhead(played) else { return };
        let Some(place) = self.timeline.start(self.target(), i64::MIN) else { return };
        let Some(start) = self.timeline.get(place).map(|known| known.start) else { return };
        if start <= playhead {
            return;
        }
        let dropped = self.queue.jump(played, place, start);
        let mut media = Span::ZERO;
        for left in &dropped {
            media = media.saturating_add(left.media);
            // What was never shown counts in no mean of what was.
            if let Some(metrics) =
                self.segments.get_mut(left.request as usize).filter(|_| left.shown)
            {
                metrics.media = metrics.media.saturating_sub(left.media);
            }
        }
        self.playback.leave_out(media);
        self.metrics.skips += 1;
        let skipped = start.saturating_sub(playhead);
        self.metrics.skipped = self.metrics.skipped.saturating_add(skipped);
        if place > self.next {
            // These could have been got: nobody asked for them.
            (self.next, self.attempts, self.plan) = (place, 0, None);
            self.timeline.forget(place);
            if let State::Fetching(fetch) = self.state
                && matches!(fetch.resource, Resource::Segment { .. } | Resource::Init { .. })
            {
                self.record(&fetch, now, Some("left out by a jump to the live edge".to_owned()));
                // A request that was never sent need not be dropped.
                self.cancel = self.outbox.take().is_none();
                (self.state, self.wanted) = (State::Waiting { until: now }, now);
            }
        }
    }

    /// Notes what the viewer sees now.
    fn note(&mut self, at: Time) {
        let phase = self.playback.phase();
        let rate = if phase == Phase::Playing { self.playback.rate() } else { Ratio::ZERO };
        self.metrics.moments.push(MomentMetrics {
            at,
            phase: Some(phase),
            buffer: self.playback.buffer(),
            latency: self.latency_at(at, self.playback.played()),
            capture_latency: self.capture_latency_at(at),
            rate,
        });
    }
}
