//! What happens when: latencies, stalls, and moments that are refused.

use crate::common::{Plan, bits, ms, network, run, steady, trace, traced};
use std::sync::Arc;
use weir_model::{Capacity, Error, FlowEvent, Link, LinkId, Network, RouteId};
use weir_trace::Volume;
use weir_units::{Span, Time};

const DAY: Time = Time::from_ns(86_400_000_000_000);

#[test]
fn a_flow_waits_for_the_latencies_of_its_links() {
    let slow = |rate, latency| Link { latency: Span::from_ms(latency), ..steady(rate) };
    let mut network = network(&[slow(1000, 30), slow(2000, 12)], &[&[0, 1]]);
    let flow = network.start_flow(ms(100), RouteId(0), bits(1_000)).unwrap();
    assert_eq!(network.progress(flow, ms(100)), Some(Volume::ZERO));
    let began = network.next_event(DAY).unwrap();
    assert_eq!((began.time, began.what), (ms(142), FlowEvent::Began));
    let done = network.next_event(DAY).unwrap();
    assert_eq!((done.time, done.what), (ms(143), FlowEvent::Done));
    assert_eq!(network.next_event(DAY), None);
    assert_eq!(network.now(), DAY);
}

/// As Sabre does it: one unit of latency, of which each period takes its share, and then a fluid.
#[test]
fn a_trace_with_latencies_is_sabres_network() {
    let text = "format = \"weir-trace-1\"\nname = \"\"\nkind = \"goodput\"\nrepeats = true\n\
                source = \"\"\nlicence = \"\"\n---\n\
                1 s, 8 kbit/s, 100 ms\n1 s, 2 kbit/s, 200 ms\n";
    let trace = Arc::new(weir_trace::read("", text).unwrap());
    let mut network = network(&[traced(&trace)], &[&[0]]);
    // 50 ms are half of the first latency; half of the second one follows. Then 0.9 s at 2 kbit/s.
    let flow = network.start_flow(ms(950), RouteId(0), bits(1800 + 80)).unwrap();
    let began = network.next_event(DAY).unwrap();
    assert_eq!((began.flow, began.time, began.what), (flow, ms(1100), FlowEvent::Began));
    assert_eq!(network.next_event(DAY).unwrap().time, ms(2010));
}

#[test]
fn an_offset_shifts_a_trace() {
    let trace = trace(false, &[(1000, 8), (1000, 0), (1000, 16)]);
    let capacity = Capacity::Trace { trace, offset: Span::from_ms(1500) };
    let links = [Link { capacity, latency: Span::ZERO }];
    let plan = Plan { at: Time::ZERO, route: 0, size: bits(16_000) };
    assert_eq!(run(&mut network(&links, &[&[0]]), &[plan], DAY), [Some(ms(1500))]);
    let over_two = network(&[links[0].clone(), steady(1000)], &[&[0, 1]]);
    assert_eq!(run(&mut over_two.clone(), &[plan], DAY), [Some(ms(1500))]);
}

#[test]
fn zeros_at_the_end_of_a_trace_are_a_stall_and_not_a_hang() {
    let ends = trace(false, &[(1000, 8), (1000, 0)]);
    for routes in [&[&[0usize][..]][..], &[&[0, 1]]] {
        let mut network = network(&[traced(&ends), steady(1000)], routes);
        let flow = network.start_flow(Time::ZERO, RouteId(0), bits(8_001)).unwrap();
        assert_eq!(network.next_event(DAY).unwrap().what, FlowEvent::Began);
        assert_eq!(network.next_event(Time::NEVER), None);
        assert_eq!(network.next_event(DAY), None);
        assert_eq!(network.now(), DAY);
        assert_eq!(network.progress(flow, DAY), Some(bits(8_000)));
        assert_eq!(network.cancel(DAY, flow), Ok(Some(bits(8_000))));
        assert_eq!(network.next_time(), None);
    }
}

/// Two links that are never open at the same time: a day takes one step for each change.
#[test]
fn links_that_are_silent_in_turn_are_a_stall_and_not_a_hang() {
    let (odd, even) = (trace(true, &[(500, 8), (500, 0)]), trace(true, &[(500, 0), (500, 8)]));
    let mut network = network(&[traced(&odd), traced(&even)], &[&[0, 1]]);
    let flow = network.start_flow(Time::ZERO, RouteId(0), bits(1)).unwrap();
    assert_eq!(network.next_event(DAY).unwrap().what, FlowEvent::Began);
    assert_eq!(network.next_event(DAY), None);
    assert_eq!(network.progress(flow, DAY), Some(Volume::ZERO));
}

#[test]
fn moments_out_of_order_are_refused() {
    let mut network = network(&[steady(1000)], &[&[0]]);
    let flow = network.start_flow(ms(10), RouteId(0), bits(1_000_000)).unwrap();
    let early = network.start_flow(ms(9), RouteId(0), bits(1)).unwrap_err();
    assert_eq!(early.to_string(), "9 ms is not between 10 ms and 10 ms");
    // The first byte is due at 10 ms and has not been taken.
    assert!(matches!(network.cancel(ms(11), flow), Err(Error::Moment { .. })));
    network.next_event(ms(10)).unwrap();
    assert_eq!(network.cancel(ms(11), flow), Ok(Some(bits(1000))));
}

#[test]
fn what_makes_no_network_or_flow_is_refused() {
    let new = |routes: &[Vec<LinkId>]| Network::new(vec![steady(1), steady(1)], routes);
    let error = |routes: &[Vec<LinkId>]| new(routes).unwrap_err().to_string();
    assert_eq!(error(&[vec![], vec![LinkId(2)]]), "route 1 crosses link 2, of 2 links");
    assert_eq!(
        error(&[vec![LinkId(1), LinkId(1)]]),
        "route 0 crosses link 1 twice (expected once)"
    );
    let mut network = new(&[vec![LinkId(0)]]).unwrap();
    assert_eq!(network.start_flow(ms(0), RouteId(1), bits(1)), Err(Error::NoRoute(1)));
    let large = Volume::from_bits(1_000_000_000_000_001);
    let error = network.start_flow(ms(0), RouteId(0), large).unwrap_err().to_string();
    assert!(error.contains("expected at most 10^15"), "{error}");
    assert_eq!(network.flows(), 0);
}
