//! The body of an answer on its way through, which another origin completes if the first breaks
//! off.
//!
//! Two origins of one stream have equal files where their packagers made them from the same
//! encoded stream. Whether they do is not believed but compared: the other origin is asked for the
//! rest and for the last bytes before it, and only where these are the same bytes, and the whole
//! has the same length, does its answer go on where the first one ended. Otherwise the client's
//! connection is closed short of the announced length, so that it knows.

use crate::state::State;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::timeout;
use weir_server::header::{CONTENT_RANGE, HeaderMap, HeaderValue, RANGE};
use weir_server::{Body, BrokenOff, Bytes, Frame, Incoming, Relay, Response, SizeHint, StatusCode};
use weir_server::{data, duration};
use weir_units::{BitRate, Span};

/// Bytes that must be the same in two origins' files for one to complete the other.
const OVERLAP: usize = 1024;

/// A body that comes more slowly than this is taken for one that does not come.
const LEAST_RATE: BitRate = BitRate::from_bps(100_000);

/// Where the rest of a body may come from.
pub(crate) struct Others {
    /// URLs of the same file at other origins, with the origins' numbers.
    pub urls: VecDeque<(usize, String)>,
    /// The first byte of the file that the body began with.
    pub first: u64,
    /// The length of the whole file.
    pub length: u64,
}

/// A body on its way.
pub(crate) struct Completed {
    state: Arc<State>,
    /// Whose body it is.
    origin: usize,
    /// What has come already.
    ahead: Bytes,
    source: Source,
    others: Option<Others>,
    /// Bytes that are still to come, if their number was announced.
    left: Option<u64>,
    sent: u64,
    /// The last bytes that were sent.
    tail: Vec<u8>,
}

enum Source {
    Body(Relay),
    /// Another origin is being asked.
    Asked(Pin<Box<dyn Future<Output = Option<Rest>> + Send>>),
    Ended,
}

/// The rest of a body from another origin, and what of it has arrived beyond the overlap.
struct Rest {
    origin: usize,
    body: Relay,
    ahead: Bytes,
    others: Others,
}

impl Completed {
    /// The body of an answer of which something has come already.
    pub fn new(
        state: Arc<State>,
        origin: usize,
        ahead: Bytes,
        rest: Incoming,
        others: Option<Others>,
    ) -> Self {
        Self {
            origin,
            left: rest.size_hint().exact().map(|bytes| bytes + ahead.len() as u64),
            ahead,
            source: Source::Body(relay(&state, rest)),
            others,
            sent: 0,
            tail: Vec::new(),
            state,
        }
    }

    /// Notes what goes out.
    fn count(&mut self, data: &Bytes) {
        self.sent += data.len() as u64;
        self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
        if self.others.is_some() {
            let keep = data.len().min(OVERLAP);
            let excess = (self.tail.len() + keep).saturating_sub(OVERLAP);
            self.tail.drain(..excess);
            self.tail.extend_from_slice(&data[data.len() - keep..]);
        }
    }

    /// Asks the next origin for what is missing.
    fn turn_to_others(&mut self) -> Result<(), BrokenOff> {
        let (Some(others), Some(left)) = (self.others.take(), self.left) else {
            return Err(BrokenOff::Closed);
        };
        let tail = self.tail.clone();
        let next = others.first + self.sent;
        let state = Arc::clone(&self.state);
        self.source = Source::Asked(Box::pin(complete(state, others, next, left, tail)));
        Ok(())
    }
}

impl Body for Completed {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        if !this.ahead.is_empty() {
            let ahead = std::mem::take(&mut this.ahead);
            this.count(&ahead);
            return Poll::Ready(Some(Ok(Frame::data(ahead))));
        }
        loop {
            match &mut this.source {
                Source::Ended => return Poll::Ready(None),
                Source::Body(body) => {
                    let broken = match ready!(Pin::new(body).poll_frame(context)) {
                        Some(Ok(frame)) => {
                            if let Some(data) = frame.data_ref() {
                                let data = data.clone();
                                this.count(&data);
                            }
                            return Poll::Ready(Some(Ok(frame)));
                        }
                        None => this.left.is_some_and(|left| left > 0),
                        Some(Err(why)) => {
                            if why == BrokenOff::Silent {
                                this.state.tracker().kept_waiting(this.origin);
                            }
                            true
                        }
                    };
                    if !broken {
                        this.source = Source::Ended;
                        return Poll::Ready(None);
                    }
                    if let Err(error) = this.turn_to_others() {
                        this.source = Source::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Source::Asked(asked) => {
                    let Some(rest) = ready!(asked.as_mut().poll(context)) else {
                        this.source = Source::Ended;
                        return Poll::Ready(Some(Err(BrokenOff::Closed)));
                    };
                    let Rest { origin, body, ahead, others } = rest;
                    this.state.metrics.resumed(origin);
                    (this.source, this.others) = (Source::Body(body), Some(others));
                    this.origin = origin;
                    if !ahead.is_empty() {
                        this.count(&ahead);
                        return Poll::Ready(Some(Ok(Frame::data(ahead))));
                    }
                }
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Finds an origin that has the same file, and `left` bytes of it from byte `next` on.
async fn complete(
    state: Arc<State>,
    mut others: Others,
    next: u64,
    left: u64,
    tail: Vec<u8>,
) -> Option<Rest> {
    // Each origin is asked once in the life of an answer.
    while let Some((origin, url)) = others.urls.pop_front() {
        let first = next - tail.len() as u64;
        let last = (next + left).checked_sub(1)?;
        let range = HeaderValue::try_from(format!("bytes={first}-{last}")).ok()?;
        let headers = HeaderMap::from_iter([(RANGE, range)]);
        let Ok(answer) = state.upstream.get(&url, headers).await else { continue };
        if !is_range(&answer, first, last, others.length) {
            continue;
        }
        if let Some((body, ahead)) = after_overlap(answer.into_body(), &tail).await {
            return Some(Rest { origin, body: relay(&state, body), ahead, others });
        }
    }
    None
}

/// Whether an answer is what was asked for (RFC 9110, section 14.4).
fn is_range(answer: &Response<Incoming>, first: u64, last: u64, length: u64) -> bool {
    let expected = format!("bytes {first}-{last}/{length}");
    let range = answer.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    answer.status() == StatusCode::PARTIAL_CONTENT && range == Some(expected.as_str())
}

/// What follows in a body upon bytes that have to be these.
async fn after_overlap(mut body: Incoming, overlap: &[u8]) -> Option<(Incoming, Bytes)> {
    let mut seen = Vec::new();
    while seen.len() < overlap.len() {
        let next = timeout(duration(Span::from_s(1)), data(&mut body));
        seen.extend_from_slice(&next.await.ok()?.ok()??);
    }
    let ahead = seen.split_off(overlap.len());
    (seen == overlap).then(|| (body, ahead.into()))
}

/// An origin's body, which may keep a client waiting for the time-out, and no longer in all than
/// the slowest acceptable rate allows.
fn relay(state: &State, body: Incoming) -> Relay {
    Relay::new(body, state.config.timeout, Some(LEAST_RATE))
}
