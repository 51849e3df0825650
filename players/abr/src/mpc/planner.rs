//! The best plan: exactly, by branch and bound.

use crate::Observation;
use alloc::vec::Vec;
use weir_units::BitRate;

/// More plans than this are not looked at: the horizon is shortened. (Ten rungs and a horizon of 6
/// are a million.)
const MOST_PLANS: usize = 1_000_000;

/// What a plan is made for. Rates are in kbit/s and times in seconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Problem {
    /// The rates of the ladder.
    pub kbps: Vec<f64>,
    /// How long each segment takes to arrive: by segment, then by rung.
    pub times: Vec<f64>,
    /// How many segments.
    pub horizon: usize,
    /// How long each segment plays.
    pub duration: f64,
    /// The buffer at the start.
    pub buffer: f64,
    /// The rung before the first segment.
    pub before: usize,
    /// What a second of stall takes away.
    pub penalty: f64,
}

/// The beginning of a plan, and where it leaves the player.
#[derive(Debug, Clone, Copy)]
struct Begun {
    rates: f64,
    changes: f64,
    stalls: f64,
    buffer: f64,
    rung: usize,
}

impl Problem {
    fn rungs(&self) -> usize {
        self.kbps.len()
    }

    fn rate(&self, rung: usize) -> f64 {
        self.kbps.get(rung).copied().unwrap_or(0.0)
    }

    fn time(&self, segment: usize, rung: usize) -> f64 {
        self.times.get(segment * self.rungs() + rung).copied().unwrap_or(f64::INFINITY)
    }

    fn begin(&self) -> Begun {
        let (rates, changes, stalls) = (0.0, 0.0, 0.0);
        Begun { rates, changes, stalls, buffer: self.buffer, rung: self.before }
    }

    /// One segment more. No limit of the buffer, and no latency, as in Pensieve's.
    fn step(&self, begun: Begun, segment: usize, rung: usize) -> Begun {
        let time = self.time(segment, rung);
        let stall = (time - begun.buffer).max(0.0);
        Begun {
            rates: begun.rates + self.rate(rung),
            changes: begun.changes + (self.rate(rung) - self.rate(begun.rung)).abs(),
            stalls: begun.stalls + stall,
            buffer: (begun.buffer - time).max(0.0) + self.duration,
            rung,
        }
    }

    /// In the order of Pensieve's sum: where two plans are worth the same, rounding decides.
    fn value(&self, begun: &Begun) -> f64 {
        begun.rates / 1000.0 - self.penalty * begun.stalls - begun.changes / 1000.0
    }

    /// The first rung of the best plan, by looking at all; of equally good plans, of the last in
    /// lexicographic order.
    #[cfg(test)]
    pub(crate) fn enumerate(&self) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        let mut plan = alloc::vec![0; self.horizon];
        loop {
            let mut begun = self.begin();
            for (segment, rung) in plan.iter().enumerate() {
                begun = self.step(begun, segment, *rung);
            }
            let value = self.value(&begun);
            if value >= best.1 {
                best = (plan[0], value);
            }
            let Some(last) = plan.iter().rposition(|rung| rung + 1 < self.rungs()) else {
                return best.0;
            };
            plan[last] += 1;
            plan[last + 1..].fill(0);
        }
    }
}

/// A bound that charges `price` for a second of download: with n segments to come, they stall for
/// at least as long as all of them take, less the buffer and what n - 1 of them play; so with a
/// price from zero to the penalty, `most` + price * (buffer + (n - 1) * duration) is not below what
/// any end of a plan is worth. `most` is found backwards, segment by segment.
#[derive(Debug, Clone, PartialEq, Default)]
struct Bound {
    price: f64,
    /// By segment, then by the rung before it.
    most: Vec<f64>,
}

impl Bound {
    fn load(&mut self, problem: &Problem, price: f64) {
        let rungs = problem.rungs();
        self.price = price;
        self.most.clear();
        self.most.resize((problem.horizon + 1) * rungs, 0.0);
        for segment in (0..problem.horizon).rev() {
            let (earlier, later) = self.most.split_at_mut((segment + 1) * rungs);
            let Some(here) = earlier.get_mut(segment * rungs..) else { continue };
            for (before, most) in here.iter_mut().enumerate() {
                *most = f64::NEG_INFINITY;
                for (rung, after) in later.iter().take(rungs).enumerate() {
                    let change = (problem.rate(rung) - problem.rate(before)).abs();
                    let value = (problem.rate(rung) - change) / 1000.0;
                    *most = most.max(value - price * problem.time(segment, rung) + after);
                }
            }
        }
    }

    fn get(&self, problem: &Problem, begun: &Begun, segment: usize) -> f64 {
        let most = self.most.get(segment * problem.rungs() + begun.rung).copied();
        let left = (problem.horizon - segment) as f64;
        let free = begun.buffer + (left - 1.0) * problem.duration;
        most.unwrap_or(f64::INFINITY) + self.price * free
    }
}

/// Shares of the penalty at which bounds are computed. One is never enough: stalls are free below
/// the buffer and dear above it.
const PRICES: [f64; 5] = [0.0, 0.125, 0.25, 0.5, 1.0];

/// Searches for the best plan. It keeps its memory from decision to decision.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Planner {
    pub problem: Problem,
    bounds: [Bound; PRICES.len()],
    plan: Vec<usize>,
    /// What a plan must be worth to be looked at: a little less than one that is known.
    floor: f64,
    best: (usize, f64),
}

impl Planner {
    /// Takes in what is to be decided.
    pub(crate) fn load(
        &mut self,
        seen: &Observation,
        bps: f64,
        horizon: usize,
        penalty: Option<BitRate>,
    ) {
        let problem = &mut self.problem;
        let rungs = seen.ladder.len().max(1);
        let left = usize::try_from(seen.segments_left).unwrap_or(usize::MAX).max(1);
        problem.horizon = 0;
        let mut plans = 1;
        while problem.horizon < horizon.min(left) && plans <= MOST_PLANS / rungs {
            plans *= rungs;
            problem.horizon += 1;
        }
        problem.kbps.clear();
        problem.kbps.extend((0..rungs).map(|rung| seen.mean_kbps(rung)));
        problem.times.clear();
        for segment in 0..problem.horizon {
            let sizes = seen.sizes.get(segment);
            for rung in 0..rungs {
                let known = sizes.and_then(|sizes| sizes.get(rung)).map(|s| s.get() as f64 * 8.0);
                let declared = || seen.mean_bps(rung) * seen.segment_seconds();
                problem.times.push(known.unwrap_or_else(declared) / bps);
            }
        }
        problem.duration = seen.segment_seconds();
        problem.buffer = seen.buffer_seconds();
        problem.before = seen.newest_added().map_or(0, |download| download.rung.min(rungs - 1));
        let top = || problem.rate(rungs - 1);
        problem.penalty = penalty.map_or_else(top, |rate| rate.bps() as f64 / 1e3) / 1e3;
    }

    /// The first rung of the best plan; of equally good plans, of the last in lexicographic order.
    pub(crate) fn search(&mut self) -> usize {
        for (bound, share) in self.bounds.iter_mut().zip(PRICES) {
            bound.load(&self.problem, share * self.problem.penalty);
        }
        let good = self.good_plan();
        // Bounds and values are sums in different orders: a little is left for rounding.
        self.floor = good - 1e-9 * (1.0 + good.abs());
        self.best = (0, f64::NEG_INFINITY);
        self.descend(self.problem.begin(), 0);
        self.best.0
    }

    /// Looks at every end of a plan that may be worth as much as the best that is known.
    fn descend(&mut self, begun: Begun, segment: usize) {
        for rung in 0..self.problem.rungs() {
            let step = self.problem.step(begun, segment, rung);
            if segment == 0 {
                self.plan.clear();
                self.plan.push(rung);
            }
            if segment + 1 == self.problem.horizon {
                let value = self.problem.value(&step);
                if value >= self.best.1 {
                    self.best = (self.plan.first().copied().unwrap_or(0), value);
                    self.floor = self.floor.max(value - 1e-9 * (1.0 + value.abs()));
                }
            } else if self.is_promising(&step, segment + 1) {
                self.descend(step, segment + 1);
            }
        }
    }

    fn is_promising(&self, begun: &Begun, segment: usize) -> bool {
        let value = self.problem.value(begun);
        let bound = |bound: &Bound| value + bound.get(&self.problem, begun, segment);
        self.bounds.iter().all(|b| bound(b) >= self.floor)
    }

    /// What a good plan is worth: the best that stays at one rung, and then better segment by
    /// segment.
    fn good_plan(&mut self) -> f64 {
        let mut plan = core::mem::take(&mut self.plan);
        let mut best = (0, f64::NEG_INFINITY);
        for rung in 0..self.problem.rungs() {
            plan.clear();
            plan.resize(self.problem.horizon, rung);
            let value = self.worth(&plan);
            if value > best.1 {
                best = (rung, value);
            }
        }
        plan.fill(best.0);
        let mut good = best.1;
        for _ in 0..2 {
            for segment in 0..plan.len() {
                for rung in 0..self.problem.rungs() {
                    let Some(place) = plan.get_mut(segment) else { continue };
                    let was = core::mem::replace(place, rung);
                    let value = self.worth(&plan);
                    if value > good {
                        good = value;
                    } else if let Some(place) = plan.get_mut(segment) {
                        *place = was;
                    }
                }
            }
        }
        self.plan = plan;
        good
    }

    fn worth(&self, plan: &[usize]) -> f64 {
        let mut begun = self.problem.begin();
        for (segment, rung) in plan.iter().enumerate() {
            begun = self.problem.step(begun, segment, *rung);
        }
        self.problem.value(&begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Ladders of whole kbit/s, and sizes with and without noise: both ties and none.
    fn problem() -> impl Strategy<Value = Problem> {
        let small = (1..=6usize, 1..=5usize, any::<bool>());
        let full = any::<bool>().prop_map(|noisy| (6, 5, noisy));
        let shape = prop_oneof![small, full];
        shape.prop_flat_map(|(rungs, horizon, noisy)| {
            let ladder = prop::collection::vec(100..8_000u32, rungs);
            let noise = prop::collection::vec(
                if noisy { 0.4..2.0f64 } else { 1.0..1.0001 },
                rungs * horizon,
            );
            let state =
                (0.0..40.0f64, 0..rungs, 100.0..12_000.0f64, prop_oneof![Just(2.0), Just(4.0)]);
            (ladder, noise, state, 0.0..10.0f64).prop_map(
                move |(mut ladder, noise, (buffer, before, rate, duration), penalty)| {
                    ladder.sort_unstable();
                    let kbps: Vec<f64> = ladder.into_iter().map(f64::from).collect();
                    let noise = noise.iter().map(|n| if noisy { *n } else { 1.0 });
                    let rates = kbps.iter().cycle();
                    let times =
                        noise.zip(rates).map(|(n, kbps)| n * kbps * duration / rate).collect();
                    Problem { kbps, times, horizon, duration, buffer, before, penalty }
                },
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_search_finds_what_enumeration_finds(problem in problem()) {
            let expected = problem.enumerate();
            let mut planner = Planner { problem, ..Planner::default() };
            prop_assert_eq!(planner.search(), expected);
        }
    }
}
