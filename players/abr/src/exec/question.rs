//! What a program is asked, as a line of JSON: plain numbers with the unit in their names.

use super::AnswerError;
use crate::{Download, End, Observation, Playback, Progress, Rung};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Serialize, Serializer};
use weir_units::{Bytes, Span, Time};

/// The question before a segment request, without a line break.
///
/// # Errors
/// None that an observation can cause; those of the serializer are passed on.
pub fn question(seen: &Observation) -> Result<String, AnswerError> {
    line(&Question::new("decide", seen, None))
}

/// The question while a download is in progress, without a line break.
///
/// # Errors
/// As [`question`].
pub fn progress_question(seen: &Observation, progress: &Progress) -> Result<String, AnswerError> {
    line(&Question::new("progress", seen, Some(progress)))
}

fn line(question: &Question<'_>) -> Result<String, AnswerError> {
    serde_json::to_string(question).map_err(|error| AnswerError::new("", error.to_string()))
}

#[derive(Serialize)]
struct Question<'a> {
    ask: &'static str,
    now_s: Seconds,
    buffer_s: Seconds,
    max_buffer_s: Seconds,
    playback: Playback,
    played_s: Seconds,
    speed: f64,
    live: bool,
    segment: u64,
    segments_left: u64,
    segment_s: Seconds,
    ladder: Vec<Quality>,
    sizes_bytes: Vec<Vec<u64>>,
    downloads: Vec<Past>,
    waited_for_room_s: Seconds,
    buffered: &'a [usize],
    played_of_first_s: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
}

#[derive(Serialize)]
struct Quality {
    mean_bps: u64,
    peak_bps: u64,
}

#[derive(Serialize)]
struct Past {
    rung: usize,
    bytes: u64,
    ttfb_s: Seconds,
    transfer_s: Seconds,
    media_s: Seconds,
    finished_s: Seconds,
    buffer_s: Seconds,
    replacement: bool,
    abandoned: bool,
    abandoned_to: Option<usize>,
}

#[derive(Serialize)]
struct Request {
    rung: usize,
    requested_s: Seconds,
    ttfb_s: Option<Seconds>,
    size_bytes: u64,
    downloaded_bytes: f64,
}

/// Nanoseconds that are written as seconds.
struct Seconds(u64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1e9)
    }
}

impl From<Span> for Seconds {
    fn from(span: Span) -> Self {
        Self(span.ns())
    }
}

impl From<Time> for Seconds {
    fn from(time: Time) -> Self {
        Self(time.ns())
    }
}

impl<'a> Question<'a> {
    fn new(ask: &'static str, seen: &'a Observation, progress: Option<&Progress>) -> Self {
        Self {
            ask,
            now_s: seen.now.into(),
            buffer_s: seen.buffer.into(),
            max_buffer_s: seen.max_buffer.into(),
            playback: seen.playback,
            played_s: seen.played.into(),
            speed: seen.speed.as_f64(),
            live: seen.live,
            segment: seen.segment,
            segments_left: seen.segments_left,
            segment_s: seen.segment_duration.into(),
            ladder: seen.ladder.iter().map(Quality::from).collect(),
            sizes_bytes: seen.sizes.iter().map(|sizes| plain(sizes)).collect(),
            downloads: seen.downloads.iter().map(Past::from).collect(),
            waited_for_room_s: seen.waited_for_room.into(),
            buffered: &seen.buffered,
            played_of_first_s: seen.played_of_first.into(),
            request: progress.map(Request::from),
        }
    }
}

fn plain(sizes: &[Bytes]) -> Vec<u64> {
    sizes.iter().map(|size| size.get()).collect()
}

impl From<&Rung> for Quality {
    fn from(rung: &Rung) -> Self {
        Self { mean_bps: rung.mean.bps(), peak_bps: rung.peak.bps() }
    }
}

impl From<&Download> for Past {
    fn from(download: &Download) -> Self {
        let abandoned_to = match download.end {
            End::Whole => None,
            End::Abandoned { to } => to,
        };
        Self {
            rung: download.rung,
            bytes: download.bytes.get(),
            ttfb_s: download.ttfb.into(),
            transfer_s: download.transfer.into(),
            media_s: download.media.into(),
            finished_s: download.finished.into(),
            buffer_s: download.buffer.into(),
            replacement: download.replacement,
            abandoned: !download.is_whole(),
            abandoned_to,
        }
    }
}

impl From<&Progress> for Request {
    fn from(progress: &Progress) -> Self {
        Self {
            rung: progress.rung,
            requested_s: progress.requested.into(),
            ttfb_s: progress.ttfb.map(Seconds::from),
            size_bytes: progress.size.get(),
            downloaded_bytes: progress.downloaded.get() as f64 + progress.part.as_f64(),
        }
    }
}
