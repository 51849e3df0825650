//! What followed from a fault, until the next one or the end of the trial. METRICS.md defines it in
//! words.

use super::faults::{DrillFault, faults};
use super::rows::{DrillTrial, EventRow, RequestRow, ViewingRow};
use weir_records::{Drill, EventKind};

/// What a viewer's latency was is its mean over so long before the fault.
const BEFORE_US: u64 = 30_000_000;

/// A viewer is late whose latency is more than this above what it was: twice the usual target
/// duration of 2 s, for between one segment and the next the latency of a healthy viewer varies by
/// one.
const LATE_US: u64 = 4_000_000;

/// Viewers are looked at once a second: what is over has to be so at the next look as well.
const LOOK_US: u64 = 1_000_000;

/// Whether a switcher speaks in these events.
fn speaks(events: &[EventRow]) -> bool {
    events.iter().filter_map(EventRow::kind).any(EventKind::is_of_switcher)
}

/// The drills of a trial: one for each fault, in the order of time.
pub fn drills(trial: &str, seen: &DrillTrial) -> Vec<Drill> {
    let faults = faults(&seen.events);
    let drill = |(number, fault): (usize, &DrillFault)| {
        // Faults of one moment share what follows.
        let next = faults.iter().map(|other| other.at_us).find(|at| *at > fault.at_us);
        let until_us = next.unwrap_or(seen.end_us).max(fault.at_us);
        let window = Window { seen, fault, until_us };
        let stalls = || seen.stalls.iter().filter(|stall| window.has(stall.start_us));
        let lost =
            seen.sessions.iter().filter(|s| s.is_lost() && window.has(s.end_us())).count() as u64;
        let disturbed = window.last_disturbance();
        Drill {
            trial: trial.to_owned(),
            fault: number as u64,
            at_us: fault.at_us,
            kind: fault.kind.clone(),
            target: fault.target.clone(),
            over_us: fault.over_us,
            until_us,
            detection_us: window.detection(),
            switch_us: window.switch(),
            stalls: stalls().count() as u64,
            stall_us: stalls().fold(0, |sum: u64, stall| sum.saturating_add(stall.duration_us)),
            failures: window.requests().filter(|request| request.failed).count() as u64,
            lost,
            recovery_us: disturbed.map_or(0, |last| last - fault.at_us),
            recovered: lost == 0 && disturbed.is_none_or(|last| window.goes_on_after(last)),
            age_max_us: window.requests().filter_map(|request| request.age_us).max(),
        }
    };
    faults.iter().enumerate().map(drill).collect()
}

/// A fault and the time that counts as its consequences.
struct Window<'a> {
    seen: &'a DrillTrial,
    fault: &'a DrillFault,
    until_us: u64,
}

impl<'a> Window<'a> {
    /// Whether a moment is in it. The last window has the trial's end in it, and what is later
    /// still.
    fn has(&self, at_us: u64) -> bool {
        let is_last = self.until_us == self.seen.end_us;
        self.fault.at_us <= at_us && (at_us < self.until_us || is_last)
    }

    /// The requests that ended in it and were not cut off.
    fn requests(&self) -> impl Iterator<Item = &'a RequestRow> {
        let requests = self.seen.requests.iter();
        requests.filter(|request| !request.cut_off && self.has(request.end_us))
    }

    /// The origin that answered this session last before the fault.
    fn origin_before(&self, session: u64) -> Option<&'a str> {
        let before = self.seen.requests.iter().rev().filter(|request| {
            request.session == session && request.is_whole() && request.end_us < self.fault.at_us
        });
        before.into_iter().find_map(|request| request.origin.as_deref())
    }

    /// The answers to this session by another origin than this one.
    fn by_another(
        &self,
        session: u64,
        origin: &'a str,
    ) -> impl Iterator<Item = &'a RequestRow> + use<'_, 'a> {
        self.requests().filter(move |request| {
            let other = request.origin.as_deref().is_some_and(|name| name != origin);
            request.session == session && request.is_whole() && other
        })
    }

    /// The sessions that an origin served before the fault.
    fn served(&self) -> impl Iterator<Item = (&'a ViewingRow, &'a str)> {
        let sessions = self.seen.sessions.iter();
        sessions.filter_map(|session| Some((session, self.origin_before(session.session)?)))
    }

    fn since(&self, at_us: u64) -> u64 {
        at_us.saturating_sub(self.fault.at_us)
    }

    fn detection(&self) -> Option<u64> {
        if speaks(&self.seen.events) {
            let failovers =
                self.seen.events.iter().filter(|event| event.kind() == Some(EventKind::Failover));
            let first = failovers.map(|event| event.at_us).filter(|at| self.has(*at)).min();
            return first.map(|at| self.since(at));
        }
        let first = |(session, origin): (&ViewingRow, &'a str)| {
            self.by_another(session.session, origin).map(|request| request.end_us).min()
        };
        self.served().filter_map(first).min().map(|at| self.since(at))
    }

    fn switch(&self) -> Option<u64> {
        let mut last = None;
        for (session, origin) in self.served() {
            let mut segments = self.by_another(session.session, origin).filter(|r| r.is_segment);
            match segments.next() {
                Some(segment) => last = last.max(Some(segment.end_us)),
                None if origin == self.fault.target => return None,
                // It had no reason to go elsewhere.
                None => {}
            }
        }
        last.map(|at| self.since(at))
    }

    /// The last moment in the window at which a viewer was stalled, late, or refused.
    fn last_disturbance(&self) -> Option<u64> {
        let begin = self.fault.at_us;
        let end = self.until_us;
        let stalls = self.seen.stalls.iter();
        let stalls = stalls.filter(|stall| stall.end_us() > begin && stall.start_us < end);
        let stalled = stalls.map(|stall| stall.end_us().min(end)).max();
        let refused = self.requests().filter(|r| r.failed).map(|r| r.end_us.min(end)).max();
        let late = self.seen.sessions.iter().filter_map(|session| self.last_late(session.session));
        late.max().max(stalled).max(refused)
    }

    /// The last moment at which this session was late.
    fn last_late(&self, session: u64) -> Option<u64> {
        let moments = || self.seen.moments.iter().filter(|moment| moment.session == session);
        let begin = self.fault.at_us;
        let before = begin.saturating_sub(BEFORE_US)..begin;
        let usual: Vec<u64> = moments()
            .filter(|moment| before.contains(&moment.at_us))
            .filter_map(|moment| moment.latency_us)
            .collect();
        let sum = usual.iter().fold(0u64, |sum, latency| sum.saturating_add(*latency));
        let limit = sum.checked_div(usual.len() as u64)?.saturating_add(LATE_US);
        let late = moments().filter(|moment| self.has(moment.at_us));
        late.filter(|moment| moment.latency_us.is_some_and(|latency| latency > limit))
            .map(|moment| moment.at_us.min(self.until_us))
            .max()
    }

    /// Whether viewers watched on undisturbed after this moment.
    fn goes_on_after(&self, last: u64) -> bool {
        let watched = self.seen.sessions.iter().map(ViewingRow::end_us).max();
        let end = watched.map_or(self.until_us, |end| end.min(self.until_us));
        last.saturating_add(LOOK_US) <= end
    }
}
