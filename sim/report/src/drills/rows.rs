//! The rows of trials, as far as drills need them; those of one trial at a time.

use crate::columns::{ints, texts};
use crate::sweep::Sweep;
use crate::trials::{self, ByTrial, TrialHead};
use anyhow::{Context, Result};
use polars::prelude::DataFrame;
use std::sync::Arc;
use weir_records::tables::{Moment, Playlist};
use weir_records::{Event, Row, Segment, Session, Stall, Trial};

/// An event; see [`Event`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventSeen {
    pub at_us: u64,
    pub node: String,
    pub service: String,
    pub event: String,
    pub detail: Option<String>,
}

/// A request of a segment or a playlist; see [`Segment`] and [`Playlist`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestSeen {
    pub session: u64,
    pub is_segment: bool,
    /// When the answer was complete, or the request failed.
    pub end_us: u64,
    /// The origin that answered, if it said who it is.
    pub origin: Option<Arc<str>>,
    /// Whether it failed by itself: not because the session ended.
    pub failed: bool,
    /// Whether the end of the session cut it off.
    pub cut_off: bool,
    /// The age of the playlist.
    pub age_us: Option<u64>,
}

impl RequestSeen {
    /// Whether it brought all that was asked for.
    pub(super) fn is_whole(&self) -> bool {
        !self.failed && !self.cut_off
    }
}

/// A stall; see [`Stall`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StallSeen {
    pub session: u64,
    pub start_us: u64,
    pub duration_us: u64,
}

impl StallSeen {
    pub(super) fn end_us(&self) -> u64 {
        self.start_us.saturating_add(self.duration_us)
    }
}

/// What a viewer saw at a moment; see [`Moment`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MomentSeen {
    pub session: u64,
    pub at_us: u64,
    pub phase: Arc<str>,
    pub buffer_us: u64,
    pub latency_us: Option<u64>,
}

/// A session; see [`Session`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionSeen {
    pub session: u64,
    pub node: String,
    pub start_us: u64,
    pub end_us: u64,
    /// Whether it ended with an error.
    pub lost: bool,
}

/// A trial with its rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TrialSeen {
    /// When it ended.
    pub end_us: u64,
    pub events: Vec<EventSeen>,
    /// In the order in which they ended.
    pub requests: Vec<RequestSeen>,
    pub stalls: Vec<StallSeen>,
    pub moments: Vec<MomentSeen>,
    pub sessions: Vec<SessionSeen>,
}

/// Visits the trials of the run in their order, each with its rows.
pub(super) fn for_each(
    sweep: &Sweep,
    visit: &mut dyn FnMut(TrialHead, TrialSeen) -> Result<()>,
) -> Result<()> {
    let dir = sweep.dir();
    let mut ends = ByTrial::open(dir, Trial::TABLE.name, &["virtual_us"], ends)?;
    let mut segments = ByTrial::open(dir, Segment::TABLE.name, &SEGMENT, segments)?;
    let mut playlists = ByTrial::open(dir, Playlist::TABLE.name, &PLAYLIST, playlists)?;
    let mut stalls = ByTrial::open(dir, Stall::TABLE.name, &STALL, stalls)?;
    let mut moments = ByTrial::open(dir, Moment::TABLE.name, &MOMENT, moments)?;
    let mut sessions = ByTrial::open(dir, Session::TABLE.name, &SESSION, sessions)?;
    let events = ByTrial::open(dir, Event::TABLE.name, &EVENT, events)?;
    trials::for_each(dir, events, &mut |head, events| {
        let end = ends.of(&head.id)?.first().copied();
        let mut requests = segments.of(&head.id)?;
        requests.extend(playlists.of(&head.id)?);
        requests.sort_by_key(|request| (request.end_us, request.session, request.is_segment));
        let seen = TrialSeen {
            end_us: end.with_context(|| format!("trial {} has no row in `trials`", head.id))?,
            events,
            requests,
            stalls: stalls.of(&head.id)?,
            moments: moments.of(&head.id)?,
            sessions: sessions.of(&head.id)?,
        };
        visit(head, seen)
    })
}

fn ends(frame: &DataFrame) -> Result<Vec<u64>> {
    Ok(ints(frame, "virtual_us")?.into_iter().map(Option::unwrap_or_default).collect())
}

const EVENT: [&str; 5] = ["at_us", "node", "service", "event", "detail"];

fn events(frame: &DataFrame) -> Result<Vec<EventSeen>> {
    let at = ints(frame, "at_us")?;
    let (nodes, services) = (texts(frame, "node")?, texts(frame, "service")?);
    let (events, details) = (texts(frame, "event")?, texts(frame, "detail")?);
    let text = |values: &[Option<&str>], row: usize| values[row].unwrap_or_default().to_owned();
    let event = |row: usize| EventSeen {
        at_us: at[row].unwrap_or_default(),
        node: text(&nodes, row),
        service: text(&services, row),
        event: text(&events, row),
        detail: details[row].map(str::to_owned),
    };
    Ok((0..frame.height()).map(event).collect())
}

const SEGMENT: [&str; 5] = ["session", "request_us", "download_us", "origin", "err"];

fn segments(frame: &DataFrame) -> Result<Vec<RequestSeen>> {
    requests(frame, true, vec![None; frame.height()])
}

const PLAYLIST: [&str; 6] = ["session", "request_us", "download_us", "origin", "err", "age_us"];

fn playlists(frame: &DataFrame) -> Result<Vec<RequestSeen>> {
    requests(frame, false, ints(frame, "age_us")?)
}

fn requests(
    frame: &DataFrame,
    is_segment: bool,
    ages: Vec<Option<u64>>,
) -> Result<Vec<RequestSeen>> {
    let session = ints(frame, "session")?;
    let (request, download) = (ints(frame, "request_us")?, ints(frame, "download_us")?);
    let (mut origins, errs) = (Names::default(), texts(frame, "err")?);
    let names = texts(frame, "origin")?;
    let row = |row: usize| {
        let begin = request[row].unwrap_or_default();
        let cut_off = errs[row] == Some(Segment::CUT_OFF);
        RequestSeen {
            session: session[row].unwrap_or_default(),
            is_segment,
            end_us: begin.saturating_add(download[row].unwrap_or_default()),
            origin: names[row].map(|name| origins.shared(name)),
            failed: errs[row].is_some() && !cut_off,
            cut_off,
            age_us: ages[row],
        }
    };
    Ok((0..frame.height()).map(row).collect())
}

/// Texts of which there are few.
#[derive(Default)]
struct Names(Vec<Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| ***known == *name) {
            return known.clone();
        }
        let new: Arc<str> = name.into();
        // What a server calls itself is its own business, and could be another name each time.
        if self.0.len() < 64 {
            self.0.push(new.clone());
        }
        new
    }
}

const STALL: [&str; 3] = ["session", "start_us", "duration_us"];

fn stalls(frame: &DataFrame) -> Result<Vec<StallSeen>> {
    let (session, start) = (ints(frame, "session")?, ints(frame, "start_us")?);
    let duration = ints(frame, "duration_us")?;
    let stall = |row: usize| StallSeen {
        session: session[row].unwrap_or_default(),
        start_us: start[row].unwrap_or_default(),
        duration_us: duration[row].unwrap_or_default(),
    };
    Ok((0..frame.height()).map(stall).collect())
}

const MOMENT: [&str; 5] = ["session", "at_us", "phase", "buffer_us", "latency_us"];

fn moments(frame: &DataFrame) -> Result<Vec<MomentSeen>> {
    let (session, at) = (ints(frame, "session")?, ints(frame, "at_us")?);
    let (buffer, latency) = (ints(frame, "buffer_us")?, ints(frame, "latency_us")?);
    let (phases, mut names) = (texts(frame, "phase")?, Names::default());
    let moment = |row: usize| MomentSeen {
        session: session[row].unwrap_or_default(),
        at_us: at[row].unwrap_or_default(),
        phase: names.shared(phases[row].unwrap_or_default()),
        buffer_us: buffer[row].unwrap_or_default(),
        latency_us: latency[row],
    };
    Ok((0..frame.height()).map(moment).collect())
}

const SESSION: [&str; 5] = ["session", "node", "start_us", "session_us", "err"];

fn sessions(frame: &DataFrame) -> Result<Vec<SessionSeen>> {
    let (session, start) = (ints(frame, "session")?, ints(frame, "start_us")?);
    let length = ints(frame, "session_us")?;
    let (nodes, errs) = (texts(frame, "node")?, texts(frame, "err")?);
    let seen = |row: usize| {
        let start_us = start[row].unwrap_or_default();
        SessionSeen {
            session: session[row].unwrap_or_default(),
            node: nodes[row].unwrap_or_default().to_owned(),
            start_us,
            end_us: start_us.saturating_add(length[row].unwrap_or_default()),
            lost: errs[row].is_some(),
        }
    };
    Ok((0..frame.height()).map(seen).collect())
}
