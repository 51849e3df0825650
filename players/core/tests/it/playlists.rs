//! Whatever a server sends is read or refused.

use proptest::prelude::*;
use weir_core::playlist::{Date, Master, Media, Sizes, Uri};
use weir_units::Span;

const PIECES: &[&str] = &[
    "#EXTM3U",
    "#EXT-X-STREAM-INF:",
    "#EXTINF:",
    "#EXT-X-MAP:URI=\"",
    "#EXT-X-TARGETDURATION:",
    "#EXT-X-BYTERANGE:",
    "#EXT-X-ENDLIST",
    "#EXT-X-MEDIA-SEQUENCE:",
    "#EXT-X-DISCONTINUITY",
    "#EXT-X-PROGRAM-DATE-TIME:",
    "#EXT-X-SERVER-CONTROL:HOLD-BACK=",
    "2026-01-31T23:59:59.999+0000",
    "BANDWIDTH=",
    "AVERAGE-BANDWIDTH=",
    "RESOLUTION=",
    "\"",
    "\r",
    "x",
    "://",
    "18446744073709551616",
    "1e309",
];

/// Text that looks like a playlist here and there.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(PIECES).prop_map(str::to_owned),
        "[0-9.,:=/a-z#\"-]{0,12}",
        ".{0,4}",
    ]
}

fn playlist() -> impl Strategy<Value = String> {
    let line = prop::collection::vec(fragment(), 0..5).prop_map(|parts| parts.concat());
    prop::collection::vec(line, 0..20).prop_map(|lines| format!("#EXTM3U\n{}", lines.join("\n")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_playlist_is_read_or_refused_with_a_line(text in playlist()) {
        let base = Uri::parse("http://origin/vod/master.m3u8").unwrap();
        let lines = text.lines().count();
        if let Err(error) = Master::parse(text.as_bytes(), &base) {
            prop_assert!((1..=lines).contains(&error.line), "{error}");
        }
        if let Err(error) = Media::parse(text.as_bytes(), &base) {
            prop_assert!((1..=lines).contains(&error.line), "{error}");
        }
        match Media::parse_live(text.as_bytes(), &base) {
            Err(error) => prop_assert!((1..=lines).contains(&error.line), "{error}"),
            // Recorded content is a live stream that is over.
            Ok(media) => match Media::parse(text.as_bytes(), &base) {
                Ok(recorded) => prop_assert_eq!(recorded, media),
                Err(_) => prop_assert!(!media.ended || media.segments.is_empty()),
            },
        }
    }

    #[test]
    fn a_damaged_live_playlist_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: prop::sample::Index,
    ) {
        let mut bytes = b"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n\
            #EXT-X-MEDIA-SEQUENCE:897933922\n#EXT-X-MAP:URI=\"init_0.mp4\"\n\
            #EXT-X-DISCONTINUITY\n#EXTINF:2.000000,\n\
            #EXT-X-PROGRAM-DATE-TIME:2026-11-28T07:30:44.000+0000\n0_897933922.m4s\n\
            #EXTINF:2.000000,\n0_897933923.m4s\n".to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let base = Uri::parse("http://origin/hls/key/v0.m3u8").unwrap();
        if let Ok(media) = Media::parse_live(&bytes, &base) {
            prop_assert!(media.segments.len() <= 2);
            if let Some(end) = media.newest_end() {
                // A date is printed to the millisecond.
                let printed = end.to_string().parse::<Date>().unwrap();
                prop_assert!(end.since(printed) < Span::from_ms(1));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let base = Uri::parse("http://origin/vod/master.m3u8").unwrap();
        let _ = Master::parse(&bytes, &base);
        let _ = Media::parse(&bytes, &base);
        let _ = Media::parse_live(&bytes, &base);
        let _ = Sizes::parse(&bytes);
    }

    #[test]
    fn a_reference_resolves_to_a_uri_or_not_at_all(reference in fragment()) {
        let base = Uri::parse("http://origin/vod/master.m3u8?q").unwrap();
        if let Ok(uri) = base.resolve(&reference) {
            prop_assert_eq!(Uri::parse(uri.as_str()).unwrap(), uri);
        }
    }
}
