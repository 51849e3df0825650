//! What is no problem is refused, in words.

use crate::common::trace;
use weir_core::{Per, Qoe, QoePreset};
use weir_oracle::{Latency, Plan, Problem, simulate, solve};
use weir_trace::Volume;
use weir_units::{BitRate, Span, Time};

/// What is said of a problem that was spoilt.
fn said(spoil: impl FnOnce(&mut Problem)) -> String {
    let trace = trace(true, &[(1000, 1000)]);
    let sizes = vec![vec![Volume::from_bits(1000); 2]; 3];
    let mut problem = Problem {
        trace: &trace,
        start: Time::ZERO,
        sizes: &sizes,
        segment: Span::from_s(2),
        max_buffer: Span::from_s(10),
        startup: Span::ZERO,
        first: None,
        latency: Latency::Trace,
        qoe: Qoe {
            utilities: vec![1.0, 2.0],
            rebuffer: 1.0,
            startup: 0.0,
            switch: 0.0,
            per: Per::Session,
        },
    };
    spoil(&mut problem);
    solve(&problem).unwrap_err().to_string()
}

#[test]
fn a_problem_out_of_range_is_refused() {
    let refused = [
        (said(|p| p.sizes = &[]), "0 segments (expected 1 to 100000)"),
        (said(|p| p.qoe.utilities.clear()), "0 rungs (expected 1 to 64)"),
        (
            said(|p| p.qoe.utilities.push(3.0)),
            "segment 0 has 2 sizes (expected 3, one for each rung)",
        ),
        (said(|p| p.segment = Span::ZERO), "segments of 0 ns (expected 1 ms to 86400 s)"),
        (
            said(|p| p.max_buffer = Span::from_s(1)),
            "a buffer of 1 s (expected 2 s, one segment, to 86400 s)",
        ),
        (said(|p| p.first = Some(2)), "the first rung is 2 (expected 0 to 1)"),
        (
            said(|p| p.latency = Latency::Beside(Span::from_s(2))),
            "2 s beside every download (expected less than a segment, 2 s)",
        ),
        (
            said(|p| p.qoe.rebuffer = 0.0),
            "the rebuffer penalty is 0 (expected a finite number above 0)",
        ),
        (
            said(|p| p.qoe.switch = -1.0),
            "the switch penalty is -1 (expected a finite number of at least 0)",
        ),
        (said(|p| p.qoe.utilities[1] = f64::NAN), "a utility is NaN (expected a finite number)"),
        (
            said(|p| (p.qoe.utilities[0], p.qoe.per) = (-1.0, Per::PlayTime)),
            "a utility is -1 (expected a finite number of at least 0)",
        ),
    ];
    for (said, expected) in refused {
        assert_eq!(said, expected);
    }
}

#[test]
fn an_empty_segment_is_refused() {
    let sizes = vec![vec![Volume::from_bits(9), Volume::ZERO]; 3];
    let trace = trace(true, &[(1000, 1000)]);
    let qoe = QoePreset::SabreScore;
    let ladder = [1, 2].map(|mbps| BitRate::from_bps(mbps * 1_000_000));
    let problem = Problem {
        trace: &trace,
        start: Time::ZERO,
        sizes: &sizes,
        segment: Span::from_s(2),
        max_buffer: Span::from_s(10),
        startup: Span::ZERO,
        first: None,
        latency: Latency::Trace,
        qoe: qoe.qoe(&ladder, Span::from_s(2)).unwrap(),
    };
    let said = solve(&problem).unwrap_err().to_string();
    assert_eq!(said, "segment 0 at rung 1 is empty (expected at least a bit)");
}

#[test]
fn a_trace_that_dries_up_is_named_with_the_segment_that_never_comes() {
    let trace = trace(false, &[(1000, 8), (1000, 0)]);
    let sizes = vec![vec![Volume::from_bits(3000), Volume::from_bits(9000)]; 3];
    let problem = Problem {
        trace: &trace,
        start: Time::ZERO,
        sizes: &sizes,
        segment: Span::from_s(2),
        max_buffer: Span::from_s(10),
        startup: Span::ZERO,
        first: None,
        latency: Latency::Fixed(Span::ZERO),
        qoe: Qoe {
            utilities: vec![0.0, 5.0],
            rebuffer: 1.0,
            startup: 0.0,
            switch: 0.0,
            per: Per::Session,
        },
    };
    let said = solve(&problem).unwrap_err().to_string();
    assert_eq!(said, "the download of segment 2 never ends: the trace carries too little");
    let problem = Problem { sizes: &sizes[..2], ..problem };
    assert_eq!(solve(&problem).unwrap().plan.rungs, [0, 0]);
    let plan = |rungs: &[usize]| simulate(&problem, &Plan::at_once(rungs.to_vec()));
    let said = plan(&[0, 1]).unwrap_err().to_string();
    assert_eq!(said, "the download of segment 1 never ends: the trace carries too little");
    assert_eq!(plan(&[0]).unwrap_err().to_string(), "the plan has 1 rungs (expected 2)");
    let said = plan(&[0, 7]).unwrap_err().to_string();
    assert_eq!(said, "the plan has rung 7 for segment 1 (expected 0 to 1)");
}
