//! Why a session went as it did: every decision with all that the algorithm saw, and what happened
//! in between, as JSON lines.
//!
//! The log looks on and changes nothing: it wraps the algorithm and reads the state machine. An
//! algorithm of the same parameters that is shown the observations of a session in their order
//! takes the same decisions again.

mod file;
mod line;

use crate::job::SessionJob;
pub use file::LOG_LIMIT;
pub(crate) use file::Log;
use file::lock;
pub use line::{Happening, LogLine};
use std::sync::{Arc, Mutex};
use weir_abr::{Abr, Decision, Observation, Progress, Verdict};
use weir_core::{Event, Output, Phase, Playback, Request, Resource};
use weir_units::{BitRate, Time};

/// A moment of the session, and what happened then.
type Entry = (Time, Happening);

/// The log of one session.
#[derive(Debug)]
pub(crate) struct SessionLog {
    log: Log,
    session: u64,
    /// When the session started, in the trial.
    start: Time,
    /// What happened since the state machine was last asked what to do, not yet in order: it does
    /// what was due at its own moment, however late that is.
    entries: Arc<Mutex<Vec<Entry>>>,
    /// Bytes of the present body.
    bytes: u64,
    started: bool,
    /// The stalls that were noted, and those whose ends were.
    stalls: usize,
    over: usize,
}

impl SessionLog {
    /// The part of one session in the log of its process.
    pub fn new(log: &Log, job: &SessionJob) -> Self {
        Self {
            log: log.clone(),
            session: job.viewer.session,
            start: job.viewer.start,
            entries: Arc::default(),
            bytes: 0,
            started: false,
            stalls: 0,
            over: 0,
        }
    }

    /// The same algorithm, with its decisions in the log.
    pub fn listen(&self, abr: Box<dyn Abr>) -> Box<dyn Abr> {
        Box::new(Listener { abr, entries: Arc::clone(&self.entries) })
    }

    /// Notes what the state machine asks for, and writes all that led to it.
    pub fn asked(&mut self, output: &Output, playback: &Playback) {
        let mut entries = std::mem::take(&mut *lock(&self.entries));
        match output {
            Output::Wait(_) | Output::Cancel => {}
            Output::Finished => {
                let played_us = playback.played().us();
                entries.push((playback.at(), Happening::End { played_us }));
            }
            Output::Fetch(request) => {
                self.bytes = 0;
                entries.push((request.at, asked_for(request)));
            }
        }
        entries.sort_by_key(|(at, what)| (*at, what.rank()));
        for (at, what) in entries {
            let at_us = self.start.after(at.since(Time::ZERO)).us();
            self.log.write(&LogLine { session: self.session, at_us, what });
        }
    }

    /// Notes an event that the state machine has handled, and what came of it.
    pub fn handled(&mut self, now: Time, event: &Event<'_>, playback: &Playback) {
        let mut entries = lock(&self.entries);
        let happening = match event {
            // The session was over before.
            _ if now > playback.at() => None,
            Event::Timeout | Event::Arrived { .. } | Event::Whole { .. } => None,
            Event::Response { status, .. } => Some(Happening::Response { status: *status }),
            Event::Body { bytes } => {
                let first = self.bytes == 0;
                self.bytes = self.bytes.saturating_add(bytes.get());
                (first && self.bytes > 0).then_some(Happening::FirstByte)
            }
            Event::Complete { .. } => {
                let buffer_us = playback.buffer().us();
                Some(Happening::Complete { bytes: self.bytes, buffer_us })
            }
            Event::Failed { reason } => {
                let reason = (*reason).to_owned();
                Some(Happening::Failed { reason, bytes: self.bytes })
            }
        };
        entries.extend(happening.map(|what| (now, what)));
        if let Some(startup) = playback.startup().filter(|_| !self.started) {
            self.started = true;
            entries.push((Time::ZERO.after(startup), Happening::Startup));
        }
        let stalls = playback.stalls();
        for stall in stalls.iter().skip(self.stalls) {
            entries.push((stall.start, Happening::Stall { played_us: stall.played.us() }));
        }
        self.stalls = stalls.len();
        // The last one may last; one that the end of the session cuts off is never over.
        let over = stalls.len() - usize::from(playback.phase() == Phase::Stalled);
        for stall in stalls.iter().take(over).skip(self.over) {
            entries.push((stall.start.after(stall.duration), Happening::Resume));
        }
        self.over = over;
    }
}

fn asked_for(request: &Request) -> Happening {
    let (rung, segment) = match request.resource {
        Resource::Master | Resource::Sizes => (None, None),
        Resource::Media { rung } => (Some(rung), None),
        Resource::Init { rung, segment } | Resource::Segment { rung, segment } => {
            (Some(rung), Some(segment))
        }
    };
    Happening::Request {
        resource: request.resource.to_string(),
        segment: segment.map(|segment| segment as u64),
        rung: rung.map(|rung| rung as u64),
        uri: request.uri.as_ref().map_or("", |uri| uri.as_str()).to_owned(),
    }
}

/// An algorithm whose decisions are noted.
struct Listener {
    abr: Box<dyn Abr>,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Abr for Listener {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let decision = self.abr.decide(seen);
        let (observation, estimate) = (Box::new(seen.clone()), self.abr.estimate());
        let what = Happening::Decision { observation, decision, estimate };
        lock(&self.entries).push((seen.now, what));
        decision
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.abr.progress(seen, progress)
    }

    fn abandons(&self) -> bool {
        self.abr.abandons()
    }

    fn estimate(&self) -> Option<BitRate> {
        self.abr.estimate()
    }

    fn fault(&self) -> Option<&str> {
        self.abr.fault()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_in_order_and_whole_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        for example in crate::rows::examples::examples() {
            let log = Log::create(&path).unwrap();
            let metrics = example.script.play(Some(SessionLog::new(&log, &example.script.job())));
            assert_eq!(metrics, example.script.play(None));
            log.finish().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let lines: Vec<LogLine> =
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(lines.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us));
            let moments = |wanted: fn(&Happening) -> bool| -> Vec<u64> {
                lines.iter().filter(|line| wanted(&line.what)).map(|line| line.at_us).collect()
            };
            let stalls: Vec<_> = metrics.stalls.iter().map(|stall| stall.start.us()).collect();
            assert_eq!(moments(|what| matches!(what, Happening::Stall { .. })), stalls);
            let resumed = metrics.stalls.iter().filter(|stall| !stall.cut_off);
            let resumed: Vec<_> =
                resumed.map(|stall| stall.start.after(stall.duration).us()).collect();
            assert_eq!(moments(|what| matches!(what, Happening::Resume)), resumed);
            let requested: Vec<_> = metrics.segments.iter().map(|s| s.requested.us()).collect();
            let segment =
                |what: &Happening| matches!(what, Happening::Request { segment: Some(_), .. });
            assert_eq!(moments(segment), requested);
            let startup: Vec<_> = metrics.startup.iter().map(|startup| startup.us()).collect();
            assert_eq!(moments(|what| matches!(what, Happening::Startup)), startup);
            let end = lines.last().unwrap();
            let expected = Happening::End { played_us: metrics.played.us() };
            assert_eq!((end.at_us, &end.what), (metrics.length.us(), &expected));
        }
    }
}
