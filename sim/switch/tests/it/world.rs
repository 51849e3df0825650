//! Origins, the ways to them and a switcher's decisions in virtual time: no network, and no
//! waiting.

use std::collections::BTreeMap;
use weir_core::playlist::{Date, Uri};
use weir_switch::{
    Bad, Config, HealthTracker, LiveEdge, Newest, Probe, ProbeResult, ProbeScheduler, SwitchEvent,
};
use weir_units::{Span, Time};

/// What is wrong with an origin from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Its machine refuses connections, and those that it had are reset.
    Killed(Time),
    /// It says nothing.
    Silent(Time),
    /// Its packager stands still.
    Frozen(Time),
}

/// What an origin's playlists say of when their segments were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    True,
    Missing,
    /// They are later than the truth.
    Ahead(Span),
}

/// How long a segment plays.
pub const SEGMENT: Span = Span::from_s(2);

/// The world's clock at the beginning.
const BEGIN: Span = Span::from_s(1_700_000_000);

/// How long the next probe takes over a network with its origin in good health.
pub type Way = Box<dyn FnMut(Outcome) -> Span>;

/// Whether the last probe was answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    First,
    Answered,
    TimedOut,
}

struct Origin {
    fault: Fault,
    dates: Dates,
    way: Way,
    last: Outcome,
}

/// A switcher and its origins.
pub struct World {
    config: Config,
    pub tracker: HealthTracker,
    pub happened: Vec<(Time, SwitchEvent)>,
    pub bad_probes: u64,
    origins: Vec<Origin>,
    schedulers: Vec<ProbeScheduler>,
    /// Probes under way, by when they end; a number keeps those of one moment apart.
    ends: BTreeMap<(Time, u64), (usize, u64, Probe)>,
    begun: u64,
}

impl World {
    pub fn new(config: Config) -> Self {
        let scheduler = |_| ProbeScheduler::new(Time::ZERO, config.interval, config.threshold);
        Self {
            tracker: HealthTracker::new(config.clone()),
            happened: Vec::new(),
            bad_probes: 0,
            origins: Vec::new(),
            schedulers: (0..config.origins.len()).map(scheduler).collect(),
            ends: BTreeMap::new(),
            begun: 0,
            config,
        }
    }

    /// Adds the next origin.
    pub fn origin(mut self, fault: Fault, dates: Dates, way: Way) -> Self {
        self.origins.push(Origin { fault, dates, way, last: Outcome::First });
        self
    }

    /// Lets all happen that happens before `end`.
    pub fn run(&mut self, end: Time) {
        assert_eq!(self.origins.len(), self.config.origins.len());
        loop {
            let dues = self.schedulers.iter().map(ProbeScheduler::due).enumerate();
            let (origin, due) = dues.min_by_key(|(_, due)| *due).unwrap();
            let ended = self.ends.first_key_value().map(|((at, _), _)| *at);
            if due.min(ended.unwrap_or(Time::NEVER)) >= end {
                return;
            }
            if ended.is_some_and(|at| at <= due) {
                let ((at, _), (origin, number, probe)) = self.ends.pop_first().unwrap();
                for reading in self.schedulers[origin].end(number, probe) {
                    self.bad_probes += u64::from(reading.result.is_err());
                    let happened = self.tracker.probed(at, origin, &reading);
                    self.happened.extend(happened.into_iter().map(|what| (at, what)));
                }
            } else if let Some(number) = self.schedulers[origin].begin(due) {
                let (at, probe) = self.look(origin, due);
                self.begun += 1;
                self.ends.insert((at, self.begun), (origin, number, probe));
            }
        }
    }

    /// When a probe that begins at `begin` ends, and what it comes to.
    fn look(&mut self, at: usize, begin: Time) -> (Time, Probe) {
        let timeout = self.config.timeout;
        let origin = &mut self.origins[at];
        let took = (origin.way)(origin.last);
        let end = begin.after(took);
        let bad = |bad| Probe { took: None, result: Err(bad) };
        let (end, probe) = match origin.fault {
            Fault::Killed(fault) if fault <= end => {
                (end.min(fault.max(begin)), bad(Bad::Unreachable("reset".to_owned())))
            }
            Fault::Silent(fault) if fault <= end => {
                (begin.after(timeout), bad(Bad::TimedOut(timeout)))
            }
            _ if took >= timeout => (begin.after(timeout), bad(Bad::TimedOut(timeout))),
            fault => {
                let edge = edge(fault, origin.dates, end);
                let seen = ProbeResult { at: end, date: date(end), edge };
                (end, Probe { took: Some(took), result: Ok(seen) })
            }
        };
        let timed_out = matches!(probe.result, Err(Bad::TimedOut(_)));
        origin.last = if timed_out { Outcome::TimedOut } else { Outcome::Answered };
        (end, probe)
    }
}

fn date(at: Time) -> Date {
    Date::from_unix(BEGIN.saturating_add(at.since(Time::ZERO)))
}

/// When the newest segment ended that an origin has at a moment.
pub fn newest_end(fault: Fault, at: Time) -> Time {
    let made = match fault {
        Fault::Frozen(fault) => fault.min(at),
        _ => at,
    };
    Time::from_ns(made.ns() / SEGMENT.ns() * SEGMENT.ns())
}

fn edge(fault: Fault, dates: Dates, at: Time) -> LiveEdge {
    let end = newest_end(fault, at);
    let sequence = end.ns() / SEGMENT.ns();
    let uri = Uri::parse(&format!("http://o/{sequence}.m4s")).unwrap();
    let end = match dates {
        Dates::True => Some(date(end)),
        Dates::Missing => None,
        Dates::Ahead(span) => Some(date(end.after(span))),
    };
    LiveEdge { newest: Newest { sequence, began: None, duration: SEGMENT }, uri, end }
}

/// A way that always takes as long as these, one after the other.
pub fn taking(spans: Vec<Span>) -> Way {
    let mut spans = spans.into_iter().cycle();
    Box::new(move |_| spans.next().unwrap_or(Span::ZERO))
}
