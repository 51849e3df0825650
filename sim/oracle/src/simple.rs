//! Plans that need no thought: something to do better than.

use crate::linear::Linear;
use crate::simulate::Head;
use crate::{Error, Plan, Played, Problem, simulate};
use weir_units::Span;

/// The best plan that is known.
pub(crate) struct Best {
    pub plan: Plan,
    pub played: Played,
}

impl Best {
    /// Takes a plan if it is better.
    pub(crate) fn consider(&mut self, problem: &Problem, rungs: Vec<usize>) {
        let plan = Plan::at_once(rungs);
        if let Ok(played) = simulate(problem, &plan)
            && played.qoe > self.played.qoe
        {
            *self = Self { plan, played };
        }
    }
}

/// The best of these: always the smallest segment, always one rung, always what gains most at once.
///
/// # Errors
/// If the smallest segments never arrive: then no session can be completed.
pub(crate) fn simple(problem: &Problem) -> Result<Best, Error> {
    let smallest = |sizes: &Vec<_>| (0..sizes.len()).min_by_key(|rung| sizes[*rung]).unwrap_or(0);
    let mut rungs: Vec<usize> = problem.sizes.iter().map(smallest).collect();
    if let (Some(given), Some(first)) = (problem.first, rungs.first_mut()) {
        *first = given;
    }
    let given = rungs.first().copied().filter(|_| problem.first.is_some());
    let plan = Plan::at_once(rungs);
    let mut best = Best { played: simulate(problem, &plan)?, plan };
    for rung in 0..problem.rungs() {
        let mut rungs = vec![rung; problem.segments()];
        if let (Some(given), Some(first)) = (given, rungs.first_mut()) {
            *first = given;
        }
        best.consider(problem, rungs);
    }
    if let Some(rungs) = greedy(problem) {
        best.consider(problem, rungs);
    }
    Ok(best)
}

/// For each segment, the rung that adds most by itself: stalls that are worth their price.
fn greedy(problem: &Problem) -> Option<Vec<usize>> {
    let linear = Linear::new(problem, 0.0);
    let (mut head, mut rungs) = (Head::START, Vec::new());
    for segment in 0..problem.segments() {
        let mut chosen: Option<(f64, usize, Head)> = None;
        let given = problem.first.filter(|_| segment == 0);
        for rung in given.map_or(0..problem.rungs(), |rung| rung..rung + 1) {
            let mut next = head;
            let Some(fetched) = next.fetch(problem, rung, Span::ZERO) else { continue };
            let switch = rungs.last().map_or(0.0, |last| problem.qoe.difference(*last, rung));
            let stall = linear.stall * fetched.stall.as_secs_f64()
                + linear.startup * next.startup.saturating_sub(head.startup).as_secs_f64();
            let gain = problem.qoe.utility(rung) - problem.qoe.switch * switch - stall;
            if chosen.as_ref().is_none_or(|(best, ..)| gain > *best) {
                chosen = Some((gain, rung, next));
            }
        }
        let (_, rung, next) = chosen?;
        rungs.push(rung);
        head = next;
    }
    Some(rungs)
}
