//! What probes and requests share.

use crate::config::{Config, OriginConfig};
use crate::health_tracker::{HealthTracker, SwitchEvent};
use crate::metrics::Metrics;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use weir_clock::Clock;
use weir_server::Upstream;
use weir_units::Span;

/// What probes and requests share.
pub(crate) struct State {
    pub config: Config,
    pub clock: Clock,
    pub upstream: Upstream,
    pub metrics: Arc<Metrics>,
    tracker: Mutex<HealthTracker>,
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
            upstream: Upstream::new(config.timeout, None),
            metrics: Arc::new(Metrics::new(&config)),
            tracker: Mutex::new(HealthTracker::new(config.clone())),
            config,
        }
    }

    /// The tracker. It holds no invariant that a panic elsewhere could have broken.
    pub fn tracker(&self) -> MutexGuard<'_, HealthTracker> {
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what happened.
    pub fn note(&self, happened: &[SwitchEvent]) {
        happened.iter().for_each(|what| self.metrics.happened(what));
    }

    /// The URL of what stands at an origin below the folder of its playlist.
    pub fn url(&self, origin: usize, rest: &str) -> Option<String> {
        self.config.origins.get(origin).and_then(|origin| url_below(origin, rest))
    }

    /// Whether some origin is good, and the body of `/healthz`.
    pub fn health(&self) -> (bool, String) {
        let tracker = self.tracker();
        let good = !tracker.none_good();
        let name = |at: usize| self.config.origins.get(at).map_or("", |origin| &origin.name);
        let origins = (0..self.config.origins.len()).filter_map(|at| {
            let status = tracker.status(at)?;
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
            active: name(tracker.active()),
            origins: origins.collect(),
        };
        // It has no keys that JSON could not have.
        (good, serde_json::to_string(&health).unwrap_or_default())
    }
}

/// The URL of what stands below the folder of an origin's playlist.
fn url_below(origin: &OriginConfig, rest: &str) -> Option<String> {
    let text = origin.url.as_str();
    let (folder, _) = text.split(['?', '#']).next().unwrap_or(text).rsplit_once('/')?;
    Some(format!("{folder}/{rest}"))
}
