//! Who serves, as a function of what probes came to.

use proptest::prelude::*;
use weir_core::playlist::Date;
use weir_switch::{
    Bad, Config, HealthTracker, Newest, Policy, Reading, Settings, StreamState, SwitchEvent,
    Switchback, disagreement,
};
use weir_units::{Span, Time};

pub fn config(origins: usize, probes: u32) -> Config {
    let mut settings = Settings::default();
    let urls: Vec<String> = (0..origins).map(|n| format!("http://o{n}/live.m3u8")).collect();
    settings.set_origins(urls.iter().map(String::as_str), "test").unwrap();
    settings.set("probes", probes.to_string(), "test").unwrap();
    settings.config().unwrap()
}

fn newest(sequence: u64) -> Newest {
    Newest { sequence, began: None, duration: Span::from_s(2) }
}

fn good(age_s: u64) -> Reading {
    let seen = StreamState { age: Span::from_s(age_s), newest: newest(7) };
    Reading { took: Some(Span::from_ms(5)), result: Ok(seen) }
}

fn stale(age_s: u64) -> Reading {
    let seen = StreamState { age: Span::from_s(age_s), newest: newest(7) };
    Reading { took: Some(Span::from_ms(5)), result: Err(Bad::Stale(seen)) }
}

fn dead() -> Reading {
    Reading { took: None, result: Err(Bad::Unreachable("refused".to_owned())) }
}

fn at(s: u64) -> Time {
    Time::ZERO.after(Span::from_s(s))
}

#[test]
fn a_backup_takes_over_after_so_many_bad_probes_and_gives_back() {
    let mut tracker = HealthTracker::new(config(2, 3));
    tracker.probed(at(0), 0, &good(1));
    tracker.probed(at(0), 1, &good(1));
    for second in 1..=2 {
        assert_eq!(tracker.probed(at(second), 0, &dead()), []);
    }
    let bad = SwitchEvent::Bad(0, "not reachable: refused".to_owned());
    let happened = tracker.probed(at(3), 0, &dead());
    assert_eq!(happened, [bad, SwitchEvent::Failover { from: 0, to: 1 }]);
    assert_eq!(tracker.order(), [1, 0]);
    for second in 4..=5 {
        assert_eq!(tracker.probed(at(second), 0, &good(1)), []);
    }
    let happened = tracker.probed(at(6), 0, &good(1));
    assert_eq!(happened, [SwitchEvent::Good(0), SwitchEvent::Switchback { from: 1, to: 0 }]);
}

#[test]
fn a_stream_that_begins_is_good_at_once_wherever_it_begins() {
    let mut tracker = HealthTracker::new(config(2, 3));
    // Nothing is there yet, which is no failure.
    for origin in [0, 1, 0, 1] {
        assert_eq!(tracker.probed(at(0), origin, &dead()), []);
    }
    assert_eq!(tracker.probed(at(1), 1, &good(1)), [SwitchEvent::Good(1)]);
    assert_eq!(tracker.order(), [1, 0]);
    assert_eq!(tracker.probed(at(2), 0, &good(1)), [SwitchEvent::Good(0)]);
    assert_eq!(tracker.order(), [0, 1]);

    // It takes longer than that: none is good, and then the first is.
    let mut tracker = HealthTracker::new(config(2, 3));
    let probes = (0..3).flat_map(|_| [0, 1]);
    let happened: Vec<_> = probes.flat_map(|at| tracker.probed(Time::ZERO, at, &dead())).collect();
    assert_eq!(happened.last(), Some(&SwitchEvent::NoneGood(0)));
    assert_eq!(tracker.probed(at(3), 0, &good(1)), [SwitchEvent::Good(0)]);
    assert!(!tracker.none_good());
}

#[test]
fn one_good_probe_among_bad_ones_begins_the_count_again() {
    let mut tracker = HealthTracker::new(config(2, 2));
    tracker.probed(at(0), 0, &good(1));
    tracker.probed(at(0), 1, &good(1));
    for second in 1..100 {
        tracker.probed(at(second), 0, &if second % 2 == 0 { good(1) } else { dead() });
        assert_eq!(tracker.active(), 0);
    }
}

#[test]
fn a_switchback_waits_as_long_as_it_was_told() {
    let wait = |switchback| {
        let mut tracker = HealthTracker::new(Config { switchback, ..config(2, 1) });
        for (second, reading) in [(0, good(1)), (1, dead())] {
            tracker.probed(at(second), 0, &reading);
            tracker.probed(at(second), 1, &good(1));
        }
        let back = |second: &u64| {
            tracker.probed(at(*second), 0, &good(1));
            tracker.active() == 0
        };
        (2..1000).find(back)
    };
    assert_eq!(wait(Switchback::AtOnce), Some(2));
    assert_eq!(wait(Switchback::After(Span::from_s(60))), Some(62));
    assert_eq!(wait(Switchback::Never), None);
}

#[test]
fn when_all_are_stale_the_freshest_is_kept_without_flapping() {
    let mut tracker = HealthTracker::new(config(3, 1));
    for (origin, age) in [(0, 1), (1, 1), (2, 1)] {
        tracker.probed(at(0), origin, &good(age));
    }
    tracker.probed(at(1), 2, &stale(25));
    tracker.probed(at(1), 0, &stale(60));
    assert_eq!(tracker.active(), 1);
    // The last good one goes bad: the freshest of the three is kept.
    let happened = tracker.probed(at(2), 1, &stale(30));
    assert_eq!(happened[1], SwitchEvent::NoneGood(2));
    for second in 3..200 {
        for (origin, age) in [(0, 60), (1, 30), (2, 25)] {
            let jittered = stale(age + (second * (origin as u64 + 3)) % 40);
            assert_eq!(tracker.probed(at(second), origin, &jittered), []);
            assert_eq!((tracker.active(), tracker.none_good()), (2, true));
        }
    }
    let happened = tracker.probed(at(200), 0, &good(1));
    assert_eq!(happened, [SwitchEvent::Good(0), SwitchEvent::Failover { from: 2, to: 0 }]);
    assert!(!tracker.none_good());
}

#[test]
fn the_round_robin_gives_each_good_origin_the_share_of_its_weight() {
    let mut config = Config { policy: Policy::RoundRobin, ..config(3, 1) };
    for (origin, weight) in config.origins.iter_mut().zip([5, 2, 1]) {
        (origin.weight, origin.priority) = (weight, 0);
    }
    let mut tracker = HealthTracker::new(config);
    for origin in 0..3 {
        tracker.probed(at(0), origin, &good(1));
    }
    let served = |tracker: &mut HealthTracker, n| {
        let mut counts = [0; 3];
        (0..n).for_each(|_| counts[tracker.order()[0]] += 1);
        counts
    };
    assert_eq!(served(&mut tracker, 80), [50, 20, 10]);
    tracker.probed(at(1), 0, &dead());
    assert_eq!(served(&mut tracker, 30), [0, 20, 10]);
}

#[test]
fn the_fastest_serves_and_noise_changes_nothing() {
    let mut tracker = HealthTracker::new(Config { policy: Policy::Latency, ..config(2, 1) });
    let taking = |ms| Reading { took: Some(Span::from_ms(ms)), ..good(1) };
    tracker.probed(at(0), 0, &taking(50));
    tracker.probed(at(0), 1, &taking(10));
    assert_eq!(tracker.active(), 1);
    for second in 1..50 {
        tracker.probed(at(second), 0, &taking(9));
        tracker.probed(at(second), 1, &taking(10));
        assert_eq!(tracker.active(), 1);
    }
    tracker.probed(at(50), 1, &dead());
    assert_eq!(tracker.active(), 0);
}

#[test]
fn origins_whose_numbers_differ_are_reported_once() {
    let mut tracker = HealthTracker::new(config(2, 1));
    let began = |s: u64| Some(Date::from_unix(Span::from_s(1_000_000 + s)));
    let reading = |sequence, s| {
        let newest = Newest { sequence, began: began(s), duration: Span::from_s(2) };
        let seen = StreamState { age: Span::from_s(1), newest };
        Reading { took: Some(Span::from_ms(5)), result: Ok(seen) }
    };
    tracker.probed(at(0), 0, &reading(100, 10));
    // One segment later, and the next number: the same numbers.
    assert_eq!(tracker.probed(at(0), 1, &reading(101, 12)), [SwitchEvent::Good(1)]);
    // A packager that was started again counts from zero.
    let happened = tracker.probed(at(1), 1, &reading(0, 14));
    assert_eq!(happened, [SwitchEvent::Disagrees(1, -102)]);
    assert_eq!(tracker.probed(at(3), 1, &reading(1, 16)), []);
    assert_eq!(tracker.probed(at(4), 1, &reading(104, 18)), [SwitchEvent::Disagrees(1, 0)]);
}

#[test]
fn dates_half_a_segment_apart_are_no_disagreement_that_comes_and_goes() {
    let mut tracker = HealthTracker::new(config(2, 3));
    for second in 0..100u64 {
        for origin in 0..2 {
            // Half a segment, and a little more or less.
            let offset = if origin == 1 { 995 + second % 2 * 10 } else { 0 };
            let began = Some(Date::from_unix(Span::from_ms(second * 2000 + offset)));
            let newest = Newest { sequence: second, began, duration: Span::from_s(2) };
            let result = Ok(StreamState { age: Span::from_s(1), newest });
            let reading = Reading { took: Some(Span::from_ms(5)), result };
            let happened = tracker.probed(at(second), origin, &reading);
            let disagrees = |what: &SwitchEvent| matches!(what, SwitchEvent::Disagrees(..));
            assert!(!happened.iter().any(disagrees), "{happened:?}");
        }
    }
}

#[test]
fn an_origin_that_kept_a_request_waiting_is_asked_later_until_a_probe_is_good() {
    let mut tracker = HealthTracker::new(config(3, 3));
    for origin in 0..3 {
        tracker.probed(at(0), origin, &good(1));
    }
    tracker.probed(at(0), 2, &dead());
    tracker.kept_waiting(0);
    assert_eq!((tracker.order(), tracker.active()), (vec![1, 2, 0], 0));
    tracker.probed(at(1), 0, &dead());
    assert_eq!(tracker.order(), [1, 2, 0]);
    tracker.probed(at(2), 0, &good(1));
    assert_eq!(tracker.order(), [0, 1, 2]);
    // It is still asked before one that is bad.
    (3..6).for_each(|second| drop(tracker.probed(at(second), 1, &dead())));
    (3..6).for_each(|second| drop(tracker.probed(at(second), 2, &stale(60))));
    tracker.kept_waiting(0);
    assert_eq!(tracker.order()[0], 0);
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        3 => (0..20u64).prop_map(good),
        1 => (21..90u64).prop_map(stale),
        1 => Just(dead()),
    ]
}

proptest! {
    #[test]
    fn a_dead_origin_is_left_after_exactly_so_many_probes(probes in 1..6u32, origins in 2..5usize) {
        let mut tracker = HealthTracker::new(config(origins, probes));
        for origin in 0..origins {
            tracker.probed(at(0), origin, &good(1));
        }
        for probe in 1..=probes {
            prop_assert_eq!(tracker.active(), 0);
            tracker.probed(at(u64::from(probe)), 0, &dead());
        }
        prop_assert_eq!(tracker.active(), 1);
    }

    #[test]
    fn requests_try_every_origin_once_and_a_good_one_first(
        readings in prop::collection::vec((0..4usize, reading()), 1..200),
        policy in prop::sample::select(vec![Policy::Backup, Policy::RoundRobin, Policy::Latency]),
        probes in 1..4u32,
    ) {
        let mut tracker = HealthTracker::new(Config { policy, ..config(4, probes) });
        for (second, (origin, reading)) in (0..).zip(readings) {
            tracker.probed(at(second), origin, &reading);
            let order = tracker.order();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, [0, 1, 2, 3]);
            let is_good = |at: &usize| tracker.status(*at).unwrap().good == Some(true);
            let known = (0..4).all(|at| tracker.status(at).unwrap().good.is_some());
            if known && (0..4).any(|at| is_good(&at)) {
                prop_assert!(is_good(&order[0]));
            }
            prop_assert_eq!(tracker.none_good(), known && !(0..4).any(|at| is_good(&at)));
        }
    }

    #[test]
    fn shifting_both_streams_changes_no_disagreement(
        sequences in (0..1_000_000u64, 0..1_000_000u64),
        began in (0..100_000u64, 0..100_000u64),
        shift in 0..1_000_000u64,
    ) {
        let newest = |sequence, ms| Newest {
            sequence,
            began: Some(Date::from_unix(Span::from_ms(ms))),
            duration: Span::from_ms(1_960),
        };
        let of = |shift| disagreement(
            &newest(sequences.0, began.0 + shift),
            &newest(sequences.1, began.1 + shift),
        );
        prop_assert_eq!(of(0), of(shift));
        let swapped = disagreement(&newest(sequences.1, began.1), &newest(sequences.0, began.0));
        // Half-way between two numbers either is right.
        prop_assert!((of(0).unwrap() + swapped.unwrap()).abs() <= 1);
    }
}
