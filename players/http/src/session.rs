//! Carries out what the state machine asks for.

use crate::connection::{Connection, Endpoint, was_closed};
use crate::job::Transport;
use crate::sender::{SenderState, Senders};
use crate::viewer::Viewer;
use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::LOCATION;
use hyper::{Response, StatusCode, Version};
use std::net::SocketAddr;
use std::sync::Arc;
use weir_core::{Event, Output, Request, Resource, SessionFacts, Status};
use weir_units::{Bytes as Size, Span, Time};

/// A session that runs.
pub(crate) struct Session<W> {
    viewer: Viewer<W>,
    connection: Connection,
    transport: Transport,
    senders: Option<Arc<dyn Senders>>,
    /// One for each segment request, in order.
    asked: Vec<Asked>,
    /// The server of the present request.
    server: Option<SocketAddr>,
    protocol: Option<Version>,
}

/// What is known of a segment request beyond its facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The server that was asked; `None` if it was not reached, and the URL names none.
    pub server: Option<SocketAddr>,
    /// The server's TCP right after the last byte.
    pub sender: Option<SenderState>,
}

/// A session that is over.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub facts: SessionFacts,
    /// One for each of the first segment requests in `facts`. (The end of the session may come
    /// before its last one is sent.)
    pub asked: Vec<Asked>,
    /// The version of HTTP that the server spoke.
    pub protocol: Option<Version>,
    /// The most by which the process missed a moment that it waited for.
    pub latest: Span,
}

/// Why a fetch came to nothing.
enum Failure {
    /// The session is over.
    Over,
    /// The download was abandoned.
    Cancelled,
    /// This went wrong.
    Because(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Because(error.into())
    }
}

impl<W: FnMut(Status)> Session<W> {
    pub fn new(viewer: Viewer<W>, transport: Transport, senders: Option<Arc<dyn Senders>>) -> Self {
        let (connection, asked) = (Connection::default(), Vec::new());
        Self { viewer, connection, transport, senders, asked, server: None, protocol: None }
    }

    /// Plays to the end of the session.
    ///
    /// # Errors
    /// If the machine's timers fail. All else that goes wrong is a fact of the session.
    pub async fn run(mut self) -> Result<Ended> {
        loop {
            match self.viewer.poll() {
                // The connection was closed when the download was abandoned.
                Output::Cancel => {}
                Output::Fetch(request) => self.fetch(&request).await,
                Output::Wait(at) => self.viewer.wait(at).await.context("waiting")?,
                Output::Finished => break,
            }
        }
        let (latest, protocol, asked) = (self.viewer.latest(), self.protocol, self.asked);
        Ok(Ended { facts: self.viewer.into_player().into_facts(), asked, protocol, latest })
    }

    async fn fetch(&mut self, request: &Request) {
        self.server = None;
        let outcome = match self.request(request).await {
            Ok(response) => self.receive(request, response).await,
            Err(failure) => Err(failure),
        };
        if let Resource::Segment { .. } = request.resource {
            let sender = outcome.as_ref().ok().and_then(|_| self.sender());
            self.asked.push(Asked { server: self.server, sender });
        }
        match outcome {
            Ok((at, document)) => {
                self.viewer.handle(at, Event::Complete { document: &document });
            }
            Err(failure) => {
                // What the server may still send on it would be taken for the next response.
                self.connection.close();
                let now = self.viewer.now();
                match failure {
                    Failure::Over => self.viewer.handle(now, Event::Timeout),
                    Failure::Cancelled => {}
                    Failure::Because(error) => {
                        let reason = format!("{error:#}");
                        self.viewer.handle(now, Event::Failed { reason: &reason });
                    }
                }
            }
        }
    }

    /// The sender's TCP at this moment.
    fn sender(&self) -> Option<SenderState> {
        let ends = self.connection.ends()?;
        self.senders.as_ref()?.state(ends.server, ends.client)
    }

    /// Sends a request, over a new connection if need be, and waits for a response of status 200.
    async fn request(&mut self, request: &Request) -> Result<Response<Incoming>, Failure> {
        let uri = request.uri.as_ref().context("a request without a URL")?;
        let endpoint = Endpoint::of(uri)?;
        self.server = endpoint.address();
        let Transport { connect, header, .. } = self.transport;
        let mut used = self.connection.is_open_to(&endpoint);
        let response = loop {
            if !used {
                let from = self.viewer.now();
                let open = self.connection.open(&endpoint);
                within(&mut self.viewer, from, connect, "no connection", open).await??;
            }
            self.server = self.connection.ends().map(|ends| ends.server);
            let from = self.viewer.now();
            let get = self.connection.get(&endpoint);
            match within(&mut self.viewer, from, header, "no response", get).await? {
                // At most once: the next attempt is on a new connection.
                Err(error) if used && was_closed(&error) => used = false,
                response => break response?,
            }
        };
        self.protocol = Some(response.version());
        let status = response.status();
        let length = response.body().size_hint().exact().map(Size::new);
        let head = Event::Response { status: status.as_u16(), length };
        self.viewer.handle(self.viewer.now(), head);
        match status {
            StatusCode::OK => Ok(response),
            status if status.is_redirection() => {
                let to = response.headers().get(LOCATION).map(|to| format!(" to {to:?}"));
                let to = to.unwrap_or_default();
                Err(anyhow::anyhow!("HTTP status {status}{to}: redirects are not followed").into())
            }
            status => Err(anyhow::anyhow!("HTTP status {status}").into()),
        }
    }

    /// Receives a body: when it was complete, and all of it if it is a document.
    async fn receive(
        &mut self,
        request: &Request,
        response: Response<Incoming>,
    ) -> Result<(Time, Vec<u8>), Failure> {
        let limit = request.resource.limit().get();
        let too_long = |bytes| {
            Failure::Because(anyhow::anyhow!(
                "a body of {bytes} bytes (at most {limit} are allowed)"
            ))
        };
        let mut body = response.into_body();
        let announced = body.size_hint().exact();
        if let Some(bytes) = announced.filter(|bytes| *bytes > limit) {
            return Err(too_long(bytes));
        }
        let (mut document, mut received, mut now) = (Vec::new(), 0, self.viewer.now());
        while let Some(piece) = self.next_piece(&mut body, now).await? {
            now = self.viewer.now();
            let bytes = piece.len() as u64;
            received += bytes;
            if received > limit {
                return Err(too_long(received));
            }
            if request.resource.is_document() {
                document.extend_from_slice(&piece);
            }
            self.viewer.handle(now, Event::Body { bytes: Size::new(bytes) });
            if self.viewer.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            if let Some(announced) = announced.filter(|_| self.transport.low_water) {
                self.connection.received(bytes, announced.saturating_sub(received));
            }
            if body.is_end_stream() {
                break;
            }
        }
        match announced {
            Some(announced) if announced != received => {
                let problem = format!("{received} bytes of body where {announced} were announced");
                Err(Failure::Because(anyhow::Error::msg(problem)))
            }
            _ => Ok((now, document)),
        }
    }

    async fn next_piece(
        &mut self,
        body: &mut Incoming,
        last: Time,
    ) -> Result<Option<Bytes>, Failure> {
        let limit = self.transport.body;
        loop {
            let frame = within(&mut self.viewer, last, limit, "no more of the body", body.frame());
            match frame.await? {
                None => return Ok(None),
                Some(frame) => {
                    // Anything but data is a trailer, which says nothing here.
                    if let Ok(data) = frame.context("receiving the body")?.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// The result of `future` if it comes within `limit` of `from` and before the session ends.
async fn within<W: FnMut(Status), T>(
    viewer: &mut Viewer<W>,
    from: Time,
    limit: Span,
    problem: &str,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    let (end, deadline) = (viewer.deadline(), from.after(limit));
    match viewer.before(end.min(deadline), future).await.context("waiting")? {
        Some(result) => Ok(result),
        None if end <= deadline => Err(Failure::Over),
        None => Err(Failure::Because(anyhow::anyhow!("{problem} within {limit}"))),
    }
}
