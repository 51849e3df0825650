//! Playlists of any text: whatever they say, the decisions go on.

use crate::health_tracker::config;
use proptest::prelude::*;
use weir_core::playlist::{Date, Media, Uri};
use weir_switch::{
    HealthTracker, LiveEdge, Newest, Probe, ProbeResult, ProbeScheduler, Reading, disagreement,
};
use weir_units::{Span, Time};

/// A line of a playlist, with numbers that nobody would write.
fn line() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i128>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        (0..1u64 << 53).prop_map(|n| n.to_string()),
        "[0-9.e+-]{0,30}",
    ];
    let date = prop_oneof![
        (1970..2500u32, 0..14u32, 0..33u32, 0..26u32).prop_map(|(year, month, day, hour)| {
            format!("{year}-{month:02}-{day:02}T{hour:02}:59:60.999999999+14:00")
        }),
        "[0-9TZ:+-]{0,40}",
    ];
    prop_oneof![
        4 => Just("#EXTINF:2,\na.m4s".to_owned()),
        2 => number.clone().prop_map(|n| format!("#EXTINF:{n},\n../%2e%2e/{n}.m4s")),
        1 => number.clone().prop_map(|n| format!("#EXT-X-MEDIA-SEQUENCE:{n}")),
        1 => number.clone().prop_map(|n| format!("#EXT-X-DISCONTINUITY-SEQUENCE:{n}")),
        1 => number.prop_map(|n| format!("#EXT-X-TARGETDURATION:{n}")),
        2 => date.prop_map(|date| format!("#EXT-X-PROGRAM-DATE-TIME:{date}")),
        1 => Just("#EXT-X-DISCONTINUITY".to_owned()),
        1 => "\\PC{0,60}",
    ]
}

fn playlist() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..12)
        .prop_map(|lines| format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n{}\n", lines.join("\n")))
}

fn newest() -> impl Strategy<Value = Newest> {
    let began = prop::option::of(any::<u64>().prop_map(|ns| Date::from_unix(Span::from_ns(ns))));
    (any::<u64>(), began, any::<u64>()).prop_map(|(sequence, began, ns)| Newest {
        sequence,
        began,
        duration: Span::from_ns(ns),
    })
}

proptest! {
    #[test]
    fn a_playlist_of_any_text_is_read_or_refused(
        texts in prop::collection::vec((0..2usize, playlist(), any::<u64>(), any::<u64>()), 1..10),
    ) {
        let base = Uri::parse("http://o/live/live.m3u8").unwrap();
        let config = config(2, 1);
        let mut tracker = HealthTracker::new(config.clone());
        let scheduler = || ProbeScheduler::new(Time::ZERO, config.interval, config.threshold);
        let mut schedulers = [scheduler(), scheduler()];
        for (origin, text, now, date) in texts {
            let Ok(media) = Media::parse_live(text.as_bytes(), &base) else { continue };
            let Some(edge) = LiveEdge::of(&media) else { continue };
            let (at, date) = (Time::from_ns(now), Date::from_unix(Span::from_ns(date)));
            let probe = Probe { took: Some(Span::ZERO), result: Ok(ProbeResult { at, date, edge }) };
            let due = schedulers[origin].due();
            let number = schedulers[origin].begin(due).unwrap();
            for reading in schedulers[origin].end(number, probe) {
                tracker.probed(at, origin, &reading);
            }
            prop_assert_eq!(tracker.order().len(), 2);
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let base = Uri::parse("http://o/live/live.m3u8").unwrap();
        if let Ok(media) = Media::parse_live(&bytes, &base) {
            LiveEdge::of(&media);
        }
    }

    #[test]
    fn numbers_of_any_size_can_be_compared(this in newest(), other in newest()) {
        disagreement(&this, &other);
        let mut tracker = HealthTracker::new(config(2, 1));
        for (origin, newest) in [(0, this), (1, other)] {
            let seen = weir_switch::StreamState { age: Span::ZERO, newest };
            let reading = Reading { took: Some(Span::ZERO), result: Ok(seen) };
            tracker.probed(Time::ZERO, origin, &reading);
        }
    }
}
