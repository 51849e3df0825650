//! Media playlists (RFC 8216, sections 4.3.2 and 4.3.3): the segments of one rung.

use super::lines::{Line, lines};
use super::{Date, PlaylistError, Uri};
use std::fmt::Display;
use weir_units::Span;

/// The most segments of a media playlist: 55 hours of segments of 2 s.
pub const MAX_SEGMENTS: usize = 100_000;

/// The longest segment. Together with [`MAX_SEGMENTS`] it keeps every sum of durations in range.
pub const MAX_SEGMENT: Span = Span::from_s(3600);

/// The largest number of a segment. Playlists that count milliseconds since 1970 stay far below it,
/// and sums with the number of segments in range.
pub const MAX_SEQUENCE: u64 = 1 << 53;

/// What is wrong with a live playlist where recorded content was expected.
pub(crate) const NOT_ENDED: &str = "#EXT-X-ENDLIST (this is a live stream) is missing";

/// A media playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The number of the first segment (EXT-X-MEDIA-SEQUENCE).
    pub sequence: u64,
    /// The number of the first segment's discontinuity (EXT-X-DISCONTINUITY-SEQUENCE).
    pub discontinuity_sequence: u64,
    /// Whether nothing will be added (EXT-X-ENDLIST).
    pub ended: bool,
    /// Its segments, in the order of presentation; at least one.
    pub segments: Vec<Segment>,
    /// Its initialization sections (EXT-X-MAP), each of which some segments need.
    pub inits: Vec<Uri>,
    /// The target duration: no segment's, rounded to whole seconds, may be longer.
    pub target: Span,
    /// How far from the end of a live playlist players should begin, at least (HOLD-BACK of
    /// EXT-X-SERVER-CONTROL); `None` if it does not say.
    pub hold_back: Option<Span>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// How long it plays; above zero.
    pub duration: Span,
    /// Where it is.
    pub uri: Uri,
    /// The initialization section that it needs, an index into [`Media::inits`].
    pub init: Option<usize>,
    /// Whether its timestamps need not follow upon those of the segment before.
    pub discontinuity: bool,
    /// When its first picture was taken (EXT-X-PROGRAM-DATE-TIME): as the playlist says, or what
    /// follows from the durations since the last segment of which it says so.
    pub date: Option<Date>,
}

impl Media {
    /// Reads the media playlist of recorded content that was fetched from `base`.
    ///
    /// # Errors
    /// As [`Media::parse_live`], and if it is not a whole one (EXT-X-ENDLIST is required) or has no
    /// segment.
    pub fn parse(body: &[u8], base: &Uri) -> Result<Self, PlaylistError> {
        let (media, last) = Self::read(body, base)?;
        let missing = |what: &str| Err(PlaylistError::new(last, format!("{what} is missing")));
        match () {
            () if media.segments.is_empty() => missing("a segment (#EXTINF)"),
            () if !media.ended => Err(PlaylistError::new(last, NOT_ENDED)),
            () => Ok(media),
        }
    }

    /// Reads the media playlist, which may be one that changes, that was fetched from `base`.
    ///
    /// # Errors
    /// If it has no EXT-X-TARGETDURATION, more than [`MAX_SEGMENTS`] segments, a segment with no
    /// duration above zero or one above [`MAX_SEGMENT`], a date that is none or a number of the
    /// first segment above [`MAX_SEQUENCE`], past the limits of [`super`], and for parts of files
    /// (EXT-X-BYTERANGE) and missing segments (EXT-X-GAP), which are not supported.
    pub fn parse_live(body: &[u8], base: &Uri) -> Result<Self, PlaylistError> {
        Ok(Self::read(body, base)?.0)
    }

    /// The end of the newest segment on the world's clock, if the playlist says when that is.
    pub fn newest_end(&self) -> Option<Date> {
        let newest = self.segments.last()?;
        Some(newest.date?.after(newest.duration))
    }

    /// The playlist, and the number of its last line that says something.
    fn read(body: &[u8], base: &Uri) -> Result<(Self, usize), PlaylistError> {
        let mut media = Self {
            sequence: 0,
            discontinuity_sequence: 0,
            ended: false,
            segments: Vec::new(),
            inits: Vec::new(),
            target: Span::ZERO,
            hold_back: None,
        };
        let (mut announced, mut target, mut discontinuity) = (None, None, false);
        let (mut date, mut last): (Option<Date>, _) = (None, 1);
        for line in lines(body)? {
            let (number, line) = line?;
            last = number;
            let error = |problem: &dyn Display| PlaylistError::new(number, problem);
            match line {
                Line::TargetDuration(seconds) => target = Some(Span::from_s(seconds)),
                Line::Discontinuity => discontinuity = true,
                Line::EndList => media.ended = true,
                // One that is no time is none.
                Line::HoldBack(seconds) => media.hold_back = Span::from_secs_f64(seconds),
                Line::Sequence(number) if number <= MAX_SEQUENCE => media.sequence = number,
                Line::DiscontinuitySequence(number) if number <= MAX_SEQUENCE => {
                    media.discontinuity_sequence = number;
                }
                Line::Sequence(number) | Line::DiscontinuitySequence(number) => {
                    return Err(error(&format!("{number} is above {MAX_SEQUENCE}")));
                }
                Line::Date(text) => {
                    let read = text.parse::<Date>();
                    date = Some(read.map_err(|why| error(&format!("{text:?}: {why}")))?);
                }
                Line::Duration(seconds) => {
                    announced = Some(duration(seconds).map_err(|problem| error(&problem))?);
                }
                Line::Map { uri, byte_range: false } => {
                    let uri = base.resolve(&uri).map_err(|problem| error(&problem))?;
                    // Looped content names its one section again at every turn.
                    if media.inits.last() != Some(&uri) {
                        media.inits.push(uri);
                    }
                }
                Line::Map { .. } | Line::ByteRange => {
                    return Err(error(&"parts of files (BYTERANGE) are not supported"));
                }
                Line::Gap => return Err(error(&"missing segments (GAP) are not supported")),
                Line::Variant { .. } => {
                    return Err(error(&"a master playlist, where a media playlist was expected"));
                }
                Line::Uri(uri) => {
                    let Some(duration) = announced.take() else {
                        return Err(error(&"a URI without #EXTINF before it"));
                    };
                    if media.segments.len() == MAX_SEGMENTS {
                        return Err(error(&format!("more than {MAX_SEGMENTS} segments")));
                    }
                    let uri = base.resolve(&uri).map_err(|problem| error(&problem))?;
                    let init = media.inits.len().checked_sub(1);
                    media.segments.push(Segment { duration, uri, init, discontinuity, date });
                    date = date.map(|date| date.after(duration));
                    discontinuity = false;
                }
            }
        }
        let missing = |what: &str| Err(PlaylistError::new(last, format!("{what} is missing")));
        media.target = target.unwrap_or_default();
        match () {
            () if target.is_none() => missing("#EXT-X-TARGETDURATION"),
            () if announced.is_some() => missing("the URI after #EXTINF"),
            () => Ok((media, last)),
        }
    }
}

fn duration(seconds: f64) -> Result<Span, String> {
    match Span::from_secs_f64(seconds) {
        Some(span) if span > Span::ZERO && span <= MAX_SEGMENT => Ok(span),
        _ => {
            Err(format!("a segment of {seconds} s (above 0 s and at most {MAX_SEGMENT} expected)"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Media, String> {
        let base = Uri::parse("http://origin/vod/low/video.m3u8").unwrap();
        Media::parse(text.as_bytes(), &base).map_err(|error| error.to_string())
    }

    #[test]
    fn segments_and_their_initialization_sections_are_read() {
        let media = parse(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXT-X-MAP:URI=\"init.mp4\"\n\
             #EXTINF:2.002,first\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n0.m4s\n\
             #EXTINF:2\n1.m4s\n\
             #EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:0.5,\n/0.m4s\n\
             #EXT-X-ENDLIST\n",
        )
        .unwrap();
        let durations: Vec<_> = media.segments.iter().map(|s| s.duration.ms()).collect();
        assert_eq!(durations, [2002, 2000, 500]);
        let uris: Vec<_> = media.segments.iter().map(|s| s.uri.as_str()).collect();
        let (first, third) = ("http://origin/vod/low/0.m4s", "http://origin/0.m4s");
        assert_eq!(uris, [first, "http://origin/vod/low/1.m4s", third]);
        assert_eq!(media.inits, [Uri::parse("http://origin/vod/low/init.mp4").unwrap()]);
        assert!(media.segments.iter().all(|s| s.init == Some(0)));
        let turns: Vec<_> = media.segments.iter().map(|s| s.discontinuity).collect();
        assert_eq!((turns, media.target), (vec![false, false, true], Span::from_s(2)));
    }

    #[test]
    fn a_segment_before_any_map_needs_none() {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXT-X-ENDLIST\n";
        assert_eq!(parse(text).unwrap().segments[0].init, None);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error =
            |lines: &str| parse(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n{lines}")).unwrap_err();
        assert_eq!(
            error("#EXTINF:2,\n0.ts\n"),
            "line 4: #EXT-X-ENDLIST (this is a live stream) is missing"
        );
        assert_eq!(error("#EXT-X-ENDLIST\n"), "line 3: a segment (#EXTINF) is missing");
        assert_eq!(
            error("#EXTINF:2,\n0.ts\n#EXTINF:2,\n#EXT-X-ENDLIST\n"),
            "line 6: the URI after #EXTINF is missing"
        );
        assert_eq!(error("0.ts\n"), "line 3: a URI without #EXTINF before it");
        for seconds in ["0", "-1", "3601", "1e300", "nan"] {
            let error = error(&format!("#EXTINF:{seconds},\n0.ts\n#EXT-X-ENDLIST\n"));
            assert!(error.starts_with("line 3: "), "{error}");
        }
        assert_eq!(
            error("#EXTINF:2,\n#EXT-X-BYTERANGE:100@0\n0.ts\n"),
            "line 4: parts of files (BYTERANGE) are not supported"
        );
        assert_eq!(
            error("#EXT-X-MAP:URI=\"0.mp4\",BYTERANGE=\"100@0\"\n"),
            "line 3: parts of files (BYTERANGE) are not supported"
        );
        assert_eq!(
            error("#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n"),
            "line 3: a master playlist, where a media playlist was expected"
        );
        assert_eq!(parse("#EXTM3U\n").unwrap_err(), "line 1: #EXT-X-TARGETDURATION is missing");
        assert_eq!(
            Media::parse(b"#EXTM3U\n\n\xff\n", &Uri::parse("http://a/").unwrap()).unwrap_err(),
            PlaylistError { line: 3, problem: "not UTF-8".to_owned() }
        );
    }

    #[test]
    fn a_live_playlist_goes_on() {
        let base = Uri::parse("http://origin/live/video.m3u8").unwrap();
        let parse = |text: &str| Media::parse_live(text.as_bytes(), &base);
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
        let empty = parse(head).unwrap();
        assert_eq!((empty.segments.len(), empty.newest_end(), empty.ended), (0, None, false));
        let media = parse(&format!(
            "{head}#EXT-X-MEDIA-SEQUENCE:41\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXTINF:2,\n0.m4s\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:10.500+0000\n#EXTINF:2,\n1.m4s\n\
             #EXTINF:1.5,\n2.m4s\n"
        ))
        .unwrap();
        assert_eq!((media.sequence, media.discontinuity_sequence), (41, 3));
        let dates: Vec<_> =
            media.segments.iter().map(|s| s.date.map(|date| date.to_string())).collect();
        let [known, next] = ["2026-01-01T00:00:10.500Z", "2026-01-01T00:00:12.500Z"];
        assert_eq!(dates, [None, Some(known.to_owned()), Some(next.to_owned())]);
        assert_eq!(media.newest_end().unwrap().to_string(), "2026-01-01T00:00:14.000Z");

        let error = |line: &str| parse(&format!("{head}{line}\n")).unwrap_err().to_string();
        let text = error("#EXT-X-MEDIA-SEQUENCE:18446744073709551615");
        assert_eq!(text, "line 3: 18446744073709551615 is above 9007199254740992");
        assert!(error("#EXT-X-MEDIA-SEQUENCE:-1").starts_with("line 3: "));
        let text = error("#EXT-X-PROGRAM-DATE-TIME:yesterday");
        assert!(text.starts_with("line 3: \"yesterday\": it has another form"), "{text}");
    }

    #[test]
    fn a_playlist_has_an_end() {
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
        let playlist = |n: usize| format!("{head}{}#EXT-X-ENDLIST\n", "#EXTINF:2,\na\n".repeat(n));
        assert_eq!(parse(&playlist(MAX_SEGMENTS)).unwrap().segments.len(), MAX_SEGMENTS);
        let error = parse(&playlist(MAX_SEGMENTS + 1)).unwrap_err();
        assert_eq!(error, "line 200004: more than 100000 segments");
        let long = format!("{head}{}", "#\n".repeat(super::super::MAX_PLAYLIST / 2));
        assert!(parse(&long).unwrap_err().starts_with("line 1: 16000032 bytes"));
    }
}
