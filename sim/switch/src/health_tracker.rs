//! Who serves: the decisions of the switcher, as a function of what probes came to and when.
//!
//! An origin is good until as many probes in a row as the configuration asks for were bad, and bad
//! until as many were good. One that has never been good is so with its first good probe: a stream
//! that begins has no past to doubt. What follows from that is the [`Policy`]'s.
//!
//! Where no origin is good, nobody is switched to in the hope that it is less bad: the freshest is
//! kept from the moment on at which the last one went bad, until one is good again.

use crate::config::{Config, Policy, Switchback};
use crate::follow::disagreement;
use crate::reading::{Newest, Reading};
use std::cmp::Reverse;
use weir_units::{Span, Time};

/// What happened, for logs, metrics and the tables of a laboratory. Origins are named by their
/// position in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchEvent {
    /// An origin is good now.
    Good(usize),
    /// An origin is bad now; the last reason.
    Bad(usize, String),
    /// Requests go to another origin because the one before is bad.
    Failover {
        /// The origin before.
        from: usize,
        /// The origin from now on.
        to: usize,
    },
    /// Requests go to an origin again that is to be preferred.
    Switchback {
        /// The origin before.
        from: usize,
        /// The origin from now on.
        to: usize,
    },
    /// No origin is good: this one is kept.
    NoneGood(usize),
    /// The segments of an origin have other numbers than those of the active one: by so many it is
    /// ahead. Zero: they agree again.
    Disagrees(usize, i64),
}

/// What is known of all origins.
#[derive(Debug)]
pub struct HealthTracker {
    config: Config,
    origins: Vec<Origin>,
    active: usize,
    none_good: bool,
    /// What each origin has been owed by the round robin.
    turns: Vec<i64>,
}

/// What is known of an origin.
#[derive(Debug, Clone, Default)]
struct Origin {
    judge: Judge,
    /// Since when it has been good.
    good_since: Option<Time>,
    /// Why its last probe was bad.
    reason: Option<String>,
    age: Option<Span>,
    newest: Option<Newest>,
    /// A moving average of how long probes took.
    latency: Option<Span>,
    disagrees: i64,
    /// What the last comparisons said instead, and how many in a row.
    disagrees_now: (i64, u32),
    /// It kept a request waiting for longer than the time-out, and no probe of it was good since.
    suspect: bool,
}

/// Counts probes in a row that say something else than what holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Judge {
    good: Option<bool>,
    was_good: bool,
    contrary: u32,
}

impl Judge {
    /// Whether something else holds now.
    fn hears(&mut self, good: bool, needed: u32) -> bool {
        if self.good == Some(good) {
            self.contrary = 0;
            return false;
        }
        self.contrary = self.contrary.saturating_add(1);
        let turns = self.contrary >= needed || good && !self.was_good;
        if turns {
            *self = Self { good: Some(good), was_good: self.was_good || good, contrary: 0 };
        }
        turns
    }
}

impl Origin {
    /// Whether its numbers disagree by something else now. Dates that are half a segment apart
    /// could mean either of two numbers: what is not said as often in a row as a probe's result is
    /// noise.
    fn compared(&mut self, ahead: i64, needed: u32) -> bool {
        if ahead == self.disagrees {
            self.disagrees_now = (ahead, 0);
            return false;
        }
        let (before, times) = self.disagrees_now;
        let times = if ahead == before { times + 1 } else { 1 };
        self.disagrees_now = (ahead, times);
        if times >= needed {
            (self.disagrees, self.disagrees_now) = (ahead, (ahead, 0));
        }
        times >= needed
    }
}

/// What is known of an origin, for health reports and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginStatus {
    /// Whether it is good; `None` before probes have told.
    pub good: Option<bool>,
    /// Why its last probe was bad.
    pub reason: Option<String>,
    /// The age of its newest segment when it was last seen.
    pub age: Option<Span>,
    /// The number of its newest segment then.
    pub sequence: Option<u64>,
    /// A moving average of how long probes took.
    pub latency: Option<Span>,
    /// By how many segments its numbers are ahead of those of the active origin.
    pub disagrees: i64,
}

impl HealthTracker {
    /// Nothing is known yet: the first of the most preferred origins is active.
    pub fn new(config: Config) -> Self {
        let count = config.origins.len();
        let mut tracker = Self {
            config,
            origins: vec![Origin::default(); count],
            active: 0,
            none_good: false,
            turns: vec![0; count],
        };
        tracker.active = tracker.preferred(|_| true).unwrap_or(0);
        tracker
    }

    /// The origin that requests go to; of a policy with several, the one for what only one can do.
    pub fn active(&self) -> usize {
        self.active
    }

    /// Whether no origin is good.
    pub fn none_good(&self) -> bool {
        self.none_good
    }

    /// What is known of an origin.
    pub fn status(&self, origin: usize) -> Option<OriginStatus> {
        self.origins.get(origin).map(|known| OriginStatus {
            good: known.judge.good,
            reason: known.reason.clone(),
            age: known.age,
            sequence: known.newest.map(|newest| newest.sequence),
            latency: known.latency,
            disagrees: known.disagrees,
        })
    }

    /// Takes note of a probe of an origin that ended at `now`.
    pub fn probed(&mut self, now: Time, origin: usize, reading: &Reading) -> Vec<SwitchEvent> {
        let needed = self.config.probes;
        let Some(known) = self.origins.get_mut(origin) else { return Vec::new() };
        let good = reading.result.is_ok();
        if let Some(seen) = reading.seen() {
            (known.age, known.newest) = (Some(seen.age), Some(seen.newest));
        }
        if let Some(took) = reading.took {
            known.latency = Some(averaged(known.latency, took));
        }
        known.reason = reading.result.as_ref().err().map(ToString::to_string);
        known.suspect &= !good;
        let mut happened = Vec::new();
        if known.judge.hears(good, needed) {
            known.good_since = good.then_some(now);
            happened.push(match &known.reason {
                None => SwitchEvent::Good(origin),
                Some(reason) => SwitchEvent::Bad(origin, reason.clone()),
            });
        }
        happened.extend(self.choose(now));
        happened.extend(self.compare(origin));
        happened
    }

    /// Takes note of a request that an origin kept waiting for longer than the time-out. Until a
    /// probe of it is good, others are asked before it: not every request is to wait as long before
    /// the probes have found out, or for nothing if it was the request's own bad luck.
    pub fn kept_waiting(&mut self, origin: usize) {
        if let Some(known) = self.origins.get_mut(origin) {
            known.suspect = true;
        }
    }

    /// The origins to try for a request, in this order: good ones before others, and among those
    /// the one whose turn it is.
    pub fn order(&mut self) -> Vec<usize> {
        let first = match self.config.policy {
            Policy::Backup | Policy::Latency => self.active,
            Policy::RoundRobin => self.turn().unwrap_or(self.active),
        };
        let mut order: Vec<usize> = (0..self.origins.len()).collect();
        let suspect = |at: usize| self.origins.get(at).is_some_and(|known| known.suspect);
        order.sort_by_key(|&at| (!self.is_good(at), suspect(at), at != first, self.rank(at)));
        order
    }

    fn is_good(&self, origin: usize) -> bool {
        self.origins.get(origin).is_some_and(|known| known.judge.good == Some(true))
    }

    /// Smaller is better: the priority, and then the place in the configuration.
    fn rank(&self, origin: usize) -> (u32, usize) {
        (self.config.origins.get(origin).map_or(u32::MAX, |known| known.priority), origin)
    }

    fn preferred(&self, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        (0..self.origins.len()).filter(|at| wanted(*at)).min_by_key(|at| self.rank(*at))
    }

    /// Who is to be active.
    fn choose(&mut self, now: Time) -> Option<SwitchEvent> {
        let from = self.active;
        let best = match self.config.policy {
            Policy::Backup | Policy::RoundRobin => self.preferred(|at| self.is_good(at)),
            Policy::Latency => self.fastest(),
        };
        let Some(best) = best else {
            // Before the first probes, nothing is known to be bad.
            let known = self.origins.iter().all(|origin| origin.judge.good.is_some());
            if self.none_good || !known {
                return None;
            }
            self.none_good = true;
            self.active = self.freshest();
            return Some(SwitchEvent::NoneGood(self.active));
        };
        self.none_good = false;
        if best == from {
            return None;
        }
        if !self.is_good(from) {
            // A first choice that has not been probed yet is no failure.
            self.origins[from].judge.good?;
            self.active = best;
            return Some(SwitchEvent::Failover { from, to: best });
        }
        let since = self.origins[best].good_since.unwrap_or(now);
        let due = match self.config.switchback {
            Switchback::Never => false,
            Switchback::AtOnce => true,
            Switchback::After(span) => now.since(since) >= span,
        };
        due.then(|| {
            self.active = best;
            SwitchEvent::Switchback { from, to: best }
        })
    }

    /// The origin whose newest segment is the youngest; the active one where several are.
    fn freshest(&self) -> usize {
        let age = |at: usize| self.origins[at].age.unwrap_or(Span::MAX);
        let least = (0..self.origins.len()).min_by_key(|at| (age(*at), *at != self.active));
        least.unwrap_or(self.active)
    }

    /// The good origin that answers the fastest. Another one than the active has to be faster by a
    /// fifth: what is within the noise is no reason to change.
    fn fastest(&self) -> Option<usize> {
        let latency = |at: usize| self.origins[at].latency.unwrap_or(Span::MAX).ns();
        let best = (0..self.origins.len())
            .filter(|at| self.is_good(*at))
            .min_by_key(|at| (latency(*at), self.rank(*at)))?;
        let keeps = self.is_good(self.active) && latency(best) > latency(self.active) / 5 * 4;
        Some(if keeps { self.active } else { best })
    }

    /// Whose turn it is: each good origin gets its weight's share, and no run is longer than needed
    /// (smooth weighted round robin, as in nginx's `upstream`).
    fn turn(&mut self) -> Option<usize> {
        let good: Vec<usize> = (0..self.origins.len()).filter(|at| self.is_good(*at)).collect();
        let weight = |at: usize| i64::from(self.config.origins[at].weight);
        let total: i64 = good.iter().map(|at| weight(*at)).sum();
        for &at in &good {
            self.turns[at] += weight(at);
        }
        let next = good.into_iter().max_by_key(|at| (self.turns[*at], Reverse(*at)))?;
        self.turns[next] -= total;
        Some(next)
    }

    /// Whether an origin's segments have the numbers that the active one's have.
    fn compare(&mut self, origin: usize) -> Vec<SwitchEvent> {
        let Some(this) = self.origins[self.active].newest else { return Vec::new() };
        // A probe of the active origin says something new about all others.
        let others = match origin == self.active {
            true => 0..self.origins.len(),
            false => origin..origin + 1,
        };
        let (needed, mut happened) = (self.config.probes, Vec::new());
        for at in others.filter(|at| *at != self.active) {
            let known = &mut self.origins[at];
            let ahead = known.newest.and_then(|other| disagreement(&this, &other));
            if ahead.is_some_and(|ahead| known.compared(ahead, needed)) {
                happened.push(SwitchEvent::Disagrees(at, known.disagrees));
            }
        }
        happened
    }
}

/// Half of the old, half of the new: a probe every few seconds says little of ten probes ago.
fn averaged(before: Option<Span>, took: Span) -> Span {
    before.map_or(took, |before| Span::from_ns(before.ns() / 2 + took.ns() / 2))
}
