//! The trace, in steps of equal length.

use crate::{Latency, Problem};
use weir_units::{Span, Time};

/// The trace, looked at in steps of equal length from the start of the session.
///
/// A download that begins at a point of the grid is said to end at the last point of the grid that
/// is before its end: never later than in truth. The comparison is between exact integers, so that
/// this also holds for players that count time more finely than in nanoseconds.
pub(crate) struct Grid {
    /// The length of a step in nanoseconds.
    pub step: u64,
    /// What the trace has carried by each point, in units of a `Volume`.
    carried: Vec<u128>,
    /// What it has carried by the first byte of what is requested at each point.
    answered: Vec<u128>,
}

impl Grid {
    /// Points up to `points`, `step` apart.
    pub(crate) fn new(problem: &Problem, step: u64, points: usize) -> Self {
        let (trace, start) = (problem.trace, problem.start);
        // `Trace::answered` may be a nanosecond late: it rounds up in every step of the trace.
        let early = u64::from(problem.latency == Latency::Trace);
        let point = |index: u64| start.after(Span::from_ns(index.saturating_mul(step)));
        let carried = |time| trace.carried(start, time).femtobits();
        let answered = |time| Time::from_ns(problem.answered(time).ns().saturating_sub(early));
        let points = 0..points as u64;
        Self {
            step,
            carried: points.clone().map(|index| carried(point(index))).collect(),
            answered: points.map(|index| carried(answered(point(index)))).collect(),
        }
    }

    /// The number of points.
    pub(crate) fn points(&self) -> usize {
        self.carried.len()
    }

    /// The end of a download of `size` that begins at the point `from`: the last point before it.
    /// The last of all points may also stand for any later moment.
    pub(crate) fn end(&self, from: usize, size: u128) -> usize {
        let Some(target) = self.answered.get(from).and_then(|done| done.checked_add(size)) else {
            return self.points().saturating_sub(1);
        };
        self.carried.partition_point(|&carried| carried < target).saturating_sub(1).max(from)
    }

    /// The ends of downloads of `size` that begin at the points from `first` on: faster than
    /// [`Grid::end`] for each.
    pub(crate) fn ends(&self, first: usize, size: u128) -> impl Iterator<Item = usize> {
        let mut end = self.end(first, size);
        let begun = self.answered.iter().enumerate().skip(first);
        begun.map(move |(from, &done)| {
            let target = done.saturating_add(size);
            while self.carried.get(end + 1).is_some_and(|&carried| carried < target) {
                end += 1;
            }
            end.max(from)
        })
    }
}
