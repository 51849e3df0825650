//! What the tests have in common: small networks, and flows over them.

use proptest::prelude::*;
use std::sync::Arc;
use weir_model::{Capacity, Event, FlowEvent, FlowId, Link, LinkId, Network, RouteId};
use weir_trace::{Rate, Trace, Volume};
use weir_units::{BitRate, Span, Time};

pub fn ms(ms: u64) -> Time {
    Time::ZERO.after(Span::from_ms(ms))
}

pub fn kbps(kbps: u64) -> Rate {
    Rate::try_from(BitRate::from_bps(kbps * 1000)).unwrap()
}

pub fn bits(bits: u64) -> Volume {
    Volume::from_bits(bits)
}

pub fn steady(rate: u64) -> Link {
    Link { capacity: Capacity::Constant(kbps(rate)), latency: Span::ZERO }
}

/// A trace of steps in milliseconds and kbit/s.
pub fn trace(repeats: bool, steps: &[(u64, u64)]) -> Arc<Trace> {
    let rows: String = steps.iter().map(|(ms, kbps)| format!("{ms} ms, {kbps} kbit/s\n")).collect();
    let head = format!(
        "format = \"weir-trace-1\"\nname = \"\"\nkind = \"capacity\"\nrepeats = {repeats}\n\
         source = \"\"\nlicence = \"\"\n---\n"
    );
    Arc::new(weir_trace::read("test", &format!("{head}{rows}")).unwrap())
}

pub fn traced(trace: &Arc<Trace>) -> Link {
    let capacity = Capacity::Trace { trace: Arc::clone(trace), offset: Span::ZERO };
    Link { capacity, latency: Span::ZERO }
}

pub fn network(links: &[Link], routes: &[&[usize]]) -> Network {
    let routes: Vec<Vec<LinkId>> =
        routes.iter().map(|route| route.iter().copied().map(LinkId).collect()).collect();
    Network::new(links.to_vec(), &routes).unwrap()
}

/// A flow that is to be started.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub at: Time,
    pub route: usize,
    pub size: Volume,
}

/// Starts all flows and lets the network run: when each one is done, in the order of the plans.
pub fn run(network: &mut Network, plans: &[Plan], until: Time) -> Vec<Option<Time>> {
    let mut order: Vec<usize> = (0..plans.len()).collect();
    order.sort_by_key(|&index| plans[index].at);
    let mut done = vec![None; plans.len()];
    let mut ids: Vec<(FlowId, usize)> = Vec::new();
    let mut note = |event: Event, ids: &[(FlowId, usize)]| {
        if event.what == FlowEvent::Done {
            let (_, index) = ids.iter().find(|(flow, _)| *flow == event.flow).unwrap();
            assert_eq!(done[*index].replace(event.time), None);
        }
    };
    for index in order {
        let plan = plans[index];
        while let Some(event) = network.next_event(plan.at) {
            note(event, &ids);
        }
        let flow = network.start_flow(plan.at, RouteId(plan.route), plan.size).unwrap();
        ids.push((flow, index));
    }
    while let Some(event) = network.next_event(until) {
        note(event, &ids);
    }
    done
}

/// Flows over some routes within ten seconds.
pub fn plans(routes: usize) -> impl Strategy<Value = Vec<Plan>> {
    let plan = (0u64..10_000_000_000, 0..routes, 1u64..20_000_000)
        .prop_map(|(ns, route, size)| Plan { at: Time::from_ns(ns), route, size: bits(size) });
    proptest::collection::vec(plan, 1..20)
}

/// Steps of a trace, often silent, which carry 100 kbit/s on average: a network of several links
/// looks at every change of a rate, and flows that took years would have billions of them.
pub fn steps() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let rate = prop_oneof![1 => Just(0u64), 3 => 1u64..20_000];
    proptest::collection::vec((1u64..2_000, rate), 1..8).prop_filter("much is carried", |steps| {
        steps.iter().map(|(ms, rate)| ms * rate).sum::<u64>()
            >= steps.iter().map(|(ms, _)| ms * 100).sum::<u64>()
    })
}
