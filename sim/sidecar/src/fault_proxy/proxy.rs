//! Asks the origin, and answers what it says, or something else.

use super::dates;
use super::spoilt::{Manner, PATIENCE, spoilt};
use super::verdict::{FaultRule, Playlist, Verdict, corrupt};
use http_body_util::{BodyStream, StreamBody};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::timeout;
use weir_core::playlist::MAX_PLAYLIST;
use weir_server::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use weir_server::{
    Answer, AnswerBody, Body, Bytes, Connection, Incoming, Method, NoAnswer, Relay, Request,
    Response, Service, StatusCode, Upstream, Uri, boxed, duration, read, whole,
};
use weir_units::{Seed, Span};

/// How long a connection to the origin may take.
const CONNECT: Span = Span::from_s(5);
/// What asks for less than a whole playlist, or for another form of it.
const CONDITIONS: [HeaderName; 7] = [
    ACCEPT_ENCODING,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    RANGE,
];
/// What is only true of the origin's own playlist.
const VERSIONS: [HeaderName; 3] = [ACCEPT_RANGES, ETAG, LAST_MODIFIED];

/// What answers requests. Where the origin says nothing, or nothing whole, neither does this.
pub(super) struct FaultProxy {
    origin: SocketAddr,
    upstream: Upstream,
    seed: Seed,
    rules: Mutex<Vec<FaultRule>>,
    /// How many requests there were.
    requests: AtomicU64,
}

impl FaultProxy {
    pub fn new(origin: SocketAddr, seed: Seed) -> Self {
        let upstream = Upstream::new(PATIENCE, Some(CONNECT));
        Self { origin, upstream, seed, rules: Mutex::default(), requests: AtomicU64::new(0) }
    }

    /// Replaces the rules that are in force.
    pub fn set_rules(&self, rules: Vec<FaultRule>) {
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    fn verdict(&self, seed: Seed, is_playlist: bool) -> Verdict {
        Verdict::of(&self.rules.lock().unwrap_or_else(PoisonError::into_inner), seed, is_playlist)
    }
}

impl Service for FaultProxy {
    async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        connection: Connection,
    ) -> Result<Answer, NoAnswer> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let seed = self.seed.derive(&format!("request {number}"));
        let is_playlist =
            *request.method() == Method::GET && request.uri().path().ends_with(".m3u8");
        let Verdict { status, playlist, truncated, rate } = self.verdict(seed, is_playlist);
        if let Some(status) = status {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(plain(status));
        }
        // Whatever host is named, the origin is meant.
        let uri = Uri::builder().scheme("http").authority(self.origin.to_string());
        let target = request.uri().path_and_query().cloned();
        let Some(Ok(uri)) = target.map(|target| uri.path_and_query(target).build()) else {
            return Ok(plain(StatusCode::BAD_REQUEST));
        };
        let replaced = playlist != Playlist::True;
        if replaced {
            CONDITIONS.into_iter().for_each(|name| _ = request.headers_mut().remove(name));
        }
        let (mut head, body) = self.upstream.pass(request, uri).await?.into_parts();
        let body = Relay::new(body, PATIENCE, None);
        let is_plain =
            head.status == StatusCode::OK && !head.headers.contains_key(CONTENT_ENCODING);
        let mut body = boxed(body);
        if replaced && is_plain {
            let bytes = replacement(body, playlist, seed).await?;
            VERSIONS.into_iter().for_each(|name| _ = head.headers.remove(name));
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            body = whole(bytes);
        }
        if (truncated || rate.is_some()) && !body.is_end_stream() {
            let length = head.headers.get(CONTENT_LENGTH);
            let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
            body = spoilt(body, length, Manner { truncated, rate }, connection);
        }
        Ok(Response::from_parts(head, body))
    }
}

/// What the client gets instead of a playlist.
async fn replacement(body: AnswerBody, playlist: Playlist, seed: Seed) -> Result<Bytes, NoAnswer> {
    // Also where nothing of it is needed: the connection to the origin is free again then.
    let body = timeout(duration(PATIENCE), read(body, MAX_PLAYLIST)).await;
    let body = body.map_err(|_| NoAnswer::TimedOut)?;
    let body = body.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
    Ok(match playlist {
        Playlist::True => body,
        Playlist::Shifted(shift) => dates::shifted(&body, shift).into(),
        Playlist::Empty => Bytes::new(),
        Playlist::Corrupt => corrupt(seed.derive("corrupt")).into(),
    })
}

/// An answer of the proxy's own. A stream of bytes has no length, so it comes in chunks: as answers
/// do that a server makes while it sends them.
fn plain(status: StatusCode) -> Answer {
    let reason = status.canonical_reason().unwrap_or("no reason");
    let text = whole(format!("{} {reason}\n", status.as_u16()));
    let mut response = Response::new(boxed(StreamBody::new(BodyStream::new(text))));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}
