//! All ways to begin a session. Until playback begins no time is rounded: where startup counts less
//! than a stall, neither an earlier nor a later beginning is better by rule.

use crate::limits::MAX_STARTS;
use crate::linear::Linear;
use crate::simulate::Head;
use crate::{Error, Problem};
use weir_units::Span;

/// A session at the moment at which playback begins.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub rungs: Vec<usize>,
    pub head: Head,
    /// The quality of its segments.
    pub quality: f64,
}

impl Start {
    fn last(&self) -> Option<usize> {
        self.rungs.last().copied()
    }

    /// Whether `other` cannot be better, where an earlier beginning is at least as good.
    fn covers(&self, other: &Self) -> bool {
        self.last() == other.last()
            && self.head.now <= other.head.now
            && self.quality >= other.quality
    }
}

/// The beginnings among which the best one is.
pub(crate) fn starts(problem: &Problem, linear: &Linear) -> Result<Vec<Start>, Error> {
    let segments = problem.startup_segments();
    let mut starts = vec![Start { rungs: Vec::new(), head: Head::START, quality: 0.0 }];
    for segment in 0..segments {
        let mut next: Vec<Start> = Vec::new();
        let given = problem.first.filter(|_| segment == 0);
        let choices = given.map_or(0..problem.rungs(), |rung| rung..rung + 1);
        for start in &starts {
            for rung in choices.clone() {
                let mut head = start.head;
                if head.fetch(problem, rung, Span::ZERO).is_none() {
                    continue;
                }
                let mut rungs = start.rungs.clone();
                rungs.push(rung);
                let quality = problem.qoe.quality(&rungs);
                let new = Start { rungs, head, quality };
                if linear.earlier_is_better() {
                    if next.iter().any(|other| other.covers(&new)) {
                        continue;
                    }
                    next.retain(|other| !new.covers(other));
                }
                if next.len() == MAX_STARTS {
                    return Err(Error::Starts { segments });
                }
                next.push(new);
            }
        }
        if next.is_empty() {
            return Err(Error::Starved { segment });
        }
        starts = next;
    }
    Ok(starts)
}
