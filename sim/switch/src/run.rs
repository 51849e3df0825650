//! The switcher as a process: probes on time, connections as they come.

use crate::board::Happening;
use crate::client::{Client, bound_unsent};
use crate::config::Config;
use crate::crowd::{Crowd, refuse};
use crate::metrics::Closed;
use crate::probe::Prober;
use crate::proxy::answer;
use crate::reading::Reading;
use crate::rounds::Rounds;
use crate::state::State;
use anyhow::{Context, Result};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use weir_clock::{Clock, Watch, since_1970};
use weir_core::playlist::Date;
use weir_units::Time;

/// Connections at a time. More wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 10_000;
/// How long a client may take for the head of its next request, from the end of the answer before.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest head of a request.
const MAX_HEAD: usize = 16 << 10;
/// Connections that the kernel holds ready.
const BACKLOG: u32 = 1024;
/// How long to wait where the kernel has no descriptor left.
const PAUSE: Duration = Duration::from_millis(20);

/// Hears what happens, and when.
type Hear = dyn Fn(Time, &Happening) + Send + Sync;

/// Lets this process have as many descriptors as it may: a client has one, and its request another.
///
/// # Errors
/// If the kernel refuses.
pub fn allow_descriptors() -> nix::Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) }
}

/// A switcher that listens.
pub struct Switcher {
    state: Arc<State>,
    listener: TcpListener,
}

impl Switcher {
    /// Begins to listen. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn bind(config: Config) -> Result<Self> {
        let attempt = || format!("listen on {}", config.listen);
        let socket = match config.listen {
            SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4(),
            SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6(),
        };
        let socket = socket.with_context(attempt)?;
        socket.set_reuseaddr(true).with_context(attempt)?;
        socket.bind(config.listen).with_context(attempt)?;
        bound_unsent(&socket).with_context(attempt)?;
        let listener = socket.listen(BACKLOG).with_context(attempt)?;
        Ok(Self { state: Arc::new(State::new(config, Clock::with_zero(0))), listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().context("ask for the address")
    }

    /// Serves for ever; `hear` hears what happens, and when, on CLOCK_MONOTONIC: all processes of a
    /// machine share it.
    ///
    /// # Errors
    /// If the kernel has no timer left.
    pub async fn run(self, hear: impl Fn(Time, &Happening) + Send + Sync + 'static) -> Result<()> {
        let Self { state, listener } = self;
        let hear: Arc<Hear> = Arc::new(hear);
        let mut tasks = JoinSet::new();
        for origin in 0..state.config.origins.len() {
            tasks.spawn(probe(Arc::clone(&state), origin, Arc::clone(&hear)));
        }
        tasks.spawn(accept(state, listener));
        match tasks.join_next().await {
            Some(ended) => ended.context("a task ended")?,
            None => Ok(()),
        }
    }
}

/// Probes an origin at every interval.
async fn probe(state: Arc<State>, origin: usize, hear: Arc<Hear>) -> Result<()> {
    let config = &state.config;
    let prober = Arc::new(Prober {
        upstream: state.upstream.clone(),
        origin: config.origins[origin].clone(),
        timeout: config.timeout,
        clock: state.clock,
    });
    let mut watch = Watch::new(state.clock).context("set a timer")?;
    let mut rounds = Rounds::new(state.clock.now(), config.interval, config.threshold);
    let mut under_way = JoinSet::new();
    let mut media = None;
    loop {
        tokio::select! {
            biased;
            Some(ended) = under_way.join_next() => {
                let (number, (look, named)) = ended.context("a probe ended")?;
                media = named;
                for reading in rounds.end(number, look) {
                    judge(&state, origin, &reading, &hear);
                }
            }
            due = watch.until(rounds.due()) => {
                let now = due.context("wait for the next probe")?;
                if let Some(number) = rounds.begin(now) {
                    let (prober, media) = (Arc::clone(&prober), media.clone());
                    under_way.spawn(async move { (number, prober.probe(media, date).await) });
                }
            }
        }
    }
}

/// Takes note of what a probe came to.
fn judge(state: &State, origin: usize, reading: &Reading, hear: &Arc<Hear>) {
    let result = reading.result.as_ref().map_or_else(|bad| bad.kind(), |_| "good");
    state.metrics.probed(origin, result);
    let now = state.clock.now();
    let happened = state.board().probed(now, origin, reading);
    state.note(&happened);
    happened.iter().for_each(|what| hear(now, what));
}

fn date() -> Date {
    Date::from_unix(since_1970())
}

async fn accept(state: Arc<State>, listener: TcpListener) -> Result<()> {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let crowd = Arc::new(Crowd::new(state.config.per_address));
    loop {
        let place = Arc::clone(&room).acquire_owned().await.context("wait for room")?;
        let Ok((stream, from)) = listener.accept().await else {
            // A client that is gone already, or no descriptor left: others end in the meantime.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Some(held) = crowd.admit(from.ip()) else {
            state.metrics.closed(Closed::TooMany);
            refuse(stream);
            continue;
        };
        drop(stream.set_nodelay(true));
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let state = Arc::clone(&state);
                async move { Ok::<_, Infallible>(answer(state, request).await) }
            });
            let client = TokioIo::new(Client::new(stream, Arc::clone(&state)));
            let connection = Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(MAX_HEAD.max(8192))
                .serve_connection(client, service);
            // How else it ended is the client's business.
            if connection.await.is_err_and(|error| error.is_timeout()) {
                state.metrics.closed(Closed::NoRequest);
            }
            drop((place, held));
        });
    }
}
