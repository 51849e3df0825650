//! Requests to origins.

use crate::config::OriginConfig;
use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue, RANGE};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;
use weir_units::Span;

/// Connections that wait for the next request, for each origin; as many as players of a small lab.
const IDLE_CONNECTIONS: usize = 256;

/// What keeps connections to all origins.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    client: Client<HttpConnector, Empty<Bytes>>,
    timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// No connection, or one that broke.
    Unreachable(String),
    /// Not in time.
    TimedOut,
}

impl Upstream {
    pub fn new(timeout: Span) -> Self {
        let timeout = duration(timeout);
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // A request gives up first, and says why; this ends what it leaves behind.
        connector.set_connect_timeout(Some(timeout * 2));
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Self { client, timeout }
    }

    /// The head of the answer to a request.
    pub async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let request = Request::builder().method(method).uri(url).body(Empty::new());
        let mut request = request.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        *request.headers_mut() = headers;
        match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(NoAnswer::Unreachable(causes(&error))),
            Err(_) => Err(NoAnswer::TimedOut),
        }
    }

    /// The bytes `first` to `last` of what is there.
    pub async fn ask_range(
        &self,
        url: &str,
        first: u64,
        last: u64,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let mut headers = HeaderMap::new();
        let range = HeaderValue::try_from(format!("bytes={first}-{last}"));
        let range = range.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        headers.insert(RANGE, range);
        self.ask(Method::GET, url, headers).await
    }
}

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

pub(crate) const fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.ns())
}

/// The URL of what stands below the folder of an origin's playlist.
///
/// # Errors
/// If there is no such URL.
pub(crate) fn url_below(origin: &OriginConfig, rest: &str) -> Result<String> {
    let text = origin.url.as_str();
    let path = text.split(['?', '#']).next().unwrap_or(text);
    let (folder, _) = path.rsplit_once('/').with_context(|| format!("{text} has no path"))?;
    Ok(format!("{folder}/{rest}"))
}
