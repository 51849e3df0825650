//! Whatever a server sends is read or refused.

use proptest::prelude::*;
use weir_core::playlist::{Master, Media, Sizes, Uri};

const PIECES: &[&str] = &[
    "#EXTM3U",
    "#EXT-X-STREAM-INF:",
    "#EXTINF:",
    "#EXT-X-MAP:URI=\"",
    "#EXT-X-TARGETDURATION:",
    "#EXT-X-BYTERANGE:",
    "#EXT-X-ENDLIST",
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
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let base = Uri::parse("http://origin/vod/master.m3u8").unwrap();
        let _ = Master::parse(&bytes, &base);
        let _ = Media::parse(&bytes, &base);
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
