//! Connections from clients, and their bounds.

use crate::wire::{Flushed, Wire};
use anyhow::{Context, Result};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;

/// Connections at a time. More wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 1_000;
/// How long a client may take for the head of its next request, as `keepalive_timeout` of nginx.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// The longest head of a request.
const MAX_HEAD: usize = 32 << 10;
/// Connections that the kernel holds ready.
const BACKLOG: u32 = 1_024;
/// How long to wait where the kernel has no descriptor left.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs `job` on this thread alone.
///
/// # Errors
/// The job's own, and if the kernel has no room for a runtime.
pub(crate) fn run(job: impl Future<Output = Result<()>>) -> Result<()> {
    weir_clock::without_timer_slack().context("set the timer slack")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    LocalSet::new().block_on(&runtime.context("start the runtime")?, job)
}

/// Begins to listen.
///
/// # Errors
/// If the address cannot be listened on.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener> {
    let attempt = || format!("listen on {address}");
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = socket.with_context(attempt)?;
    socket.set_reuseaddr(true).with_context(attempt)?;
    socket.bind(address).with_context(attempt)?;
    socket.listen(BACKLOG).with_context(attempt)
}

/// Serves for ever. A request that `answer` has no response for ends its connection.
///
/// # Errors
/// None that is known.
pub(crate) async fn serve<A, F, B, E>(listener: TcpListener, answer: A) -> Result<()>
where
    A: Fn(Request<Incoming>, Flushed) -> F + 'static,
    F: Future<Output = Result<Response<B>, E>> + 'static,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let answer = Rc::new(answer);
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let place = Arc::clone(&room).acquire_owned().await.context("wait for room")?;
        let Ok((stream, _)) = listener.accept().await else {
            // A client that is gone already, or no descriptor left: others end in the meantime.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        drop(stream.set_nodelay(true));
        let answer = Rc::clone(&answer);
        tokio::task::spawn_local(async move {
            let flushed = Flushed::default();
            let wire = TokioIo::new(Wire::new(stream, flushed.clone()));
            let service = service_fn(|request| answer(request, flushed.clone()));
            let connection = Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(MAX_HEAD)
                .serve_connection(wire, service);
            // How it ended is the client's business.
            drop(connection.await);
            drop(place);
        });
    }
}
