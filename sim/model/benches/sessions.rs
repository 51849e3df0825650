//! What sessions of the model lab cost: `cargo bench -p weir-model`.
//!
//! Sessions a second in time that the core computed, and beside published simulators:
//! `scripts/bench-model`.

#![allow(missing_docs, reason = "the macros of criterion make functions without documentation")]

#[path = "../examples/bench-model/inputs.rs"]
mod inputs;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inputs::Inputs;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use weir_abr::{Choice, SizeHints};
use weir_core::{Preset, Viewer, Viewing};
use weir_model::{
    Capacity, Keep, Link, LinkId, Shared, Spec, Trial, Way, run_session, run_trial, viewer_of,
};
use weir_trace::Rate;
use weir_units::{BitRate, Span, Time};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PLAYERS: usize = 1000;

/// A session on every trace, and its row.
fn sessions(
    criterion: &mut Criterion,
    name: &str,
    inputs: Result<Inputs>,
    viewer: &Viewer,
) -> Result<()> {
    let inputs = inputs?;
    let spec = |trace| {
        let capacity = Capacity::Trace { trace: Arc::clone(trace), offset: Span::ZERO };
        let way = Way::Link(Link { capacity, latency: Span::ZERO });
        Spec { film: Arc::clone(&inputs.film), way, viewer: viewer.clone() }
    };
    let specs: Vec<Spec> = inputs.traces.iter().map(spec).collect();
    let mut group = criterion.benchmark_group("sessions");
    group.throughput(Throughput::Elements(specs.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let mut rows = Vec::new();
            for spec in &specs {
                if let Ok(metrics) = run_session(black_box(spec)) {
                    weir_model::rows(&spec.viewer, &metrics, Keep::Sessions, &mut rows);
                }
            }
            assert_eq!(rows.len(), specs.len());
            rows
        });
    });
    group.finish();
    Ok(())
}

fn bola(criterion: &mut Criterion) -> Result<()> {
    let viewer = viewer_of(Choice::named("bola"), Preset::Weir);
    sessions(criterion, "bola, 199 segments x 10 rungs", Inputs::long(), &viewer)?;
    let viewer = viewer_of(Choice::named("sabre-dynamic"), Preset::Sabre);
    sessions(criterion, "sabre-dynamic with abandonment", Inputs::long(), &viewer)
}

fn robust_mpc(criterion: &mut Criterion) -> Result<()> {
    let mut viewer = viewer_of(Choice::named("robust-mpc"), Preset::Pensieve);
    viewer.viewing.knows = SizeHints::Sizes;
    sessions(criterion, "robust-mpc, horizon 5, 6 rungs", Inputs::short(), &viewer)
}

/// Ten minutes on one bottleneck.
fn shared(criterion: &mut Criterion) -> Result<()> {
    let inputs = Inputs::long()?;
    let rate = Rate::try_from(BitRate::from_bps(3_000_000 * PLAYERS as u64))?;
    let player = |n: usize| Shared {
        film: Arc::clone(&inputs.film),
        route: vec![LinkId(0)],
        viewer: Viewer {
            session: n as u64,
            start: Time::ZERO.after(Span::from_ms(17 * n as u64)),
            viewing: Viewing::of(Preset::Weir, Choice::named("bola"), Span::from_s(600)),
            ..viewer_of(Choice::named("bola"), Preset::Weir)
        },
    };
    let trial = Trial {
        links: vec![Link { capacity: Capacity::Constant(rate), latency: Span::from_ms(20) }],
        sessions: (0..PLAYERS).map(player).collect(),
    };
    let mut group = criterion.benchmark_group("one link");
    group.sample_size(10);
    group.bench_function("1,000 players", |bencher| {
        bencher.iter(|| run_trial(black_box(&trial)).map_or(0, |metrics| metrics.len()));
    });
    group.finish();
    Ok(())
}

fn all(criterion: &mut Criterion) {
    for bench in [bola, robust_mpc, shared] {
        if let Err(problem) = bench(criterion) {
            eprintln!("{problem}");
        }
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
