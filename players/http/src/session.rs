//! Carries out what the state machine asks for.

use crate::clocked_player::ClockedPlayer;
use crate::connection::{Connection, Endpoint, was_closed};
use crate::job::Transport;
use crate::sender::{SenderState, Senders};
use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderName, HeaderValue, LOCATION};
use hyper::{Response, StatusCode, Version};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use weir_core::{Event, Output, Request, Resource, SessionMetrics, Status};
use weir_units::{Bytes as Size, Span, Time};

/// By which an origin names itself; proxies pass it on.
const ORIGIN: HeaderName = HeaderName::from_static("x-origin");

/// A session that runs.
pub(crate) struct Session<W> {
    player: ClockedPlayer<W>,
    connection: Connection,
    transport: Transport,
    senders: Option<Arc<dyn Senders>>,
    /// One for each segment request, in order.
    asked: Vec<RequestContext>,
    /// One for each request for a media playlist, in order.
    playlists: Vec<RequestContext>,
    /// The server of the present request.
    server: Option<SocketAddr>,
    /// The origin that answered it.
    origin: Option<String>,
    protocol: Option<Version>,
    /// What the present request has not yet.
    lacks: &'static str,
    /// Why the last request came to nothing, if it did.
    problem: Option<String>,
}

/// What is known of a request for a segment or a media playlist beyond its metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RequestContext {
    /// When it was due.
    pub due: Time,
    /// The server that was asked; `None` if it was not reached, and the URL names none.
    pub server: Option<SocketAddr>,
    /// The origin that answered, by its own name.
    pub origin: Option<String>,
    /// The server's TCP right after the last byte.
    pub sender: Option<SenderState>,
}

/// A session that is over.
#[derive(Debug, Default)]
pub(crate) struct SessionOutcome {
    pub metrics: SessionMetrics,
    /// One for each segment request in `metrics` that was sent, in order. (A request that is due
    /// while the process is late may be of no use before it is sent.)
    pub asked: Vec<RequestContext>,
    /// The same of the requests for live media playlists.
    pub playlists: Vec<RequestContext>,
    /// The version of HTTP that the server spoke.
    pub protocol: Option<Version>,
    /// Why the last request came to nothing, if it did.
    pub problem: Option<String>,
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
    pub fn new(
        player: ClockedPlayer<W>,
        transport: Transport,
        senders: Option<Arc<dyn Senders>>,
    ) -> Self {
        Self {
            player,
            connection: Connection::default(),
            transport,
            senders,
            asked: Vec::new(),
            playlists: Vec::new(),
            server: None,
            origin: None,
            protocol: None,
            lacks: "",
            problem: None,
        }
    }

    /// Plays to the end of the session.
    ///
    /// # Errors
    /// If the machine's timers fail. All else that goes wrong is one of the metrics of the session.
    pub async fn run(mut self) -> Result<SessionOutcome> {
        loop {
            match self.player.poll() {
                // The connection was closed when the download was abandoned.
                Output::Cancel => {}
                Output::Fetch(request) => self.fetch(&request).await,
                Output::Wait(at) => self.player.wait(at).await.context("waiting")?,
                Output::Finished => break,
            }
        }
        let Self { player, asked, playlists, protocol, problem, .. } = self;
        let latest = player.latest();
        Ok(SessionOutcome {
            metrics: player.into_metrics(),
            asked,
            playlists,
            protocol,
            problem,
            latest,
        })
    }

    async fn fetch(&mut self, request: &Request) {
        (self.server, self.origin) = (None, None);
        let outcome = match self.request(request).await {
            Ok(response) => self.receive(request, response).await,
            Err(failure) => Err(failure),
        };
        let (server, origin) = (self.server, self.origin.take());
        match request.resource {
            Resource::Segment { .. } => {
                let sender = outcome.as_ref().ok().and_then(|_| self.sender());
                self.asked.push(RequestContext { due: request.at, server, origin, sender });
            }
            Resource::Media { .. } => {
                self.playlists.push(RequestContext {
                    due: request.at,
                    server,
                    origin,
                    sender: None,
                });
            }
            Resource::Master | Resource::Sizes | Resource::Init { .. } => {}
        }
        match outcome {
            Ok((at, document)) => {
                self.problem = None;
                self.player.handle(at, Event::Complete { document: &document });
            }
            Err(failure) => {
                // What the server may still send on it would be taken for the next response.
                self.connection.close();
                let now = self.player.now();
                match failure {
                    Failure::Over => {
                        self.problem = Some(format!("{} until the end", self.lacks));
                        self.player.handle(now, Event::Timeout);
                    }
                    Failure::Cancelled => {}
                    Failure::Because(error) => {
                        let reason = format!("{error:#}");
                        self.player.handle(now, Event::Failed { reason: &reason });
                        self.problem = Some(reason);
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
                let from = self.player.now();
                self.lacks = "no connection";
                let open = self.connection.open(&endpoint);
                within(&mut self.player, from, connect, self.lacks, open).await??;
            }
            self.server = self.connection.ends().map(|ends| ends.server);
            let from = self.player.now();
            self.lacks = "no response";
            let get = self.connection.get(&endpoint);
            match within(&mut self.player, from, header, self.lacks, get).await? {
                // At most once: the next attempt is on a new connection.
                Err(error) if used && was_closed(&error) => used = false,
                response => break response?,
            }
        };
        self.lacks = "not all of the body";
        self.protocol = Some(response.version());
        self.origin = response.headers().get(ORIGIN).and_then(name);
        let status = response.status();
        let length = response.body().size_hint().exact().map(Size::new);
        let head = Event::Response { status: status.as_u16(), length };
        self.player.handle(self.player.now(), head);
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

    /// Receives a body: when it was complete, and as much of its beginning as is kept.
    async fn receive(
        &mut self,
        request: &Request,
        response: Response<Incoming>,
    ) -> Result<(Time, Vec<u8>), Failure> {
        let limit = request.resource.limit().get();
        let keep = usize::try_from(request.keep.get()).unwrap_or(usize::MAX);
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
        let (mut document, mut received, mut now) = (Vec::new(), 0, self.player.now());
        let began = now;
        while let Some(piece) = self.next_piece(&mut body, began, now).await? {
            now = self.player.now();
            let bytes = piece.len() as u64;
            received += bytes;
            if received > limit {
                return Err(too_long(received));
            }
            let room = keep.saturating_sub(document.len());
            document.extend_from_slice(piece.get(..room).unwrap_or(&piece));
            self.player.handle(now, Event::Body { bytes: Size::new(bytes) });
            if self.player.is_cancelled() {
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
        began: Time,
        last: Time,
    ) -> Result<Option<Bytes>, Failure> {
        let Transport { body: limit, whole, .. } = self.transport;
        let (from, limit, problem) = match whole {
            Some(whole) if began.after(whole) < last.after(limit) => {
                (began, whole, "not all of the body")
            }
            _ => (last, limit, "no more of the body"),
        };
        loop {
            let frame = within(&mut self.player, from, limit, problem, body.frame());
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

/// The result of `future` if it comes within `limit` of `from`, before the session ends and before
/// the download is of no use any more. What is due in the meantime is done.
async fn within<W: FnMut(Status), T>(
    player: &mut ClockedPlayer<W>,
    from: Time,
    limit: Span,
    problem: &str,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    let mut future = pin!(future);
    let deadline = from.after(limit);
    loop {
        let due = player.deadline();
        if let Some(result) =
            player.before(due.min(deadline), future.as_mut()).await.context("waiting")?
        {
            return Ok(result);
        }
        if deadline < due {
            return Err(Failure::Because(anyhow::anyhow!("{problem} within {limit}")));
        }
        player.handle(due, Event::Timeout);
        if player.is_over() {
            return Err(Failure::Over);
        }
        if player.is_cancelled() {
            return Err(Failure::Cancelled);
        }
    }
}

/// A name in a header: 64 printable characters at most, and none if there are others.
fn name(value: &HeaderValue) -> Option<String> {
    let name = value.to_str().ok()?;
    let fits =
        (1..=64).contains(&name.len()) && name.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_origin_is_short_and_printable() {
        let name = |value: &[u8]| name(&HeaderValue::from_bytes(value).unwrap());
        assert_eq!(name(b"origin-a 1").as_deref(), Some("origin-a 1"));
        assert_eq!(name(&[b'x'; 64]).map(|name| name.len()), Some(64));
        assert_eq!(
            [name(&[b'x'; 65]), name(b""), name(b"\xff"), name(b"a\tb")],
            [const { None }; 4]
        );
    }
}
