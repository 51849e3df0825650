//! How fast the model lab is: `bench-model DIR [CASE]`, where DIR gets the inputs in the form of
//! Sabre, so that others can run on the same. See `scripts/bench-model`.

mod inputs;
mod write;

use inputs::Inputs;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use weir_abr::{Choice, SizeHints};
use weir_core::{Preset, Viewer};
use weir_model::{
    Capacity, Keep, Link, LinkId, Shared, Spec, Trial, Way, run_session, run_trial, viewer_of,
};
use weir_trace::{Rate, Trace};
use weir_units::{BitRate, Span, Time};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How long each measurement goes on.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

/// What is measured: a name, the algorithm with its parameters, the preset, and the least number of
/// sessions a second and core that will do.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], Preset, f64);

/// Sessions of 199 segments. The first is the bound; the others are those that Sabre runs too.
const CASES: [Case; 7] = [
    ("bola", "bola", &[], Preset::Weir, 20_000.0),
    ("sabre -a bola -ab -noa", "sabre-bola", &[("basic", "on")], Preset::Sabre, 0.0),
    ("sabre -a bola", "sabre-bola", &[], Preset::Sabre, 0.0),
    ("sabre -a bolae", "bola-e", &[], Preset::Sabre, 0.0),
    ("sabre -a throughput", "sabre-throughput", &[], Preset::Sabre, 0.0),
    ("sabre -a dynamic", "sabre-dynamic", &[], Preset::Sabre, 0.0),
    ("sabre -a dynamicdash", "sabre-dynamic-dash", &[], Preset::Sabre, 0.0),
];

/// Sessions in the chunk model of Pensieve: a name, the algorithm, and its parameters.
const CHUNKS: [Chunks; 2] =
    [("pensieve fixed", "fixed", &[("rung", "2")]), ("pensieve buffer-based", "pensieve-bb", &[])];
type Chunks = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The least for RobustMPC, and the most time for 1,000 players.
const MPC_BOUND: f64 = 500.0;
const PLAYERS: usize = 1000;
const PLAYERS_BOUND: f64 = 5.0;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("expected: bench-model DIR [CASE]")?;
    let only = arguments.next();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let inputs = Inputs::long()?;
    write::write(&inputs, &Path::new(&folder).join("long"))?;
    for (name, abr, params, preset, bound) in CASES.into_iter().filter(|case| wanted(case.0)) {
        let viewer = viewer_of(choice(abr, params), preset);
        sessions(name, &specs(&inputs, &viewer, over_link), bound)?;
    }
    let short = Inputs::short()?;
    write::write(&short, &Path::new(&folder).join("short"))?;
    if wanted("robust-mpc") {
        let mut viewer = viewer_of(Choice::named("robust-mpc"), Preset::Pensieve);
        viewer.viewing.knows = SizeHints::Sizes;
        sessions("robust-mpc", &specs(&short, &viewer, over_link), MPC_BOUND)?;
    }
    for (name, abr, params) in CHUNKS.into_iter().filter(|case| wanted(case.0)) {
        let viewer = viewer_of(choice(abr, params), Preset::Pensieve);
        sessions(name, &specs(&short, &viewer, in_chunks), 0.0)?;
    }
    if wanted("shared") {
        shared(&inputs)?;
    }
    Ok(())
}

/// The time that this thread has computed: other work on the machine does not count.
fn now() -> Result<Duration> {
    Ok(nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

fn choice(name: &str, params: &[(&str, &str)]) -> Choice {
    let params = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Choice { name: name.to_owned(), params }
}

fn over_link(trace: &Arc<Trace>) -> Way {
    let capacity = Capacity::Trace { trace: Arc::clone(trace), offset: Span::ZERO };
    Way::Link(Link { capacity, latency: Span::ZERO })
}

fn in_chunks(trace: &Arc<Trace>) -> Way {
    Way::Pensieve { trace: Arc::clone(trace), offset: Span::ZERO }
}

/// A session on every trace.
fn specs(inputs: &Inputs, viewer: &Viewer, way: fn(&Arc<Trace>) -> Way) -> Vec<Spec> {
    let film = || Arc::clone(&inputs.film);
    let spec = |trace| Spec { film: film(), way: way(trace), viewer: viewer.clone() };
    inputs.traces.iter().map(spec).collect()
}

/// Sessions a second on one core, with the rows that `record = "sessions"` keeps.
fn sessions(name: &str, specs: &[Spec], bound: f64) -> Result<()> {
    let (started, mut count, mut requests) = (now()?, 0u32, 0usize);
    while now()?.saturating_sub(started) < LONG_ENOUGH {
        for spec in specs {
            let metrics = run_session(spec)?;
            let mut rows = Vec::new();
            weir_model::rows(&spec.viewer, &metrics, Keep::Sessions, &mut rows);
            requests += metrics.segments.len();
            count += u32::try_from(std::hint::black_box(&rows).len())?;
        }
    }
    let per_second = f64::from(count) / now()?.saturating_sub(started).as_secs_f64();
    let requests = requests as f64 / f64::from(count);
    let least = if bound > 0.0 { format!(" (at least {bound:.0})") } else { String::new() };
    println!("{name}: {per_second:.0} sessions/s per core{least}, {requests:.0} requests each");
    Ok(())
}

/// 1,000 players on one bottleneck for ten minutes.
fn shared(inputs: &Inputs) -> Result<()> {
    let rate = Rate::try_from(BitRate::from_bps(3_000_000 * PLAYERS as u64))?;
    let player = |n: usize| {
        let mut viewer = viewer_of(Choice::named("bola"), Preset::Weir);
        viewer.viewing.watch = Span::from_s(600);
        Shared {
            film: Arc::clone(&inputs.film),
            route: vec![LinkId(0)],
            viewer: Viewer {
                session: n as u64,
                start: Time::ZERO.after(Span::from_ms(17 * n as u64)),
                ..viewer
            },
        }
    };
    let trial = Trial {
        links: vec![Link { capacity: Capacity::Constant(rate), latency: Span::from_ms(20) }],
        sessions: (0..PLAYERS).map(player).collect(),
    };
    let started = now()?;
    let metrics = run_trial(&trial)?;
    let took = now()?.saturating_sub(started).as_secs_f64();
    let played: f64 = metrics.iter().map(|metrics| metrics.played.as_secs_f64()).sum();
    println!(
        "{PLAYERS} players on one link, {:.0} s of playback each: {took:.2} s (at most {PLAYERS_BOUND})",
        played / PLAYERS as f64
    );
    Ok(())
}
