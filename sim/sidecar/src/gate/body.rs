//! The body of a response on its way to the client.

use super::pump::Pumped;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// How long an origin may send nothing, as `proxy_read_timeout` of nginx.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A body that ends before its end; its connection is closed, so that the client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body was broken off")
    }
}

impl std::error::Error for BrokenOff {}

/// The body of a response. None knows its length, which is what the header says: they may differ on
/// purpose.
pub(super) enum Outgoing {
    /// All of it is there.
    Whole(Full<Bytes>),
    /// As it comes from the origin.
    Relay(Relay),
    /// Spoilt on its way.
    Pumped(Pumped),
}

impl Outgoing {
    /// These bytes.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Relay(body) => body.poll(context),
            Self::Pumped(body) => body.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Relay(body) => body.origin.is_end_stream(),
            Self::Pumped(_) => false,
        }
    }
}

/// The origin's own body.
pub(super) struct Relay {
    origin: Incoming,
    patience: Option<Pin<Box<Sleep>>>,
}

impl Relay {
    pub fn new(origin: Incoming) -> Self {
        Self { origin, patience: None }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.origin).poll_frame(context) {
            self.patience = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(|_| BrokenOff)));
        }
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        patience.as_mut().poll(context).map(|()| Some(Err(BrokenOff)))
    }
}
