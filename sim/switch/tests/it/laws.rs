//! How long faults last, at most, in virtual time.

use crate::health_tracker::config as plain;
use crate::world::{Dates, Fault, World, newest_end, taking};
use proptest::prelude::*;
use weir_switch::{Config, SwitchEvent};
use weir_units::{Span, Time};

/// What a switcher is told: interval, time-out and how many probes; the time-out is at most 63
/// intervals.
fn settings() -> impl Strategy<Value = (Span, Span, u32)> {
    (10..6_000u64, 10..6_000u64, 1..6u32).prop_map(|(interval, timeout, probes)| {
        let timeout = timeout.min(interval * 63);
        (Span::from_ms(interval), Span::from_ms(timeout), probes)
    })
}

fn config(settings: (Span, Span, u32), threshold: Span) -> Config {
    let (interval, timeout, probes) = settings;
    Config { interval, timeout, probes, threshold, ..plain(2, probes) }
}

/// How long probes of a healthy origin take, as shares of the time-out.
fn shares() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..1000u64, 1..20)
}

fn spans(shares: &[u64], timeout: Span) -> Vec<Span> {
    shares.iter().map(|share| Span::from_ns(timeout.ns() / 1000 * share)).collect()
}

fn times(span: Span, n: u32) -> Span {
    span.checked_mul(n.into()).unwrap()
}

fn left(world: &World) -> Option<Time> {
    let failover = |what: &SwitchEvent| matches!(what, SwitchEvent::Failover { from: 0, to: 1 });
    world.happened.iter().find(|(_, what)| failover(what)).map(|(at, _)| *at)
}

proptest! {
    #[test]
    fn a_dead_origin_is_left_within_n_intervals_and_a_time_out(
        settings in settings(),
        shares in (shares(), shares()),
        at_us in 0..60_000_000u64,
        silent: bool,
    ) {
        let (interval, timeout, probes) = settings;
        // Both are known to be good before.
        let at = Time::ZERO.after(timeout).after(timeout).after(Span::from_us(at_us));
        let fault = if silent { Fault::Silent(at) } else { Fault::Killed(at) };
        let mut world = World::new(config(settings, Span::from_s(3600)))
            .origin(fault, Dates::True, taking(spans(&shares.0, timeout)))
            .origin(Fault::None, Dates::True, taking(spans(&shares.1, timeout)));
        let bound = at.after(times(interval, probes)).after(timeout);
        world.run(bound.after(Span::from_s(60)));
        prop_assert!(left(&world).is_some_and(|left| left <= bound), "{:?}", world.happened);
        prop_assert_eq!(world.tracker.active(), 1);
    }

    #[test]
    fn a_frozen_packager_is_left_before_its_segments_are_too_old(
        settings in settings(),
        shares in (shares(), shares()),
        at_us in 0..60_000_000u64,
        dates in prop_oneof![
            Just(Dates::True),
            Just(Dates::Missing),
            (0..100u64).prop_map(|s| Dates::Ahead(Span::from_s(s))),
        ],
        margin_s in 0..20u64,
    ) {
        let (interval, timeout, probes) = settings;
        // What a healthy stream's age can be: a segment, and how long a probe takes; without true
        // dates, also how long it takes to see that there is a new segment.
        let seen = interval.saturating_add(timeout);
        let healthy = Span::from_s(2).saturating_add(times(seen, 2));
        let threshold = healthy.saturating_add(Span::from_s(margin_s));
        let at = Time::ZERO.after(timeout).after(timeout).after(Span::from_us(at_us));
        let fault = Fault::Frozen(at);
        let mut world = World::new(config(settings, threshold))
            .origin(fault, dates, taking(spans(&shares.0, timeout)))
            .origin(Fault::None, Dates::True, taking(spans(&shares.1, timeout)));
        let mut bound = threshold.saturating_add(times(interval, probes)).saturating_add(timeout);
        if dates != Dates::True {
            bound = bound.saturating_add(seen);
        }
        let bound = newest_end(fault, at).after(bound);
        world.run(bound.after(Span::from_s(60)));
        let left = left(&world);
        prop_assert!(left.is_some_and(|left| left >= at && left <= bound), "{:?}", world.happened);
    }

    #[test]
    fn when_every_stream_stands_still_nothing_flaps(
        settings in settings(),
        shares in (shares(), shares()),
        at_us in 0..60_000_000u64,
        dates in prop_oneof![Just(Dates::True), Just(Dates::Missing)],
    ) {
        let (interval, timeout, probes) = settings;
        let seen = interval.saturating_add(timeout);
        let threshold = Span::from_s(2).saturating_add(times(seen, 2));
        let at = Time::ZERO.after(timeout).after(timeout).after(Span::from_us(at_us));
        let fault = Fault::Frozen(at);
        let mut world = World::new(config(settings, threshold))
            .origin(fault, dates, taking(spans(&shares.0, timeout)))
            .origin(fault, dates, taking(spans(&shares.1, timeout)));
        // By then, both have been found to be stale. A probe that took long may see a stream beyond
        // the threshold, and the next one, which did not, the same stream within it.
        let known = newest_end(fault, at).after(threshold).after(seen);
        let known = known.after(times(interval, probes)).after(timeout);
        world.run(known.after(Span::from_ns(1)));
        prop_assert!(world.tracker.none_good());
        let (active, before) = (world.tracker.active(), world.happened.len());
        world.run(known.after(times(threshold, 20)));
        prop_assert!(world.happened.len() == before, "{:?}", world.happened);
        prop_assert_eq!(world.tracker.active(), active);
    }
}
