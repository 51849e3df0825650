//! Requests to other servers.

use crate::answer::remove_hop_by_hop;
use crate::bounds::duration;
use bytes::Bytes;
use http_body_util::{Either, Empty};
use hyper::body::{Body, Incoming};
use hyper::header::HeaderMap;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;
use weir_units::Span;

/// Connections that wait for the next request, for each server; as many as players of a small lab.
const IDLE_CONNECTIONS: usize = 256;

/// What asks other servers, and keeps connections to them. What of headers concerns one connection
/// only does not pass, either way; redirects are not followed.
#[derive(Debug, Clone)]
pub struct Upstream {
    client: Client<HttpConnector, Either<Incoming, Empty<Bytes>>>,
    timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// No connection, or one that broke.
    #[error("it is not reachable: {0}")]
    Unreachable(String),
    /// Not in time.
    #[error("it does not answer in time")]
    TimedOut,
}

impl Upstream {
    /// The head of an answer has to come within `timeout`. A connection is given up after
    /// `connect`, or after twice the time-out: a request gives up first then, and says why.
    pub fn new(timeout: Span, connect: Option<Span>) -> Self {
        let timeout = duration(timeout);
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(connect.map_or(timeout * 2, duration)));
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Self { client, timeout }
    }

    /// The head of the answer to a GET request.
    ///
    /// # Errors
    /// If there is none.
    pub async fn get(&self, url: &str, headers: HeaderMap) -> Result<Response<Incoming>, NoAnswer> {
        self.ask(Method::GET, url, headers).await
    }

    /// The head of the answer to a request without a body.
    ///
    /// # Errors
    /// If there is none.
    pub async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let request = Request::builder().method(method).uri(url).body(Empty::new());
        let request = request.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let (mut head, body) = request.into_parts();
        head.headers = headers;
        self.timed(self.request(head, Either::Right(body))).await
    }

    /// The head of the answer of the server at `uri` to a client's request, as it stands.
    ///
    /// # Errors
    /// If there is none.
    pub async fn pass(
        &self,
        request: Request<Incoming>,
        uri: Uri,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let (mut head, body) = request.into_parts();
        head.uri = uri;
        head.version = Version::HTTP_11;
        // A server may close a connection that it kept at the moment that it is used again (RFC
        // 9112, section 9.3.1): what can be asked again is, once.
        let again = body.is_end_stream() && [Method::GET, Method::HEAD].contains(&head.method);
        self.timed(async {
            match self.request(head.clone(), Either::Left(body)).await {
                Err(error) if again && !error.is_connect() => {
                    self.request(head, Either::Right(Empty::new())).await
                }
                answer => answer,
            }
        })
        .await
    }

    async fn timed(
        &self,
        answer: impl Future<Output = Result<Response<Incoming>, Error>>,
    ) -> Result<Response<Incoming>, NoAnswer> {
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer.map_err(|error| NoAnswer::Unreachable(causes(&error))),
            Err(_) => Err(NoAnswer::TimedOut),
        }
    }

    async fn request(
        &self,
        mut head: Parts,
        body: Either<Incoming, Empty<Bytes>>,
    ) -> Result<Response<Incoming>, Error> {
        remove_hop_by_hop(&mut head.headers);
        let mut answer = self.client.request(Request::from_parts(head, body)).await?;
        // The client is told the version of who answers it, which is not that server.
        *answer.version_mut() = Version::HTTP_11;
        remove_hop_by_hop(answer.headers_mut());
        Ok(answer)
    }
}

type Error = hyper_util::client::legacy::Error;

/// An error with what led to it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
