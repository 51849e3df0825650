//! What links carried, interval by interval. Counters of packets, which a fluid has not, are
//! missing.

use crate::labs::model::layout::{Asked, Layout};
use crate::labs::model::traces::{PAYLOAD, Traces};
use anyhow::Result;
use weir_core::SessionMetrics;
use weir_model::Capacity;
use weir_plan::{Direction, Setup};
use weir_records::{Link, Record};
use weir_trace::{Kind, Volume};
use weir_units::{Span, Time};

/// What the directions of a layout carried of payload: `carried[direction][interval]`.
#[derive(Debug)]
pub(crate) struct Carried {
    every: Span,
    volumes: Vec<Vec<Volume>>,
}

impl Carried {
    /// Nothing yet, over so many directions.
    pub fn new(every: Span, directions: usize) -> Self {
        Self { every, volumes: vec![Vec::new(); directions] }
    }

    /// Adds what passed a direction in an interval.
    pub fn add(&mut self, direction: usize, interval: usize, volume: Volume) {
        let Some(intervals) = self.volumes.get_mut(direction) else { return };
        if volume == Volume::ZERO {
            return;
        }
        if intervals.len() <= interval {
            intervals.resize(interval + 1, Volume::ZERO);
        }
        if let Some(sum) = intervals.get_mut(interval) {
            *sum = sum.checked_add(volume).unwrap_or(volume);
        }
    }

    /// Adds the downloads of a session that had the capacity to itself, `start` after the trial's,
    /// over these directions. The capacity begins when the viewer presses play.
    pub fn add_alone(
        &mut self,
        directions: &[usize],
        capacity: &Capacity,
        start: Time,
        metrics: &SessionMetrics,
    ) {
        let every = self.every.ns().max(1);
        for request in &metrics.segments {
            let Some(ttfb) = request.ttfb else { continue };
            let whole = Volume::from(request.bytes);
            let (from, to) =
                (request.requested.after(ttfb), request.requested.after(request.download));
            let (begin, end) =
                (start.after(from.since(Time::ZERO)), start.after(to.since(Time::ZERO)));
            let mut before = Volume::ZERO;
            let first = begin.ns() / every;
            for interval in first..=end.ns().saturating_sub(1).max(begin.ns()) / every {
                // The moment at which the interval ends, in the session's time.
                let until = Time::from_ns((interval + 1).saturating_mul(every)).min(end);
                let until_here = Time::ZERO.after(until.since(start));
                let there = match until >= end {
                    true => whole,
                    false => capacity.carried(from, until_here).min(whole),
                };
                let place = usize::try_from(interval).unwrap_or(usize::MAX);
                for direction in directions {
                    self.add(*direction, place, there.saturating_sub(before));
                }
                before = there;
            }
        }
    }

    /// The rows, up to the end of the trial.
    ///
    /// # Errors
    /// If a trace was not read.
    pub fn rows(
        &self,
        layout: &Layout,
        setup: &Setup,
        traces: &Traces,
        offsets: &[Span],
        end: Span,
    ) -> Result<Vec<Record>> {
        let mut rows = Vec::new();
        for (place, passed) in layout.directions.iter().enumerate() {
            let (link, shape) = passed.of(setup)?;
            let (a, b) = &link.between;
            let (from, to) = match passed.direction {
                Direction::Forward => (a, b),
                Direction::Backward => (b, a),
            };
            let asked = Asked::of(shape, traces)?;
            let offset = offsets.get(place).copied().unwrap_or_default();
            let intervals = end.ns().div_ceil(self.every.ns().max(1));
            for interval in 0..intervals {
                let begins = Span::from_ns(interval * self.every.ns());
                let ends = begins.saturating_add(self.every).min(end);
                let at = usize::try_from(interval).unwrap_or(usize::MAX);
                let payload = self.volumes.get(place).and_then(|volumes| volumes.get(at));
                let carried = on_the_wire(payload.copied().unwrap_or_default(), &asked);
                let allowed = allowed(&asked, offset, begins, ends);
                let length = ends.saturating_sub(begins);
                rows.push(Record::Link(Link {
                    link: link.name.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    start_us: begins.us(),
                    end_us: ends.us(),
                    rate_bps: allowed.map(|allowed| mean_bps(allowed, length)),
                    rate_kind: kind(&asked).map(|kind| kind.to_string()),
                    delay_us: shape.delay.us(),
                    jitter_us: shape.jitter.max(shape.reordering_jitter).us(),
                    queue_bytes: None,
                    offered_packets: None,
                    packets: None,
                    bytes: carried.bytes().map_or(u64::MAX, weir_units::Bytes::get),
                    queue_drops: None,
                    aqm_drops: None,
                    marks: None,
                    losses: None,
                    backlog_bytes: None,
                    utilisation: allowed
                        .filter(|allowed| *allowed > Volume::ZERO)
                        .map(|allowed| carried.as_bits_f64() / allowed.as_bits_f64()),
                }));
            }
        }
        Ok(rows)
    }
}

fn kind(asked: &Asked<'_>) -> Option<Kind> {
    match asked {
        Asked::Nothing => None,
        Asked::Constant(_) => Some(Kind::Capacity),
        Asked::Trace(loaded) => Some(loaded.asked.about().kind),
    }
}

/// What a link counts where so much payload passes: Ethernet frames, unless its rate is of goodput.
fn on_the_wire(payload: Volume, asked: &Asked<'_>) -> Volume {
    let (part, frame) = PAYLOAD;
    match kind(asked) {
        Some(Kind::Goodput) => payload,
        Some(Kind::Capacity) | None => {
            let whole = payload.femtobits().checked_mul(frame).map(|whole| whole / part);
            whole.map_or(payload, Volume::from_femtobits)
        }
    }
}

/// What its rate allows from one moment of the trial to another; `None` without a rate.
fn allowed(asked: &Asked<'_>, offset: Span, from: Span, to: Span) -> Option<Volume> {
    match asked {
        Asked::Nothing => None,
        Asked::Constant(rate) => {
            let rate = weir_trace::Rate::try_from(*rate).ok()?;
            Some(rate.carries(to.saturating_sub(from)))
        }
        Asked::Trace(loaded) => {
            let at = |moment: Span| Time::ZERO.after(offset).after(moment);
            Some(loaded.asked.carried(at(from), at(to)))
        }
    }
}

fn mean_bps(allowed: Volume, length: Span) -> u64 {
    weir_trace::Rate::of(allowed, length).unwrap_or_default().rounded().bps()
}
