//! One HTTP/1.1 connection to one server at a time, with one request at a time.

use crate::low_water::{self, LowWater};
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use weir_core::playlist::Uri;

/// The most that hyper reads at once: twice the highest low-water mark, so that one read usually
/// empties the socket, and tokio then knows without asking again.
const READ_BUFFER: usize = 2 * low_water::HIGHEST as usize;

/// Where a URI points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    authority: String,
    host: String,
    port: u16,
    /// Path and query.
    target: String,
}

impl Endpoint {
    /// Takes a URI apart.
    ///
    /// # Errors
    /// For anything but http.
    pub fn of(uri: &Uri) -> Result<Self> {
        let text = uri.as_str();
        let parsed: hyper::Uri = text.parse().with_context(|| format!("reading the URL {text}"))?;
        match parsed.scheme_str() {
            Some("http") => {}
            Some("https") => bail!("{text}: TLS is not supported; an http:// URL is expected"),
            _ => bail!("{text}: an http:// URL is expected"),
        }
        let authority = parsed.authority().with_context(|| format!("{text}: no host"))?;
        ensure!(!authority.host().is_empty(), "{text}: no host");
        // User names are for whoever made the URL, not for the Host field (RFC 9110, section 7.2).
        let named = authority.as_str().rsplit('@').next().unwrap_or_default();
        let target = parsed.path_and_query().map_or("/", |target| target.as_str());
        Ok(Self {
            authority: named.to_owned(),
            // Brackets belong to the URI, not to an IPv6 address.
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            target: if target.is_empty() { "/".to_owned() } else { target.to_owned() },
        })
    }

    /// The address that it names, if that is not a host name.
    pub fn address(&self) -> Option<SocketAddr> {
        self.host.parse().ok().map(|host| SocketAddr::new(host, self.port))
    }
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    /// The address and port of the server.
    pub server: SocketAddr,
    /// Those of this process.
    pub client: SocketAddr,
}

/// The connection of a session.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    link: Option<Link>,
}

#[derive(Debug)]
struct Link {
    authority: String,
    ends: Ends,
    sender: SendRequest<Empty<Bytes>>,
    low_water: LowWater,
    /// Moves the bytes.
    task: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    /// Whether there is a connection to this server, as far as is known.
    pub fn is_open_to(&self, endpoint: &Endpoint) -> bool {
        let open = |link: &Link| link.authority == endpoint.authority && !link.sender.is_closed();
        self.link.as_ref().is_some_and(open)
    }

    /// Connects, and drops any other connection.
    pub async fn open(&mut self, endpoint: &Endpoint) -> Result<()> {
        self.link = None;
        let Endpoint { host, port, authority, .. } = endpoint;
        let attempt = || format!("connecting to {authority}");
        let stream = TcpStream::connect((host.as_str(), *port)).await.with_context(attempt)?;
        stream.set_nodelay(true).with_context(attempt)?;
        let server = stream.peer_addr().with_context(attempt)?;
        let ends = Ends { server, client: stream.local_addr().with_context(attempt)? };
        let low_water = LowWater::new(&stream).with_context(attempt)?;
        let (sender, connection) = Builder::new()
            .read_buf_exact_size(Some(READ_BUFFER))
            .handshake(TokioIo::new(stream))
            .await
            .with_context(attempt)?;
        // Its errors reach the request that they concern.
        let task = tokio::spawn(async { drop(connection.await) });
        self.link = Some(Link { authority: authority.clone(), ends, sender, low_water, task });
        Ok(())
    }

    /// The two ends of the connection, if there is one.
    pub fn ends(&self) -> Option<Ends> {
        self.link.as_ref().map(|link| link.ends)
    }

    /// Asks for an endpoint's target, and waits for the head of the response.
    pub async fn get(&mut self, endpoint: &Endpoint) -> Result<Response<Incoming>> {
        let link = self.link.as_mut().context("no connection")?;
        link.low_water.expect_response();
        let request = Request::get(&endpoint.target)
            .header(HOST, &endpoint.authority)
            .header(USER_AGENT, concat!("weir/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .context("building the request")?;
        link.sender.ready().await.context("sending the request")?;
        link.sender.send_request(request).await.context("awaiting the response")
    }

    /// Says how much of a body arrived and how much is still to come, so that the next wake-up is
    /// worth it.
    pub fn received(&mut self, bytes: u64, remaining: u64) {
        if let Some(link) = &mut self.link {
            link.low_water.received(bytes, remaining);
        }
    }

    /// Drops the connection: what is in flight on it is of no use.
    pub fn close(&mut self) {
        self.link = None;
    }
}

/// Whether a request on a connection that had been used before failed because the server had closed
/// it meanwhile. Servers may at any time (RFC 9112, section 9.6), and a request that is safe to
/// repeat is then sent again (RFC 9110, section 9.2.2).
pub(crate) fn was_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(|error| !error.is_parse() && !error.is_user())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Result<Endpoint, String> {
        Endpoint::of(&Uri::parse(text).unwrap()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_url_is_taken_apart() {
        let parts = |text: &str| {
            let Endpoint { authority, host, port, target } = endpoint(text).unwrap();
            (authority, host, port, target)
        };
        let expected = |a: &str, h: &str, p, t: &str| (a.to_owned(), h.to_owned(), p, t.to_owned());
        assert_eq!(parts("http://a/b?c"), expected("a", "a", 80, "/b?c"));
        assert_eq!(parts("http://10.0.0.1:8080"), expected("10.0.0.1:8080", "10.0.0.1", 8080, "/"));
        assert_eq!(parts("http://[::1]:81/x"), expected("[::1]:81", "::1", 81, "/x"));
        assert_eq!(parts("http://me:pw@a:82"), expected("a:82", "a", 82, "/"));
    }

    #[test]
    fn a_url_may_name_an_address() {
        let address = |text: &str| endpoint(text).unwrap().address().map(|a| a.to_string());
        assert_eq!(address("http://10.0.0.1/x").as_deref(), Some("10.0.0.1:80"));
        assert_eq!(address("http://[::1]:81/x").as_deref(), Some("[::1]:81"));
        assert_eq!(address("http://origin:81/x"), None);
    }

    #[test]
    fn only_http_is_spoken() {
        let tls = "https://a/b: TLS is not supported; an http:// URL is expected";
        assert_eq!(endpoint("https://a/b").unwrap_err(), tls);
        assert_eq!(endpoint("ftp://a/b").unwrap_err(), "ftp://a/b: an http:// URL is expected");
        endpoint("http:///b").unwrap_err();
    }
}
