//! The lines of a playlist (RFC 8216, section 4.1), reduced to what a session needs to know. The
//! grammar of tags and attributes is the library's.

use super::{MAX_LINE, MAX_PLAYLIST, PlaylistError};
use quick_m3u8::HlsLine;
use quick_m3u8::config::{ParsingOptions, ParsingOptionsBuilder};
use quick_m3u8::custom_parsing::line::parse;
use quick_m3u8::tag::{KnownTag, hls::Tag};

/// The tag of dates, as the library names tags: without what all begin with.
const DATE: &str = "-X-PROGRAM-DATE-TIME";

/// A line that says something.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// EXT-X-STREAM-INF: the next URI is a variant.
    Variant { bandwidth: u64, average_bandwidth: Option<u64>, resolution: Option<(u64, u64)> },
    /// EXT-X-TARGETDURATION, in seconds: this is a media playlist.
    TargetDuration(u64),
    /// EXTINF: the next URI is a segment of this many seconds.
    Duration(f64),
    /// EXT-X-MAP: the segments from here on need this initialization section.
    Map { uri: String, byte_range: bool },
    /// EXT-X-BYTERANGE: the next segment is a part of a file.
    ByteRange,
    /// EXT-X-GAP: the next segment is missing.
    Gap,
    /// EXT-X-DISCONTINUITY: the next segment's timestamps do not follow upon the last one's.
    Discontinuity,
    /// EXT-X-ENDLIST: nothing will be added.
    EndList,
    /// EXT-X-MEDIA-SEQUENCE: the number of the first segment.
    Sequence(u64),
    /// EXT-X-DISCONTINUITY-SEQUENCE: the number of its discontinuity.
    DiscontinuitySequence(u64),
    /// EXT-X-SERVER-CONTROL: HOLD-BACK in seconds.
    HoldBack(f64),
    /// EXT-X-PROGRAM-DATE-TIME: when the next segment begins, not yet read.
    Date(String),
    /// A URI, not yet checked.
    Uri(String),
}

/// The lines of a playlist with their numbers, counted from 1. Comments, blank lines and tags that
/// mean nothing to a session are left out.
pub(super) fn lines(
    body: &[u8],
) -> Result<impl Iterator<Item = Result<(usize, Line), PlaylistError>>, PlaylistError> {
    if body.len() > MAX_PLAYLIST {
        let problem = format!("{} bytes (at most {MAX_PLAYLIST} are allowed)", body.len());
        return Err(PlaylistError::new(1, problem));
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        PlaylistError::new(line, "not UTF-8")
    })?;
    if text.lines().next() != Some("#EXTM3U") {
        return Err(PlaylistError::new(1, "not a playlist: it does not begin with #EXTM3U"));
    }
    let options = ParsingOptionsBuilder::new()
        .with_parsing_for_stream_inf()
        .with_parsing_for_targetduration()
        .with_parsing_for_inf()
        .with_parsing_for_map()
        .with_parsing_for_byterange()
        .with_parsing_for_gap()
        .with_parsing_for_discontinuity()
        .with_parsing_for_endlist()
        .with_parsing_for_media_sequence()
        .with_parsing_for_discontinuity_sequence()
        .with_parsing_for_server_control()
        .build();
    Ok((1..).zip(text.lines()).filter_map(move |(number, text)| match read(text, &options) {
        Ok(line) => line.map(|line| Ok((number, line))),
        Err(problem) => Some(Err(PlaylistError::new(number, problem))),
    }))
}

fn read(text: &str, options: &ParsingOptions) -> Result<Option<Line>, String> {
    if text.len() > MAX_LINE {
        return Err(format!("{} bytes in one line (at most {MAX_LINE} are allowed)", text.len()));
    }
    let line = parse(text, options).map_err(|error| error.to_string())?.parsed;
    let tag = match line {
        HlsLine::KnownTag(KnownTag::Hls(tag)) => tag,
        HlsLine::Uri(uri) => return Ok(Some(Line::Uri(uri.into_owned()))),
        // The library hands on a tag that it could not read as an unknown one.
        HlsLine::UnknownTag(tag) => match tag.validation_error() {
            Some(error) => return Err(format!("#EXT{} cannot be read: {error}", tag.name())),
            // The library does not take the dates that ffmpeg writes.
            None if tag.name() == DATE => {
                let value = text.split_once(':').map_or("", |(_, value)| value);
                return Ok(Some(Line::Date(value.to_owned())));
            }
            None => return Ok(None),
        },
        HlsLine::KnownTag(KnownTag::Custom(_)) | HlsLine::Comment(_) | HlsLine::Blank => {
            return Ok(None);
        }
    };
    Ok(Some(match tag {
        Tag::StreamInf(tag) => Line::Variant {
            bandwidth: tag.bandwidth(),
            average_bandwidth: tag.average_bandwidth(),
            resolution: tag.resolution().map(|size| (size.width, size.height)),
        },
        Tag::Targetduration(tag) => Line::TargetDuration(tag.target_duration()),
        Tag::Inf(tag) => Line::Duration(tag.duration()),
        Tag::Map(tag) => {
            Line::Map { uri: tag.uri().to_owned(), byte_range: tag.byterange().is_some() }
        }
        Tag::Byterange(_) => Line::ByteRange,
        Tag::Gap(_) => Line::Gap,
        Tag::Discontinuity(_) => Line::Discontinuity,
        Tag::Endlist(_) => Line::EndList,
        Tag::ServerControl(tag) => return Ok(tag.hold_back().map(Line::HoldBack)),
        Tag::MediaSequence(tag) => Line::Sequence(tag.media_sequence()),
        Tag::DiscontinuitySequence(tag) => {
            Line::DiscontinuitySequence(tag.discontinuity_sequence())
        }
        _ => return Ok(None),
    }))
}
