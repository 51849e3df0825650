//! Sessions that can be reckoned by hand.

use crate::common::trace;
use weir_core::{Per, Qoe};
use weir_oracle::{Latency, Plan, Problem, simulate, solve};
use weir_trace::{Trace, Volume};
use weir_units::{Span, Time};

/// Segments of 2 s at 1 and 4 Mbit/s; a utility of 1 and 4, and 4 for each second of stall.
fn problem<'a>(trace: &'a Trace, sizes: &'a [Vec<Volume>]) -> Problem<'a> {
    Problem {
        trace,
        start: Time::ZERO,
        sizes,
        segment: Span::from_s(2),
        max_buffer: Span::from_s(6),
        startup: Span::ZERO,
        first: None,
        latency: Latency::Fixed(Span::ZERO),
        qoe: Qoe {
            utilities: vec![1.0, 4.0],
            rebuffer: 4.0,
            startup: 4.0,
            switch: 0.0,
            per: Per::Session,
        },
    }
}

fn sizes(segments: usize) -> Vec<Vec<Volume>> {
    vec![vec![Volume::from_bits(2_000_000), Volume::from_bits(8_000_000)]; segments]
}

#[test]
fn a_session_is_played_as_the_first_page_says() {
    let (trace, sizes) = (trace(true, &[(60_000, 2_000)]), sizes(5));
    let problem = problem(&trace, &sizes);
    let plan = Plan::at_once(vec![0, 1, 0, 0, 0]);
    let played = simulate(&problem, &plan).unwrap();
    let ms = |time: Time| time.ns() / 1_000_000;
    let finished: Vec<u64> = played.segments.iter().map(|fetched| ms(fetched.finished)).collect();
    // The second takes 4 s of which 2 s are in the buffer; then each takes 1 s.
    assert_eq!(finished, [1000, 5000, 6000, 7000, 8000]);
    assert_eq!((played.startup, played.stalled), (Span::from_s(1), Span::from_s(2)));
    assert_eq!(played.end, Time::ZERO.after(Span::from_s(13)));
    assert_eq!(played.qoe, 8.0 - 4.0 * 2.0 - 4.0);
}

#[test]
fn a_full_buffer_puts_a_request_off() {
    let (trace, sizes) = (trace(true, &[(60_000, 20_000)]), sizes(5));
    let problem = problem(&trace, &sizes);
    let played = simulate(&problem, &Plan::at_once(vec![0; 5])).unwrap();
    let requested: Vec<u64> =
        played.segments.iter().map(|fetched| fetched.requested.ns() / 1_000_000).collect();
    // Three segments of 0.1 s each fill 6 s, and dry at 6.1 s: room for the next one from 2.1 s.
    assert_eq!(requested, [0, 100, 200, 2100, 4100]);
}

#[test]
fn a_latency_beside_the_trace_takes_no_time_of_the_trace() {
    // 1 s at 2 Mbit/s, then nothing for 9 s.
    let (trace, sizes) = (trace(true, &[(1_000, 4_000), (9_000, 1)]), sizes(2));
    let at = |latency| {
        let problem = Problem { latency, ..problem(&trace, &sizes) };
        simulate(&problem, &Plan::at_once(vec![0; 2])).unwrap().segments[1].finished.ns()
    };
    assert_eq!(at(Latency::Beside(Span::from_ms(600))), 2_200_000_000);
    assert!(at(Latency::Fixed(Span::from_ms(600))) > 5_000_000_000);
}

#[test]
fn playback_waits_for_what_it_was_told_or_for_a_full_buffer() {
    let (trace, sizes) = (trace(true, &[(60_000, 20_000)]), sizes(5));
    let startup = |startup| {
        let problem = Problem { startup, ..problem(&trace, &sizes) };
        simulate(&problem, &Plan::at_once(vec![0; 5])).unwrap().startup.ms()
    };
    let seconds = [0, 1, 3, 4, 5, 6, 60];
    assert_eq!(seconds.map(|s| startup(Span::from_s(s))), [100, 100, 200, 200, 300, 300, 300]);
}

#[test]
fn a_clairvoyant_player_saves_up_for_an_outage() {
    // 8 s at 4 Mbit/s and then 5 s of nothing: who takes the high rung until then has 2 s.
    let (trace, sizes) = (trace(true, &[(8_000, 4_000), (5_000, 0)]), sizes(12));
    let problem = Problem { max_buffer: Span::from_s(12), ..problem(&trace, &sizes) };
    let solution = solve(&problem).unwrap();
    assert!(solution.gap <= 0.01, "{solution:?}");
    let played = simulate(&problem, &solution.plan).unwrap();
    assert_eq!(played.stalled, Span::ZERO);
    let greedy = simulate(&problem, &Plan::at_once(vec![1; 12])).unwrap();
    assert!(greedy.stalled >= Span::from_s(3) && greedy.qoe < solution.qoe);
}

#[test]
fn a_session_of_one_segment_is_exact() {
    let (trace, sizes) = (trace(true, &[(60_000, 2_000)]), sizes(1));
    let solution = solve(&problem(&trace, &sizes)).unwrap();
    // 1 - 4 * 1 s against 4 - 4 * 4 s.
    assert_eq!((solution.qoe, solution.plan.rungs), (-3.0, vec![0]));
    assert!(solution.bound >= -3.0 && solution.gap < 1e-8);
}
