//! Whole sessions in the fluid model: a program decides as the algorithm that it copies, on every
//! request, and twice the same.

use crate::scene::Scene;
use std::path::Path;
use std::sync::Arc;
use weir_abr::exec::Program;
use weir_abr::{Abr, Choice, Rung};
use weir_core::{Preset, SessionMetrics};
use weir_exec::Start;
use weir_model::{Capacity, Film, Link, Spec, Way, run_session_with, viewer_of};
use weir_trace::{Trace, Volume};
use weir_units::{BitRate, Span};

tests! {
    a_program_decides_like_the_algorithm_that_it_copies,
    the_example_plays_a_session_twice_the_same,
    a_program_may_abandon_downloads,
    a_program_that_fails_ends_its_session,
}

/// What `pensieve-bb` is, in Python.
const BUFFER_BASED: &str = "import json, sys\n\
    for line in sys.stdin:\n    \
        seen = json.loads(line)\n    \
        buffer, top = seen['buffer_s'], len(seen['ladder']) - 1\n    \
        if not seen['downloads']: rung = 1\n    \
        elif buffer < 5: rung = 0\n    \
        elif buffer >= 15: rung = top\n    \
        else: rung = int(top * (buffer - 5) / 10)\n    \
        print(json.dumps({'rung': rung}), flush=True)\n";

/// What Sabre's throughput rule does about downloads in progress is not copied: a rung down, once,
/// when a download takes longer than the segment plays.
const IMPATIENT: &str = "import json, sys\n\
    for line in sys.stdin:\n    \
        seen = json.loads(line)\n    \
        if seen['ask'] == 'decide': answer = {'rung': 3}\n    \
        else:\n        \
            took = seen['now_s'] - seen['request']['requested_s']\n        \
            late = took > seen['segment_s'] and seen['request']['rung'] > 0\n        \
            answer = {'abandon': 0} if late else {}\n    \
        print(json.dumps(answer), flush=True)\n";

/// A network that rises and falls between 300 kbit/s and 6 Mbit/s.
fn trace() -> Arc<Trace> {
    let kbps = [900, 2_500, 6_000, 300, 1_200, 4_400, 700];
    let rows: String = kbps.iter().map(|kbps| format!("7 s, {kbps} kbit/s\n")).collect();
    let head = "format = \"weir-trace-1\"\nname = \"\"\nkind = \"capacity\"\nrepeats = true\n\
                source = \"\"\nlicence = \"\"\n---\n";
    Arc::new(weir_trace::read("test", &format!("{head}{rows}")).unwrap())
}

fn film() -> Arc<Film> {
    let kbps = [300, 750, 1_200, 1_850, 2_850, 4_300];
    let rung = |kbps: u64| {
        let rate = BitRate::from_bps(kbps * 1_000);
        Rung { mean: rate, peak: rate }
    };
    let sizes =
        |segment: u64| kbps.map(|kbps| Volume::from_bits(kbps * (3_000 + segment % 7 * 300)));
    let sizes: Vec<Vec<Volume>> = (0..60).map(|segment| sizes(segment).to_vec()).collect();
    let segments = vec![Span::from_s(4); sizes.len()];
    Arc::new(Film::new(kbps.map(rung).to_vec(), segments, &sizes).unwrap())
}

fn session(abr: Box<dyn Abr>, preset: Preset) -> SessionMetrics {
    let capacity = Capacity::Trace { trace: trace(), offset: Span::ZERO };
    let way = Way::Link(Link { capacity, latency: Span::from_ms(80) });
    let viewer = viewer_of(Choice::named("none"), preset);
    let metrics = run_session_with(&Spec { film: film(), way, viewer }, abr).unwrap();
    assert_eq!(metrics.err, None);
    metrics
}

fn a_program_decides_like_the_algorithm_that_it_copies() {
    let program = session(Scene::new(BUFFER_BASED).start(), Preset::Weir);
    let built = session(Choice::named("pensieve-bb").build().unwrap(), Preset::Weir);
    let rungs: Vec<_> = built.segments.iter().map(|segment| segment.rung).collect();
    assert!((0..6).all(|rung| rungs.contains(&rung)), "every rung has its turn: {rungs:?}");
    assert_eq!(program, built);
}

fn the_example_plays_a_session_twice_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../abr/examples");
    let choice = Program::new("python3 my_abr.py").choice();
    let play = || session(weir_exec::build(&choice, &folder, &Start::Plain).unwrap(), Preset::Weir);
    let metrics = play();
    assert_eq!(metrics.segments.len(), 60);
    let rungs: Vec<_> = metrics.segments.iter().map(|segment| segment.rung).collect();
    assert!(rungs.windows(2).any(|pair| pair[0] < pair[1]), "{rungs:?}");
    assert!(rungs.windows(2).any(|pair| pair[0] > pair[1]), "{rungs:?}");
    assert_eq!(play(), metrics);
}

fn a_program_may_abandon_downloads() {
    let mut scene = Scene::new(IMPATIENT);
    scene.program.progress = true;
    let metrics = session(scene.start(), Preset::Sabre);
    let abandoned = metrics.segments.iter().filter(|segment| segment.err.is_some());
    let reasons: Vec<_> = abandoned.map(|segment| segment.err.as_deref().unwrap()).collect();
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| *reason == "abandoned for rung 0"));
    scene.program.progress = false;
    let metrics = session(scene.start(), Preset::Sabre);
    assert!(metrics.segments.iter().all(|segment| segment.err.is_none()));
}

fn a_program_that_fails_ends_its_session() {
    let scene = Scene::new(
        "for n in range(9):\n    input()\n    print('{\"rung\": 0}', flush=True)\nraise SystemExit('bye')",
    );
    let capacity = Capacity::Trace { trace: trace(), offset: Span::ZERO };
    let way = Way::Link(Link { capacity, latency: Span::ZERO });
    let viewer = viewer_of(Choice::named("none"), Preset::Weir);
    let metrics = run_session_with(&Spec { film: film(), way, viewer }, scene.start()).unwrap();
    let err = metrics.err.unwrap();
    assert!(err.ends_with("exited with status 1 instead of answering; its error output ends: bye"));
    assert_eq!(metrics.segments.len(), 9);
}
