//! What a session has learnt of its content: the ladder at first, then the segments of the rungs
//! whose media playlists were fetched.

use crate::playlist::{Master, Media, Segment, Sizes, Uri, Variant};
use weir_abr::Rung;
use weir_units::{Bytes, Span};

/// The ladder, its segments as far as they are known, and their sizes if a session is told.
#[derive(Debug, Clone)]
pub struct Content {
    ladder: Vec<Rung>,
    /// One for each rung; none of content that was given.
    variants: Vec<Variant>,
    media: Vec<Option<Media>>,
    /// The duration of every segment, from the first media playlist that arrived.
    durations: Vec<Span>,
    sizes: Option<Sizes>,
    /// Whether all of it was known beforehand, so that nothing but segments is fetched.
    given: bool,
}

/// Why a document does not fit the rest of the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Content that was given has no rung or no segment.
    #[error("content without rungs or without segments")]
    Empty,
    /// The media playlists of two rungs differ in length.
    #[error("rung {rung} has {got} segments where another rung has {expected}")]
    SegmentCount {
        /// The rung.
        rung: usize,
        /// Its segments.
        got: usize,
        /// Those of the other.
        expected: usize,
    },
    /// A segment of two rungs differs in duration.
    #[error("segment {segment} of rung {rung} plays {got} where another rung has {expected}")]
    Duration {
        /// The rung.
        rung: usize,
        /// The segment.
        segment: usize,
        /// Its duration.
        got: Span,
        /// That of the other rung.
        expected: Span,
    },
    /// A size table has too few rows.
    #[error("the size table has {got} segments of {expected}")]
    SizedSegments {
        /// Its rows.
        got: usize,
        /// The segments of the content.
        expected: usize,
    },
    /// A row of a size table has too few or too many columns.
    #[error("segment {segment} of the size table has {got} sizes for {expected} rungs")]
    SizedRungs {
        /// The row.
        segment: usize,
        /// Its columns.
        got: usize,
        /// The rungs of the ladder.
        expected: usize,
    },
}

/// By how much the duration of a segment may differ between rungs: encoders count in time scales
/// of their own, and playlists round to milliseconds. Half a frame at 50 frames a second.
pub const DURATION_TOLERANCE: Span = Span::from_ms(10);

impl Content {
    /// Content of which only the ladder is known.
    pub fn new(master: Master) -> Self {
        let media = master.variants.iter().map(|_| None).collect();
        let ladder = master.variants.iter().map(|variant| variant.rung).collect();
        let (variants, durations) = (master.variants, Vec::new());
        Self { ladder, variants, media, durations, sizes: None, given: false }
    }

    /// Content that is known without playlists: a simulator's. Nothing of it has a URI.
    ///
    /// # Errors
    /// Without a segment or a rung, and if a size is missing or is one too many.
    pub fn given(
        ladder: Vec<Rung>,
        durations: Vec<Span>,
        sizes: Sizes,
    ) -> Result<Self, ContentError> {
        if ladder.is_empty() || durations.is_empty() {
            return Err(ContentError::Empty);
        }
        let (variants, media) = (Vec::new(), Vec::new());
        let mut content = Self { ladder, variants, media, durations, sizes: None, given: true };
        content.set_sizes(sizes)?;
        Ok(content)
    }

    /// Whether all of it was known beforehand.
    pub fn is_given(&self) -> bool {
        self.given
    }

    /// The ladder, lowest rung first.
    pub fn ladder(&self) -> &[Rung] {
        &self.ladder
    }

    /// The variant that is this rung; `None` past the end, and of content that was given.
    pub fn variant(&self, rung: usize) -> Option<&Variant> {
        self.variants.get(rung)
    }

    /// The number of segments; zero before the first media playlist.
    pub fn segments(&self) -> usize {
        self.durations.len()
    }

    /// How long a segment plays, at any rung; zero past the end.
    pub fn duration(&self, segment: usize) -> Span {
        self.durations.get(segment).copied().unwrap_or(Span::ZERO)
    }

    /// A segment of a rung and the initialization section that it needs; `None` while the rung's
    /// media playlist is missing, and past the end.
    pub fn segment(&self, rung: usize, segment: usize) -> Option<(&Segment, Option<&Uri>)> {
        let media = self.media.get(rung)?.as_ref()?;
        let segment = media.segments.get(segment)?;
        Some((segment, segment.init.and_then(|init| media.inits.get(init))))
    }

    /// The sizes of at most `most` segments from `segment` on, as [`Sizes::segments`]; none unless
    /// the session is told.
    pub fn coming_sizes(&self, segment: usize, most: usize) -> &[Vec<Bytes>] {
        let all = self.sizes.as_ref().map_or(&[][..], |sizes| &sizes.segments);
        let coming = all.get(segment..).unwrap_or_default();
        coming.get(..most).unwrap_or(coming)
    }

    /// The size of a segment at a rung, if sizes are known, whoever is told.
    pub fn size(&self, segment: usize, rung: usize) -> Option<Bytes> {
        self.sizes.as_ref()?.segments.get(segment)?.get(rung).copied()
    }

    /// The duration of all segments.
    pub fn length(&self) -> Span {
        self.durations.iter().fold(Span::ZERO, |sum, duration| sum.saturating_add(*duration))
    }

    /// Adds the media playlist of a rung.
    ///
    /// # Errors
    /// If it differs from those that are known in its number of segments, or in a duration by more
    /// than [`DURATION_TOLERANCE`].
    pub fn set_media(&mut self, rung: usize, media: Media) -> Result<(), ContentError> {
        if self.durations.is_empty() {
            self.durations = media.segments.iter().map(|segment| segment.duration).collect();
        }
        let (got, expected) = (media.segments.len(), self.durations.len());
        if got != expected {
            return Err(ContentError::SegmentCount { rung, got, expected });
        }
        for (segment, expected) in self.durations.iter().copied().enumerate() {
            let got = media.segments.get(segment).map_or(Span::ZERO, |segment| segment.duration);
            let off = got.saturating_sub(expected).max(expected.saturating_sub(got));
            if off > DURATION_TOLERANCE {
                return Err(ContentError::Duration { rung, segment, got, expected });
            }
        }
        if let Some(place) = self.media.get_mut(rung) {
            *place = Some(media);
        }
        Ok(())
    }

    /// Adds the size table, once the number of segments is known.
    ///
    /// # Errors
    /// If it has fewer rows than the content has segments, or a row that does not match the ladder.
    pub fn set_sizes(&mut self, sizes: Sizes) -> Result<(), ContentError> {
        let (got, expected) = (sizes.segments.len(), self.segments());
        if got < expected {
            return Err(ContentError::SizedSegments { got, expected });
        }
        for (segment, row) in sizes.segments.iter().enumerate() {
            let (got, expected) = (row.len(), self.ladder.len());
            if got != expected {
                return Err(ContentError::SizedRungs { segment, got, expected });
            }
        }
        self.sizes = Some(sizes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_units::BitRate;

    fn base() -> Uri {
        Uri::parse("http://origin/master.m3u8").unwrap()
    }

    fn media(seconds: &[f64]) -> Media {
        let segment = |s: &f64| format!("#EXTINF:{s},\n{s}.ts\n");
        let segments: String = seconds.iter().map(segment).collect();
        let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{segments}#EXT-X-ENDLIST\n");
        Media::parse(text.as_bytes(), &base()).unwrap()
    }

    fn two_rungs() -> Content {
        let text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb\n";
        Content::new(Master::parse(text.as_bytes(), &base()).unwrap())
    }

    #[test]
    fn rungs_must_have_the_same_segments() {
        let mut content = two_rungs();
        content.set_media(0, media(&[4.0, 4.0, 2.5])).unwrap();
        assert_eq!((content.segments(), content.duration(2)), (3, Span::from_ms(2500)));
        assert!(content.segment(1, 0).is_none());
        let error = content.set_media(1, media(&[4.0, 4.0])).unwrap_err().to_string();
        assert_eq!(error, "rung 1 has 2 segments where another rung has 3");
        let error = content.set_media(1, media(&[4.0, 3.9, 2.5])).unwrap_err().to_string();
        assert_eq!(error, "segment 1 of rung 1 plays 3900 ms where another rung has 4 s");
        content.set_media(1, media(&[4.0, 3.992, 2.508])).unwrap();
        assert_eq!(content.duration(1), Span::from_s(4));
        assert_eq!(content.segment(1, 1).unwrap().0.uri.as_str(), "http://origin/3.992.ts");
    }

    #[test]
    fn content_may_be_known_beforehand() {
        let rung = |bps| Rung { mean: BitRate::from_bps(bps), peak: BitRate::from_bps(bps) };
        let sizes = |text: &str| Sizes::parse(text.as_bytes()).unwrap();
        let given = |durations: &[u64], text| {
            let durations = durations.iter().map(|s| Span::from_s(*s)).collect();
            Content::given(vec![rung(1), rung(2)], durations, sizes(text))
        };
        let content = given(&[4, 2], r#"{"sizes":[[1,2],[3,4]]}"#).unwrap();
        assert!(content.is_given());
        assert_eq!((content.segments(), content.length()), (2, Span::from_s(6)));
        assert_eq!((content.size(1, 0), content.size(2, 0)), (Some(Bytes::new(3)), None));
        let error = given(&[4, 2], r#"{"sizes":[[1,2]]}"#).unwrap_err().to_string();
        assert_eq!(error, "the size table has 1 segments of 2");
        assert_eq!(given(&[], r#"{"sizes":[]}"#).unwrap_err(), ContentError::Empty);
    }

    #[test]
    fn a_size_table_must_cover_the_content() {
        let mut content = two_rungs();
        content.set_media(0, media(&[4.0, 4.0])).unwrap();
        let table = |text: &str| Sizes::parse(text.as_bytes()).unwrap();
        let mut error = |text| content.set_sizes(table(text)).unwrap_err().to_string();
        assert_eq!(error(r#"{"sizes":[[1,2]]}"#), "the size table has 1 segments of 2");
        assert_eq!(
            error(r#"{"sizes":[[1,2],[1]]}"#),
            "segment 1 of the size table has 1 sizes for 2 rungs"
        );
        assert!(content.coming_sizes(0, 9).is_empty());
        content.set_sizes(table(r#"{"sizes":[[1,2],[3,4]]}"#)).unwrap();
        assert_eq!(content.coming_sizes(0, 1).len(), 1);
        assert_eq!(content.coming_sizes(1, 9), [[Bytes::new(3), Bytes::new(4)]]);
        assert!(content.coming_sizes(2, 9).is_empty());
    }
}
