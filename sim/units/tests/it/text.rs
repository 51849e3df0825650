//! Quantities as text: what is printed is read back, and what cannot be exact is refused.

use proptest::prelude::*;
use std::fmt::{Debug, Display};
use std::str::FromStr;
use weir_units::{BitRate, Bytes, ParseError, Ratio, Seed, Span, Time};

fn survives<T>(value: T)
where
    T: Display + FromStr + PartialEq + Debug,
    T::Err: Debug,
{
    let text = value.to_string();
    assert_eq!(text.parse::<T>().unwrap(), value, "{text}");
}

/// Any number, and round ones more often than chance would have it.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        (0u64..1000, 0u32..17).prop_map(|(n, zeros)| n * 10u64.pow(zeros)),
        Just(u64::MAX),
    ]
}

proptest! {
    #[test]
    fn printing_and_then_parsing_is_the_identity(n in number()) {
        survives(Bytes::new(n));
        survives(BitRate::from_bps(n));
        survives(Span::from_ns(n));
        survives(Time::from_ns(n));
        survives(Ratio::from_ppb(n));
        survives(Seed::new(n));
    }

    #[test]
    fn decimals_are_exact_or_refused(whole in 0u64..1000, fraction in "[0-9]{1,12}") {
        let written = format!("{whole}.{fraction} kbit/s");
        let exact = fraction.trim_end_matches('0').len() <= 3;
        let thousandths = format!("{fraction:0<3}")[..3].parse::<u64>().unwrap();
        let expected = exact.then(|| BitRate::from_bps(whole * 1000 + thousandths));
        prop_assert_eq!(written.parse().ok(), expected);
    }

    #[test]
    fn a_number_past_the_range_is_refused_in_every_unit(digits in "[1-9][0-9]{20,60}") {
        prop_assert!((digits.clone() + " ns").parse::<Span>().is_err());
        prop_assert!((digits.clone() + " h").parse::<Span>().is_err());
        prop_assert!((digits.clone() + " GiB").parse::<Bytes>().is_err());
    }

    #[test]
    fn no_text_breaks_the_parser(text in any::<String>()) {
        let _ = text.parse::<Bytes>();
        let _ = text.parse::<BitRate>();
        let _ = text.parse::<Span>();
        let _ = text.parse::<Ratio>();
    }
}

#[test]
fn units_mean_what_they_say() {
    assert_eq!("64 kB".parse(), Ok(Bytes::new(64_000)));
    assert_eq!("64 KiB".parse(), Ok(Bytes::new(65_536)));
    assert_eq!("1.5Mbit/s".parse(), Ok(BitRate::from_bps(1_500_000)));
    assert_eq!(" 1.50 h ".parse(), Ok(Span::from_s(5400)));
    assert_eq!("0.1 %".parse(), Ok(Ratio::from_ppb(1_000_000)));
    assert_eq!("18446744073709551615 ns".parse(), Ok(Span::MAX));
}

#[test]
fn printing_takes_the_largest_unit_that_is_exact() {
    assert_eq!(BitRate::from_bps(20_000_000).to_string(), "20 Mbit/s");
    assert_eq!(BitRate::from_bps(1_500_000).to_string(), "1500 kbit/s");
    assert_eq!(Bytes::ZERO.to_string(), "0 B");
    assert_eq!(Bytes::new(1 << 20).to_string(), "1048576 B");
    assert_eq!(Ratio::ONE.to_string(), "100 %");
}

fn refusal<T: FromStr<Err = ParseError> + Debug>(text: &str) -> String {
    text.parse::<T>().unwrap_err().to_string()
}

#[test]
fn refusals_say_what_was_expected() {
    assert_eq!(
        refusal::<BitRate>("5"),
        "\"5\" is not a bit rate: the unit is missing \
         (expected a bit rate such as \"5 Mbit/s\"; units: bit/s, kbit/s, Mbit/s, Gbit/s)"
    );
    assert_eq!(
        refusal::<BitRate>("5 Mbps"),
        "\"5 Mbps\" is not a bit rate: unknown unit; did you mean \"Mbit/s\"? \
         (expected a bit rate such as \"5 Mbit/s\"; units: bit/s, kbit/s, Mbit/s, Gbit/s)"
    );
    assert_eq!(
        refusal::<Span>("-5 ms"),
        "\"-5 ms\" is not a time: it is negative \
         (expected a time such as \"20 ms\"; units: ns, us, ms, s, min, h)"
    );
    assert_eq!(
        refusal::<Bytes>("0.5 B"),
        "\"0.5 B\" is not a size: it is finer than the smallest unit \
         (expected a size such as \"64 kB\"; units: B, kB, KiB, MB, MiB, GB, GiB)"
    );
    assert_eq!(
        refusal::<Ratio>("99999999999999999999 %"),
        "\"99999999999999999999 %\" is not a ratio: it is too large \
         (expected a ratio such as \"1 %\"; units: ppb, ppm, %)"
    );
    assert_eq!(
        refusal::<Ratio>("nan"),
        "\"nan\" is not a ratio: it does not begin with a number \
         (expected a ratio such as \"1 %\"; units: ppb, ppm, %)"
    );
}

#[test]
fn the_unit_that_was_meant_is_found() {
    let meant = |text: &str| {
        let message = refusal::<BitRate>(text) + &refusal::<Span>(text) + &refusal::<Bytes>(text);
        let near = message.split("did you mean \"").skip(1);
        near.filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(meant("5 mbps"), ["Mbit/s", "MB"]);
    assert_eq!(meant("5 Mb/s"), ["Mbit/s", "MB"]);
    assert_eq!(meant("5 msec"), ["ms"]);
    assert_eq!(meant("5 minutes"), ["min", "MiB"]);
    assert_eq!(meant("5 hours"), ["h"]);
    assert_eq!(meant("5 kbyte"), ["kbit/s", "kB"]);
    assert_eq!(meant("5 parsec"), Vec::<String>::new());
}

#[test]
fn a_refusal_quotes_little_and_on_one_line() {
    let message = refusal::<Bytes>(&format!("9 \n\"{}", "x".repeat(10_000)));
    assert!(message.len() < 300 && !message.contains('\n'), "{message}");
}
