//! What the tests have in common.

use proptest::prelude::*;
use weir_trace::{About, Builder, Clock, Csv, Format, Kind, Origin, Rate, Reader, Step, Trace};
use weir_units::{BitRate, Span};

pub fn about(repeats: bool) -> About {
    About {
        name: "test \"quoted\"".to_owned(),
        kind: Kind::Goodput,
        repeats,
        source: "nobody\nat all".to_owned(),
        licence: "CC0-1.0".to_owned(),
        obtained: None,
        conversion: Some("made".to_owned()),
    }
}

pub fn trace(repeats: bool, steps: &[Step]) -> Trace {
    let mut builder = Builder::new(about(repeats));
    for step in steps {
        builder.push(*step).unwrap();
    }
    builder.finish().unwrap()
}

/// Steps of milliseconds and bits per second.
pub fn plain(repeats: bool, steps: &[(u64, u64)]) -> Trace {
    let step = |&(ms, bps): &(u64, u64)| Step {
        span: Span::from_ms(ms),
        rate: Rate::try_from(BitRate::from_bps(bps)).unwrap(),
        latency: None,
    };
    trace(repeats, &steps.iter().map(step).collect::<Vec<_>>())
}

/// A reader of a form; tables are those that are written.
pub fn reader(format: Format) -> Reader {
    Reader {
        format,
        origin: Origin {
            name: "read".to_owned(),
            kind: Some(Kind::Goodput),
            repeats: true,
            source: "a test".to_owned(),
            licence: "none".to_owned(),
            obtained: None,
        },
        csv: Csv {
            rate: "rate_bps".to_owned(),
            rate_unit: BitRate::from_bps(1),
            clock: Clock::Lasts("duration_s".to_owned()),
            time_unit: Span::from_s(1),
            latency: None,
        },
        packet: Reader::PACKET,
    }
}

/// Rates up to 1 Gbit/s, often none: what floating-point numbers hold to the last digit.
pub fn rates() -> impl Strategy<Value = Rate> {
    prop_oneof![
        1 => Just(Rate::ZERO),
        2 => (0u64..1000).prop_map(|kbps| Rate::from_micro_bps(kbps * 1_000_000_000).unwrap()),
        2 => (0u64..1_000_000_000_000_000).prop_map(|rate| Rate::from_micro_bps(rate).unwrap()),
    ]
}

/// Traces of up to 12 steps.
pub fn traces(latency: bool) -> impl Strategy<Value = Trace> {
    let step =
        (1_000u64..5_000_000_000, rates(), 0u64..300_000_000).prop_map(move |(ns, rate, lag)| {
            let latency = latency.then_some(Span::from_ns(lag));
            Step { span: Span::from_ns(ns), rate, latency }
        });
    (any::<bool>(), proptest::collection::vec(step, 1..12))
        .prop_filter("something is carried", |(_, steps)| {
            steps.iter().any(|step| step.rate > Rate::ZERO)
        })
        .prop_map(|(repeats, steps)| trace(repeats, &steps))
}
