//! A plan, as a player would carry it out.

use crate::{Error, Problem};
use weir_units::{Span, Time};

/// What a player does: a rung and a wait for every segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The rung of every segment.
    pub rungs: Vec<usize>,
    /// How long each request is put off after there is room for its segment in the buffer.
    pub waits: Vec<Span>,
}

impl Plan {
    /// These rungs, every request as soon as there is room.
    pub fn at_once(rungs: Vec<usize>) -> Self {
        Self { waits: vec![Span::ZERO; rungs.len()], rungs }
    }
}

/// What became of one segment. Moments are those of the session, which begins at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetched {
    /// When it was requested.
    pub requested: Time,
    /// When it was complete.
    pub finished: Time,
    /// How long playback stood still for it; zero before the first frame.
    pub stall: Span,
    /// The buffer when it was complete, with it.
    pub buffer: Span,
}

/// A plan, played.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// Segment by segment.
    pub segments: Vec<Fetched>,
    /// From the start of the session to the first frame.
    pub startup: Span,
    /// All stalls together.
    pub stalled: Span,
    /// When the last frame has been shown.
    pub end: Time,
    /// The QoE.
    pub qoe: f64,
}

/// The playhead of a session, exactly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// Segments that are complete.
    pub done: usize,
    /// Now: when the last of them was complete.
    pub now: Time,
    /// When all of them will have been played; `None` before playback begins.
    pub dry: Option<Time>,
    pub startup: Span,
    pub stalled: Span,
}

impl Head {
    pub(crate) const START: Self =
        Self { done: 0, now: Time::ZERO, dry: None, startup: Span::ZERO, stalled: Span::ZERO };

    /// Media in the buffer.
    fn buffer(&self, problem: &Problem) -> Span {
        match self.dry {
            Some(dry) => dry.since(self.now),
            None => times(problem.segment, self.done),
        }
    }

    /// Fetches the next segment; `None` if that never ends.
    pub(crate) fn fetch(&mut self, problem: &Problem, rung: usize, wait: Span) -> Option<Fetched> {
        let segment = problem.segment;
        let room = problem.max_buffer.saturating_sub(segment);
        // Before playback there is room: see `startup_segments`.
        let fits =
            self.dry.map_or(self.now, |dry| Time::from_ns(dry.ns().saturating_sub(room.ns())));
        let requested = self.now.max(fits).after(wait);
        let size = *problem.sizes.get(self.done)?.get(rung)?;
        // The latency beside the trace has passed once for every segment so far.
        let aside = times(problem.beside(), self.done);
        let moment = problem.start.after(requested.since(Time::from_ns(aside.ns())));
        let took = problem.download(moment, size)?.since(moment).checked_add(problem.beside())?;
        let finished = requested.after(took);
        self.now = finished;
        self.done += 1;
        let mut stall = Span::ZERO;
        match self.dry {
            Some(dry) => {
                stall = finished.since(dry);
                self.stalled = self.stalled.saturating_add(stall);
                self.dry = Some(dry.max(finished).after(segment));
            }
            None if self.done >= problem.startup_segments() => {
                self.startup = finished.since(Time::ZERO);
                self.dry = Some(finished.after(times(segment, self.done)));
            }
            None => {}
        }
        let buffer = self.buffer(problem);
        (finished < Time::NEVER).then_some(Fetched { requested, finished, stall, buffer })
    }
}

pub(crate) fn times(span: Span, n: usize) -> Span {
    span.checked_mul(n as u64).unwrap_or(Span::MAX)
}

/// Plays a plan in integer nanoseconds, as the first page of this crate says.
///
/// # Errors
/// If the problem is out of range, the plan does not fit it, or a download never ends.
pub fn simulate(problem: &Problem, plan: &Plan) -> Result<Played, Error> {
    problem.check()?;
    let expected = problem.segments();
    for (what, got) in [("rungs", plan.rungs.len()), ("waits", plan.waits.len())] {
        if got != expected {
            return Err(Error::Plan { what, got, expected });
        }
    }
    for (segment, &got) in plan.rungs.iter().enumerate() {
        let given = problem.first.filter(|first| segment == 0 && *first != got);
        if got >= problem.rungs() || given.is_some() {
            let last = problem.rungs() - 1;
            let expected = given.map_or(format!("0 to {last}"), |first| first.to_string());
            return Err(Error::PlanRung { segment, got, expected });
        }
    }
    let mut head = Head::START;
    let mut segments = Vec::with_capacity(expected);
    for (segment, (&rung, &wait)) in plan.rungs.iter().zip(&plan.waits).enumerate() {
        let fetched = head.fetch(problem, rung, wait).ok_or(Error::Starved { segment })?;
        segments.push(fetched);
    }
    let Head { startup, stalled, dry, now, .. } = head;
    let qoe = problem.qoe.of(&plan.rungs, startup, stalled, problem.segment);
    Ok(Played { segments, startup, stalled, end: dry.unwrap_or(now), qoe })
}
