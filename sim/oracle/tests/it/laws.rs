//! The laws of the bound.

use crate::common::{Case, cases, enumerated, trace};
use proptest::prelude::*;
use weir_core::Per;
use weir_oracle::{Limits, Plan, Problem, Solution, simulate, solve_within};
use weir_units::Span;

/// The laws hold whatever the work: little will do.
fn solve(problem: &Problem) -> Solution {
    solve_within(problem, Limits { work: 1_000_000, ..Limits::default() }).unwrap()
}

/// The segments before playback begins: there, waits are outside the action space.
fn waits(problem: &Problem, waits: &[u64]) -> Vec<Span> {
    let first = problem.startup_segments();
    let wait = |(segment, ms): (usize, &u64)| {
        if segment < first { Span::ZERO } else { Span::from_ms(*ms) }
    };
    (0..problem.segments()).zip(waits.iter().cycle()).map(wait).collect()
}

/// A case with some plans for it: rungs modulo their number, and waits.
fn planned() -> impl Strategy<Value = (Case, Vec<usize>, Vec<u64>)> {
    let some = proptest::collection::vec(0usize..100, 40);
    let waits = proptest::collection::vec(prop_oneof![2 => Just(0u64), 1 => 0u64..5000], 40);
    (cases(1..=40, 1..=6, false), some, waits)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_plan_beats_the_bound((case, some, put_off) in planned()) {
        let trace = case.trace();
        let problem = case.problem(&trace);
        let solution = solve(&problem);
        let most = case.rungs();
        let steady = (0..most).map(|rung| vec![rung; case.sizes.len()]);
        let random: Vec<usize> = (0..case.sizes.len()).map(|i| some[i] % most).collect();
        let near = solution.plan.rungs.iter().zip(&some).map(|(&rung, &other)| {
            if other < 20 { other % most } else { rung }
        });
        for mut rungs in steady.chain([random, near.collect()]) {
            if let Some(first) = case.first {
                rungs[0] = first;
            }
            let at_once = Plan::at_once(rungs);
            let later = Plan { waits: waits(&problem, &put_off), ..at_once.clone() };
            for plan in [at_once, later] {
                let qoe = simulate(&problem, &plan).unwrap().qoe;
                prop_assert!(qoe <= solution.bound, "{qoe} > {}: {plan:?}", solution.bound);
            }
        }
    }

    #[test]
    fn the_plan_is_what_it_claims_and_the_gap_is_stated((case, _, _) in planned()) {
        let trace = case.trace();
        let problem = case.problem(&trace);
        let solution = solve(&problem);
        prop_assert_eq!(simulate(&problem, &solution.plan).unwrap().qoe, solution.qoe);
        prop_assert!(solution.qoe <= solution.bound);
        let scale = solution.bound.abs().max(solution.qoe.abs());
        prop_assert!((solution.bound - solution.qoe - solution.gap * scale).abs() <= 1e-9 * scale);
        prop_assert!(solution.work <= 1_000_000);
    }

    #[test]
    fn enumeration_lies_between_plan_and_bound(
        case in prop_oneof![cases(1..=8, 1..=3, false), cases(1..=5, 4..=6, false)],
    ) {
        let trace = case.trace();
        let problem = case.problem(&trace);
        let limits = Limits { gap: 0.002, work: 2_000_000 };
        let solution = solve_within(&problem, limits).unwrap();
        let best = enumerated(&problem);
        prop_assert!(solution.qoe <= best + 1e-12 * best.abs(), "{} > {best}", solution.qoe);
        prop_assert!(best <= solution.bound, "{best} > {}", solution.bound);
    }

    #[test]
    fn less_work_never_gives_a_wrong_bound(case in cases(1..=6, 2..=3, false), work in 0u64..300_000) {
        let trace = case.trace();
        let problem = case.problem(&trace);
        let solution = solve_within(&problem, Limits { gap: 0.0, work }).unwrap();
        let best = enumerated(&problem);
        prop_assert!(solution.qoe <= best + 1e-12 * best.abs() && best <= solution.bound);
        prop_assert!(solution.work <= work);
    }

    #[test]
    fn more_bandwidth_never_lowers_what_can_be_reached(
        case in cases(1..=30, 1..=5, true), more in proptest::collection::vec(0u64..3000, 8),
    ) {
        let slow = case.trace();
        let steps = case.steps.iter().zip(&more).map(|(&(ms, kbps), more)| (ms, kbps + more));
        let fast = trace(true, &steps.collect::<Vec<_>>());
        let before = solve(&case.problem(&slow));
        let problem = case.problem(&fast);
        let after = solve(&problem);
        prop_assert!(before.qoe <= after.bound, "{} > {}", before.qoe, after.bound);
        // And the plan itself gets no worse.
        let played = simulate(&problem, &before.plan).unwrap().qoe;
        prop_assert!(before.qoe <= played + 1e-6, "{} > {played}", before.qoe);
    }

    #[test]
    fn waiting_never_helps_once_playback_has_begun((mut case, some, put_off) in planned()) {
        // Of a poor plan the ratio can rise with the play time; never of the best one.
        case.qoe.per = Per::Session;
        let trace = case.trace();
        let problem = case.problem(&trace);
        let mut rungs: Vec<usize> = (0..case.sizes.len()).map(|i| some[i] % case.rungs()).collect();
        if let Some(first) = case.first {
            rungs[0] = first;
        }
        let at_once = Plan::at_once(rungs);
        let later = Plan { waits: waits(&problem, &put_off), ..at_once.clone() };
        let [at_once, later] = [at_once, later].map(|plan| simulate(&problem, &plan).unwrap());
        // An answer's time is rounded up to the nanosecond in each step of the trace.
        prop_assert!(later.qoe <= at_once.qoe + 1e-6, "{} > {}", later.qoe, at_once.qoe);
        prop_assert!(at_once.end.ns() <= later.end.ns() + 1000);
    }

    #[test]
    fn a_session_keeps_its_limits_and_its_times((case, some, put_off) in planned()) {
        let trace = case.trace();
        let problem = case.problem(&trace);
        let mut rungs: Vec<usize> = (0..case.sizes.len()).map(|i| some[i] % case.rungs()).collect();
        if let Some(first) = case.first {
            rungs[0] = first;
        }
        let plan = Plan { waits: waits(&problem, &put_off), rungs };
        let played = simulate(&problem, &plan).unwrap();
        let mut stalled = Span::ZERO;
        for (index, now) in played.segments.iter().enumerate() {
            prop_assert!(now.buffer <= case.max_buffer && now.buffer >= case.segment);
            prop_assert!(now.requested < now.finished);
            if let Some(before) = index.checked_sub(1).map(|index| &played.segments[index]) {
                prop_assert!(now.requested.since(before.finished) >= plan.waits[index]);
                let took = now.finished.since(before.finished);
                if index >= problem.startup_segments() {
                    prop_assert_eq!(now.stall, took.saturating_sub(before.buffer));
                }
            }
            stalled = stalled.saturating_add(now.stall);
        }
        prop_assert_eq!(stalled, played.stalled);
        let media = case.segment.checked_mul(case.sizes.len() as u64).unwrap();
        let whole = played.startup.saturating_add(stalled).saturating_add(media);
        prop_assert_eq!(played.end.ns(), whole.ns());
    }
}
