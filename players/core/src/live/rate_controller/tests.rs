//! What each law does with latencies, buffers and stalls that are said beforehand.

use super::*;
use proptest::prelude::*;
use strum::VariantArray;

fn seen(latency: f64) -> RateInput {
    RateInput {
        now: Time::ZERO,
        latency,
        target: 6.0,
        buffer: 5.0,
        target_duration: 2.0,
        age: 0.0,
        max_latency: None,
    }
}

fn later(seen: RateInput, ms: u64) -> RateInput {
    RateInput { now: Time::ZERO.after(Span::from_ms(ms)), ..seen }
}

#[test]
fn rates_are_those_of_the_players() {
    let vectors = [
        (-0.5, 0.5759, 0.80, 0.97),
        (0.1, 1.1225, 1.05, 1.01),
        (0.25, 1.2773, 1.10, 1.025),
        (0.5, 1.4241, 1.20, 1.03),
        (1.0, 1.4933, 1.35, 1.03),
        (3.0, 1.5, 1.80, 1.03),
    ];
    for (off, of_dashjs, of_hlsjs, of_media3) in vectors {
        assert!((dashjs(off) - of_dashjs).abs() < 5e-5, "{off}: {}", dashjs(off));
        assert!((hlsjs(off, 0.0) - of_hlsjs).abs() < 1e-12, "{off}: {}", hlsjs(off, 0.0));
        assert!((media3(off) - of_media3).abs() < 1e-12, "{off}: {}", media3(off));
    }
    assert_eq!(media3(0.019), 1.0);
}

#[test]
fn dashjs_waits_after_an_empty_buffer_until_half_of_the_delay_is_buffered() {
    let mut law = PlaybackRateController::new(CatchUp::DashJs);
    assert!(law.rate(&seen(7.0)) > Ratio::from_ppb(1_490_000_000));
    law.stalled();
    let low = RateInput { buffer: 3.0, ..seen(7.0) };
    assert_eq!(law.rate(&low), Ratio::ONE);
    let high = RateInput { buffer: 3.1, ..low };
    assert!(law.rate(&high) > Ratio::ONE);
    assert!(law.rate(&low) > Ratio::ONE, "it has recovered");
}

#[test]
fn dashjs_leaves_small_changes_out() {
    let mut law = PlaybackRateController::new(CatchUp::DashJs);
    assert_eq!(law.rate(&seen(6.005)), Ratio::ONE);
    let changed = law.rate(&seen(6.1));
    assert!(changed > Ratio::from_ppb(1_122_000_000));
    assert_eq!(law.rate(&seen(6.105)), changed);
    assert_eq!(law.rate(&seen(6.0)), Ratio::ONE, "back to the normal rate, always");
}

#[test]
fn hlsjs_only_hurries_and_only_near_its_target() {
    let rate = |seen: &RateInput| PlaybackRateController::new(CatchUp::HlsJs).rate(seen).ppb();
    assert_eq!(rate(&seen(5.0)), 1_000_000_000, "it never slows down");
    assert_eq!(rate(&seen(6.05)), 1_000_000_000, "near enough");
    assert_eq!(rate(&seen(6.5)), 1_200_000_000);
    assert_eq!(rate(&seen(9.0)), 1_500_000_000, "limited");
    assert_eq!(rate(&seen(14.0)), 1_000_000_000, "too far: target and target duration");
    assert_eq!(rate(&RateInput { buffer: 1.0, ..seen(6.5) }), 1_000_000_000, "too little buffer");
    assert_eq!(rate(&RateInput { max_latency: Some(0.4), ..seen(6.5) }), 1_000_000_000);
    let late = RateInput { age: 6.5, ..seen(6.5) };
    assert_eq!(rate(&late), 1_400_000_000, "half a second beyond three target durations");
    let mut law = PlaybackRateController::new(CatchUp::HlsJs);
    law.stalled();
    assert_eq!(law.rate(&seen(7.04)), Ratio::ONE, "each stall moves the target by a second");
    law.stalled();
    law.stalled();
    assert!(law.rate(&seen(8.5)) > Ratio::ONE, "and all of them by a target duration at most");
}

#[test]
fn media3_changes_its_rate_once_a_second() {
    let mut law = PlaybackRateController::new(CatchUp::Media3);
    assert_eq!(law.rate(&later(seen(6.2), 0)).ppb(), 1_020_000_000);
    assert_eq!(law.rate(&later(seen(6.0), 750)).ppb(), 1_020_000_000);
    assert_eq!(law.rate(&later(seen(6.0), 1000)).ppb(), 1_000_000_000);
}

#[test]
fn media3_aims_farther_away_after_a_stall_and_comes_back_slowly() {
    let mut law = PlaybackRateController::new(CatchUp::Media3);
    law.rate(&later(seen(6.0), 0));
    law.stalled();
    // The target is 6.5 s now, and goes back by 0.03 s at first.
    let rate = law.rate(&later(seen(6.5), 250)).ppb();
    assert_eq!(rate, 1_003_000_000);
    for second in 1..60 {
        law.rate(&later(seen(6.5), 250 + 1000 * second));
    }
    assert!((law.media3.unwrap().target - 6.0).abs() < 1e-9);
}

#[test]
fn media3_gives_up_a_target_that_is_not_possible() {
    let mut law = PlaybackRateController::new(CatchUp::Media3);
    // The buffer never holds more than half a second at a latency of 7 s.
    let tight = RateInput { buffer: 0.5, ..seen(7.0) };
    for second in 0..60 {
        law.rate(&later(tight, 1000 * second));
    }
    assert!(law.media3.unwrap().target >= 6.5);
}

proptest! {
    #[test]
    fn every_rate_is_within_the_limits(
        kind in prop::sample::select(<CatchUp as VariantArray>::VARIANTS.to_vec()),
        looks in prop::collection::vec(
            (0.0..1e9f64, 0.0..100.0f64, 0.0..1e5f64, any::<bool>()), 1..50,
        ),
    ) {
        let mut law = PlaybackRateController::new(kind);
        for (n, (latency, buffer, age, stalls)) in (0..).zip(looks) {
            if stalls {
                law.stalled();
            }
            let seen = RateInput { buffer, age, ..later(seen(latency), n * 250) };
            let rate = law.rate(&seen).ppb();
            let (least, most) = match kind {
                CatchUp::None => (1_000_000_000, 1_000_000_000),
                CatchUp::DashJs => (500_000_000, 1_500_000_000),
                CatchUp::HlsJs => (1_000_000_000, 1_500_000_000),
                CatchUp::Media3 => (970_000_000, 1_030_000_000),
            };
            prop_assert!((least..=most).contains(&rate), "{kind}: {rate}");
        }
    }
}
