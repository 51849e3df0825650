//! What holds in every session, over networks and viewers drawn at random.

use crate::toy::{Content, Network, Outcome, choice, play};
use proptest::prelude::*;
use std::collections::BTreeMap;
use strum::VariantArray as _;
use weir_abr::Choice;
use weir_core::{PlayerProfile, Preset, SessionConfig};
use weir_units::{Span, Time};

fn ms(range: std::ops::RangeInclusive<u64>) -> impl Strategy<Value = Span> {
    range.prop_map(Span::from_ms)
}

fn content() -> impl Strategy<Value = Content> {
    let ladder = prop::collection::vec(100_000..=8_000_000u64, 1..=6).prop_map(|mut ladder| {
        ladder.sort_unstable();
        ladder.dedup();
        ladder
    });
    let durations = prop::collection::vec(ms(500..=4_000), 1..=40);
    let size_percent = prop::collection::vec(50..=200u64, 1..=8);
    (ladder, durations, size_percent, any::<bool>()).prop_map(
        |(ladder, durations, size_percent, init)| Content { ladder, durations, size_percent, init },
    )
}

fn config() -> impl Strategy<Value = SessionConfig> {
    let conduct =
        (prop::sample::select(Preset::VARIANTS.to_vec()), prop::option::of(any::<bool>()));
    // dash.js also keeps a rest of its own.
    let rest = (ms(4_301..=30_000), ms(0..=8_000), ms(0..=8_000), any::<bool>(), conduct);
    (ms(0..=90_000), rest).prop_map(
        |(watch, (max_buffer, startup, resume, sizes, (preset, abandonment)))| SessionConfig {
            first_segment: 0,
            watch,
            max_buffer,
            startup,
            resume,
            sizes,
            player: PlayerProfile { preset, abandonment, replacement: None }.config(max_buffer),
        },
    )
}

/// The most that the buffer may hold: some presets look at it without the coming segment.
fn most(config: &SessionConfig, content: &Content) -> Span {
    let longest = content.durations.iter().max().copied().unwrap_or_default();
    let extra = if config.player.room.with_segment { Span::ZERO } else { longest };
    config.max_buffer.saturating_add(extra)
}

fn network() -> impl Strategy<Value = Network> {
    let rates = prop::collection::vec(prop_oneof![1..=1000u64, 100_000..=20_000_000u64], 1..=20)
        .prop_filter("something must arrive", |rates| rates.iter().any(|rate| *rate > 1000));
    let failures = prop::collection::btree_map(3..40usize, 0..100_000u64, 0..=4);
    (ms(1..=200), rates, failures).prop_map(|(latency, rates, failures)| Network {
        latency,
        rates,
        failures,
        lateness: vec![Span::ZERO],
    })
}

fn abr() -> impl Strategy<Value = Choice> {
    let names = weir_abr::registry().iter().map(|entry| entry.name).collect::<Vec<_>>();
    prop::sample::select(names).prop_map(|name| choice(name, &[]))
}

fn arrived_media(outcome: &Outcome) -> u64 {
    outcome.metrics.arrived().map(|segment| segment.media.ns()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn all_media_is_played_or_in_the_buffer(
        config in config(), abr in abr(), content in content(), network in network(),
    ) {
        let outcome = play(config, &abr, &content, &network);
        let played_and_kept = outcome.metrics.played.ns() + outcome.last.buffer.ns();
        prop_assert_eq!(arrived_media(&outcome), played_and_kept);
        let most = most(&config, &content);
        prop_assert!(outcome.fullest <= most);
        for segment in &outcome.metrics.segments {
            prop_assert!(segment.buffer_after <= most);
        }
    }

    #[test]
    fn every_moment_is_startup_or_play_or_stall(
        config in config(), abr in abr(), content in content(), network in network(),
    ) {
        let metrics = play(config, &abr, &content, &network).metrics;
        prop_assert!(metrics.length <= config.watch);
        match metrics.startup {
            None => prop_assert_eq!((metrics.played, metrics.stalls.len()), (Span::ZERO, 0)),
            Some(startup) => prop_assert_eq!(
                startup.ns() + metrics.played.ns() + metrics.stalled().ns(),
                metrics.length.ns()
            ),
        }
        let media: Span = content.durations.iter().fold(Span::ZERO, |a, b| a.saturating_add(*b));
        let whole = metrics.played == media || metrics.length == config.watch;
        prop_assert!(whole || metrics.err.is_some(), "it ended for no reason: {metrics:?}");
        prop_assert_eq!(metrics.complete, metrics.played == media);
        prop_assert_eq!(metrics.published().0.is_some(), metrics.complete);
    }

    #[test]
    fn stalls_follow_each_other_and_only_the_last_is_cut_off(
        config in config(), abr in abr(), content in content(), network in network(),
    ) {
        let metrics = play(config, &abr, &content, &network).metrics;
        for pair in metrics.stalls.windows(2) {
            prop_assert!(!pair[0].cut_off && pair[0].duration > Span::ZERO);
            prop_assert!(pair[0].start.after(pair[0].duration) < pair[1].start);
            // Between two stalls, time is media.
            let between = pair[1].start.since(pair[0].start.after(pair[0].duration));
            prop_assert_eq!(pair[0].played.ns() + between.ns(), pair[1].played.ns());
        }
    }

    #[test]
    fn a_late_timer_changes_nothing(
        config in config(), abr in abr(), content in content(), network in network(),
        lateness in prop::collection::vec(0..=100u64, 1..=9),
    ) {
        let share = |percent: &u64| Span::from_ns(network.latency.ns() / 100 * percent);
        let late = Network { lateness: lateness.iter().map(share).collect(), ..network.clone() };
        let punctual = play(config, &abr, &content, &network);
        let delayed = play(config, &abr, &content, &late);
        prop_assert_eq!(punctual.metrics, delayed.metrics);
        // Only a request that was due before the end and looked at after it is never sent.
        let sent = delayed.requests.len();
        prop_assert!(punctual.requests.len() - sent <= 1);
        prop_assert!(punctual.requests[..sent] == delayed.requests);
    }

    #[test]
    fn equal_events_give_equal_facts(
        config in config(), abr in abr(), content in content(), network in network(),
    ) {
        let once = play(config, &abr, &content, &network);
        prop_assert_eq!(once.metrics, play(config, &abr, &content, &network).metrics);
    }

    #[test]
    fn segments_arrive_in_order_each_once(
        config in config(), abr in abr(), content in content(), network in network(),
    ) {
        let metrics = play(config, &abr, &content, &network).metrics;
        prop_assert!(metrics.arrived().map(|s| s.segment).eq(0..metrics.arrived().count()));
        let mut free = Time::ZERO;
        for segment in &metrics.segments {
            prop_assert!(segment.requested >= free, "two requests at once");
            free = segment.requested.after(segment.download);
        }
        let limit = Time::ZERO.after(metrics.length);
        prop_assert!(free <= limit);
    }

    #[test]
    fn twice_the_peak_of_the_lowest_rung_never_stalls(
        content in content(), spare in 0..=5_000_000u64,
    ) {
        let mut config = crate::toy::config(120);
        // One whole segment ahead of the playhead.
        config.startup = Span::from_s(8);
        let peak = content.ladder[0] * content.size_percent.iter().max().unwrap() / 100;
        let network = Network {
            latency: Span::from_ms(1),
            rates: vec![2 * peak + 100_000 + spare],
            failures: BTreeMap::new(),
            lateness: vec![Span::ZERO],
        };
        let metrics = play(config, &choice("fixed", &[("rung", "0")]), &content, &network).metrics;
        prop_assert_eq!(metrics.err, None);
        prop_assert!(metrics.stalls.is_empty(), "{:?}", metrics.stalls);
    }
}
