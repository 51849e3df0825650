//! What a live session does when all is well, and when something is not.

use super::world::{NUMBER, Origin, World, Wrong, config};
use weir_abr::{Abr, Decision, Observation};
use weir_core::{CatchUp, Latency, LiveRules, Phase, PlaylistMetrics, Resource, SessionMetrics};
use weir_units::{Ratio, Span};

fn ms(ms: u64) -> Span {
    Span::from_ms(ms)
}

fn one(origin: Origin) -> World {
    World::of(vec![origin])
}

fn follows(numbers: &[u64]) -> bool {
    numbers.windows(2).all(|pair| pair[0] + 1 == pair[1])
}

fn stalls(metrics: &SessionMetrics) -> Vec<(u64, u64)> {
    metrics.stalls.iter().map(|stall| (stall.start.us() / 1000, stall.duration.ms())).collect()
}

#[test]
fn a_session_begins_at_its_target_and_follows() {
    let outcome = one(Origin::good()).play(config(30), LiveRules::default());
    let (metrics, live) = (&outcome.metrics, outcome.live());
    // Three segments of 2 s before the live edge.
    assert_eq!(outcome.numbers()[0], NUMBER - 3);
    assert!(follows(&outcome.numbers()));
    assert_eq!((metrics.err.as_deref(), metrics.stalls.len()), (None, 0));
    assert_eq!((live.skips, live.failures, live.failovers), (0, 0, 0));
    assert_eq!((live.announced, live.available), (17, 17));
    // The playlist was there at 40 ms, the first segment at 180 ms; it plays 2 s of 6.
    assert_eq!(metrics.startup, Some(ms(180)));
    assert_eq!(live.latency, Some(Latency { mean: ms(6140), p95: ms(6140) }));
    // The newest segment was complete 40 ms before it was known.
    assert_eq!(live.capture_latency, Some(Latency { mean: ms(6180), p95: ms(6180) }));
    assert_eq!((live.rate_changed, live.rate_deviation), (Span::ZERO, Some(Ratio::ZERO)));
}

#[test]
fn a_playlist_is_loaded_again_after_a_target_duration_or_half_of_it() {
    let outcome =
        one(Origin::good().but(9, 15, Wrong::Frozen)).play(config(20), LiveRules::default());
    let loads = outcome.live().playlists.iter();
    let loads: Vec<_> = loads.map(|list| (list.requested.us() / 1000, list.new)).collect();
    let expected = [
        (20, true),
        (2020, true),
        (4020, true),
        (6020, true),
        (8020, true),
        (10_020, false),
        (11_020, false),
        (12_020, false),
        (13_020, false),
        (14_020, false),
        (15_020, true),
        (17_020, true),
        (19_020, true),
    ];
    assert_eq!(loads, expected);
    let age = |n: usize| outcome.live().playlists[n].age;
    assert_eq!((age(0), age(9)), (Some(ms(40)), Some(ms(6040))));
}

#[test]
fn what_is_noted_is_noted_at_the_seconds_of_the_trial() {
    // The session begins at 2.3 s of the trial.
    let outcome = one(Origin::good()).play(config(3), LiveRules::default());
    let moments = &outcome.live().moments;
    assert_eq!(
        moments.iter().map(|m| m.at.us()).collect::<Vec<_>>(),
        [700_000, 1_700_000, 2_700_000]
    );
    assert!(moments.iter().all(|moment| moment.phase == Some(Phase::Playing)));
    assert_eq!((moments[0].latency, moments[0].rate), (Some(ms(6140)), Ratio::ONE));
}

#[test]
fn a_stall_adds_to_the_latency_for_good_unless_a_law_brings_it_back() {
    // A frozen playlist for 10 s, of which the buffer holds 4.
    let world = one(Origin::good().but(9, 19, Wrong::Frozen));
    let late = world.play(config(100), LiveRules::default());
    assert_eq!(late.metrics.stalls.len(), 1);
    let stalled = late.metrics.stalled();
    let last =
        |outcome: &super::world::Outcome| outcome.live().moments.last().unwrap().latency.unwrap();
    // The edge is known 40 ms earlier or later than it was.
    let expected = ms(6140).saturating_add(stalled);
    assert!(
        last(&late).ns().abs_diff(expected.ns()) <= ms(1000).ns(),
        "{:?} {expected}",
        last(&late)
    );
    assert!(last(&late) > ms(8000));
    for (catch_up, target) in [(CatchUp::DashJs, 6000), (CatchUp::HlsJs, 7050)] {
        let rules = LiveRules { catch_up, ..LiveRules::default() };
        let outcome = world.play(config(100), rules);
        let latency = last(&outcome).ms();
        assert!(latency.abs_diff(target) < 150, "{catch_up}: {latency} ms");
        assert!(outcome.live().rate_changed > Span::ZERO);
    }
    let rules = LiveRules { catch_up: CatchUp::Media3, ..LiveRules::default() };
    let slow = world.play(config(100), rules);
    let caught_up = last(&late).saturating_sub(last(&slow));
    assert!((1000..3000).contains(&caught_up.ms()), "3 % of some 80 s: {caught_up}");
}

#[test]
fn a_latency_above_the_limit_is_jumped_over() {
    let world = one(Origin::good().but(9, 19, Wrong::Frozen));
    let rules = LiveRules { max_latency: Some(ms(8000)), ..LiveRules::default() };
    let outcome = world.play(config(60), rules);
    let live = outcome.live();
    assert_eq!(live.skips, 1);
    assert!(live.skipped > ms(2000), "{}", live.skipped);
    assert!(live.moments.last().unwrap().latency.unwrap() <= ms(8000));
    // What was jumped over was nobody's fault.
    assert_eq!(live.announced, live.available);
}

#[test]
fn a_segment_that_cannot_be_had_is_tried_four_times_and_left_out() {
    let missing = NUMBER + 2;
    let world = one(Origin::good().but(0, 60, Wrong::Missing(missing)));
    let outcome = world.play(config(30), LiveRules::default());
    let tried: Vec<_> =
        outcome.metrics.segments.iter().filter(|s| s.sequence == Some(missing)).collect();
    assert_eq!(tried.len(), 4);
    assert!(tried.iter().all(|s| s.status == Some(404) && s.err.is_some()));
    assert!(tried.windows(2).all(|pair| pair[1].requested.since(pair[0].requested) >= ms(1000)));
    let live = outcome.live();
    assert_eq!((live.skips, live.skipped, live.failures), (1, ms(2000), 4));
    assert_eq!(live.announced - live.available, 1);
    assert_eq!(outcome.metrics.err, None);
}

#[test]
fn a_segment_that_comes_at_the_second_try_was_not_available_at_the_first() {
    let world = one(Origin::good().but(0, 7, Wrong::Missing(NUMBER + 2)));
    let outcome = world.play(config(30), LiveRules::default());
    assert!(follows(&outcome.numbers()));
    let live = outcome.live();
    assert_eq!((live.skips, live.announced - live.available), (0, 1));
}

#[test]
fn an_origin_that_dies_is_waited_for() {
    let world = one(Origin::good().but(10, 25, Wrong::Dead));
    let outcome = world.play(config(60), LiveRules::default());
    let (metrics, live) = (&outcome.metrics, outcome.live());
    assert_eq!((metrics.err.as_deref(), metrics.length), (None, Span::from_s(60)));
    assert_eq!(metrics.stalls.len(), 1, "{:?}", stalls(metrics));
    assert!(live.failures >= 13, "about one a second: {}", live.failures);
    // The window has gone on meanwhile.
    assert_eq!(live.skips, 1);
    assert!(live.playlists.iter().any(|list| list.err.as_deref() == Some("refused")));
}

#[test]
fn a_player_with_two_streams_goes_on_with_the_other_at_once() {
    let world = World::of(vec![Origin::good().but(10, 25, Wrong::Dead), Origin::good()]);
    let outcome = world.play(config(60), LiveRules::default());
    let (metrics, live) = (&outcome.metrics, outcome.live());
    assert_eq!((metrics.stalls.len(), live.failovers, live.failures), (0, 1, 1));
    assert!(follows(&outcome.numbers()));
    assert_eq!((live.skips, live.announced), (0, live.available));
    let hosts: Vec<_> = outcome.requests.iter().map(|r| r.uri.as_ref().unwrap().as_str()).collect();
    let second = hosts.iter().position(|uri| uri.starts_with("http://1/")).unwrap();
    assert_eq!(outcome.requests[second].resource, Resource::Master);
    assert!(hosts[second..].iter().all(|uri| uri.starts_with("http://1/")));
}

#[test]
fn a_stale_playlist_is_a_failure_where_there_is_another_stream() {
    let world = World::of(vec![Origin::good().but(9, 60, Wrong::Frozen), Origin::good()]);
    let outcome = world.play(config(60), LiveRules::default());
    assert_eq!(outcome.live().failovers, 1);
    assert!(follows(&outcome.numbers()));
    // Three target durations after the last new segment, at 8.04 s; the buffer holds 4.14 s then.
    let host = |r: &&weir_core::Request| r.uri.as_ref().unwrap().as_str().starts_with("http://1/");
    let switched = outcome.requests.iter().find(host).unwrap().at;
    assert_eq!(switched.us(), 14_040_000);
    let soon = LiveRules { stale: Some(ms(3000)), ..LiveRules::default() };
    let outcome = world.play(config(60), soon);
    assert!(outcome.metrics.stalls.is_empty());
}

#[test]
fn two_dead_streams_are_tried_in_turns_without_haste() {
    let dead = || Origin::good().but(10, 40, Wrong::Dead);
    let outcome = World::of(vec![dead(), dead()]).play(config(60), LiveRules::default());
    let live = outcome.live();
    assert!((40..=62).contains(&live.failures), "two a second: {}", live.failures);
    assert_eq!(outcome.metrics.err, None);
    assert!(live.moments.last().unwrap().phase == Some(Phase::Playing));
}

#[test]
fn numbers_that_differ_between_origins_are_aligned_by_dates() {
    let other = Origin::good().but(0, 99, Wrong::Renumbered(7_000_000));
    let world = World::of(vec![Origin::good().but(10, 99, Wrong::Dead), other]);
    let outcome = world.play(config(60), LiveRules::default());
    let (metrics, live) = (&outcome.metrics, outcome.live());
    assert_eq!((metrics.stalls.len(), live.skips), (0, 0));
    let places: Vec<_> = metrics.arrived().map(|segment| segment.segment as u64).collect();
    assert!(follows(&places) && places[0] == 0);
    let sequences = outcome.numbers();
    let shown = |n: &u64| if *n > 100_000_000 { *n } else { *n + NUMBER - 7_000_000 };
    assert!(follows(&sequences.iter().map(shown).collect::<Vec<_>>()));
    assert!(
        live.playlists.iter().any(|list| list.err.as_deref().is_some_and(|e| e.contains("dates")))
    );
}

#[test]
fn numbers_that_differ_without_dates_lead_to_the_live_target() {
    let other = Origin::good().but(0, 99, Wrong::Renumbered(7_000_000)).but(0, 99, Wrong::Dateless);
    let world = World::of(vec![Origin::good().but(10, 99, Wrong::Dead), other]);
    let outcome = world.play(config(60), LiveRules::default());
    let numbers = outcome.numbers();
    let mut once = numbers.clone();
    once.dedup();
    assert_eq!(once, numbers, "none twice");
    assert_eq!(outcome.live().failovers, 1);
    assert!(outcome.live().moments.last().unwrap().phase == Some(Phase::Playing));
}

#[test]
fn playlists_that_go_backwards_are_told_and_change_nothing() {
    let world = one(Origin::good().but(10, 14, Wrong::Behind(2)));
    let outcome = world.play(config(40), LiveRules::default());
    assert!(follows(&outcome.numbers()));
    let told = |e: &str| e.starts_with("it ends with ");
    assert!(outcome.live().playlists.iter().any(|list| list.err.as_deref().is_some_and(told)));
    assert_eq!(outcome.live().failures, 0);
}

#[test]
fn a_packager_that_starts_again_leaves_a_gap() {
    // Frozen from 9 s on; from 19 s on its playlist begins anew with what follows then.
    let again = Origin::good().but(9, 19, Wrong::Frozen).but(19, 99, Wrong::Restarted(NUMBER + 8));
    let outcome = one(again).play(config(60), LiveRules::default());
    let live = outcome.live();
    assert_eq!(live.skips, 1);
    let numbers = outcome.numbers();
    assert!(numbers.contains(&(NUMBER + 8)) && !numbers.contains(&(NUMBER + 7)), "{numbers:?}");
    assert_eq!((live.failures, outcome.metrics.err.as_deref()), (0, None));
    assert!(live.moments.last().unwrap().phase == Some(Phase::Playing));
}

#[test]
fn a_stream_that_ends_is_played_to_its_end() {
    let world = one(Origin::good().but(0, 99, Wrong::Ended(NUMBER + 5)));
    let outcome = world.play(config(60), LiveRules::default());
    let metrics = &outcome.metrics;
    assert_eq!(outcome.numbers().last(), Some(&(NUMBER + 5)));
    assert_eq!((metrics.err.as_deref(), metrics.complete), (None, false));
    // Nine segments of 2 s, and no stall.
    assert_eq!((metrics.played, metrics.stalls.len()), (Span::from_s(18), 0));
    assert_eq!(metrics.length, ms(18_180));
    let moments = &outcome.live().moments;
    assert_eq!(moments.len(), 60);
    assert!(moments.iter().skip(18).all(|moment| moment.phase.is_none()));
}

#[test]
fn empty_and_garbled_playlists_are_failures_and_pass() {
    for wrong in [Wrong::Empty, Wrong::Garbage(b"<html>".to_vec()), Wrong::NoPlaylist] {
        let world = one(Origin::good().but(10, 13, wrong.clone()));
        let outcome = world.play(config(40), LiveRules::default());
        assert!(outcome.live().failures >= 2, "{wrong:?}");
        assert!(follows(&outcome.numbers()), "{wrong:?}");
        assert!(outcome.metrics.stalls.is_empty(), "{wrong:?}: {:?}", stalls(&outcome.metrics));
    }
}

#[test]
fn a_stream_that_is_never_there_ends_without_an_error() {
    let outcome =
        one(Origin::good().but(0, 99, Wrong::Dead)).play(config(20), LiveRules::default());
    let (metrics, live) = (&outcome.metrics, outcome.live());
    assert_eq!(
        (metrics.startup, metrics.err.as_deref(), metrics.length),
        (None, None, Span::from_s(20))
    );
    assert_eq!((live.latency, live.announced, live.rate_deviation), (None, 0, None));
}

/// Alternates between two rungs, after a wait.
struct Restless;

impl Abr for Restless {
    fn decide(&mut self, seen: &Observation) -> Decision {
        assert!(seen.live);
        Decision::after((seen.segment % 2) as usize, Span::from_ms(100))
    }
}

#[test]
fn another_rung_begins_with_its_playlist() {
    let outcome = one(Origin::good()).play_with(
        config(30),
        LiveRules::default(),
        Box::new(Restless),
        &mut |_, _| {},
    );
    assert!(follows(&outcome.numbers()));
    assert!(
        outcome.metrics.arrived().map(|s| s.rung).eq((0..outcome.numbers().len()).map(|n| n % 2))
    );
    let resources: Vec<_> = outcome.requests.iter().map(|request| request.resource).collect();
    let mut listed = None;
    for resource in resources {
        match resource {
            Resource::Media { rung } => listed = Some(rung),
            Resource::Segment { rung, .. } => assert_eq!(listed, Some(rung)),
            _ => {}
        }
    }
}

#[test]
fn a_slow_network_falls_behind_and_goes_on_at_the_target() {
    let slow = Origin { transfer: ms(3000), ..Origin::good() };
    let outcome = one(slow).play(config(60), LiveRules::default());
    let live = outcome.live();
    assert!(live.skips > 0 && live.announced > live.available, "{} {}", live.skips, live.announced);
    assert!(outcome.numbers().windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn playlists_of_any_size_and_kind_are_survived() {
    let long = |count: usize, number: u64| {
        let segments: String = (0..count).map(|n| format!("#EXTINF:2,\n{n}.m4s\n")).collect();
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:";
        format!("{head}{number}\n{segments}").into_bytes()
    };
    let play = |garbage: Vec<u8>| {
        one(Origin::good().but(6, 20, Wrong::Garbage(garbage)))
            .play(config(120), LiveRules::default())
    };
    let told = |garbage: Vec<u8>, err: &str| {
        let outcome = play(garbage);
        let live = outcome.live();
        let told = |list: &&PlaylistMetrics| list.err.as_deref().is_some_and(|e| e.contains(err));
        assert!(live.playlists.iter().any(|list| told(&list)), "{err}: {:?}", live.playlists);
        assert_eq!(outcome.metrics.err, None);
        assert!(live.moments.last().unwrap().phase == Some(Phase::Playing), "{err}");
    };
    told(long(100_001, 5), "more than 100000 segments");
    told(long(3, 1 << 53 | 1), "is above");
    told(b"#EXTM3U\n\xff\n".to_vec(), "not UTF-8");
    told(vec![b'#'; 16_000_001], "at most 16000000 are allowed");
    told(b"#EXTM3U\n#EXTINF:2,\na\n".to_vec(), "TARGETDURATION is missing");
    told(b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:-2,\na\n".to_vec(), "a segment of -2 s");
    told(long(3, 5), "other numbers");
    // As many as there may be: the newest of them are kept, and it goes on with the live ones
    // after.
    let outcome = play(long(100_000, NUMBER - 99_990));
    assert!(outcome.numbers().windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(outcome.metrics.err, None);
}
