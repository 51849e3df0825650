//! Laws of all algorithms, on observations drawn at random.

use proptest::prelude::*;
use weir_abr::{Abr, Bba0, Bola, Choice, Decision, Download, End, Observation, Playback, Progress};
use weir_abr::{DOWNLOADS_SEEN, Rung, Throughput, Verdict, registry};
use weir_units::{BitRate, Bytes, Ratio, Span, Time};

fn span(max_ms: u64) -> impl Strategy<Value = Span> {
    (0..=max_ms).prop_map(Span::from_ms)
}

/// Lowest first, equal rates allowed.
fn ladder() -> impl Strategy<Value = Vec<Rung>> {
    prop::collection::vec(1..=20_000_000u64, 1..=12).prop_map(|mut rates| {
        rates.sort_unstable();
        let rung = |bps: u64| Rung {
            mean: BitRate::from_bps(bps),
            peak: BitRate::from_bps(bps + bps / 2),
        };
        rates.into_iter().map(rung).collect()
    })
}

fn end(rungs: usize) -> impl Strategy<Value = End> {
    let abandoned = prop::option::of(0..rungs).prop_map(|to| End::Abandoned { to });
    prop_oneof![4 => Just(End::Whole), 1 => abandoned]
}

fn download(rungs: usize) -> impl Strategy<Value = Download> {
    let size = (0..=20_000_000u64).prop_map(Bytes::new);
    let flags = (prop::bool::weighted(0.1), end(rungs));
    let drawn = (0..rungs, size, span(5_000), span(60_000), span(120_000), flags);
    drawn.prop_map(|(rung, bytes, ttfb, transfer, buffer, (replacement, end))| {
        let (media, finished) = (Span::from_s(2), Time::ZERO);
        Download { rung, bytes, ttfb, transfer, media, finished, buffer, replacement, end }
    })
}

fn history(rungs: usize) -> impl Strategy<Value = Vec<Download>> {
    prop::collection::vec(download(rungs), 0..=DOWNLOADS_SEEN).prop_map(|mut downloads| {
        let mut now = Time::ZERO;
        for download in &mut downloads {
            now = now.after(download.ttfb).after(download.transfer).after(Span::from_ns(1));
            download.finished = now;
        }
        downloads
    })
}

fn sizes(rungs: usize) -> impl Strategy<Value = Vec<Vec<Bytes>>> {
    let size = (0..=20_000_000u64).prop_map(Bytes::new);
    prop::collection::vec(prop::collection::vec(size, rungs), 0..=3)
}

fn playback() -> impl Strategy<Value = Playback> {
    prop_oneof![Just(Playback::Starting), Just(Playback::Playing), Just(Playback::Stalled)]
}

fn observation() -> impl Strategy<Value = Observation> {
    let drawn = ladder().prop_flat_map(|ladder| {
        let rungs = ladder.len();
        let content = (Just(ladder), sizes(rungs), history(rungs));
        let times = (span(240_000), span(12_000), span(30_000), span(12_000));
        let rest = (0..=100u8, 0..200u64, 0..200u64, playback(), any::<bool>());
        (content, times, rest, prop::collection::vec(0..rungs, 0..20))
    });
    drawn.prop_map(|((ladder, sizes, downloads), times, rest, buffered)| {
        let (max_buffer, segment_duration, waited_for_room, played_of_first) = times;
        let (full, segment, segments_left, playback, live) = rest;
        let newest = downloads.last().map_or(Time::ZERO, |download| download.finished);
        Observation {
            now: newest.after(waited_for_room),
            buffer: Span::from_ns(max_buffer.ns() / 100 * u64::from(full)),
            max_buffer,
            segment,
            segments_left,
            segment_duration,
            ladder,
            sizes,
            downloads,
            playback,
            live,
            waited_for_room,
            buffered,
            played_of_first,
            ..Observation::default()
        }
    })
}

/// What no player would say: anything that the types allow.
fn hostile() -> impl Strategy<Value = Observation> {
    let any_span =
        || prop_oneof![Just(Span::ZERO), Just(Span::MAX), any::<u64>().prop_map(Span::from_ns)];
    let any_rate =
        || prop_oneof![Just(0), Just(u64::MAX), any::<u64>()].prop_map(BitRate::from_bps);
    let any_bytes = || prop_oneof![Just(0), Just(u64::MAX), any::<u64>()].prop_map(Bytes::new);
    let rung = (any_rate(), any_rate()).prop_map(|(mean, peak)| Rung { mean, peak });
    let end = prop_oneof![
        Just(End::Whole),
        prop::option::of(any::<usize>()).prop_map(|to| End::Abandoned { to })
    ];
    let times = (any_span(), any_span(), any_span(), any_span(), any::<u64>(), any::<bool>(), end);
    let download = (any::<usize>(), any_bytes(), times).prop_map(|(rung, bytes, times)| {
        let (ttfb, transfer, media, buffer, finished, replacement, end) = times;
        let finished = Time::from_ns(finished);
        Download { rung, bytes, ttfb, transfer, media, finished, buffer, replacement, end }
    });
    let content = (
        prop::collection::vec(rung, 0..=5),
        prop::collection::vec(prop::collection::vec(any_bytes(), 0..=6), 0..=12),
        prop::collection::vec(download, 0..=25),
        prop::collection::vec(any::<usize>(), 0..8),
    );
    let times = (any_span(), any_span(), any_span(), any_span(), any_span());
    let counts = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>(), playback());
    (content, times, counts).prop_map(|(content, times, counts)| {
        let (ladder, sizes, downloads, buffered) = content;
        let (buffer, max_buffer, segment_duration, waited_for_room, played_of_first) = times;
        let (now, segment, segments_left, speed, playback) = counts;
        Observation {
            now: Time::from_ns(now),
            buffer,
            max_buffer,
            segment,
            segments_left,
            segment_duration,
            ladder,
            sizes,
            downloads,
            playback,
            speed: Ratio::from_ppb(speed),
            waited_for_room,
            buffered,
            played_of_first,
            ..Observation::default()
        }
    })
}

fn progress(rungs: usize) -> impl Strategy<Value = Progress> {
    let bytes = || prop_oneof![0..=20_000_000u64, any::<u64>()].prop_map(Bytes::new);
    let times = (any::<u64>(), prop::option::of(span(60_000)));
    (0..rungs.max(1), times, bytes(), bytes()).prop_map(|(rung, (requested, ttfb), size, got)| {
        let requested = Time::from_ns(requested % 1_000_000_000_000);
        Progress { rung, requested, ttfb, size, downloaded: got, part: Ratio::ZERO }
    })
}

fn decide(name: &str, seen: &Observation) -> Decision {
    Choice::named(name).build().unwrap().decide(seen)
}

/// The bits of the coming segment, as an algorithm sees them.
fn coming_bits(seen: &Observation, rung: usize) -> u64 {
    let actual = seen.sizes.first().map(|sizes| sizes[rung].get() * 8);
    actual.unwrap_or_else(|| seen.ladder[rung].mean.bps())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_decision_is_a_rung_of_the_ladder(seen in observation()) {
        for entry in registry() {
            prop_assert!(decide(entry.name, &seen).rung < seen.ladder.len(), "{}", entry.name);
        }
    }

    #[test]
    fn a_wait_never_drains_the_buffer(seen in observation()) {
        for entry in registry() {
            prop_assert!(decide(entry.name, &seen).wait <= seen.buffer, "{}", entry.name);
        }
    }

    #[test]
    fn equal_observations_give_equal_decisions(run in prop::collection::vec(observation(), 1..6)) {
        for entry in registry() {
            let choice = Choice::named(entry.name);
            let (mut one, mut other) = (choice.build().unwrap(), choice.build().unwrap());
            for seen in &run {
                prop_assert_eq!(one.decide(seen), other.decide(seen), "{}", entry.name);
                prop_assert_eq!(one.estimate(), other.estimate(), "{}", entry.name);
            }
        }
    }

    /// Whatever a player says, a session goes on.
    #[test]
    fn nothing_that_can_be_seen_breaks_an_algorithm(
        run in prop::collection::vec((hostile(), progress(5)), 1..5),
    ) {
        for entry in registry() {
            let mut abr = Choice::named(entry.name).build().unwrap();
            for (seen, progress) in &run {
                let decision = abr.decide(seen);
                let top = seen.ladder.len().max(1);
                prop_assert!(decision.rung < top, "{}: {:?}", entry.name, decision);
                prop_assert!(decision.wait <= seen.buffer, "{}: {:?}", entry.name, decision);
                abr.progress(seen, progress);
                abr.estimate();
            }
        }
    }

    #[test]
    fn downloads_are_abandoned_for_lower_rungs(
        (seen, progress) in observation().prop_flat_map(|seen| {
            let rungs = seen.ladder.len();
            (Just(seen), progress(rungs))
        }),
    ) {
        for entry in registry() {
            let mut abr = Choice::named(entry.name).build().unwrap();
            abr.decide(&seen);
            if let Verdict::Abandon { to } = abr.progress(&seen, &progress) {
                prop_assert!(to.is_some_and(|to| to < progress.rung), "{}: {to:?}", entry.name);
            }
        }
    }

    #[test]
    fn an_observation_survives_its_log(seen in observation()) {
        let line = serde_json::to_string(&seen).unwrap();
        prop_assert_eq!(serde_json::from_str::<Observation>(&line).unwrap(), seen);
    }

    #[test]
    fn a_fuller_buffer_never_lowers_the_rung_of_bba0(seen in observation(), more in span(60_000)) {
        let mut bba0 = Bba0 {
            reservoir: Ratio::from_ppb(375_000_000),
            cushion: Ratio::from_ppb(525_000_000),
        };
        let fuller = Observation { buffer: seen.buffer.saturating_add(more), ..seen.clone() };
        let low = bba0.decide(&seen).rung;
        let high = bba0.decide(&fuller).rung;
        let rate = |rung: usize| seen.ladder[rung].mean;
        prop_assert!(rate(high) >= rate(low), "{low} then {high}");
    }

    /// With declared rates, a larger segment is a higher rung; with actual sizes it need not be.
    #[test]
    fn a_fuller_buffer_never_shrinks_the_segment_of_bola(
        seen in observation(),
        more in span(60_000),
    ) {
        let mut bola = Bola::new(Span::from_s(5));
        let fuller = Observation { buffer: seen.buffer.saturating_add(more), ..seen.clone() };
        let low = bola.decide(&seen);
        let high = bola.decide(&fuller);
        prop_assume!(low.wait == Span::ZERO && high.wait == Span::ZERO);
        // Sizes below a kilobit are all alike to a score that counts whole bits.
        prop_assume!((0..seen.ladder.len()).all(|rung| coming_bits(&seen, rung) >= 1_000));
        prop_assert!(coming_bits(&seen, high.rung) >= coming_bits(&seen, low.rung));
    }

    #[test]
    fn more_throughput_never_lowers_the_rung(seen in observation(), factor in 2..50u64) {
        let throughput =
            || Throughput::new(Span::from_s(3), Span::from_s(8), Ratio::from_ppb(900_000_000));
        // Smaller ones count together: which do then depends on their sizes.
        let mut seen = seen;
        for download in &mut seen.downloads {
            download.bytes = Bytes::new(download.bytes.get() + 16_000);
        }
        let mut faster = seen.clone();
        for download in &mut faster.downloads {
            download.bytes = Bytes::new(download.bytes.get() * factor);
        }
        let declared = |seen: &Observation| Observation { sizes: Vec::new(), ..seen.clone() };
        let low = throughput().decide(&declared(&seen)).rung;
        prop_assert!(throughput().decide(&declared(&faster)).rung >= low);
    }
}
