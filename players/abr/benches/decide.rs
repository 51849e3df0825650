//! How long the decisions of a session take: `cargo bench -p weir-abr`.
//!
//! Sessions are short loops around the algorithm: a link whose rate changes with each segment, and
//! the buffer that follows from it. What is measured is nearly all algorithm.

#![allow(missing_docs, reason = "the macros of criterion make functions without documentation")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use weir_abr::{Abr, Choice, DOWNLOADS_SEEN, Download, Observation, Rung, registry};
use weir_units::{BitRate, Bytes, Span};

const LADDER: [u64; 6] = [300, 750, 1200, 1850, 2850, 4300];
const HORIZON: usize = 5;

/// Rates between 0.4 and 5 Mbit/s, without order.
fn kbps(segment: u64) -> u64 {
    400 + segment.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 4_600
}

/// The size of a segment: the rung's rate, and up to a quarter more or less.
fn size(segment: u64, rung: usize) -> Bytes {
    let noise = 750 + (segment * 31 + 7).wrapping_mul(0x2545_F491_4F6C_DD1D) % 500;
    Bytes::new(LADDER[rung] * 4 * 125 * noise / 1_000)
}

fn session(abr: &mut dyn Abr, segments: u64) -> usize {
    let rung = |kbps: u64| {
        let rate = BitRate::from_bps(kbps * 1000);
        Rung { mean: rate, peak: rate }
    };
    let mut seen = Observation {
        max_buffer: Span::from_s(30),
        segment_duration: Span::from_s(4),
        ladder: LADDER.map(rung).to_vec(),
        sizes: vec![vec![Bytes::ZERO; LADDER.len()]; HORIZON],
        downloads: Vec::with_capacity(DOWNLOADS_SEEN),
        ..Observation::default()
    };
    let mut sum = 0;
    for segment in 0..segments {
        seen.segment = segment;
        seen.segments_left = segments - segment;
        for (ahead, sizes) in (segment..).zip(&mut seen.sizes) {
            for (rung, bytes) in sizes.iter_mut().enumerate() {
                *bytes = size(ahead, rung);
            }
        }
        let decision = abr.decide(&seen);
        sum += decision.rung;
        let bytes = size(segment, decision.rung);
        let transfer =
            BitRate::from_bps(kbps(segment) * 1000).time_for(bytes).unwrap_or(Span::ZERO);
        let ttfb = Span::from_ms(80);
        let took = transfer.saturating_add(ttfb);
        let passed = took.saturating_add(decision.wait);
        let buffer = seen.buffer.saturating_sub(passed).saturating_add(seen.segment_duration);
        let most = seen.max_buffer.saturating_sub(seen.segment_duration);
        seen.waited_for_room = buffer.saturating_sub(most);
        seen.buffer = buffer.min(most);
        seen.now = seen.now.after(passed);
        let finished = seen.now;
        seen.now = finished.after(seen.waited_for_room);
        if seen.downloads.len() == DOWNLOADS_SEEN {
            seen.downloads.remove(0);
        }
        let (rung, media) = (decision.rung, seen.segment_duration);
        let download = Download {
            rung,
            bytes,
            ttfb,
            transfer,
            media,
            finished,
            buffer,
            ..Download::default()
        };
        seen.downloads.push(download);
    }
    sum
}

fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session of 200 segments");
    for entry in registry() {
        group.bench_function(entry.name, |bencher| {
            bencher.iter(|| {
                // Every default builds; an entry for which it did not would measure nothing.
                let built = Choice::named(entry.name).build();
                built.map_or(0, |mut abr| session(abr.as_mut(), black_box(200)))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
