//! Laws of all algorithms, on observations drawn at random.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

use proptest::prelude::*;
use weir_abr::{Abr, Bba0, Bola, Choice, Decision, Download, Observation, Rung, registry};
use weir_abr::{DOWNLOADS_SEEN, Throughput};
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

fn download(rungs: usize) -> impl Strategy<Value = Download> {
    let size = (0..=20_000_000u64).prop_map(Bytes::new);
    (0..rungs, size, span(5_000), span(60_000)).prop_map(|(rung, bytes, ttfb, transfer)| {
        let (media, finished) = (Span::from_s(2), Time::ZERO);
        Download { rung, bytes, ttfb, transfer, media, finished }
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

fn observation() -> impl Strategy<Value = Observation> {
    let drawn = ladder().prop_flat_map(|ladder| {
        let rungs = ladder.len();
        (Just(ladder), sizes(rungs), history(rungs), span(240_000), span(12_000), 0..=100u8)
    });
    drawn.prop_map(|(ladder, sizes, downloads, max_buffer, segment_duration, full)| Observation {
        now: downloads.last().map_or(Time::ZERO, |download| download.finished),
        buffer: Span::from_ns(max_buffer.ns() / 100 * u64::from(full)),
        max_buffer,
        segment: downloads.len() as u64,
        segments_left: 100,
        segment_duration,
        ladder,
        sizes,
        downloads,
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
        let mut bola = Bola { gp: Span::from_s(5) };
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
        let mut faster = seen.clone();
        for download in &mut faster.downloads {
            download.bytes = Bytes::new(download.bytes.get() * factor);
        }
        let declared = |seen: &Observation| Observation { sizes: Vec::new(), ..seen.clone() };
        let low = throughput().decide(&declared(&seen)).rung;
        prop_assert!(throughput().decide(&declared(&faster)).rung >= low);
    }
}
