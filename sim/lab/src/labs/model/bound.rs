//! What a clairvoyant player would have reached in a session's place.

use crate::content::movie::Movie;
use anyhow::Result;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use weir_core::{Limit, Per, Qoe, QoePreset, SessionMetrics, Viewing};
use weir_oracle::{Latency, Limits, Problem, solve_within};
use weir_records::EventKind;
use weir_trace::{About, Builder, Kind, Rate, Step, Trace, Volume};
use weir_units::{BitRate, Span, Time};

/// The gap between the bound and what is known to be reachable that is worth a word.
const GAP: f64 = 0.01;

/// Bounds of sessions, each computed once.
pub(crate) struct Bounds {
    preset: QoePreset,
    solved: Mutex<BTreeMap<Key, Arc<OnceLock<Solved>>>>,
}

/// What a bound depends on, for films and traces that stay where they are as long as there are
/// bounds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    film: usize,
    network: (usize, Rate, Span),
    latency: (Span, bool),
    first_segment: usize,
    max_buffer: Span,
    startup: Span,
    first: Option<usize>,
}

/// A bound, or why there is none.
type Solved = std::result::Result<Bound, String>;

/// What no session exceeds.
#[derive(Debug, Clone, Copy)]
struct Bound {
    bound: f64,
    gap: f64,
}

/// What a session had to itself.
#[derive(Debug, Clone)]
pub(crate) enum Network {
    /// A constant rate.
    Constant(Rate),
    /// A trace, from this moment on.
    Trace(Arc<Trace>, Span),
    /// The same in Pensieve's chunk model.
    Chunks(Arc<Trace>, Span),
}

/// A session, and what it had.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub movie: &'a Movie,
    pub viewing: &'a Viewing,
    pub first_segment: u64,
    pub network: Network,
    /// The time from a request to its first byte, but for what the trace says.
    pub latency: Span,
}

/// A session compared with its bound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compared {
    pub qoe: f64,
    /// `None` if there is no bound.
    pub bound: Option<f64>,
    /// What is to be said of it.
    pub remark: Option<(EventKind, String)>,
}

impl Bounds {
    /// Bounds of this QoE.
    pub fn new(preset: QoePreset) -> Self {
        Self { preset, solved: Mutex::default() }
    }

    /// Compares a session; `None` if it is outside of what a bound covers: see [`covers`].
    ///
    /// # Errors
    /// If the QoE is none for the ladder.
    pub fn compare(
        &self,
        asked: &Question<'_>,
        metrics: &SessionMetrics,
    ) -> Result<Option<Compared>> {
        let Question { movie, viewing, .. } = asked;
        if !covers(viewing, metrics) {
            return Ok(None);
        }
        let ladder = movie.film.content().ladder();
        let ladder: Vec<BitRate> = ladder.iter().map(|rung| rung.mean).collect();
        let qoe = self.preset.qoe(&ladder, movie.segment)?;
        let rungs: Vec<usize> = metrics.segments.iter().map(|segment| segment.rung).collect();
        let startup = metrics.startup.unwrap_or(metrics.length);
        // Sums would grow with the content.
        let per = match qoe.per {
            Per::Session => rungs.len().max(1) as f64,
            Per::PlayTime => 1.0,
        };
        let reached = qoe.of(&rungs, startup, metrics.stalled(), movie.segment) / per;
        let solved = self.solved(asked, qoe);
        let (bound, remark) = match solved {
            Ok(Bound { bound, gap }) => {
                let text = || format!("{:.2} % between the bound and a known plan", gap * 100.0);
                (Some(bound / per), (gap > GAP).then(|| (EventKind::OracleGap, text())))
            }
            Err(why) => (None, Some((EventKind::NoOracle, why))),
        };
        Ok(Some(Compared { qoe: reached, bound, remark }))
    }

    /// The bound of a problem. Whoever asks first computes it, and others of the same wait.
    fn solved(&self, asked: &Question<'_>, qoe: Qoe) -> Solved {
        let key = asked.key();
        let known = match self.solved.lock() {
            Ok(mut solved) => Arc::clone(solved.entry(key).or_default()),
            // Another thread is about to end this process.
            Err(_) => Arc::default(),
        };
        known.get_or_init(|| asked.solve(qoe)).clone()
    }
}

impl Question<'_> {
    fn key(&self) -> Key {
        let (network, beside) = match &self.network {
            Network::Constant(rate) => ((0, *rate, Span::ZERO), false),
            Network::Trace(trace, at) => ((Arc::as_ptr(trace) as usize, Rate::ZERO, *at), false),
            Network::Chunks(trace, at) => ((Arc::as_ptr(trace) as usize, Rate::ZERO, *at), true),
        };
        let Self { movie, viewing, first_segment, latency, .. } = self;
        Key {
            film: Arc::as_ptr(&movie.film) as usize,
            network,
            latency: (*latency, beside),
            first_segment: usize::try_from(*first_segment).unwrap_or(usize::MAX),
            max_buffer: viewing.max_buffer,
            startup: viewing.startup,
            first: viewing.player().first,
        }
    }

    fn solve(&self, qoe: Qoe) -> Solved {
        let Self { movie, viewing, network, .. } = self;
        let Key { first_segment, first, .. } = self.key();
        let player = viewing.player();
        let constant;
        let (trace, start) = match network {
            Network::Constant(rate) => {
                constant = steady(*rate).map_err(|fault| fault.to_string())?;
                (&constant, Span::ZERO)
            }
            Network::Trace(trace, at) | Network::Chunks(trace, at) => (trace.as_ref(), *at),
        };
        let told = trace.steps().iter().any(|step| step.latency.is_some_and(|l| l > Span::ZERO));
        let latency = match network {
            Network::Chunks(..) => Latency::Beside(weir_model::Pensieve::ROUND_TRIP),
            _ if !told => Latency::Fixed(self.latency),
            _ if self.latency == Span::ZERO => Latency::Trace,
            _ => return Err("latencies of links beside those of a trace".to_owned()),
        };
        let rest = movie.sizes.get(first_segment..).unwrap_or_default();
        let chunks;
        let sizes = match network {
            Network::Chunks(..) => {
                let row = |row: &Vec<Volume>| row.iter().map(|size| chunk(*size)).collect();
                chunks = rest.iter().map(row).collect::<Vec<Vec<_>>>();
                &chunks
            }
            _ => rest,
        };
        // Where the coming segment does not count, it may exceed the limit.
        let beyond = if player.room.with_segment { Span::ZERO } else { movie.segment };
        let top = movie.film.content().ladder().len().saturating_sub(1);
        let problem = Problem {
            trace,
            start: Time::ZERO.after(start),
            sizes,
            segment: movie.segment,
            max_buffer: viewing.max_buffer.saturating_add(beyond),
            startup: viewing.startup,
            first: first.map(|first| first.min(top)),
            latency,
            qoe,
        };
        let solution = solve_within(&problem, Limits { gap: GAP, ..Limits::default() });
        let solution = solution.map_err(|error| error.to_string())?;
        Ok(Bound { bound: solution.bound, gap: solution.gap })
    }
}

/// Whether a bound covers the session: it was played to its end, one segment after the other,
/// nothing was replaced or abandoned, nobody waited before playback began, the limit of the buffer
/// is always the same, and playback stops when the buffer is empty and not before.
fn covers(viewing: &Viewing, metrics: &SessionMetrics) -> bool {
    let player = viewing.player();
    let began = metrics.startup.map_or(Time::ZERO, |startup| Time::ZERO.after(startup));
    // A wait ends with the request.
    let waited_before = |requested: Time, wait: Span| {
        wait > Span::ZERO
            && requested.since(Time::ZERO).saturating_sub(wait) < began.since(Time::ZERO)
    };
    metrics.complete
        && metrics.err.is_none()
        && player.limit == Limit::Fixed
        && player.stall_threshold == Span::ZERO
        && metrics.segments.iter().all(|segment| {
            segment.err.is_none()
                && !segment.replacement
                && !waited_before(segment.requested, segment.wait)
        })
}

/// A rate for ever.
fn steady(rate: Rate) -> std::result::Result<Trace, weir_trace::Fault> {
    let about = About {
        name: "constant".to_owned(),
        kind: Kind::Goodput,
        repeats: false,
        source: String::new(),
        licence: String::new(),
        obtained: None,
        conversion: None,
    };
    let mut builder = Builder::new(about);
    builder.push(Step { span: Span::from_s(1), rate, latency: None })?;
    builder.finish()
}

/// What a chunk takes of the trace in Pensieve's model: whole bytes, and 95 % of the rate is
/// payload.
fn chunk(size: Volume) -> Volume {
    let bytes = size.bytes().map_or(size, Volume::from);
    Volume::from_femtobits((bytes.femtobits() * 20).div_ceil(19))
}
