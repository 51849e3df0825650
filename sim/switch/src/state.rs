//! What probes and requests share.

use crate::board::{Board, Happening};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::upstream::{Upstream, url_below};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use weir_clock::Clock;
use weir_units::Span;

/// What probes and requests share.
pub(crate) struct State {
    pub config: Config,
    pub clock: Clock,
    pub upstream: Upstream,
    pub metrics: Arc<Metrics>,
    board: Mutex<Board>,
}

/// The body of `/healthz`.
#[derive(Serialize)]
struct Health<'a> {
    /// `ok`, or `degraded` where no origin is good.
    status: &'static str,
    active: &'a str,
    origins: Vec<OriginHealth<'a>>,
}

#[derive(Serialize)]
struct OriginHealth<'a> {
    name: &'a str,
    good: Option<bool>,
    reason: Option<String>,
    segment_age_seconds: Option<f64>,
    sequence: Option<u64>,
    sequence_disagreement: i64,
    probe_seconds: Option<f64>,
}

impl State {
    pub fn new(config: Config, clock: Clock) -> Self {
        Self {
            clock,
            upstream: Upstream::new(config.timeout),
            metrics: Arc::new(Metrics::new(&config)),
            board: Mutex::new(Board::new(config.clone())),
            config,
        }
    }

    /// The board. It holds no invariant that a panic elsewhere could have broken.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what happened.
    pub fn note(&self, happened: &[Happening]) {
        happened.iter().for_each(|what| self.metrics.happened(what));
    }

    /// The URL of what stands at an origin below the folder of its playlist.
    pub fn url(&self, origin: usize, rest: &str) -> Option<String> {
        url_below(self.config.origins.get(origin)?, rest).ok()
    }

    /// Whether some origin is good, and the body of `/healthz`.
    pub fn health(&self) -> (bool, String) {
        let board = self.board();
        let good = !board.none_good();
        let name = |at: usize| self.config.origins.get(at).map_or("", |origin| &origin.name);
        let origins = (0..self.config.origins.len()).filter_map(|at| {
            let status = board.status(at)?;
            Some(OriginHealth {
                name: name(at),
                good: status.good,
                reason: status.reason,
                segment_age_seconds: status.age.map(Span::as_secs_f64),
                sequence: status.sequence,
                sequence_disagreement: status.disagrees,
                probe_seconds: status.latency.map(Span::as_secs_f64),
            })
        });
        let health = Health {
            status: if good { "ok" } else { "degraded" },
            active: name(board.active()),
            origins: origins.collect(),
        };
        // It has no keys that JSON could not have.
        (good, serde_json::to_string(&health).unwrap_or_default())
    }
}
