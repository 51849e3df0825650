//! What is to be run: plain values.

use crate::film::Film;
use crate::link::Link;
use crate::network::{self, LinkId};
use std::sync::Arc;
use weir_abr::{Abr, Choice, ChoiceError};
use weir_core::{Player, Preset, SessionMetrics, Viewer, Viewing};
use weir_records::Record;
use weir_trace::Trace;
use weir_units::{Span, Time};

/// The longest watch: 31 days, as the longest trace. What stands still for ever must end.
pub const MAX_WATCH: Span = weir_trace::Builder::MAX_LENGTH;

/// A viewer who watches the whole film as a preset has it.
pub fn viewer_of(abr: Choice, preset: Preset) -> Viewer {
    let viewing = Viewing::of(preset, abr, MAX_WATCH);
    Viewer { session: 0, node: "viewer".to_owned(), start: Time::ZERO, first_segment: 0, viewing }
}

/// The rows of a viewer's session.
pub fn rows(viewer: &Viewer, metrics: &SessionMetrics, keep: Keep, into: &mut Vec<Record>) {
    into.push(Record::Session(viewer.session(metrics)));
    if keep == Keep::Segments {
        let requests = (0..).zip(&metrics.segments);
        into.extend(requests.map(|(n, segment)| Record::Segment(viewer.segment(n, segment))));
        let stalls = (0..).zip(&metrics.stalls);
        into.extend(stalls.map(|(n, stall)| Record::Stall(viewer.stall(n, stall))));
    }
}

/// A viewer's player at the start of the session, with this algorithm.
pub(crate) fn player(viewer: &Viewer, film: &Film, abr: Box<dyn Abr>) -> Result<Player, Refusal> {
    let viewing = &viewer.viewing;
    if viewing.watch > MAX_WATCH {
        return Err(Refusal::Watch(viewing.watch));
    }
    let abr = viewing.profile.decorate(abr);
    Ok(Player::with_content(viewer.config(), Arc::clone(film.content()), abr))
}

/// How much of a session is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Keep {
    /// Its row.
    Sessions,
    /// Also those of its requests and its stalls.
    #[default]
    Segments,
}

/// How a film gets to a viewer who shares the way with nobody.
#[derive(Debug, Clone)]
pub enum Way {
    /// Over a link: its latency, and then a fluid at its rate. Sabre's model, where the link has a
    /// trace with latencies.
    Link(Link),
    /// As in Pensieve's chunk model: a share of the trace's rate, and a round trip that takes no
    /// time of the trace. Downloads cannot be abandoned.
    Pensieve {
        /// The trace.
        trace: Arc<Trace>,
        /// How far into it the session begins.
        offset: Span,
    },
}

/// A session of one viewer on a way of its own.
#[derive(Debug, Clone)]
pub struct Spec {
    /// What is watched.
    pub film: Arc<Film>,
    /// How it gets there. The trace begins when the viewer presses play (see
    /// [`Capacity`](crate::Capacity) for an offset).
    pub way: Way,
    /// Who watches.
    pub viewer: Viewer,
}

/// Several viewers on the links of one network.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The links.
    pub links: Vec<Link>,
    /// The sessions.
    pub sessions: Vec<Shared>,
}

/// A session of a viewer who shares links with others.
#[derive(Debug, Clone)]
pub struct Shared {
    /// What is watched.
    pub film: Arc<Film>,
    /// The links between the film and the viewer; each at most once, in any order.
    pub route: Vec<LinkId>,
    /// Who watches.
    pub viewer: Viewer,
}

/// Why something cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The algorithm cannot be built; a program of one's own must be started by its laboratory.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The viewer stays too long.
    #[error("a watch of {0} (expected at most {most})", most = MAX_WATCH)]
    Watch(Span),
    /// Pensieve's model has no downloads in progress that could be looked at.
    #[error("nothing can be abandoned in the model of Pensieve (expected abandonment to be off)")]
    Abandonment,
    /// The network is none, or there are too many flows.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// There is not one algorithm for each session.
    #[error("{got} algorithms for {expected} sessions")]
    Algorithms {
        /// The algorithms.
        got: usize,
        /// The sessions.
        expected: usize,
    },
}
