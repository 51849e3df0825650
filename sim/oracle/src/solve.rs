//! Solves a problem: a plan, and a bound that no plan passes.

use crate::layers::{Layer, layers};
use crate::linear::Linear;
use crate::program::{Program, Round};
use crate::simple::{Best, simple};
use crate::startup::{Start, starts};
use crate::{Error, Plan, Problem};
use weir_core::Per;

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// A gap with which one is content; 1 % by default.
    pub gap: f64,
    /// The most numbers that are computed; 200 million by default, about a second. At most a
    /// byte is kept of each.
    pub work: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { gap: 0.01, work: 200_000_000 }
    }
}

/// What a clairvoyant player reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// No session of the action space has a higher QoE.
    pub bound: f64,
    /// A session that reaches `qoe`. It never waits: see the first page.
    pub plan: Plan,
    /// The QoE of the plan, as [`simulate`](crate::simulate) finds it.
    pub qoe: f64,
    /// (bound - qoe) / the larger magnitude of the two.
    pub gap: f64,
    /// How many numbers were computed.
    pub work: u64,
}

/// The steps of the first grid in a segment.
const COARSE: u64 = 16;
/// The finest step: a microsecond.
const FINEST: u64 = 1_000;
/// By how much a grid is refined at once, at least and at most.
const REFINE: (f64, f64) = (1.5, 8.0);
/// Beginnings that are followed to their end.
const FOLLOWED: usize = 3;
/// Starts above which layers are narrow, at most.
const ANCHORS: usize = 8;
/// Into how many a layer is divided.
const PARTS: u64 = 4;
/// The share of the gap that the width of a layer may cost.
const LAYER_SHARE: f64 = 0.25;
/// The sums of the bound are of floating-point numbers: it is raised by this share.
const ROUNDING: f64 = 1e-9;

/// Bounds what a player can reach that knows the whole trace, and finds a plan that nearly reaches
/// it: a gap of at most 1 %, unless 200 million numbers are not enough for that.
///
/// # Errors
/// If the problem is out of range, or no session can be completed.
pub fn solve(problem: &Problem) -> Result<Solution, Error> {
    solve_within(problem, Limits::default())
}

/// As [`solve`], with other limits. Where the work does not suffice for the gap, the gap that is
/// left is in the solution.
///
/// # Errors
/// As [`solve`].
pub fn solve_within(problem: &Problem, limits: Limits) -> Result<Solution, Error> {
    problem.check()?;
    let best = simple(problem)?;
    let linear = Linear::new(problem, best.played.qoe);
    let starts = starts(problem, &linear)?;
    let mut search = Search {
        problem,
        limits,
        best,
        linear,
        starts,
        bound: f64::INFINITY,
        cuts: Vec::new(),
        work: 0,
    };
    search.lower(search.trivial());
    search.run()?;
    let Search { bound, work, best, .. } = search;
    let gap = gap(bound, best.played.qoe);
    Ok(Solution { bound, gap, qoe: best.played.qoe, plan: best.plan, work })
}

fn gap(bound: f64, qoe: f64) -> f64 {
    if bound <= qoe { 0.0 } else { (bound - qoe) / bound.abs().max(qoe.abs()) }
}

/// A bound that falls and a plan that improves.
struct Search<'a> {
    problem: &'a Problem<'a>,
    limits: Limits,
    best: Best,
    linear: Linear,
    starts: Vec<Start>,
    bound: f64,
    /// Where layers are divided.
    cuts: Vec<u64>,
    work: u64,
}

impl<'a> Search<'a> {
    /// Refines the grid, or the layer in which the bound is made, whichever is too coarse.
    fn run(&mut self) -> Result<(), Error> {
        let coarsest = self.problem.segment.ns() * COARSE;
        let mut step = (self.problem.segment.ns() / COARSE).max(FINEST);
        // A long session, or one that may stall for long, begins with a coarser grid.
        while !self.plan(step)? {
            if step >= coarsest {
                return Ok(());
            }
            step *= PARTS;
        }
        while let Some((program, values)) = self.program(Round::Early, step) {
            self.lower(values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            let gap = gap(self.bound, self.best.played.qoe);
            if gap <= self.limits.gap || step <= FINEST {
                break;
            }
            let layer = promising(&self.starts, &values).next().and_then(|s| program.lands(s));
            if let Some(Layer { from, to, .. }) = layer.filter(|layer| self.is_wide(layer, step)) {
                self.cuts.extend((1..PARTS).map(|part| from + (to - from) / PARTS * part));
                continue;
            }
            let factor = (1.25 * gap / self.limits.gap).clamp(REFINE.0, REFINE.1);
            step = ((step as f64 / factor) as u64).max(FINEST);
            if !self.plan(step)? {
                break;
            }
        }
        Ok(())
    }

    /// Looks for a better plan on a grid of this step; `false` if that would be too much work.
    fn plan(&mut self, step: u64) -> Result<bool, Error> {
        let Some((program, values)) = self.program(Round::Late, step) else { return Ok(false) };
        for start in promising(&self.starts, &values) {
            if let Some(rungs) = program.follow(start) {
                self.best.consider(self.problem, rungs);
            }
        }
        self.linear = Linear::new(self.problem, self.best.played.qoe);
        self.starts = starts(self.problem, &self.linear)?;
        Ok(true)
    }

    /// The program on a grid of this step, and its value for each start; `None` if that would be
    /// too much work.
    fn program(&mut self, round: Round, step: u64) -> Option<(Program<'a>, Vec<f64>)> {
        let layers = layers(&self.anchors(), &self.cuts, step, self.most_behind(), step);
        let problem = self.problem;
        let mut program = Program::new(problem, self.linear, &self.starts, layers, step, round);
        let work = self.work.checked_add(program.work()).filter(|sum| *sum <= self.limits.work)?;
        self.work = work;
        let values = program.run(&self.starts);
        Some((program, values))
    }

    /// Whether the width of a layer could cost a good part of the gap.
    fn is_wide(&self, layer: &Layer, step: u64) -> bool {
        let sums = match self.problem.qoe.per {
            Per::Session => 1.0,
            Per::PlayTime => self.problem.segments() as f64,
        };
        let width = layer.to - layer.from;
        let costs = self.linear.stall * (width as f64 / 1e9);
        width > step && costs > LAYER_SHARE * self.limits.gap * self.bound.abs() * sums
    }

    /// Takes an upper bound of the linear sum for one of the QoE. Sessions that the program leaves
    /// out are no better than the best plan.
    fn lower(&mut self, sum: f64) {
        let reached = self.best.played.qoe;
        let bound = match self.problem.qoe.per {
            Per::Session => sum,
            // The sum is what the ratio `reached` leaves over, and no session plays for less time.
            Per::PlayTime => {
                let startup = self.earliest() as f64 / self.problem.segment.ns() as f64;
                reached + sum.max(0.0) / (self.problem.segments() as f64 + startup)
            }
        };
        self.bound = self.bound.min(bound + ROUNDING * (1.0 + bound.abs())).max(reached);
    }

    /// The linear sum that no session exceeds: the highest utility throughout, and no stall.
    fn trivial(&self) -> f64 {
        let most = |start: &Start| self.top() - self.linear.startup * startup_s(start);
        let most = self.starts.iter().map(most).fold(f64::NEG_INFINITY, f64::max);
        most - self.linear.constant
    }

    fn top(&self) -> f64 {
        let utilities = self.problem.qoe.utilities.iter().copied();
        utilities.fold(f64::NEG_INFINITY, f64::max) * self.problem.segments() as f64
    }

    /// The earliest startup in nanoseconds.
    fn earliest(&self) -> u64 {
        self.starts.iter().map(|start| start.head.startup.ns()).min().unwrap_or(0)
    }

    /// How far behind the earliest startup a start is, in nanoseconds.
    fn late(&self, start: &Start) -> u64 {
        start.head.startup.ns().saturating_sub(self.earliest())
    }

    /// The delays of a few starts.
    fn anchors(&self) -> Vec<u64> {
        let every = self.starts.len().div_ceil(ANCHORS);
        self.starts.iter().step_by(every).map(|start| self.late(start)).collect()
    }

    /// How far behind schedule a session may be that can still be better than the best plan, in
    /// nanoseconds.
    fn most_behind(&self) -> u64 {
        let (plan, played) = (&self.best.plan, &self.best.played);
        let reached = self.problem.qoe.quality(&plan.rungs)
            - self.linear.stall * played.stalled.as_secs_f64()
            - self.linear.startup * played.startup.as_secs_f64();
        let behind = |start: &Start| {
            let spare = self.top() - self.linear.startup * startup_s(start) - reached;
            self.late(start) as f64 + spare / self.linear.stall * 1e9
        };
        let most = self.starts.iter().map(behind).fold(0.0, f64::max);
        // A millisecond more, for the rounding of these sums.
        (most as u64).saturating_add(1_000_000)
    }
}

fn startup_s(start: &Start) -> f64 {
    start.head.startup.as_secs_f64()
}

/// The beginnings with the highest values.
fn promising<'s>(starts: &'s [Start], values: &[f64]) -> impl Iterator<Item = &'s Start> {
    let mut order: Vec<(&Start, f64)> = starts.iter().zip(values.iter().copied()).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.into_iter().take(FOLLOWED).map(|(start, _)| start)
}
