//! Rates, sizes and times agree with each other and never wrap.

use proptest::prelude::*;
use weir_units::{BitRate, Bytes, Ratio, Seed, Span, Time};

proptest! {
    #[test]
    fn a_transfer_takes_its_time_and_not_a_nanosecond_more(
        bytes in 1u64..=1 << 40,
        bps in 1u64..=100_000_000_000,
    ) {
        let (bytes, rate) = (Bytes::new(bytes), BitRate::from_bps(bps));
        // A terabyte at one bit per second takes longer than the type can tell.
        if let Ok(time) = rate.time_for(bytes) {
            prop_assert!(rate.bytes_in(time).unwrap() >= bytes);
            let sooner = time.checked_sub(Span::from_ns(1)).unwrap();
            prop_assert!(rate.bytes_in(sooner).unwrap() < bytes);
        }
    }

    #[test]
    fn a_time_is_refused_exactly_when_it_does_not_fit(bytes: u64, bps: u64) {
        let exact = (u128::from(bytes) * 8_000_000_000).checked_add(u128::from(bps)).unwrap();
        let time = BitRate::from_bps(bps).time_for(Bytes::new(bytes));
        match time {
            Ok(time) if bps > 0 => {
                prop_assert_eq!(u128::from(time.ns()), (exact - 1) / u128::from(bps));
            }
            Ok(time) => prop_assert!(bytes == 0 && time == Span::ZERO),
            Err(_) => {
                prop_assert!(bps == 0 || (exact - 1) / u128::from(bps) > u128::from(u64::MAX));
            }
        }
    }

    #[test]
    fn bytes_are_refused_exactly_when_they_do_not_fit(bps: u64, ns: u64) {
        let exact = u128::from(bps) * u128::from(ns) / 8_000_000_000;
        let bytes = BitRate::from_bps(bps).bytes_in(Span::from_ns(ns));
        prop_assert_eq!(bytes.ok().map(Bytes::get), u64::try_from(exact).ok());
    }

    #[test]
    fn the_measured_rate_is_the_largest_that_does_not_exceed_what_passed(
        bytes: u64,
        ns in 1u64..,
    ) {
        let bits = u128::from(bytes) * 8_000_000_000;
        match BitRate::of(Bytes::new(bytes), Span::from_ns(ns)) {
            Some(rate) => {
                prop_assert!(u128::from(rate.bps()) * u128::from(ns) <= bits);
                prop_assert!((u128::from(rate.bps()) + 1) * u128::from(ns) > bits);
            }
            None => prop_assert!(bits / u128::from(ns) > u128::from(u64::MAX)),
        }
    }

    #[test]
    fn checked_arithmetic_is_exact_or_refused(a: u64, b: u64) {
        let (x, y) = (Span::from_ns(a), Span::from_ns(b));
        prop_assert_eq!(x.checked_add(y).map(Span::ns), a.checked_add(b));
        prop_assert_eq!(x.checked_sub(y).map(Span::ns), a.checked_sub(b));
        prop_assert_eq!(x.checked_mul(b).map(Span::ns), a.checked_mul(b));
        prop_assert_eq!(Bytes::new(a).checked_add(Bytes::new(b)).map(Bytes::get), a.checked_add(b));
    }

    #[test]
    fn a_moment_after_a_span_is_never_earlier(start: u64, span: u64) {
        let (start, span) = (Time::from_ns(start), Span::from_ns(span));
        let end = start.after(span);
        prop_assert!(end >= start);
        prop_assert!(end == Time::NEVER || end.since(start) == span);
        prop_assert!(end == start || start.since(end) == Span::ZERO);
    }

    #[test]
    fn whole_milliseconds_survive_floating_point(ms in 0u64..1 << 40) {
        let span = Span::from_ms(ms);
        let back = Span::from_secs_f64(span.as_secs_f64()).unwrap();
        prop_assert!(back.ns().abs_diff(span.ns()) <= span.ns() >> 50);
    }

    #[test]
    fn a_draw_stays_below_its_bound(seed: u64, bound in 1u64..) {
        prop_assert!(Seed::new(seed).below(bound) < bound);
    }

    #[test]
    fn labels_give_different_streams(seed: u64, a in "[a-z0-9 ]{0,12}", b in "[a-z0-9 ]{0,12}") {
        let seed = Seed::new(seed);
        prop_assert_eq!(seed.derive(&a) == seed.derive(&b), a == b);
    }

    #[test]
    fn a_kernel_probability_is_within_half_a_step(ppb in 0u64..=1_000_000_000) {
        let share = u128::from(Ratio::from_ppb(ppb).to_u32_share().unwrap());
        let error = (share * 1_000_000_000).abs_diff(u128::from(ppb) * u128::from(u32::MAX));
        prop_assert!(error * 2 <= 1_000_000_000);
    }
}

#[test]
fn what_is_no_span_is_refused() {
    for secs in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e11] {
        assert_eq!(Span::from_secs_f64(secs), None, "{secs}");
    }
    assert_eq!(Span::from_secs_f64(1e-10), Some(Span::ZERO));
}

#[test]
fn the_ends_of_the_ranges_hold() {
    assert_eq!(Span::from_s(u64::MAX), Span::MAX);
    assert_eq!(Span::MAX.saturating_add(Span::from_ns(1)), Span::MAX);
    assert_eq!(Time::NEVER.after(Span::from_ns(1)), Time::NEVER);
    assert_eq!(Ratio::ONE.to_u32_share(), Some(u32::MAX));
    assert_eq!(Ratio::from_ppb(1_000_000_001).to_u32_share(), None);
    assert_eq!(BitRate::of(Bytes::new(1), Span::ZERO), None);
    assert_eq!(Seed::new(1).below(0), 0);
}
