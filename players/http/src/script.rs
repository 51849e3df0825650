//! Sessions whose network is written down beforehand: what is requested, and when it arrives. They
//! drive the real state machine in no time at all.

use crate::job::SessionJob;
use crate::log::SessionLog;
use serde::Deserialize;
use std::collections::VecDeque;
use std::fmt::Write;
use weir_abr::{Abr, Choice, Decision, Observation};
use weir_core::playlist::Uri;
use weir_core::{Event, Output, Player, Preset, Resource, SessionMetrics, Viewer, Viewing};
use weir_units::{BitRate, Bytes, Span, Time};

/// A session. `results/METRICS.md` explains the notation to its readers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    pub watch: Span,
    pub startup: Span,
    pub resume: Span,
    pub max_buffer: Span,
    pub ladder: Vec<BitRate>,
    pub segment: Span,
    pub segments: usize,
    /// How long the master playlist takes; all other documents arrive at once.
    pub playlist: Span,
    pub requests: Vec<Step>,
}

/// One segment request. Durations count from it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub rung: usize,
    /// The algorithm's own wait before it.
    #[serde(default)]
    pub wait: Span,
    /// The size of the segment, unless it is as the ladder says.
    pub size: Option<Bytes>,
    /// The first half of the body arrives.
    pub first_byte: Option<Span>,
    /// The second half of the body arrives.
    pub last_byte: Option<Span>,
    /// Nothing more arrives.
    pub failed: Option<Span>,
    /// Why.
    pub reason: Option<String>,
    #[serde(default = "ok")]
    pub status: u16,
}

fn ok() -> u16 {
    200
}

/// Answers as the script says.
struct Scripted(VecDeque<Decision>);

impl Abr for Scripted {
    fn decide(&mut self, _: &Observation) -> Decision {
        self.0.pop_front().expect("the script ends before the session")
    }
}

/// What the network brings.
enum Piece {
    Head(u16),
    Body(Bytes),
    End(String),
    Failure(String),
}

impl Script {
    /// The job of which it is the course.
    pub fn job(&self) -> SessionJob {
        let viewing = Viewing {
            max_buffer: self.max_buffer,
            startup: self.startup,
            resume: self.resume,
            ..Viewing::of(Preset::Weir, Choice::named("scripted"), self.watch)
        };
        SessionJob {
            viewer: Viewer {
                session: 0,
                node: "viewer".to_owned(),
                start: Time::ZERO,
                first_segment: 0,
                viewing,
            },
            url: "http://origin/master.m3u8".to_owned(),
            streams: Vec::new(),
        }
    }

    /// Plays it to its end.
    pub fn play(&self, mut log: Option<SessionLog>) -> SessionMetrics {
        let job = self.job();
        let mut abr: Box<dyn Abr> = Box::new(self.algorithm());
        if let Some(log) = &log {
            abr = log.listen(abr);
        }
        let mut player = Player::new(job.viewer.config(), Uri::parse(&job.url).unwrap(), abr);
        let mut steps = self.requests.iter();
        let mut coming: VecDeque<(Time, Piece)> = VecDeque::new();
        loop {
            let output = player.poll();
            if let Some(log) = &mut log {
                log.asked(&output, player.playback());
            }
            let wait = match output {
                Output::Finished => break,
                Output::Cancel => panic!("a script abandons nothing"),
                Output::Wait(until) => until,
                Output::Fetch(request) => {
                    coming = match request.resource {
                        Resource::Segment { rung, .. } => {
                            let step = steps.next().expect("the script ends before the session");
                            assert_eq!(rung, step.rung, "at {}", request.at);
                            self.response(step, request.at)
                        }
                        Resource::Master => {
                            [(request.at.after(self.playlist), Piece::End(self.master()))].into()
                        }
                        _ => [(request.at, Piece::End(self.media()))].into(),
                    };
                    continue;
                }
            };
            let (now, piece) = match coming.front() {
                Some((at, _)) if *at < wait => coming.pop_front().unwrap(),
                _ => (wait, Piece::Body(Bytes::ZERO)),
            };
            let event = match &piece {
                Piece::Body(Bytes::ZERO) => Event::Timeout,
                Piece::Body(bytes) => Event::Body { bytes: *bytes },
                Piece::Head(status) => Event::Response { status: *status, length: None },
                Piece::End(document) => Event::Complete { document: document.as_bytes() },
                Piece::Failure(reason) => Event::Failed { reason },
            };
            player.handle(now, event);
            if let Some(log) = &mut log {
                log.handled(now, &event, player.playback());
            }
        }
        assert_eq!(steps.count(), 0, "the session ends before the script");
        player.into_metrics()
    }

    /// The player itself decides on what follows a failure: the lowest rung, after a second.
    fn algorithm(&self) -> Scripted {
        let after_failure = [false].into_iter().chain(self.requests.iter().map(Step::fails));
        let steps = self.requests.iter().zip(after_failure).filter(|(_, retry)| !retry);
        Scripted(steps.map(|(step, _)| Decision::after(step.rung, step.wait)).collect())
    }

    fn response(&self, step: &Step, from: Time) -> VecDeque<(Time, Piece)> {
        let declared = self.ladder[step.rung].bytes_in(self.segment).unwrap();
        let size = step.size.unwrap_or(declared);
        let half = Bytes::new(size.get() / 2);
        let mut pieces = VecDeque::new();
        let ends = [step.first_byte, step.last_byte, step.failed].into_iter().flatten();
        let head = ends.min().expect("a response, or a failure");
        // A failure before any status is one of the connection.
        if step.first_byte.is_some() || step.status != ok() {
            pieces.push_back((from.after(head), Piece::Head(step.status)));
        }
        if let Some(first) = step.first_byte {
            pieces.push_back((from.after(first), Piece::Body(half)));
        }
        if let Some(last) = step.last_byte {
            let rest = Bytes::new(size.get() - half.get());
            pieces.push_back((from.after(last), Piece::Body(rest)));
            pieces.push_back((from.after(last), Piece::End(String::new())));
        }
        if let Some(failed) = step.failed {
            let reason = step.reason.clone().expect("a reason");
            pieces.push_back((from.after(failed), Piece::Failure(reason)));
        }
        pieces
    }

    fn master(&self) -> String {
        self.ladder.iter().enumerate().fold("#EXTM3U\n".to_owned(), |mut text, (rung, rate)| {
            let bps = rate.bps();
            writeln!(text, "#EXT-X-STREAM-INF:BANDWIDTH={bps}\n{rung}.m3u8").unwrap();
            text
        })
    }

    fn media(&self) -> String {
        let segment = |n| format!("#EXTINF:{:?},\n{n}.m4s\n", self.segment.as_secs_f64());
        let segments: String = (0..self.segments).map(segment).collect();
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:60\n{segments}#EXT-X-ENDLIST\n")
    }
}

impl Step {
    fn fails(&self) -> bool {
        self.failed.is_some()
    }
}
