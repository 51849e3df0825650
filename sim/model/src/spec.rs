//! What is to be run: plain values.

use crate::film::Film;
use crate::link::Link;
use crate::network::{self, LinkId};
use std::sync::Arc;
use weir_abr::{Abr, Choice, ChoiceError, Knows};
use weir_core::{Conduct, Config, Keys, Player, Preset, SessionFacts};
use weir_records::Record;
use weir_trace::Trace;
use weir_units::{Span, Time};

/// One viewer: who watches, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The session's number within its trial.
    pub session: u64,
    /// The node that it runs on.
    pub node: String,
    /// When the viewer presses play, since the start of the trial.
    pub start: Time,
    /// The segment of the film with which the session begins.
    pub first_segment: u64,
    /// The algorithm.
    pub abr: Choice,
    /// What the algorithm may know of coming segments.
    pub knows: Knows,
    /// How long the viewer stays, from pressing play, if the film does not end before; at most
    /// [`Viewer::MAX_WATCH`].
    pub watch: Span,
    /// The most media that is kept.
    pub max_buffer: Span,
    /// The media that must be there before playback begins.
    pub startup: Span,
    /// The media that must be there before playback goes on after a stall.
    pub resume: Span,
    /// How the player goes about it.
    pub conduct: Conduct,
}

impl Viewer {
    /// The longest watch: 31 days, as the longest trace. What stands still for ever must end.
    pub const MAX_WATCH: Span = weir_trace::Builder::MAX_LENGTH;

    /// A viewer who watches the whole film as a preset has it.
    pub fn new(abr: Choice, preset: Preset) -> Self {
        Self {
            session: 0,
            node: "viewer".to_owned(),
            start: Time::ZERO,
            first_segment: 0,
            abr,
            knows: Knows::Declared,
            watch: Self::MAX_WATCH,
            max_buffer: preset.max_buffer(),
            startup: preset.startup(),
            resume: preset.resume(),
            conduct: Conduct { preset, ..Conduct::default() },
        }
    }

    /// The rows of its session.
    pub fn rows(&self, facts: &SessionFacts, keep: Keep, into: &mut Vec<Record>) {
        let keys = Keys {
            session: self.session,
            node: &self.node,
            abr: &self.abr.name,
            knows: self.knows,
            start: self.start,
            first_segment: self.first_segment,
        };
        into.push(Record::Session(keys.session(facts)));
        if keep == Keep::Segments {
            let requests = (0..).zip(&facts.segments);
            into.extend(requests.map(|(n, facts)| Record::Segment(keys.segment(n, facts))));
            let stalls = (0..).zip(&facts.stalls);
            into.extend(stalls.map(|(n, facts)| Record::Stall(keys.stall(n, facts))));
        }
    }

    /// Its player at the start of the session, with this algorithm.
    pub(crate) fn player(&self, film: &Film, abr: Box<dyn Abr>) -> Result<Player, Refusal> {
        if self.watch > Self::MAX_WATCH {
            return Err(Refusal::Watch(self.watch));
        }
        let config = Config {
            first_segment: usize::try_from(self.first_segment).unwrap_or(usize::MAX),
            watch: self.watch,
            max_buffer: self.max_buffer,
            startup: self.startup,
            resume: self.resume,
            sizes: self.knows == Knows::Sizes,
            rules: self.conduct.rules(self.max_buffer),
        };
        let abr = self.conduct.decorate(abr);
        Ok(Player::with_content(config, Arc::clone(film.content()), abr))
    }
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
    /// As in Pensieve's chunk model: a share of the trace's rate, and a round trip that takes no time
    /// of the trace. Downloads cannot be abandoned.
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
    /// [`Supply`](crate::Supply) for an offset).
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
    #[error("a watch of {0} (expected at most {most})", most = Viewer::MAX_WATCH)]
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
