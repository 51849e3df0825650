//! What holds in every live session, whatever its origins do.

use super::world::{Fault, NUMBER, Origin, Outcome, World, Wrong, config};
use proptest::prelude::*;
use strum::VariantArray as _;
use weir_abr::{Abr, Decision, Observation};
use weir_core::{CatchUp, LiveRules, Phase, PlayerConfig, Preset, SessionConfig};
use weir_units::{Ratio, Span, Time};

fn ms(range: std::ops::RangeInclusive<u64>) -> impl Strategy<Value = Span> {
    range.prop_map(Span::from_ms)
}

/// A playlist of nonsense that looks like one.
fn nonsense() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![
        0..20u64,
        NUMBER - 20..NUMBER + 60,
        prop::sample::select(vec![u64::MAX, 1 << 53, (1 << 53) - 3, 1 << 63]),
    ];
    let duration =
        prop::sample::select(vec!["2", "0.000000001", "3600", "-1", "1e300", "nan", "0.5"]);
    let date = prop::sample::select(vec![
        "",
        "1970-01-01T00:00:00Z",
        "2499-12-31T23:59:59Z",
        "2026-11-28T07:30:50Z",
        "soon",
    ]);
    let target = prop::sample::select(vec!["2", "0", "18446744073709551615", "3600", "-4"]);
    let tail = prop::sample::select(vec!["", "#EXT-X-ENDLIST\n", "#EXTINF:2,\n", "\u{fffd}\0"]);
    let text = (number, duration, date, target, 0..30usize, tail).prop_map(
        |(number, duration, date, target, count, tail)| {
            let date = if date.is_empty() {
                String::new()
            } else {
                format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n")
            };
            let segments: String =
                (0..count).map(|n| format!("#EXTINF:{duration},\n{n}.m4s\n")).collect();
            let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:{target}\n");
            format!("{head}#EXT-X-MEDIA-SEQUENCE:{number}\n{date}{segments}{tail}").into_bytes()
        },
    );
    prop_oneof![4 => text, 1 => prop::collection::vec(any::<u8>(), 0..80)]
}

fn wrong() -> impl Strategy<Value = Wrong> {
    let number = NUMBER - 5..NUMBER + 40;
    prop_oneof![
        Just(Wrong::Dead),
        Just(Wrong::Frozen),
        Just(Wrong::NoPlaylist),
        number.clone().prop_map(Wrong::Missing),
        (1..40u64).prop_map(Wrong::Behind),
        Just(Wrong::Empty),
        nonsense().prop_map(Wrong::Garbage),
        prop_oneof![1000..2000u64, NUMBER - 20..NUMBER + 20].prop_map(Wrong::Renumbered),
        Just(Wrong::Dateless),
        number.clone().prop_map(Wrong::Restarted),
        number.prop_map(Wrong::Ended),
    ]
}

fn origin() -> impl Strategy<Value = Origin> {
    let fault = (0..60_000u64, 500..30_000u64, wrong()).prop_map(|(from_ms, lasts, wrong)| Fault {
        from_ms,
        to_ms: from_ms + lasts,
        wrong,
    });
    let slow = prop_oneof![3 => ms(1..=300), 1 => ms(1..=5000)];
    (ms(1..=200), slow, prop::collection::vec(fault, 0..5))
        .prop_map(|(latency, transfer, faults)| Origin { latency, transfer, faults })
}

fn world() -> impl Strategy<Value = World> {
    let segment = prop::sample::select(vec![1u64, 2, 4]).prop_map(Span::from_s);
    (segment, 3..8u64, prop::collection::vec(origin(), 1..=3)).prop_map(
        |(segment, window, origins)| World { segment, window, origins, lateness: Span::ZERO },
    )
}

fn rules() -> impl Strategy<Value = LiveRules> {
    let some = |range| prop::option::of(ms(range));
    let law = prop::sample::select(CatchUp::VARIANTS.to_vec());
    (law, some(0..=12_000), some(0..=20_000), some(0..=9_000)).prop_map(
        |(catch_up, target, max_latency, stale)| LiveRules { catch_up, target, max_latency, stale },
    )
}

fn viewer() -> impl Strategy<Value = SessionConfig> {
    let preset = prop::sample::select(Preset::VARIANTS.to_vec());
    (ms(0..=60_000), ms(500..=30_000), ms(0..=9_000), ms(0..=9_000), preset).prop_map(
        |(watch, max_buffer, startup, resume, preset)| {
            let player: PlayerConfig = preset.config(max_buffer);
            SessionConfig { watch, max_buffer, startup, resume, player, ..config(0) }
        },
    )
}

/// Takes rungs and waits in turns.
struct Turns(Vec<(usize, Span)>);

impl Abr for Turns {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let (rung, wait) = self.0[seen.segment as usize % self.0.len()];
        Decision::after(rung, wait)
    }
}

fn turns() -> impl Strategy<Value = Vec<(usize, Span)>> {
    let wait = prop_oneof![3 => Just(Span::ZERO), 1 => ms(0..=4_000)];
    prop::collection::vec((0..3usize, wait), 1..6)
}

fn play(
    world: &World,
    viewer: SessionConfig,
    rules: LiveRules,
    turns: &[(usize, Span)],
) -> Outcome {
    world.play_with(viewer, rules, Box::new(Turns(turns.to_vec())), &mut |_, _| {})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_playhead_only_goes_forward_and_never_beyond_the_edge(
        world in world(), viewer in viewer(), rules in rules(), turns in turns(),
    ) {
        let mut playhead = Span::ZERO;
        let abr = Box::new(Turns(turns));
        world.play_with(viewer, rules, abr, &mut |now, player| {
            let (edge, before) = (player.live_edge(), playhead);
            playhead = player.playhead().unwrap_or_default();
            assert!(before <= playhead && playhead <= edge, "{before} {playhead} {edge} at {now}");
            if let Some(latency) = player.status(now).latency.filter(|_| player.playback().at() == now) {
                assert_eq!(Some(latency), edge.checked_sub(playhead));
            }
        });
    }

    #[test]
    fn every_moment_is_startup_or_play_or_stall(
        world in world(), viewer in viewer(), rules in rules(), turns in turns(),
    ) {
        let outcome = play(&world, viewer, rules, &turns);
        let (metrics, live) = (&outcome.metrics, outcome.live());
        prop_assert!(metrics.length <= viewer.watch);
        prop_assert_eq!(&metrics.err, &None);
        match metrics.startup {
            None => prop_assert_eq!((live.playing, metrics.played), (Span::ZERO, Span::ZERO)),
            Some(startup) => prop_assert_eq!(
                startup.ns() + live.playing.ns() + metrics.stalled().ns(),
                metrics.length.ns()
            ),
        }
        prop_assert!(live.rate_changed <= live.playing);
        prop_assert_eq!(live.latency.is_some(), live.playing > Span::ZERO);
        if rules.catch_up == CatchUp::None {
            prop_assert_eq!(metrics.played, live.playing);
            prop_assert!(live.rate_deviation.is_none_or(|off| off == Ratio::ZERO));
        }
        prop_assert!(live.available <= live.announced);
        prop_assert!(live.failovers == 0 || world.origins.len() > 1);
    }

    #[test]
    fn no_segment_is_played_twice_or_out_of_order(
        world in world(), viewer in viewer(), rules in rules(), turns in turns(),
    ) {
        let outcome = play(&world, viewer, rules, &turns);
        let metrics = &outcome.metrics;
        let arrived: Vec<_> = metrics.arrived().map(|segment| segment.segment).collect();
        prop_assert!(arrived.windows(2).all(|pair| pair[0] < pair[1]), "{arrived:?}");
        prop_assert!(metrics.presented.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(metrics.presented.iter().all(|place| metrics.segments[*place as usize].err.is_none()));
        // What was played is what was presented, and what of it was left out counts nowhere.
        let media: u64 =
            metrics.presented.iter().map(|place| metrics.segments[*place as usize].media.ns()).sum();
        prop_assert!(metrics.played.ns() <= media);
        let mut free = Time::ZERO;
        for request in &metrics.segments {
            prop_assert!(request.requested >= free, "two requests at once");
            free = request.requested.after(request.download);
        }
    }

    #[test]
    fn a_late_driver_changes_nothing(
        world in world(), viewer in viewer(), rules in rules(), turns in turns(), late in 0..=100u64,
    ) {
        let punctual = play(&world, viewer, rules, &turns);
        // Later than that, and it would be too late for the first byte as well.
        let soonest = world.origins.iter().map(|origin| origin.latency).min().unwrap();
        let lateness = Span::from_ns(soonest.ns() / 100 * late);
        let delayed = play(&World { lateness, ..world }, viewer, rules, &turns);
        prop_assert_eq!(punctual.metrics, delayed.metrics);
    }

    #[test]
    fn every_second_is_noted_once(
        world in world(), viewer in viewer(), rules in rules(), turns in turns(),
    ) {
        let outcome = play(&world, viewer, rules, &turns);
        let moments = outcome.live().moments.iter().map(|moment| moment.at.ns());
        // The session begins at 2.3 s of the trial.
        let seconds = (0..).map(|n| 700_000_000 + n * 1_000_000_000);
        prop_assert!(moments.eq(seconds.take_while(|at| *at < viewer.watch.ns())));
    }
    #[test]
    fn a_session_recovers_from_whatever_was_wrong(
        mut world in world(), rules in rules(), rung in 0..2usize,
    ) {
        for origin in &mut world.origins {
            origin.transfer = origin.transfer.min(Span::from_ms(200));
            origin.faults.retain(|fault| !matches!(fault.wrong, Wrong::Ended(_)));
            for fault in &mut origin.faults {
                fault.to_ms = fault.to_ms.min(30_000);
            }
        }
        // No playlist has something new all the time.
        let least = Span::from_ns(world.segment.ns() * 2);
        let rules = LiveRules { stale: rules.stale.map(|stale| stale.max(least)), ..rules };
        let outcome = play(&world, config(300), rules, &[(rung, Span::ZERO)]);
        let live = outcome.live();
        // Somebody said that the stream was over.
        prop_assume!(live.moments.iter().all(|moment| moment.phase.is_some()));
        // In the last minute it plays on, be it an hour that somebody made of one segment.
        let late = Time::ZERO.after(Span::from_s(240));
        let came = outcome.metrics.arrived().filter(|segment| segment.requested > late).count();
        let plays = live.moments.iter().skip(240).any(|moment| moment.phase == Some(Phase::Playing));
        prop_assert!(plays || came >= 10, "{:#?}", live.playlists);
    }
}
