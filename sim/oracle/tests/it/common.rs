//! What the tests have in common.

use proptest::prelude::*;
use weir_core::{Per, Qoe};
use weir_oracle::{Latency, Plan, Problem, simulate};
use weir_trace::{About, Builder, Kind, Rate, Step, Trace, Volume};
use weir_units::{BitRate, Span, Time};

/// A trace of milliseconds and kbit/s.
pub fn trace(repeats: bool, steps: &[(u64, u64)]) -> Trace {
    let about = About {
        name: "test".to_owned(),
        kind: Kind::Capacity,
        repeats,
        source: "made".to_owned(),
        licence: "none".to_owned(),
        obtained: None,
        conversion: None,
    };
    let mut builder = Builder::new(about);
    for &(ms, kbps) in steps {
        let rate = Rate::try_from(BitRate::from_bps(kbps * 1000)).unwrap();
        // Latencies differ from step to step, and are small against a segment.
        let latency = Some(Span::from_ms(20 + ms % 60));
        builder.push(Step { span: Span::from_ms(ms), rate, latency }).unwrap();
    }
    builder.finish().unwrap()
}

/// All that a problem owns.
#[derive(Debug, Clone)]
pub struct Case {
    pub steps: Vec<(u64, u64)>,
    pub start: Time,
    pub sizes: Vec<Vec<Volume>>,
    pub segment: Span,
    pub max_buffer: Span,
    pub startup: Span,
    pub first: Option<usize>,
    pub latency: Latency,
    pub qoe: Qoe,
}

impl Case {
    pub fn trace(&self) -> Trace {
        trace(true, &self.steps)
    }

    pub fn problem<'a>(&'a self, trace: &'a Trace) -> Problem<'a> {
        Problem {
            trace,
            start: self.start,
            sizes: &self.sizes,
            segment: self.segment,
            max_buffer: self.max_buffer,
            startup: self.startup,
            first: self.first,
            latency: self.latency,
            qoe: self.qoe.clone(),
        }
    }

    pub fn rungs(&self) -> usize {
        self.qoe.utilities.len()
    }
}

/// The best plan of all that never wait.
pub fn enumerated(problem: &Problem) -> f64 {
    let (segments, rungs) = (problem.segments(), problem.rungs());
    let count = rungs.pow(u32::try_from(segments).unwrap());
    let plan = |number: usize| {
        let digit = |at: usize| number / rungs.pow(u32::try_from(at).unwrap()) % rungs;
        Plan::at_once((0..segments).map(digit).collect())
    };
    let allowed = |plan: &Plan| problem.first.is_none_or(|first| plan.rungs[0] == first);
    let plans = (0..count).map(plan).filter(allowed);
    let qoe = |plan: Plan| simulate(problem, &plan).unwrap().qoe;
    plans.map(qoe).fold(f64::NEG_INFINITY, f64::max)
}

fn latencies() -> impl Strategy<Value = Latency> {
    prop_oneof![
        (0u64..300).prop_map(|ms| Latency::Fixed(Span::from_ms(ms))),
        Just(Latency::Trace),
        (0u64..300).prop_map(|ms| Latency::Beside(Span::from_ms(ms))),
    ]
}

/// Utilities, of which some may be equal or fall.
fn utilities(rungs: usize) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(0.0..4.0f64, rungs).prop_flat_map(|utilities| {
        let mut rising = utilities.clone();
        rising.sort_by(f64::total_cmp);
        prop_oneof![4 => Just(rising), 1 => Just(utilities)]
    })
}

/// Cases with so many segments and rungs. `counted`: whether startup counts as much as a stall.
pub fn cases(
    segments: std::ops::RangeInclusive<usize>,
    rungs: std::ops::RangeInclusive<usize>,
    counted: bool,
) -> impl Strategy<Value = Case> {
    let steps = proptest::collection::vec((500u64..15_000, 0u64..6_000), 1..8)
        .prop_filter("something is carried", |steps| steps.iter().any(|step| step.1 > 200));
    let content = (segments, rungs).prop_flat_map(|(segments, rungs)| {
        let sizes =
            proptest::collection::vec(proptest::collection::vec(50u64..160, rungs), segments);
        (sizes, utilities(rungs), proptest::option::of(0..rungs))
    });
    let weights = (0.3..6.0f64, 0.0..1.5f64, 0.0..2.0f64, any::<bool>());
    let spans = (1u64..5, 0u64..20, 0u64..9, 0u64..40_000);
    (steps, content, weights, spans, latencies()).prop_map(
        move |(steps, (noise, utilities, first), weights, spans, latency)| {
            let (rebuffer, switch, startup, per) = weights;
            let (segment, extra, startup_s, start) = spans;
            // About 300 kbit/s at the lowest rung, and 1.7 times as much at each further one.
            let size = |(rung, percent): (usize, &u64)| {
                let kbps = 300.0 * 1.7f64.powi(i32::try_from(rung).unwrap());
                Volume::from_bits((kbps * 10.0) as u64 * segment * percent)
            };
            let sizes = |row: &Vec<u64>| row.iter().enumerate().map(size).collect();
            let per = if per && !counted { Per::PlayTime } else { Per::Session };
            let startup = if counted { rebuffer + startup } else { rebuffer * startup / 2.0 };
            Case {
                steps,
                start: Time::ZERO.after(Span::from_ms(start)),
                sizes: noise.iter().map(sizes).collect(),
                segment: Span::from_s(segment),
                max_buffer: Span::from_s(segment + extra),
                startup: Span::from_s(startup_s.min(3 * segment)),
                first,
                latency,
                qoe: Qoe { utilities, rebuffer, startup, switch, per },
            }
        },
    )
}
