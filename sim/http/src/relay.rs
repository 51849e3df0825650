//! The body of another server's answer on its way through.

use crate::answer::BrokenOff;
use crate::bounds::duration;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Sleep, sleep};
use weir_clock::Clock;
use weir_units::{BitRate, Span, Time};

/// The body of another server's answer, which breaks off where it does not come.
pub struct Relay {
    body: Incoming,
    patience: Patience,
}

/// How long a server may keep its reader waiting: not at all for so long, and no longer in all than
/// the least rate allows. Time in which the reader does not take what is there does not count.
struct Patience {
    timeout: Span,
    least: Option<(BitRate, Clock)>,
    /// What has come, in bytes.
    got: u64,
    waited: Span,
    waits_since: Option<Time>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Relay {
    /// A body of which something has to come in every `timeout`, and where there is a least rate,
    /// all at that rate.
    pub fn new(body: Incoming, timeout: Span, least: Option<BitRate>) -> Self {
        let least = least.map(|rate| (rate, Clock::with_zero(0)));
        let (got, waited, waits_since, alarm) = (0, Span::ZERO, None, None);
        Self { body, patience: Patience { timeout, least, got, waited, waits_since, alarm } }
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
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.patience.gets(frame.data_ref().map_or(0, Bytes::len) as u64);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(BrokenOff::Closed))),
            Poll::Pending => {
                ready!(this.patience.ends(context));
                Poll::Ready(Some(Err(BrokenOff::Silent)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Patience {
    fn gets(&mut self, bytes: u64) {
        self.got = self.got.saturating_add(bytes);
        if let (Some(since), Some((_, clock))) = (self.waits_since.take(), self.least) {
            self.waited = self.waited.saturating_add(clock.now().since(since));
        }
        self.alarm = None;
    }

    /// Ready when there has been waiting enough.
    fn ends(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let alarm = match &mut self.alarm {
            Some(alarm) => alarm,
            None => {
                self.waits_since = self.least.map(|(_, clock)| clock.now());
                let left = self.left().min(self.timeout);
                self.alarm.insert(Box::pin(sleep(duration(left))))
            }
        };
        alarm.as_mut().poll(context)
    }

    /// How long there may be waiting in all from now on.
    fn left(&self) -> Span {
        let Some((rate, _)) = self.least else { return Span::MAX };
        let seconds = self.got as f64 * 8.0 / rate.bps() as f64;
        let all = Span::from_secs_f64(seconds).unwrap_or(Span::MAX);
        self.timeout.saturating_add(all).saturating_sub(self.waited)
    }
}
