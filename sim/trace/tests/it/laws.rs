//! The arithmetic of traces, against the definition: a sum over pieces.

use crate::common::{plain, traces};
use proptest::prelude::*;
use weir_trace::{Cursor, Rate, Trace, Volume};
use weir_units::{Bytes, Span, Time};

fn time(ns: u64) -> Time {
    Time::from_ns(ns)
}

/// What is carried from the start to `end`, piece by piece.
fn summed(trace: &Trace, end: u64) -> u128 {
    let (mut now, mut sum) = (0, 0);
    while now < end {
        let here = trace.at(time(now));
        let until = here.until.ns().min(end);
        sum += here.rate.carries(Span::from_ns(until - now)).femtobits();
        now = until;
    }
    sum
}

const MINUTE: u64 = 60_000_000_000;

proptest! {
    #[test]
    fn what_is_carried_is_the_sum_over_the_pieces(
        trace in traces(false), from in 0..MINUTE, more in 0..MINUTE,
    ) {
        let to = from + more;
        let expected = summed(&trace, to) - summed(&trace, from);
        prop_assert_eq!(trace.carried(time(from), time(to)).femtobits(), expected);
        prop_assert_eq!(trace.carried(time(to), time(from)), Volume::ZERO);
    }

    #[test]
    fn neighbouring_intervals_add_up(trace in traces(false), a: u64, b: u64, c: u64) {
        let mut at = [a, b, c];
        at.sort_unstable();
        let [a, b, c] = at.map(time);
        let sum = trace.carried(a, b).checked_add(trace.carried(b, c)).unwrap();
        prop_assert_eq!(trace.carried(a, c), sum);
    }

    /// Wherever it was before.
    #[test]
    fn a_cursor_answers_as_its_trace_does(
        trace in traces(true),
        asked in proptest::collection::vec(
            (prop_oneof![0..MINUTE, 0..MINUTE * 100_000, any::<u64>()], 0u128..1 << 90), 1..20,
        ),
        sorted: bool,
    ) {
        let mut asked = asked;
        if sorted {
            asked.sort_unstable();
        }
        let mut cursor = Cursor::new(&trace);
        for (ns, femtobits) in asked {
            let (at, volume) = (time(ns), Volume::from_femtobits(femtobits));
            prop_assert_eq!(cursor.at(at), trace.at(at));
            prop_assert_eq!(cursor.delivered(at, volume), trace.delivered(at, volume));
            prop_assert_eq!(cursor.total(at), trace.carried(Time::ZERO, at));
            prop_assert_eq!(cursor.answered(at), trace.answered(at));
        }
    }

    #[test]
    fn delivery_is_the_inverse_of_carrying(
        trace in traces(false), from in 0..MINUTE * 1000, femtobits in 0u128..1 << 100,
    ) {
        let (from, volume) = (time(from), Volume::from_femtobits(femtobits));
        match trace.delivered(from, volume) {
            Some(end) => {
                prop_assert!(end >= from);
                prop_assert!(trace.carried(from, end) >= volume);
                let sooner = time(end.ns().saturating_sub(1));
                prop_assert!(end == from || trace.carried(from, sooner) < volume);
            }
            None => prop_assert!(trace.carried(from, Time::NEVER) < volume),
        }
    }

    #[test]
    fn what_was_carried_is_delivered_when_it_was(
        trace in traces(false), from in 0..MINUTE, more in 0..MINUTE,
    ) {
        let end = time(from + more);
        let volume = trace.carried(time(from), end);
        let found = trace.delivered(time(from), volume).unwrap();
        prop_assert!(found <= end);
        prop_assert_eq!(trace.carried(time(from), found), volume);
    }

    #[test]
    fn every_round_carries_as_much(trace in traces(false), rounds in 0u64..1_000_000) {
        prop_assume!(trace.repeats());
        let start = trace.length().ns() * rounds;
        let end = start + trace.length().ns();
        prop_assert_eq!(trace.carried(time(start), time(end)), trace.volume());
        prop_assert_eq!(trace.delivered(time(start), trace.volume()).map(|end| {
            // Zeros at the end of a round come after the last bit of it.
            trace.carried(end, time(start + trace.length().ns()))
        }), Some(Volume::ZERO));
    }

    #[test]
    fn rounds_are_alike(trace in traces(true), offset in 0..MINUTE, rounds in 1u64..1_000_000) {
        prop_assume!(trace.repeats());
        let offset = offset % trace.length().ns();
        let later = trace.length().ns() * rounds + offset;
        let (first, later) = (trace.at(time(offset)), trace.at(time(later)));
        prop_assert_eq!((first.rate, first.latency), (later.rate, later.latency));
        let shift = first.until.ns() + trace.length().ns() * rounds;
        prop_assert_eq!(later.until.ns(), shift);
    }

    #[test]
    fn an_answer_comes_between_the_smallest_and_the_largest_latency(
        trace in traces(true), from in 0..MINUTE,
    ) {
        let latencies = || trace.steps().iter().filter_map(|step| step.latency);
        let waited = trace.answered(time(from)).since(time(from));
        prop_assert!(waited >= latencies().min().unwrap());
        // Each step rounds its share down by less than 2^-64, so that the wait may end a step
        // later.
        prop_assert!(waited.ns() <= latencies().max().unwrap().ns() + 1);
    }

    #[test]
    fn an_answer_does_not_overtake_an_earlier_one(
        trace in traces(true), from in 0..MINUTE, more in 0..1_000_000_000u64,
    ) {
        let (first, second) = (trace.answered(time(from)), trace.answered(time(from + more)));
        prop_assert!(first.ns() <= second.ns() + 1);
    }
}

#[test]
fn a_latency_is_consumed_by_shares() {
    // From 10 ms before the end: 10 ms of 40 ms are a quarter; three quarters of 100 ms remain.
    let text = "format = \"weir-trace-1\"\nname = \"\"\nkind = \"capacity\"\nrepeats = true\n\
                source = \"\"\nlicence = \"\"\n---\n1 s, 1 kbit/s, 40 ms\n1 s, 1 kbit/s, 100 ms\n";
    let trace = weir_trace::read("", text).unwrap();
    let at = |ms: u64| Time::ZERO.after(Span::from_ms(ms));
    assert_eq!(trace.answered(at(0)), at(40));
    assert_eq!(trace.answered(at(990)), at(1075));
    assert_eq!(trace.answered(at(960)), at(1000));
    // A share of a second that is not exact in binary: rounded up by a nanosecond at most.
    assert!(trace.answered(at(1990)).since(at(2036)) <= Span::from_ns(1));
}

#[test]
fn a_trace_that_ends_in_zeros_delivers_no_more() {
    let trace = plain(false, &[(1000, 8000), (1000, 0)]);
    let kilobyte = Volume::from(Bytes::new(1000));
    assert_eq!(trace.delivered(Time::ZERO, kilobyte), Some(time(1_000_000_000)));
    let more = Volume::from_femtobits(kilobyte.femtobits() + 1);
    assert_eq!(trace.delivered(Time::ZERO, more), None);
    assert_eq!(trace.at(time(5_000_000_000)).until, Time::NEVER);
    assert_eq!(trace.carried(Time::ZERO, Time::NEVER), kilobyte);
}

#[test]
fn a_trace_that_does_not_repeat_goes_on_as_it_ends() {
    let trace = plain(false, &[(1000, 0), (1000, 8)]);
    assert_eq!(trace.delivered(Time::ZERO, Volume::from_bits(80)), Some(time(11_000_000_000)));
    assert_eq!(trace.at(time(1)).until, time(1_000_000_000));
}

#[test]
fn a_trace_that_repeats_goes_over_its_silence() {
    let trace = plain(true, &[(1000, 8000), (9000, 0)]);
    let end = trace.delivered(time(1_000_000_000), Volume::from_bits(1));
    assert_eq!(end, Some(time(10_000_125_000)));
    let year = Volume::from_bits(8000 * 3_153_600);
    assert_eq!(trace.delivered(Time::ZERO, year), Some(time(31_535_991_000_000_000)));
}

#[test]
fn delivery_past_the_end_of_time_is_never() {
    let trace = plain(true, &[(1000, 1)]);
    assert_eq!(trace.delivered(Time::ZERO, Volume::from_bits(u64::MAX)), None);
    let most = Volume::from_femtobits(u128::MAX);
    assert_eq!(trace.delivered(Time::NEVER, most), None);
    let fast = plain(true, &[(1000, 10_000_000_000_000)]);
    assert_eq!(fast.at(Time::NEVER).rate, Rate::MAX);
    assert!(fast.carried(Time::ZERO, Time::NEVER) < most);
}
