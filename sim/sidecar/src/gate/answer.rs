//! Asks the origin, and answers what it says, or something else.

use super::body::{Outgoing, PATIENCE, Relay};
use super::pump::{Manner, Pumped};
use super::verdict::{Playlist, Verdict, corrupt};
use super::{GateJob, Order, dates};
use crate::wire::Flushed;
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Empty, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, RANGE, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;
use weir_core::playlist::MAX_PLAYLIST;
use weir_units::Seed;

/// How long a connection to the origin may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Connections to the origin that wait for the next request.
const IDLE_CONNECTIONS: usize = 256;

/// What concerns one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
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

/// The origin said nothing, or nothing whole: neither does the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the origin does not answer")]
pub(super) struct NoAnswer;

/// What answers requests.
pub(super) struct Gate {
    origin: SocketAddr,
    client: Client<HttpConnector, Either<Incoming, Empty<Bytes>>>,
    seed: Seed,
    orders: RefCell<Vec<Order>>,
    /// How many requests there were.
    requests: Cell<u64>,
}

impl Gate {
    pub fn new(job: &GateJob) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Self {
            origin: job.origin,
            client,
            seed: job.seed,
            orders: RefCell::default(),
            requests: Cell::new(0),
        }
    }

    /// Replaces the orders that are in force.
    pub fn obey(&self, orders: Vec<Order>) {
        self.orders.replace(orders);
    }

    /// Answers a request.
    ///
    /// # Errors
    /// If the origin has no answer.
    pub async fn answer(
        &self,
        request: Request<Incoming>,
        flushed: Flushed,
    ) -> Result<Response<Outgoing>, NoAnswer> {
        let number = self.requests.get();
        self.requests.set(number.wrapping_add(1));
        let seed = self.seed.derive(&format!("request {number}"));
        let is_playlist =
            *request.method() == Method::GET && request.uri().path().ends_with(".m3u8");
        let verdict = Verdict::of(&self.orders.borrow(), seed, is_playlist);
        if let Some(status) = verdict.status {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(plain(status));
        }
        // Whatever host is named, the origin is meant.
        let Some(target) = request.uri().path_and_query() else {
            return Ok(plain(StatusCode::BAD_REQUEST));
        };
        let uri = Uri::builder().scheme("http").authority(self.origin.to_string());
        let Ok(uri) = uri.path_and_query(target.clone()).build() else {
            return Ok(plain(StatusCode::BAD_REQUEST));
        };
        let spoilt = verdict.playlist != Playlist::True;
        let asked = timeout(PATIENCE, self.ask(request, uri, spoilt)).await;
        let response = asked.map_err(|_| NoAnswer)??;

        let (mut head, body) = response.into_parts();
        let mut body = Outgoing::Relay(Relay::new(body));
        let is_plain =
            head.status == StatusCode::OK && !head.headers.contains_key(CONTENT_ENCODING);
        if spoilt && is_plain {
            let bytes = spoil(body, verdict.playlist, seed).await?;
            VERSIONS.into_iter().for_each(|name| _ = head.headers.remove(name));
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            body = Outgoing::whole(bytes);
        }
        let Verdict { truncated, rate, .. } = verdict;
        if (truncated || rate.is_some()) && !body.is_end_stream() {
            let length = head.headers.get(CONTENT_LENGTH);
            let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
            let manner = Manner { truncated, rate };
            body = Outgoing::Pumped(Pumped::new(body, length, manner, flushed));
        }
        Ok(Response::from_parts(head, body))
    }

    /// The origin's answer.
    async fn ask(
        &self,
        request: Request<Incoming>,
        uri: Uri,
        whole: bool,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let (mut head, body) = request.into_parts();
        head.uri = uri;
        head.version = Version::HTTP_11;
        remove_hop_by_hop(&mut head.headers);
        if whole {
            CONDITIONS.into_iter().for_each(|name| _ = head.headers.remove(name));
        }
        // A server may close a connection that it kept at the moment that it is used again (RFC
        // 9112, section 9.3.1): what can be asked again is, once.
        let again = body.is_end_stream() && [Method::GET, Method::HEAD].contains(&head.method);
        let first = Request::from_parts(head.clone(), Either::Left(body));
        let mut answer = self.client.request(first).await;
        if again && answer.as_ref().is_err_and(|error| !error.is_connect()) {
            answer =
                self.client.request(Request::from_parts(head, Either::Right(Empty::new()))).await;
        }
        let mut response = answer.map_err(|_| NoAnswer)?;
        *response.version_mut() = Version::HTTP_11;
        remove_hop_by_hop(response.headers_mut());
        Ok(response)
    }
}

/// What the client gets instead of a playlist.
async fn spoil(body: Outgoing, playlist: Playlist, seed: Seed) -> Result<Bytes, NoAnswer> {
    // Also where nothing of it is needed: the connection to the origin is free again then.
    let read = timeout(PATIENCE, Limited::new(body, MAX_PLAYLIST).collect()).await;
    let read = read.map_err(|_| NoAnswer)?.map_err(|_| NoAnswer)?.to_bytes();
    Ok(match playlist {
        Playlist::True => read,
        Playlist::Shifted(shift) => dates::shifted(&read, shift).into(),
        Playlist::Empty => Bytes::new(),
        Playlist::Corrupt => corrupt(seed.derive("corrupt")).into(),
    })
}

/// Removes what of the headers concerns one connection only; `Connection` may name more.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> = named
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.into_iter().chain(named) {
        headers.remove(name);
    }
}

/// A response of the gate's own.
fn plain(status: StatusCode) -> Response<Outgoing> {
    let reason = status.canonical_reason().unwrap_or("no reason");
    let mut response = Response::new(Outgoing::whole(format!("{} {reason}\n", status.as_u16())));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}
