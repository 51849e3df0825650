//! How long a clairvoyant optimum takes: `cargo bench -p weir-oracle`.
//!
//! 199 segments of 3 s at 10 rungs, over a mobile link that is made anew by a seeded model. Before
//! the times, the gap and the work of each case are printed.

#![allow(missing_docs, reason = "the macros of criterion make functions without documentation")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::hint::black_box;
use weir_core::QoePreset;
use weir_oracle::{Latency, Problem, solve};
use weir_trace::Volume;
use weir_units::{BitRate, Seed, Span, Time};

const SEGMENTS: u64 = 199;
const LADDER: [u64; 10] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000];

/// The rung's rate for 3 s, and up to a quarter more or less.
fn size(segment: u64, kbps: u64) -> Volume {
    let noise = 750 + (segment * 31 + 7).wrapping_mul(0x2545_F491_4F6C_DD1D) % 500;
    Volume::from_bits(kbps * 3 * noise)
}

fn clairvoyant(criterion: &mut Criterion) {
    let ladder = LADDER.map(|kbps| BitRate::from_bps(kbps * 1000));
    let sizes: Vec<Vec<Volume>> =
        (0..SEGMENTS).map(|segment| LADDER.map(|kbps| size(segment, kbps)).to_vec()).collect();
    let mut group = criterion.benchmark_group("clairvoyant, 199 segments x 10 rungs");
    group.sample_size(10);
    for median in ["2 Mbit/s", "28 Mbit/s"] {
        let params = BTreeMap::from([("median".to_owned(), median.to_owned())]);
        let made = weir_trace::generate("lte", &params, Span::from_s(600), Seed::new(1));
        let Ok(trace) = made else { continue };
        for preset in [QoePreset::SabreScore, QoePreset::PensieveLog, QoePreset::PensieveLin] {
            let Ok(qoe) = preset.qoe(&ladder, Span::from_s(3)) else { continue };
            let problem = Problem {
                trace: &trace,
                start: Time::ZERO,
                sizes: &sizes,
                segment: Span::from_s(3),
                max_buffer: Span::from_s(25),
                startup: Span::ZERO,
                first: Some(0),
                latency: Latency::Fixed(Span::from_ms(20)),
                qoe,
            };
            let name = format!("{} over {median}", <&str>::from(preset));
            if let Ok(found) = solve(&problem) {
                println!("{name}: gap {:.2} %, work {}", found.gap * 100.0, found.work);
            }
            group.bench_function(name, |bencher| bencher.iter(|| solve(black_box(&problem))));
        }
    }
    group.finish();
}

criterion_group!(benches, clairvoyant);
criterion_main!(benches);
