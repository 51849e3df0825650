//! What is said about a trace.

use crate::common::{plain, traces};
use proptest::prelude::*;
use weir_trace::{Rate, Stats, chart};
use weir_units::{Span, Time};

proptest! {
    #[test]
    fn percentiles_rise_from_the_lowest_to_the_highest(trace in traces(false)) {
        let stats = Stats::of(&trace);
        let all: Vec<Rate> = (0..=100).map(|percent| stats.percentile(percent)).collect();
        prop_assert!(all.is_sorted());
        prop_assert_eq!((all[0], all[100]), (stats.min, stats.max));
        prop_assert!(stats.min <= stats.mean && stats.mean <= stats.max);
    }

    #[test]
    fn the_mean_carries_as_much(trace in traces(false)) {
        let stats = Stats::of(&trace);
        let whole = trace.carried(Time::ZERO, Time::ZERO.after(trace.length()));
        let missing = whole.saturating_sub(stats.mean.carries(trace.length())).femtobits();
        prop_assert!(missing < u128::from(trace.length().ns()));
    }

    #[test]
    fn a_chart_has_the_size_that_is_asked_for(
        trace in traces(false), width in 10usize..200, height in 2usize..30,
    ) {
        let chart = chart(&trace, width, height);
        prop_assert_eq!(chart.lines().count(), height + 2);
        prop_assert!(chart.lines().all(|line| line.chars().count() <= width + 17));
    }
}

#[test]
fn silence_goes_on_over_the_end_of_a_trace_that_repeats() {
    let steps = [(1000, 0), (1000, 5), (2000, 0), (500, 5), (1500, 0)];
    assert_eq!(Stats::of(&plain(true, &steps)).longest_silence, Span::from_ms(2500));
    assert_eq!(Stats::of(&plain(false, &steps)).longest_silence, Span::from_s(2));
    assert_eq!(Stats::of(&plain(false, &steps)).silent, Span::from_ms(4500));
}

#[test]
fn a_chart_shows_levels() {
    let trace = plain(true, &[(5000, 4_000_000), (5000, 1_000_000)]);
    let expected = "   4.00 Mbit/s |█████\n             0 |█████▄▄▄▄▄\n               \
                    +----------\n                0 s 10.0 s\n";
    assert_eq!(chart(&trace, 10, 2), expected);
}
