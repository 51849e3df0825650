//! Connections from clients, and their bounds.

use crate::answer::Answer;
use crate::bounds::{Bounds, CloseReason, duration};
use crate::connection::{Client, Connection, bound_unsent};
use crate::crowd::{Crowd, refuse};
use crate::upstream::NoAnswer;
use anyhow::{Context, Result};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;

/// Connections that the kernel holds ready.
const BACKLOG: u32 = 1_024;
/// How long to wait where the kernel has no descriptor left.
const PAUSE: Duration = Duration::from_millis(20);
/// The least that hyper takes as the bound of a head.
const LEAST_HEAD: usize = 8_192;

/// What answers requests.
pub trait Service: Send + Sync + 'static {
    /// Answers a request. Where there is no answer, its connection is closed without one.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        connection: Connection,
    ) -> impl Future<Output = Result<Answer, NoAnswer>> + Send;

    /// Hears that a client's connection was closed because of its [`Bounds`].
    fn closed(&self, _why: CloseReason) {}
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    bounds: Bounds,
}

impl Server {
    /// Begins to listen. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn bind(address: SocketAddr, bounds: Bounds) -> Result<Self> {
        let attempt = || format!("listen on {address}");
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        };
        let socket = socket.with_context(attempt)?;
        socket.set_reuseaddr(true).with_context(attempt)?;
        socket.bind(address).with_context(attempt)?;
        if let Some(most) = bounds.unsent {
            bound_unsent(&socket, most).with_context(attempt)?;
        }
        Ok(Self { listener: socket.listen(BACKLOG).with_context(attempt)?, bounds })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().context("ask for the address")
    }

    /// Serves until `stop` is ready. Then it listens no longer, connections without a request end,
    /// and it returns when the answers under way have ended too.
    ///
    /// # Errors
    /// None that is known.
    pub async fn serve<S: Service>(
        self,
        service: Arc<S>,
        stop: impl Future<Output = ()>,
    ) -> Result<()> {
        self.serve_by(service, stop, |task| drop(tokio::spawn(task))).await
    }

    /// As [`Server::serve`], by tasks of the [`tokio::task::LocalSet`] around it. They take turns
    /// with those of connections to other servers, and so bodies pass in the same pieces in each
    /// run.
    ///
    /// # Errors
    /// None that is known.
    pub async fn serve_here<S: Service>(
        self,
        service: Arc<S>,
        stop: impl Future<Output = ()>,
    ) -> Result<()> {
        self.serve_by(service, stop, |task| drop(tokio::task::spawn_local(task))).await
    }

    async fn serve_by<S: Service>(
        self,
        service: Arc<S>,
        stop: impl Future<Output = ()>,
        spawn: fn(Pin<Box<dyn Future<Output = ()> + Send>>),
    ) -> Result<()> {
        let Self { listener, bounds } = self;
        let room = Arc::new(Semaphore::new(bounds.connections));
        let crowd = Arc::new(Crowd::new(bounds.per_address));
        let graceful = GracefulShutdown::new();
        let mut stop = pin!(stop);
        loop {
            let next = async {
                let place = Arc::clone(&room).acquire_owned().await.context("wait for room")?;
                anyhow::Ok((place, listener.accept().await))
            };
            let (place, accepted) = tokio::select! {
                biased;
                () = &mut stop => break,
                next = next => next?,
            };
            let Ok((stream, from)) = accepted else {
                // A client that is gone already, or no descriptor left: others end in the meantime.
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let Some(held) = crowd.admit(from.ip()) else {
                service.closed(CloseReason::TooMany);
                refuse(stream);
                continue;
            };
            drop(stream.set_nodelay(true));
            let connection = Connection::default();
            let hearing = Arc::clone(&service);
            let closed = move |why| hearing.closed(why);
            let client = Client::new(stream, connection.clone(), bounds, closed);
            let answering = Arc::clone(&service);
            let answer = service_fn(move |request| {
                Arc::clone(&answering).answer(request, connection.clone())
            });
            let connection = Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(duration(bounds.head_within))
                .max_buf_size(bounds.head_bytes.max(LEAST_HEAD))
                .serve_connection(TokioIo::new(client), answer);
            let connection = graceful.watch(connection);
            let service = Arc::clone(&service);
            spawn(Box::pin(async move {
                // How else it ended is the client's business.
                if connection.await.is_err_and(|error| error.is_timeout()) {
                    service.closed(CloseReason::NoRequest);
                }
                drop((held, place));
            }));
        }
        drop(listener);
        graceful.shutdown().await;
        Ok(())
    }
}
