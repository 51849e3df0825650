//! Answers and their bodies.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use hyper::{Method, Request, Response, StatusCode};
use std::error::Error;

/// An answer, whatever its body is.
pub type Answer = Response<AnswerBody>;

/// A body, whatever it is.
pub type AnswerBody = UnsyncBoxBody<Bytes, BrokenOff>;

/// Why a body ends before its end. Its client's connection is closed then, so that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenOff {
    /// Who sent it closed the connection.
    #[error("the body was broken off")]
    Closed,
    /// It no longer came, or too slowly.
    #[error("the body does not come")]
    Silent,
}

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

/// Removes what of the headers concerns one connection only; `Connection` may name more.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(','));
    let named: Vec<HeaderName> = named.filter_map(|name| name.trim().parse().ok()).collect();
    for name in HOP_BY_HOP.into_iter().chain(named) {
        headers.remove(name);
    }
}

/// A body as that of an [`Answer`].
pub fn boxed<B>(body: B) -> AnswerBody
where
    B: Body<Data = Bytes, Error: Into<BrokenOff>> + Send + 'static,
{
    UnsyncBoxBody::new(body.map_err(Into::into))
}

/// A body that is there already.
pub fn whole(bytes: impl Into<Bytes>) -> AnswerBody {
    boxed(Full::new(bytes.into()))
}

impl From<std::convert::Infallible> for BrokenOff {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// An answer in plain text.
pub fn plain(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    typed(status, "text/plain; charset=utf-8", text)
}

/// An answer of this MIME type, which nobody is to keep.
pub fn typed(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(whole(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What whoever asks for more than GET and HEAD gets from a service that only reads.
pub fn refused<B>(request: &Request<B>) -> Option<Answer> {
    (![Method::GET, Method::HEAD].contains(request.method())).then(|| {
        let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET or HEAD\n");
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        refusal
    })
}

/// The next bytes of a body; `None` at its end. Trailers are passed over.
///
/// # Errors
/// If it breaks off.
pub async fn data<B: Body + Unpin>(body: &mut B) -> Result<Option<B::Data>, B::Error> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// All of a body of at most so many bytes.
///
/// # Errors
/// If it is longer, and if it breaks off.
pub async fn read<B>(body: B, most: usize) -> Result<Bytes, Box<dyn Error + Send + Sync>>
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    Ok(Limited::new(body, most).collect().await?.to_bytes())
}
