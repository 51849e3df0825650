//! The switcher as a process: probes on time, connections as they come.

use crate::config::Config;
use crate::health_tracker::SwitchEvent;
use crate::probe::Prober;
use crate::probe_scheduler::ProbeScheduler;
use crate::proxy::answer;
use crate::reading::Reading;
use crate::state::State;
use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinSet;
use weir_clock::{Clock, Watch, since_1970};
use weir_core::playlist::Date;
use weir_server::{
    Answer, Bounds, CloseReason, Connection, Incoming, NoAnswer, Request, Server, Service,
};
use weir_units::{Span, Time};

/// Hears what happens, and when.
type Hear = dyn Fn(Time, &SwitchEvent) + Send + Sync;

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
    server: Server,
}

impl Switcher {
    /// Begins to listen. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn bind(config: Config) -> Result<Self> {
        let server = Server::bind(config.listen, bounds(&config))?;
        Ok(Self { state: Arc::new(State::new(config, Clock::with_zero(0))), server })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.server.address()
    }

    /// Serves for ever; `hear` hears what happens, and when, on CLOCK_MONOTONIC: all processes of a
    /// machine share it.
    ///
    /// # Errors
    /// If the kernel has no timer left.
    pub async fn run(
        self,
        hear: impl Fn(Time, &SwitchEvent) + Send + Sync + 'static,
    ) -> Result<()> {
        let Self { state, server } = self;
        let hear: Arc<Hear> = Arc::new(hear);
        let mut tasks = JoinSet::new();
        for origin in 0..state.config.origins.len() {
            tasks.spawn(probe(Arc::clone(&state), origin, Arc::clone(&hear)));
        }
        tasks.spawn(server.serve(state, std::future::pending()));
        match tasks.join_next().await {
            Some(ended) => ended.context("a task ended")?,
            None => Ok(()),
        }
    }
}

/// What clients may not exceed.
fn bounds(config: &Config) -> Bounds {
    Bounds {
        connections: 10_000,
        per_address: config.per_address,
        head_within: Span::from_s(10),
        head_bytes: 16 << 10,
        patience: config.patience,
        least_rate: config.least_rate,
        // One that does not read holds 0.2 MB instead of up to 4: the value that is usual in front
        // of HTTP/2.
        unsent: Some(128 << 10),
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
    let mut scheduler = ProbeScheduler::new(state.clock.now(), config.interval, config.threshold);
    let mut under_way = JoinSet::new();
    let mut media = None;
    loop {
        tokio::select! {
            biased;
            Some(ended) = under_way.join_next() => {
                let (number, (probe, named)) = ended.context("a probe ended")?;
                media = named;
                for reading in scheduler.end(number, probe) {
                    judge(&state, origin, &reading, &hear);
                }
            }
            due = watch.until(scheduler.due()) => {
                let now = due.context("wait for the next probe")?;
                if let Some(number) = scheduler.begin(now) {
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
    let happened = state.tracker().probed(now, origin, reading);
    state.note(&happened);
    happened.iter().for_each(|what| hear(now, what));
}

fn date() -> Date {
    Date::from_unix(since_1970())
}

impl Service for State {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _: Connection,
    ) -> Result<Answer, NoAnswer> {
        Ok(answer(self, request).await)
    }

    fn closed(&self, why: CloseReason) {
        self.metrics.closed(why);
    }
}
