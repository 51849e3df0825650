//! Flows on one link: processor sharing.

use crate::common::{Plan, bits, kbps, ms, network, plans, run, steady, steps, trace, traced};
use proptest::prelude::*;
use weir_model::{FlowEvent, Network, RouteId};
use weir_trace::Volume;
use weir_units::{Span, Time};

const LATE: Time = Time::from_ns(1 << 60);

/// When flows on one link are done, by the definition: from event to event, in floating point.
fn naive(steps: &[(u64, u64)], plans: &[Plan]) -> Vec<f64> {
    let round: f64 = steps.iter().map(|(ms, _)| *ms as f64 / 1e3).sum();
    // The rate at a moment, and how long it holds.
    let rate = |now: f64| {
        let mut end = (now / round).floor() * round;
        loop {
            for (ms, kbps) in steps {
                end += *ms as f64 / 1e3;
                if now < end - 1e-12 {
                    return (*kbps as f64 * 1e3, end);
                }
            }
        }
    };
    let mut left: Vec<f64> = plans.iter().map(|plan| plan.size.as_bits_f64()).collect();
    let begins: Vec<f64> = plans.iter().map(|plan| plan.at.ns() as f64 / 1e9).collect();
    let mut done = vec![f64::NAN; plans.len()];
    let mut now = 0.0;
    while done.iter().any(|time| time.is_nan()) {
        let here = |i: &usize| begins[*i] <= now && done[*i].is_nan();
        let active: Vec<usize> = (0..plans.len()).filter(here).collect();
        let (bps, until) = rate(now);
        let later = begins.iter().copied().filter(|begin| *begin > now);
        let mut next = later.fold(until, f64::min);
        let share = bps / active.len() as f64;
        for &i in &active {
            next = next.min(now + if share > 0.0 { left[i] / share } else { f64::INFINITY });
        }
        for &i in &active {
            left[i] -= share * (next - now);
            if left[i] < 1e-6 {
                done[i] = next;
            }
        }
        now = next;
    }
    done
}

proptest! {
    #[test]
    fn flows_are_done_when_the_definition_says(steps in steps(), plans in plans(1)) {
        let link = traced(&trace(true, &steps));
        let done = run(&mut network(&[link], &[&[0]]), &plans, LATE);
        for (found, expected) in done.into_iter().zip(naive(&steps, &plans)) {
            let found = found.unwrap().ns() as f64 / 1e9;
            prop_assert!((found - expected).abs() < 1e-6, "{} instead of {}", found, expected);
        }
    }

    /// A second link that never limits anybody makes the general solver answer.
    #[test]
    fn the_virtual_clock_agrees_with_the_general_solver(steps in steps(), plans in plans(2)) {
        let (link, fast) = (traced(&trace(true, &steps)), steady(1_000_000_000));
        let together = |plan: &Plan| Plan { route: 0, ..*plan };
        let same: Vec<Plan> = plans.iter().map(together).collect();
        let own = run(&mut network(std::slice::from_ref(&link), &[&[0]]), &same, LATE);
        let general = run(&mut network(&[link, fast], &[&[0], &[0, 1]]), &plans, LATE);
        for (own, general) in own.into_iter().zip(general) {
            let apart = own.unwrap().ns().abs_diff(general.unwrap().ns());
            // Each share is rounded down by up to 10^-6 bit/s, of at least 50 bit/s; and each end
            // is rounded up to a nanosecond, which a flow may wait for through a silence.
            prop_assert!(apart < 1000, "{apart} ns apart");
        }
    }

    /// What arrives is what the link carries, but for what is lost to the nanoseconds of ends.
    #[test]
    fn a_busy_link_carries_all_that_it_can(
        steps in steps(), count in 1u128..50, wait in 1u64..20_000,
    ) {
        let trace = trace(true, &steps);
        let mut network = network(&[traced(&trace)], &[&[0]]);
        let mut start = |_| {
            network.start_flow(Time::ZERO, RouteId(0), Network::MAX_SIZE).unwrap()
        };
        let flows: Vec<_> = (0..count).map(&mut start).collect();
        for _ in &flows {
            let event = network.next_event(Time::ZERO).unwrap();
            prop_assert_eq!((event.time, event.what), (Time::ZERO, FlowEvent::Began));
        }
        let end = ms(wait);
        prop_assert_eq!(network.next_event(end), None);
        let arrived: u128 =
            flows.iter().map(|flow| network.progress(*flow, end).unwrap().femtobits()).sum();
        let carried = trace.carried(Time::ZERO, end).femtobits();
        prop_assert!(arrived <= carried && carried - arrived < count);
    }

    #[test]
    fn what_arrived_in_the_end_is_the_integral_over_the_busy_time(
        steps in steps(), plans in plans(1),
    ) {
        let trace = trace(true, &steps);
        let mut network = network(&[traced(&trace)], &[&[0]]);
        let together: Vec<Plan> = plans.iter().map(|plan| Plan { at: Time::ZERO, ..*plan }).collect();
        let done = run(&mut network, &together, LATE);
        let last = done.iter().map(|time| time.unwrap()).max().unwrap();
        let arrived: u128 = plans.iter().map(|plan| plan.size.femtobits()).sum();
        let carried = trace.carried(Time::ZERO, last).femtobits();
        let lost_at_most: u128 = done.len() as u128 * kbps(20_000).carries(Span::from_ns(1)).femtobits();
        prop_assert!(arrived <= carried && carried - arrived <= lost_at_most);
    }

    #[test]
    fn the_order_of_requests_does_not_matter(
        steps in steps(),
        plans in plans(1).prop_flat_map(|plans| (Just(plans.clone()), Just(plans).prop_shuffle())),
    ) {
        let link = [traced(&trace(true, &steps))];
        // All at two moments, so that many are at the same one.
        let (plans, shuffled) = plans;
        let moment = |plan: &Plan| Plan { at: ms(plan.at.ns() % 2 * 700), ..*plan };
        let times = |plans: &[Plan]| {
            let plans: Vec<Plan> = plans.iter().map(moment).collect();
            let done = run(&mut network(&link, &[&[0]]), &plans, LATE);
            let mut all: Vec<_> =
                plans.iter().zip(done).map(|(plan, done)| (plan.at, plan.size, done)).collect();
            all.sort();
            all
        };
        prop_assert_eq!(times(&plans), times(&shuffled));
    }

    #[test]
    fn asking_often_changes_nothing(steps in steps(), plans in plans(1), pause in 1u64..500) {
        let link = [traced(&trace(true, &steps))];
        let once = run(&mut network(&link, &[&[0]]), &plans, ms(20_000));
        let mut network = network(&link, &[&[0]]);
        let mut often = vec![None; plans.len()];
        let mut order: Vec<usize> = (0..plans.len()).collect();
        order.sort_by_key(|&index| plans[index].at);
        let mut ids = Vec::new();
        let mut waiting = order.into_iter().peekable();
        for tick in 0..=20_000 / pause + 1 {
            let tick = ms((tick * pause).min(20_000));
            loop {
                let next = waiting.peek().map(|&index| plans[index].at).filter(|at| *at <= tick);
                if let Some(event) = network.next_event(next.unwrap_or(tick)) {
                    if event.what == FlowEvent::Done {
                        let found = ids.iter().find(|(flow, _)| *flow == event.flow);
                        let &(_, index) = found.unwrap();
                        often[index] = Some(event.time);
                    }
                } else if let Some(at) = next {
                    let index: usize = waiting.next().unwrap();
                    ids.push((network.start_flow(at, RouteId(0), plans[index].size).unwrap(), index));
                } else {
                    break;
                }
            }
            let progress = ids.iter().filter_map(|(flow, index)| {
                Some((network.progress(*flow, tick)?, plans[*index].size))
            });
            for (arrived, size) in progress {
                prop_assert!(arrived <= size);
            }
        }
        prop_assert_eq!(once, often);
    }
}

proptest! {
    /// With and without a second link, which makes the general solver answer.
    #[test]
    fn a_mark_is_told_at_the_first_moment_at_which_so_much_has_arrived(
        steps in steps(), count in 1usize..6, size in 1u64..1_000_000, share in 0u64..=100,
        general: bool,
    ) {
        let links = [traced(&trace(true, &steps)), steady(1_000_000_000)];
        let routes: [&[&[usize]]; 2] = [&[&[0]], &[&[0], &[0, 1]]];
        let mut network = network(&links, routes[usize::from(general)]);
        let route = |index: usize| RouteId(if general { index % 2 } else { 0 });
        let start = |index| network.start_flow(Time::ZERO, route(index), bits(size)).unwrap();
        let flows: Vec<_> = (0..count).map(start).collect();
        let marked = flows[count - 1];
        let mark = bits(size * share / 100);
        prop_assert_eq!(network.watch(Time::ZERO, marked, mark), Ok(true));
        let end = ms(20_000);
        let mut told = None;
        loop {
            // Before each event: how much there is a nanosecond sooner.
            let next = network.next_time().unwrap_or(end);
            let sooner = Time::from_ns(next.ns().saturating_sub(1)).max(network.now());
            let before = network.progress(marked, sooner);
            let Some(event) = network.next_event(next.min(end)) else {
                if next >= end { break } else { continue }
            };
            if event.what == FlowEvent::Reached {
                prop_assert_eq!(event.flow, marked);
                prop_assert_eq!(told.replace(event.time), None);
                prop_assert!(network.progress(marked, event.time).unwrap() >= mark);
                prop_assert!(before.unwrap() < mark || sooner == event.time);
            }
            if event.what == FlowEvent::Done && event.flow == marked {
                prop_assert!(told.is_some());
            }
        }
        let left = network.progress(marked, network.now());
        prop_assert!(told.is_some() || left.is_some_and(|left| left < mark));
    }
}

#[test]
fn three_flows_on_a_megabit() {
    // 1 Mbit for the first second; then halves; then thirds, until each has its megabit.
    let mut network = network(&[steady(1000)], &[&[0]]);
    let plan = |at, size| Plan { at: ms(at), route: 0, size: bits(size) };
    let plans = [plan(0, 2_000_000), plan(1000, 1_000_000), plan(2000, 100_000)];
    let done = run(&mut network, &plans, LATE);
    // At 2 s: 0.5 Mbit, 0.5 Mbit and 0.1 Mbit are missing.
    assert_eq!(done, [Some(ms(3100)), Some(ms(3100)), Some(ms(2300))]);
}

#[test]
fn what_is_cancelled_makes_room() {
    let mut network = network(&[steady(1000)], &[&[0]]);
    let first = network.start_flow(Time::ZERO, RouteId(0), bits(1_000_000)).unwrap();
    let second = network.start_flow(Time::ZERO, RouteId(0), bits(1_000_000)).unwrap();
    while network.next_event(ms(500)).is_some() {}
    assert_eq!(network.share(first), Some(kbps(500)));
    assert_eq!(network.cancel(ms(500), first), Ok(Some(bits(250_000))));
    assert_eq!(network.cancel(ms(500), first), Ok(None));
    assert_eq!(network.share(second), Some(kbps(1000)));
    let event = network.next_event(LATE).unwrap();
    assert_eq!((event.flow, event.time, event.what), (second, ms(1250), FlowEvent::Done));
    assert_eq!(network.progress(second, ms(1250)), None);
    assert_eq!(network.flows(), 0);
}

#[test]
fn marks_are_replaced_and_forgotten() {
    let mut network = network(&[steady(1000)], &[&[0]]);
    let flow = network.start_flow(Time::ZERO, RouteId(0), bits(1_000_000)).unwrap();
    let next = |network: &mut Network| {
        let event = network.next_event(LATE)?;
        Some((event.time, event.what))
    };
    network.watch(Time::ZERO, flow, bits(100_000)).unwrap();
    assert_eq!(next(&mut network), Some((Time::ZERO, FlowEvent::Began)));
    network.watch(Time::ZERO, flow, bits(300_000)).unwrap();
    assert_eq!(next(&mut network), Some((ms(300), FlowEvent::Reached)));
    // What has arrived already is told at once; what never arrives, not at all.
    network.watch(ms(300), flow, bits(200_000)).unwrap();
    assert_eq!(next(&mut network), Some((ms(300), FlowEvent::Reached)));
    network.watch(ms(300), flow, bits(1_000_001)).unwrap();
    assert_eq!(next(&mut network), Some((ms(1000), FlowEvent::Done)));
    assert_eq!(network.watch(ms(1000), flow, bits(1)), Ok(false));
    let again = network.start_flow(ms(1000), RouteId(0), bits(1_000_000)).unwrap();
    network.next_event(LATE).unwrap();
    network.watch(ms(1000), again, bits(500_000)).unwrap();
    assert_eq!(network.cancel(ms(1200), again), Ok(Some(bits(200_000))));
    assert_eq!(next(&mut network), None);
}

#[test]
fn a_flow_of_nothing_is_done_when_it_begins() {
    let mut network = network(&[steady(1000), steady(500)], &[&[0], &[0, 1]]);
    for route in [0, 1] {
        let plan = Plan { at: network.now(), route, size: Volume::ZERO };
        assert_eq!(run(&mut network, &[plan], ms(5)), [Some(plan.at)]);
    }
}
