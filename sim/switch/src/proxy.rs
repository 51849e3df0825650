//! Answers requests: from the origin whose turn it is, or from the next one.

use crate::begin::{Begun, begin};
use crate::metrics;
use crate::relay::{Completed, Others};
use crate::route::below;
use crate::state::State;
use std::collections::VecDeque;
use std::sync::Arc;
use weir_server::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, HOST, HeaderMap, HeaderName,
    HeaderValue,
};
use weir_server::{Answer, Body, Incoming, Method, NoAnswer, Request, StatusCode};
use weir_server::{boxed, plain, refused, typed, whole};

/// The header that says which origin answered.
const ORIGIN: HeaderName = HeaderName::from_static("x-weir-origin");

/// Answers a request.
pub(crate) async fn answer(state: Arc<State>, request: Request<Incoming>) -> Answer {
    if let Some(refusal) = refused(&request) {
        return refusal;
    }
    // A whole URL as the target is for a proxy to anywhere, which this is not.
    if request.uri().authority().is_some() {
        return plain(StatusCode::BAD_REQUEST, "expected a path\n");
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    match target.split('?').next().unwrap_or_default() {
        "/metrics" => {
            let text = state.metrics.text(&state.tracker());
            typed(StatusCode::OK, metrics::TEXT, text)
        }
        "/healthz" => {
            let (good, text) = state.health();
            let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            typed(status, "application/json", text)
        }
        _ => match below(&state.config.path, target) {
            Some(rest) => pass_on(&state, &request, rest).await,
            None => plain(StatusCode::NOT_FOUND, "nothing is here\n"),
        },
    }
}

/// Asks origin after origin until one answers well.
async fn pass_on(state: &Arc<State>, request: &Request<Incoming>, rest: &str) -> Answer {
    let mut order: VecDeque<usize> = state.tracker().order().into();
    let headers = passed_on(request.headers());
    let mut best: Option<(usize, Begun)> = None;
    let mut silent = StatusCode::BAD_GATEWAY;
    while let Some(origin) = order.pop_front() {
        let Some(url) = state.url(origin, rest) else { continue };
        match ask(state, origin, request.method(), &url, headers.clone()).await {
            Ok(begun) if is_good(begun.head.status()) => {
                return relayed(state, request, rest, (origin, begun), &order);
            }
            // What is not there is a better answer than a broken server.
            Ok(begun) => {
                if best.as_ref().is_none_or(|(_, best)| !best.head.status().is_client_error()) {
                    best = Some((origin, begun));
                }
            }
            Err(NoAnswer::TimedOut) => {
                state.tracker().kept_waiting(origin);
                silent = StatusCode::GATEWAY_TIMEOUT;
            }
            Err(NoAnswer::Unreachable(_)) => {}
        }
        if !order.is_empty() {
            state.metrics.retried(origin);
        }
    }
    match best {
        Some(best) => relayed(state, request, rest, best, &VecDeque::new()),
        None => plain(silent, "no origin answers\n"),
    }
}

/// Asks one origin. Head and beginning together may take the time-out.
async fn ask(
    state: &State,
    origin: usize,
    method: &Method,
    url: &str,
    headers: HeaderMap,
) -> Result<Begun, NoAnswer> {
    let started = state.clock.now();
    let answer = state.upstream.ask(method.clone(), url, headers).await?;
    let took = state.clock.now().since(started);
    state.metrics.answered(origin, answer.status().as_u16(), took);
    if is_good(answer.status()) && method == Method::GET {
        return begin(answer, url, state.config.timeout.saturating_sub(took)).await;
    }
    Ok(Begun::at_once(answer))
}

/// Whether another origin cannot be expected to answer better.
fn is_good(status: StatusCode) -> bool {
    !status.is_server_error() && status != StatusCode::NOT_FOUND && status != StatusCode::GONE
}

/// An origin's answer as the client gets it.
fn relayed(
    state: &Arc<State>,
    request: &Request<Incoming>,
    path: &str,
    (origin, begun): (usize, Begun),
    others: &VecDeque<usize>,
) -> Answer {
    let Begun { mut head, ahead, rest } = begun;
    if let Ok(name) = HeaderValue::try_from(state.config.origins[origin].name.as_str()) {
        head.headers_mut().insert(ORIGIN, name);
    }
    let Some(rest) = rest else { return head.map(|()| whole(ahead)) };
    let length = rest.size_hint().exact().map(|bytes| bytes + ahead.len() as u64);
    let extent = extent(head.status(), head.headers(), length);
    let others = extent.filter(|_| request.method() == Method::GET).map(|(first, length)| Others {
        urls: others.iter().filter_map(|at| Some((*at, state.url(*at, path)?))).collect(),
        first,
        length,
    });
    let body = Completed::new(Arc::clone(state), origin, ahead, rest, others);
    head.map(|()| boxed(body))
}

/// Where in its file a body begins, and how long the file is; `None` if that cannot be told.
fn extent(status: StatusCode, headers: &HeaderMap, length: Option<u64>) -> Option<(u64, u64)> {
    if headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    match status {
        StatusCode::OK => Some((0, length?)),
        StatusCode::PARTIAL_CONTENT => {
            let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
            let (range, length) = range.split_once('/')?;
            Some((range.split_once('-')?.0.parse().ok()?, length.parse().ok()?))
        }
        _ => None,
    }
}

/// The headers of a request that go to an origin: not the origin's own name, and what leads to
/// bodies that another origin can complete.
fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut passed = headers.clone();
    for name in [HOST, ACCEPT_ENCODING, CONTENT_LENGTH] {
        passed.remove(name);
    }
    passed
}
