//! The body of an answer on its way through, which another origin completes if the first breaks
//! off.
//!
//! Two origins of one stream have equal files where their packagers made them from the same
//! encoded stream. Whether they do is not believed but compared: the other origin is asked for the
//! rest and for the last bytes before it, and only where these are the same bytes, and the whole has
//! the same length, does its answer go on where the first one ended. Otherwise the client's
//! connection is closed short of the announced length, so that it knows.

use crate::state::State;
use crate::upstream::duration;
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::CONTENT_RANGE;
use hyper::{Response, StatusCode};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::Sleep;
use weir_clock::Clock;
use weir_units::{BitRate, Span, Time};

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
pub(crate) struct Relay {
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
    tail: BytesMut,
    patience: Patience,
}

enum Source {
    Body(Incoming),
    /// Another origin is being asked.
    Asked(Pin<Box<dyn Future<Output = Option<Rest>> + Send>>),
    Ended,
}

/// The rest of a body from another origin, and what of it has arrived beyond the overlap.
struct Rest {
    origin: usize,
    body: Incoming,
    ahead: Bytes,
    others: Others,
}

/// Why a body ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the origin's answer broke off, and no other origin completes it")]
pub(crate) struct BrokenOff;

impl Relay {
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
            source: Source::Body(rest),
            others,
            sent: 0,
            tail: BytesMut::new(),
            patience: Patience::new(state.config.timeout, state.clock),
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
            drop(self.tail.split_to(excess));
            self.tail.extend_from_slice(&data[data.len() - keep..]);
        }
    }

    /// Asks the next origin for what is missing.
    fn turn_to_others(&mut self) -> Result<(), BrokenOff> {
        let (Some(others), Some(left)) = (self.others.take(), self.left) else {
            return Err(BrokenOff);
        };
        let tail = self.tail.clone().freeze();
        let next = others.first + self.sent;
        let state = Arc::clone(&self.state);
        self.source = Source::Asked(Box::pin(complete(state, others, next, left, tail)));
        Ok(())
    }
}

impl Body for Relay {
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
                    let broken = match Pin::new(body).poll_frame(context) {
                        Poll::Ready(Some(Ok(frame))) => {
                            this.patience.gets(frame.data_ref().map_or(0, Bytes::len) as u64);
                            if let Some(data) = frame.data_ref() {
                                let data = data.clone();
                                this.count(&data);
                            }
                            return Poll::Ready(Some(Ok(frame)));
                        }
                        Poll::Ready(None) => this.left.is_some_and(|left| left > 0),
                        Poll::Ready(Some(Err(_))) => true,
                        Poll::Pending => {
                            ready!(this.patience.ends(context));
                            this.state.board().kept_waiting(this.origin);
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
                        return Poll::Ready(Some(Err(BrokenOff)));
                    };
                    let Rest { origin, body, ahead, others } = rest;
                    this.state.metrics.resumed(origin);
                    (this.source, this.others) = (Source::Body(body), Some(others));
                    this.origin = origin;
                    this.patience.begins_again();
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
    tail: Bytes,
) -> Option<Rest> {
    // Each origin is asked once in the life of an answer.
    while let Some((origin, url)) = others.urls.pop_front() {
        let first = next - tail.len() as u64;
        let last = (next + left).checked_sub(1)?;
        let Ok(answer) = state.upstream.ask_range(&url, first, last).await else { continue };
        if !is_range(&answer, first, last, others.length) {
            continue;
        }
        if let Some((body, ahead)) = after_overlap(answer.into_body(), &tail).await {
            return Some(Rest { origin, body, ahead, others });
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
async fn after_overlap(mut body: Incoming, overlap: &Bytes) -> Option<(Incoming, Bytes)> {
    let mut seen = BytesMut::new();
    while seen.len() < overlap.len() {
        let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = tokio::time::timeout(duration(Span::from_s(1)), frame).await.ok()??.ok()?;
        if let Ok(data) = frame.into_data() {
            seen.extend_from_slice(&data);
        }
    }
    let ahead = seen.split_off(overlap.len());
    (seen == *overlap).then(|| (body, ahead.freeze()))
}

/// How long an origin may keep a client waiting: not at all for so long, and no longer in all than
/// the slowest acceptable rate allows. Time in which the client does not take what is there does not
/// count.
struct Patience {
    clock: Clock,
    timeout: Span,
    /// What has come, in bytes.
    got: u64,
    waited: Span,
    waits_since: Option<Time>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn new(timeout: Span, clock: Clock) -> Self {
        Self { clock, timeout, got: 0, waited: Span::ZERO, waits_since: None, alarm: None }
    }

    fn begins_again(&mut self) {
        *self = Self::new(self.timeout, self.clock);
    }

    fn gets(&mut self, bytes: u64) {
        self.got = self.got.saturating_add(bytes);
        if let Some(since) = self.waits_since.take() {
            self.waited = self.waited.saturating_add(self.clock.now().since(since));
        }
        self.alarm = None;
    }

    /// Ready when there has been waiting enough.
    fn ends(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.waits_since.is_none() {
            self.waits_since = Some(self.clock.now());
            let seconds = self.got as f64 * 8.0 / LEAST_RATE.bps() as f64;
            let all = Span::from_secs_f64(seconds).unwrap_or(Span::MAX);
            let left = self.timeout.saturating_add(all).saturating_sub(self.waited);
            let alarm = tokio::time::sleep(duration(left.min(self.timeout)));
            self.alarm = Some(Box::pin(alarm));
        }
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().poll(context),
            None => Poll::Ready(()),
        }
    }
}
