//! What holds in every session of the model, over traces, films, viewers and algorithms drawn at
//! random.

use crate::common::{kbps, ms, steps, trace};
use crate::reference::rung;
use proptest::prelude::*;
use std::sync::Arc;
use strum::VariantArray as _;
use weir_abr::{Abr, Choice, Decision, Observation, Progress, Side, SizeHints, Verdict};
use weir_core::{PlayerProfile, Preset, SessionMetrics, Viewer, Viewing};
use weir_model::{
    Capacity, Film, Link, LinkId, Shared, Spec, Trial, Way, run_session, run_session_with,
    run_sessions, run_trial, run_trial_metered, viewer_of,
};
use weir_trace::{Trace, Volume};
use weir_units::{BitRate, Span, Time};

fn film() -> impl Strategy<Value = Arc<Film>> {
    let ladder = proptest::collection::vec(50u64..5_000, 1..6).prop_map(|mut ladder| {
        ladder.sort_unstable();
        ladder.dedup();
        ladder
    });
    (ladder, 500u64..5_000, proptest::collection::vec(30u64..200, 1..40)).prop_map(
        |(ladder, segment, percent)| {
            let bits =
                |kbps: &u64, percent: &u64| Volume::from_bits(kbps * segment * percent / 100);
            let row = |percent: &u64| ladder.iter().map(|kbps| bits(kbps, percent)).collect();
            let sizes: Vec<Vec<Volume>> = percent.iter().map(row).collect();
            let rungs = ladder.iter().map(|kbps| rung(kbps * 1000)).collect();
            Arc::new(Film::new(rungs, vec![Span::from_ms(segment); sizes.len()], &sizes).unwrap())
        },
    )
}

fn viewer() -> impl Strategy<Value = Viewer> {
    let names = weir_abr::registry().iter().map(|entry| entry.name).collect::<Vec<_>>();
    let side = prop_oneof![Just(None), Just(Some(Side::Left)), Just(Some(Side::Right))];
    (
        proptest::sample::select(names),
        proptest::sample::select(Preset::VARIANTS.to_vec()),
        proptest::option::of(any::<bool>()),
        side,
        (5_500u64..40_000, 0u64..10_000, 0u64..10_000, 1u64..200_000),
        any::<bool>(),
    )
        .prop_map(
            |(name, preset, abandonment, replacement, (max, startup, resume, watch), sizes)| {
                let viewing = Viewing {
                    knows: if sizes { SizeHints::Sizes } else { SizeHints::Declared },
                    max_buffer: Span::from_ms(max),
                    startup: Span::from_ms(startup),
                    resume: Span::from_ms(resume),
                    profile: PlayerProfile { preset, abandonment, replacement },
                    ..Viewing::of(preset, Choice::named(name), Span::from_ms(watch))
                };
                Viewer { viewing, ..viewer_of(Choice::named(name), preset) }
            },
        )
}

fn spec(film: &Arc<Film>, trace: &Arc<Trace>, viewer: &Viewer) -> Spec {
    let capacity = Capacity::Trace { trace: Arc::clone(trace), offset: Span::ZERO };
    let way = Way::Link(Link { capacity, latency: Span::from_ms(20) });
    Spec { film: Arc::clone(film), way, viewer: viewer.clone() }
}

/// An algorithm, with an eye on the buffer.
struct Watched {
    abr: Box<dyn Abr>,
    most: Span,
}

impl Watched {
    fn look(&self, seen: &Observation) {
        assert!(seen.buffer <= self.most, "{} of at most {}", seen.buffer, self.most);
    }
}

impl Abr for Watched {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.look(seen);
        self.abr.decide(seen)
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.look(seen);
        self.abr.progress(seen, progress)
    }
}

/// An algorithm that is asked at every look.
struct Impatient(Box<dyn Abr>);

impl Abr for Impatient {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.0.decide(seen)
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.0.progress(seen, progress)
    }

    fn estimate(&self) -> Option<BitRate> {
        self.0.estimate()
    }
}

/// The most that a viewer's buffer may hold: some presets look at it without the coming segment.
fn most(viewer: &Viewer, film: &Film) -> Span {
    let room = viewer.viewing.player().room;
    let extra = if room.with_segment { Span::ZERO } else { film.content().duration(0) };
    viewer.viewing.max_buffer.saturating_add(extra)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_buffer_is_never_above_its_limit_and_time_adds_up(
        film in film(), viewer in viewer(), steps in steps(), repeats: bool,
    ) {
        let spec = spec(&film, &trace(repeats, &steps), &viewer);
        let most = most(&viewer, &film);
        let watched = Watched { abr: viewer.viewing.abr.build().unwrap(), most };
        let metrics = run_session_with(&spec, Box::new(watched)).unwrap();
        prop_assert_eq!(&metrics.err, &None);
        let mut added = Span::ZERO;
        for request in &metrics.segments {
            prop_assert!(request.buffer_before <= most && request.buffer_after <= most);
            if request.err.is_none() && !request.replacement {
                added = added.saturating_add(request.media);
            }
        }
        prop_assert!(metrics.played <= added, "the buffer is negative");
        match metrics.startup {
            None => prop_assert_eq!(metrics.played, Span::ZERO),
            Some(startup) => prop_assert_eq!(
                startup.ns() + metrics.played.ns() + metrics.stalled().ns(),
                metrics.length.ns()
            ),
        }
        let whole = metrics.played == film.content().length();
        prop_assert!(whole || metrics.length == viewer.viewing.watch, "it ended for no reason");
    }

    /// Latency excluded, and to the byte: what players count are whole bytes.
    #[test]
    fn what_was_downloaded_is_the_integral_of_the_trace_over_the_downloads(
        film in film(), viewer in viewer(), steps in steps(), repeats: bool,
    ) {
        let trace = trace(repeats, &steps);
        let metrics = run_session(&spec(&film, &trace, &viewer)).unwrap();
        for request in &metrics.segments {
            let Some(ttfb) = request.ttfb else {
                prop_assert_eq!(request.bytes.get(), 0);
                continue;
            };
            let first = request.requested.after(ttfb);
            let last = request.requested.after(request.download);
            let carried = trace.carried(first, last).bytes().unwrap().get();
            // An end is at the first nanosecond at which all has arrived.
            let slack = kbps(20_000).carries(Span::from_ns(1)).bytes().unwrap().get() + 1;
            prop_assert!(
                carried.abs_diff(request.bytes.get()) <= slack,
                "{} bytes where {} were carried", request.bytes, carried
            );
        }
    }

    #[test]
    fn a_trace_that_ends_in_silence_ends_the_session_with_a_stall(
        film in film(), viewer in viewer(), kbit_s in 1u64..5_000,
    ) {
        // 600 s: longer than any buffer here, and than the film.
        let mut viewer = viewer;
        viewer.viewing.watch = Span::from_s(600);
        let trace = trace(false, &[(2_000, kbit_s), (1_000, 0)]);
        let metrics = run_session(&spec(&film, &trace, &viewer)).unwrap();
        prop_assert_eq!(&metrics.err, &None);
        if metrics.played == film.content().length() {
            return Ok(());
        }
        prop_assert_eq!(metrics.length, viewer.viewing.watch);
        if metrics.startup.is_some() {
            let last = metrics.stalls.last().unwrap();
            prop_assert!(last.cut_off);
            prop_assert_eq!(last.start.after(last.duration), Time::ZERO.after(metrics.length));
        }
    }

    /// Patience is no guess: an algorithm without any, which is asked at every look, decides the
    /// same.
    #[test]
    fn looks_that_are_left_out_would_have_changed_nothing(
        film in film(), viewer in viewer(), steps in steps(), repeats: bool,
        name in proptest::sample::select(vec![
            "sabre-bola", "bola-e", "sabre-throughput", "sabre-dynamic", "sabre-dynamic-dash",
        ]),
    ) {
        let abr = Choice::named(name);
        let profile = PlayerProfile { abandonment: Some(true), ..viewer.viewing.profile };
        let viewing = Viewing { abr, profile, ..viewer.viewing };
        let spec = spec(&film, &trace(repeats, &steps), &Viewer { viewing, ..viewer });
        let impatient = Impatient(spec.viewer.viewing.abr.build().unwrap());
        let asked = run_session_with(&spec, Box::new(impatient)).unwrap();
        prop_assert_eq!(&asked, &run_session(&spec).unwrap());
    }

    /// The two drivers: a viewer alone on a network of its own, and on a way of its own.
    #[test]
    fn alone_on_a_network_a_session_is_the_same(
        film in film(), viewer in viewer(), steps in steps(), start in 0u64..5_000,
    ) {
        let alone = spec(&film, &trace(true, &steps), &viewer);
        let Way::Link(link) = alone.way.clone() else { unreachable!() };
        let viewer = Viewer { start: ms(start), ..viewer };
        // The trace begins with the session.
        let length: u64 = steps.iter().map(|(ms, _)| ms).sum();
        let offset = Span::from_ms((length - start % length) % length);
        let Capacity::Trace { trace, .. } = link.capacity else { unreachable!() };
        let capacity = Capacity::Trace { trace, offset };
        let trial = Trial {
            links: vec![Link { capacity, latency: link.latency }],
            sessions: vec![Shared { film, route: vec![LinkId(0)], viewer }],
        };
        let metrics = run_trial(&trial).unwrap();
        prop_assert_eq!(&metrics[0], &run_session(&alone).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_number_of_threads_makes_no_difference(
        film in film(), viewers in proptest::collection::vec(viewer(), 1..20), steps in steps(),
    ) {
        let trace = trace(true, &steps);
        let specs: Vec<Spec> = viewers.iter().map(|viewer| spec(&film, &trace, viewer)).collect();
        let one: Vec<SessionMetrics> = specs.iter().map(|spec| run_session(spec).unwrap()).collect();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let all: Vec<_> = pool.install(|| run_sessions(&specs));
            prop_assert_eq!(all.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), one.clone());
        }
    }

    #[test]
    fn viewers_on_one_link_get_what_it_carries(
        film in film(), viewers in proptest::collection::vec(viewer(), 1..12), steps in steps(),
    ) {
        let trace = trace(true, &steps);
        let capacity = Capacity::Trace { trace: Arc::clone(&trace), offset: Span::ZERO };
        let route = vec![LinkId(0)];
        let session = |viewer: &Viewer| {
            Shared { film: Arc::clone(&film), route: route.clone(), viewer: viewer.clone() }
        };
        let trial = Trial {
            links: vec![Link { capacity, latency: Span::from_ms(20) }],
            sessions: viewers.iter().map(session).collect(),
        };
        let metrics = run_trial(&trial).unwrap();
        let end = metrics.iter().map(|metrics| metrics.length).max().unwrap();
        let bytes: u64 = metrics.iter().map(|metrics| metrics.bytes().get()).sum();
        prop_assert!(bytes <= trace.carried(Time::ZERO, Time::ZERO.after(end)).bytes().unwrap().get());
        prop_assert_eq!(metrics, run_trial(&trial).unwrap());
    }

    /// The meter changes nothing, misses nothing, and finds no link above its rate.
    #[test]
    fn what_a_link_carries_is_what_its_viewers_get(
        film in film(), viewers in proptest::collection::vec(viewer(), 1..8), steps in steps(),
        every in 50u64..20_000,
    ) {
        let trace = trace(true, &steps);
        let capacity = Capacity::Trace { trace: Arc::clone(&trace), offset: Span::ZERO };
        let fast = Link { capacity: Capacity::Constant(kbps(30_000)), latency: Span::from_ms(1) };
        let session = |(number, viewer): (usize, &Viewer)| Shared {
            film: Arc::clone(&film),
            route: if number % 2 == 0 { vec![LinkId(0)] } else { vec![LinkId(0), LinkId(1)] },
            viewer: viewer.clone(),
        };
        let trial = Trial {
            links: vec![Link { capacity, latency: Span::from_ms(20) }, fast],
            sessions: viewers.iter().enumerate().map(session).collect(),
        };
        let algorithms = viewers.iter().map(|viewer| viewer.viewing.abr.build().unwrap()).collect();
        let every = Span::from_ms(every);
        let (metrics, carried) = run_trial_metered(&trial, algorithms, every).unwrap();
        prop_assert_eq!(&metrics, &run_trial(&trial).unwrap());
        for (link, intervals) in carried.iter().enumerate() {
            let all = intervals.iter().map(|volume| volume.femtobits()).sum();
            let all = Volume::from_femtobits(all).bytes().unwrap().get();
            let users = metrics.iter().enumerate().filter(|(n, _)| link == 0 || n % 2 == 1);
            let bytes: u64 = users.clone().map(|(_, metrics)| metrics.bytes().get()).sum();
            let requests: usize = users.map(|(_, metrics)| metrics.segments.len()).sum();
            // Each download may have a byte that is not whole.
            prop_assert!((bytes..=bytes + requests as u64).contains(&all), "{} of {}", all, bytes);
        }
        for (interval, volume) in carried[0].iter().enumerate() {
            let from = Time::from_ns(interval as u64 * every.ns());
            prop_assert!(*volume <= trace.carried(from, from.after(every)), "interval {}", interval);
        }
    }
}
