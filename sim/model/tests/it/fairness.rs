//! Max-min fair shares over several links.

use crate::common::{Plan, bits, kbps, ms, network, plans, run, steady, trace, traced};
use proptest::prelude::*;
use weir_model::{Link, Network, RouteId};
use weir_units::{Span, Time};

/// The shares of flows, each with its links, in floating point: every flow grows alike until a link
/// of its own is full.
fn naive(capacities: &[f64], flows: &[Vec<usize>]) -> Vec<f64> {
    let mut shares = vec![0.0; flows.len()];
    let mut grows = vec![true; flows.len()];
    while grows.iter().any(|grows| *grows) {
        let room = |link: usize| {
            let used: f64 =
                (0..flows.len()).filter(|f| flows[*f].contains(&link)).map(|f| shares[f]).sum();
            let growing = (0..flows.len()).filter(|f| flows[*f].contains(&link) && grows[*f]);
            let count = growing.count() as f64;
            if count > 0.0 { (capacities[link] - used) / count } else { f64::INFINITY }
        };
        let rooms: Vec<f64> = (0..capacities.len()).map(room).collect();
        let least = rooms.iter().copied().fold(f64::INFINITY, f64::min);
        for f in 0..flows.len() {
            if grows[f] {
                shares[f] += least;
            }
        }
        for f in 0..flows.len() {
            if grows[f] && flows[f].iter().any(|link| rooms[*link] <= least * (1.0 + 1e-12)) {
                grows[f] = false;
            }
        }
    }
    shares
}

#[derive(Debug, Clone)]
struct Case {
    capacities: Vec<u64>,
    routes: Vec<Vec<usize>>,
    flows: Vec<usize>,
}

fn cases() -> impl Strategy<Value = Case> {
    (2usize..7).prop_flat_map(|links| {
        let path = proptest::sample::subsequence((0..links).collect::<Vec<_>>(), 1..=links.min(4));
        let routes = proptest::collection::vec(path, 1..8);
        let capacities = proptest::collection::vec(1u64..100_000, links);
        let flows = proptest::collection::vec(0usize..8, 1..30);
        (capacities, routes, flows).prop_map(|(capacities, routes, flows)| {
            let count = routes.len();
            let flows = flows.into_iter().map(|flow| flow % count).collect();
            Case { capacities, routes, flows }
        })
    })
}

/// The network of a case, with all of its flows begun; and their shares in bit/s.
fn shares(case: &Case) -> Vec<f64> {
    let links: Vec<Link> = case.capacities.iter().map(|rate| steady(*rate)).collect();
    let routes: Vec<&[usize]> = case.routes.iter().map(Vec::as_slice).collect();
    let mut network = network(&links, &routes);
    let size = Network::MAX_SIZE;
    let start = |&route: &usize| network.start_flow(Time::ZERO, RouteId(route), size).unwrap();
    let flows: Vec<_> = case.flows.iter().map(start).collect();
    while network.next_event(Time::ZERO).is_some() {}
    flows.iter().map(|flow| network.share(*flow).unwrap().as_bps_f64()).collect()
}

proptest! {
    #[test]
    fn shares_are_those_of_the_definition(case in cases()) {
        let capacities: Vec<f64> = case.capacities.iter().map(|rate| *rate as f64 * 1e3).collect();
        let flows: Vec<Vec<usize>> =
            case.flows.iter().map(|route| case.routes[*route].clone()).collect();
        for (found, expected) in shares(&case).into_iter().zip(naive(&capacities, &flows)) {
            // 10^-6 bit/s for each flow, and what floating point loses.
            prop_assert!((found - expected).abs() < 1e-4, "{} instead of {}", found, expected);
        }
    }

    #[test]
    fn no_link_is_overused_and_everybody_has_a_full_link_with_nobody_above(case in cases()) {
        let shares = shares(&case);
        let crosses = |flow: usize, link: usize| case.routes[case.flows[flow]].contains(&link);
        let flows = 0..case.flows.len();
        let used = |link: usize| -> f64 {
            flows.clone().filter(|flow| crosses(*flow, link)).map(|flow| shares[flow]).sum()
        };
        let slack = 1e-6 * (case.flows.len() + 1) as f64;
        for (link, rate) in case.capacities.iter().enumerate() {
            prop_assert!(used(link) <= *rate as f64 * 1e3 + 1e-6, "link {link}");
        }
        for flow in flows.clone() {
            let bottleneck = case.capacities.iter().enumerate().any(|(link, rate)| {
                let mut others = flows.clone().filter(|other| crosses(*other, link));
                crosses(flow, link)
                    && used(link) >= *rate as f64 * 1e3 - slack
                    && others.all(|other| shares[other] <= shares[flow] + slack)
            });
            prop_assert!(bottleneck, "flow {flow} of {shares:?} could have more");
        }
    }

    /// Shares are steady between events: what arrives is their sum over time.
    #[test]
    fn flows_over_several_links_are_done_in_the_end(
        first in crate::common::steps(), second in crate::common::steps(), plans in plans(3),
    ) {
        let links = [traced(&trace(true, &first)), traced(&trace(true, &second))];
        // Two traces may be silent in turn for ever: then the flows over both never move.
        let mut network = network(&links, &[&[0], &[1], &[0, 1]]);
        let done = run(&mut network, &plans, ms(100_000));
        let carried = |link: usize, steps: &[(u64, u64)]| {
            let trace = trace(true, steps);
            let over = |plan: &&Plan| plan.route == link || plan.route == 2;
            let sizes: u128 = plans.iter().zip(&done)
                .filter(|(plan, done)| over(plan) && done.is_some())
                .map(|(plan, _)| plan.size.femtobits())
                .sum();
            sizes <= trace.carried(Time::ZERO, network.now()).femtobits()
        };
        prop_assert!(carried(0, &first) && carried(1, &second));
        // Never sooner than alone.
        for (plan, done) in plans.iter().zip(&done) {
            let link = if plan.route == 1 { &second } else { &first };
            let alone = trace(true, link).delivered(plan.at, plan.size);
            prop_assert!(done.is_none_or(|done| Some(done) >= alone));
        }
    }
}

#[test]
fn the_parking_lot() {
    // Two links of 1 and 3 Mbit/s; one flow over both, and one more over each.
    let case = Case {
        capacities: vec![1000, 3000],
        routes: vec![vec![0, 1], vec![0], vec![1]],
        flows: vec![0, 1, 2],
    };
    assert_eq!(shares(&case), [500_000.0, 500_000.0, 2_500_000.0]);
}

#[test]
fn an_unlimited_link_limits_nobody() {
    let unlimited = Link { capacity: weir_model::Capacity::Unlimited, latency: Span::from_ms(7) };
    let mut network = network(&[unlimited, steady(1000)], &[&[0], &[0, 1]]);
    let plan = |route| Plan { at: Time::ZERO, route, size: bits(1_000_000) };
    let done = run(&mut network, &[plan(0), plan(1)], ms(10_000));
    assert_eq!(done, [Some(ms(7)), Some(ms(1007))]);
    assert_eq!(kbps(1000).rounded().bps(), 1_000_000);
}
