//! Master playlists (RFC 8216, section 4.3.4; "multivariant" in its successor): the ladder.

use super::lines::{Line, lines};
use super::{PlaylistError, Uri};
use std::fmt::Display;
use weir_abr::{MAX_RUNGS, Rung};
use weir_units::BitRate;

/// The most variants of a master playlist.
pub const MAX_VARIANTS: usize = MAX_RUNGS;

/// A master playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Master {
    /// Its variants by rising mean bit rate; at least one.
    pub variants: Vec<Variant>,
}

/// One variant stream: a rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its bit rates.
    pub rung: Rung,
    /// Picture width and height in pixels (RESOLUTION).
    pub resolution: Option<(u64, u64)>,
    /// Its media playlist.
    pub uri: Uri,
}

impl Master {
    /// Reads the master playlist that was fetched from `base`.
    ///
    /// Of variants that share a media playlist (they differ in an alternative rendition), the first
    /// is kept. AVERAGE-BANDWIDTH counts as a rung's mean rate, or BANDWIDTH where it is missing.
    ///
    /// # Errors
    /// If it is not a master playlist, has no variant or more than [`MAX_VARIANTS`], if a variant
    /// has no bandwidth above zero or no URI, and past the limits of [`super`].
    pub fn parse(body: &[u8], base: &Uri) -> Result<Self, PlaylistError> {
        let mut variants: Vec<Variant> = Vec::new();
        let mut announced = None;
        let mut last = 1;
        for line in lines(body)? {
            let (number, line) = line?;
            last = number;
            let error = |problem: &dyn Display| PlaylistError::new(number, problem);
            match line {
                Line::Variant { bandwidth, average_bandwidth, resolution } => {
                    let mean = average_bandwidth.unwrap_or(bandwidth);
                    if bandwidth == 0 || mean == 0 {
                        return Err(error(&"a bandwidth of zero"));
                    }
                    let (mean, peak) = (BitRate::from_bps(mean), BitRate::from_bps(bandwidth));
                    announced = Some((Rung { mean, peak }, resolution));
                }
                Line::Uri(uri) => {
                    let Some((rung, resolution)) = announced.take() else {
                        return Err(error(&"a URI without #EXT-X-STREAM-INF before it"));
                    };
                    let uri = base.resolve(&uri).map_err(|problem| error(&problem))?;
                    if variants.iter().any(|variant| variant.uri == uri) {
                        continue;
                    }
                    if variants.len() == MAX_VARIANTS {
                        return Err(error(&format!("more than {MAX_VARIANTS} variants")));
                    }
                    variants.push(Variant { rung, resolution, uri });
                }
                Line::TargetDuration(_) | Line::Duration(_) => {
                    return Err(error(&"a media playlist, where a master playlist was expected"));
                }
                Line::Map { .. }
                | Line::ByteRange
                | Line::Gap
                | Line::Discontinuity
                | Line::Sequence(_)
                | Line::DiscontinuitySequence(_)
                | Line::Date(_)
                | Line::HoldBack(_)
                | Line::EndList => {}
            }
        }
        if announced.is_some() {
            return Err(PlaylistError::new(last, "#EXT-X-STREAM-INF without a URI after it"));
        }
        if variants.is_empty() {
            return Err(PlaylistError::new(last, "no variant: #EXT-X-STREAM-INF was expected"));
        }
        variants.sort_by_key(|variant| (variant.rung.mean, variant.rung.peak));
        Ok(Self { variants })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Master, String> {
        let base = Uri::parse("http://origin/vod/master.m3u8").unwrap();
        Master::parse(text.as_bytes(), &base).map_err(|error| error.to_string())
    }

    const LADDER: &str = "#EXTM3U\n#EXT-X-VERSION:7\n\n# a comment\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",URI=\"audio.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2000000,RESOLUTION=1280x720\n\
        high/video.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS=\"avc1.4d401e,mp4a.40.2\"\n\
        low.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=950000,AUDIO=\"a\"\n\
        low.m3u8\n";

    #[test]
    fn a_ladder_is_sorted_and_each_media_playlist_is_one_rung() {
        let variants = parse(LADDER).unwrap().variants;
        let [low, high] = &variants[..] else { panic!("{variants:?}") };
        assert_eq!((low.rung.mean.bps(), low.rung.peak.bps()), (900_000, 900_000));
        assert_eq!((low.uri.as_str(), low.resolution), ("http://origin/vod/low.m3u8", None));
        assert_eq!((high.rung.mean.bps(), high.rung.peak.bps()), (2_000_000, 3_000_000));
        assert_eq!(high.uri.as_str(), "http://origin/vod/high/video.m3u8");
        assert_eq!(high.resolution, Some((1280, 720)));
    }

    #[test]
    fn line_ends_of_either_kind_are_read() {
        assert_eq!(parse(&LADDER.replace('\n', "\r\n")), parse(LADDER));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(error("<html>\n"), "line 1: not a playlist: it does not begin with #EXTM3U");
        assert_eq!(error("#EXTM3U\n"), "line 1: no variant: #EXT-X-STREAM-INF was expected");
        assert_eq!(
            error("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n"),
            "line 2: a media playlist, where a master playlist was expected"
        );
        assert_eq!(
            error("#EXTM3U\n\nlow.m3u8\n"),
            "line 3: a URI without #EXT-X-STREAM-INF before it"
        );
        assert_eq!(
            error("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"),
            "line 2: #EXT-X-STREAM-INF without a URI after it"
        );
        assert_eq!(
            error("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=0\nlow.m3u8\n"),
            "line 2: a bandwidth of zero"
        );
        let garbled = error("#EXTM3U\n#EXT-X-STREAM-INF:RESOLUTION=1x1\nlow.m3u8\n");
        assert!(garbled.starts_with("line 2: #EXT-X-STREAM-INF cannot be read"), "{garbled}");
        let spaces = error("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow video.m3u8\n");
        assert!(spaces.starts_with("line 3: \"low video.m3u8\" is not a URI"), "{spaces}");
    }

    #[test]
    fn a_ladder_has_an_end() {
        let variant = |n: usize| format!("#EXT-X-STREAM-INF:BANDWIDTH={}\n{n}.m3u8\n", n + 1);
        let ladder = |n: usize| format!("#EXTM3U\n{}", (0..n).map(variant).collect::<String>());
        assert_eq!(parse(&ladder(MAX_VARIANTS)).unwrap().variants.len(), MAX_VARIANTS);
        let error = parse(&ladder(MAX_VARIANTS + 1)).unwrap_err();
        assert_eq!(error, "line 131: more than 64 variants");
        let long = format!("#EXTM3U\n#{}\n", "x".repeat(9000));
        assert_eq!(
            parse(&long).unwrap_err(),
            "line 2: 9001 bytes in one line (at most 8192 are allowed)"
        );
    }
}
