//! The beginning of an answer, held back until it is known to be well: what has gone out cannot be
//! taken back.
//!
//! - Small answers and playlists are held back whole, for the next origin's playlist does not
//!   complete this one's; but at most 64 KiB, which is 20 minutes of segments of a second.
//! - Of others, the first 4 KiB. Segments of two packagers can differ in the number that each gives
//!   to its fragments (`mfhd`, ISO/IEC 14496-12, section 8.8.5), which stands at the beginning.
//!   What follows is the same, so that either completes the other there.
//! - Answers whose length is not known go out as they come: they may be made while they are sent.

use weir_server::header::{CONTENT_ENCODING, CONTENT_TYPE};
use weir_server::{Body, Bytes, Incoming, NoAnswer, Response, StatusCode, data, duration};
use weir_units::Span;

/// The most that is held back.
const MOST: usize = 64 << 10;
/// What is held back of any answer whose length is known.
const LEAST: usize = 4 << 10;

/// An answer that began well.
pub(crate) struct Begun {
    pub head: Response<()>,
    /// What has come of the body.
    pub ahead: Bytes,
    /// The rest of it; `None` if that was all.
    pub rest: Option<Incoming>,
}

impl Begun {
    /// An answer of which nothing is held back.
    pub fn at_once(answer: Response<Incoming>) -> Self {
        let (head, body) = split(answer);
        Self { head, ahead: Bytes::new(), rest: Some(body) }
    }
}

/// Reads the beginning of the answer to a GET request for `path`, within this time.
///
/// # Errors
/// If it breaks off or does not come, and if it is no playlist and should be one.
pub(crate) async fn begin(
    answer: Response<Incoming>,
    path: &str,
    within: Span,
) -> Result<Begun, NoAnswer> {
    let playlist = is_playlist(&answer, path);
    let enough = match answer.body().size_hint().exact() {
        _ if playlist => MOST,
        Some(bytes) if bytes <= MOST as u64 => MOST,
        Some(_) => LEAST,
        None => return Ok(Begun::at_once(answer)),
    };
    let (head, body) = split(answer);
    let held = tokio::time::timeout(duration(within), hold(body, enough)).await;
    let (ahead, rest) = held.map_err(|_| NoAnswer::TimedOut)??;
    if playlist && !ahead.starts_with(b"#EXTM3U") {
        return Err(NoAnswer::Unreachable("what came is no playlist".to_owned()));
    }
    Ok(Begun { head, ahead, rest })
}

fn split<B>(answer: Response<B>) -> (Response<()>, B) {
    let (head, body) = answer.into_parts();
    (Response::from_parts(head, ()), body)
}

/// Whether the body of an answer has to be a playlist.
fn is_playlist(answer: &Response<Incoming>, path: &str) -> bool {
    let headers = answer.headers();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let named = path.ends_with(".m3u8") || kind.to_ascii_lowercase().contains("mpegurl");
    named && answer.status() == StatusCode::OK && !headers.contains_key(CONTENT_ENCODING)
}

/// All of a body, or at least `enough` bytes of it and the rest.
async fn hold(mut body: Incoming, enough: usize) -> Result<(Bytes, Option<Incoming>), NoAnswer> {
    // Mostly one piece is enough, which need not be copied then.
    let (mut first, mut more) = (Bytes::new(), Vec::new());
    while first.len() + more.len() < enough {
        let next = data(&mut body).await;
        match next.map_err(|error| NoAnswer::Unreachable(error.to_string()))? {
            None => return Ok((joined(first, &more), None)),
            Some(data) if first.is_empty() => first = data,
            Some(data) => more.extend_from_slice(&data),
        }
    }
    Ok((joined(first, &more), Some(body)))
}

fn joined(first: Bytes, more: &[u8]) -> Bytes {
    if more.is_empty() { first } else { [&first, more].concat().into() }
}
