//! Jobs, and what comes of them.

use crate::server::{Server, monotonic_ns};
use std::sync::Arc;
use weir_abr::Choice;
use weir_http::{Job, Preset, Senders, SessionJob, Transport, Viewer, Viewing, run};
use weir_records::{Event, Live, Moment, Playlist, Record, Segment, Session, Stall, read_lines};
use weir_units::{Span, Time};

/// A session of 2 s that begins at once.
pub fn session(server: &Server, abr: &str) -> SessionJob {
    let viewing = Viewing {
        max_buffer: Span::from_s(8),
        startup: Span::from_s(1),
        resume: Span::from_s(1),
        ..Viewing::of(Preset::Weir, Choice::named(abr), Span::from_s(2))
    };
    let node = "viewer".to_owned();
    SessionJob {
        viewer: Viewer { session: 0, node, start: Time::ZERO, first_segment: 0, viewing },
        url: server.url("/vod/master.m3u8"),
        streams: Vec::new(),
    }
}

/// A session that always asks for this rung.
pub fn fixed(server: &Server, rung: usize) -> SessionJob {
    let mut session = session(server, "fixed");
    session.viewer.viewing.abr.params.insert("rung".to_owned(), rung.to_string());
    session
}

/// Deadlines short enough for a test.
pub fn impatient() -> Transport {
    Transport { header: Span::from_ms(300), body: Span::from_ms(300), ..Transport::default() }
}

/// All rows of a job.
#[derive(Debug, Default)]
pub struct Rows {
    pub sessions: Vec<Session>,
    pub segments: Vec<Segment>,
    pub stalls: Vec<Stall>,
    pub events: Vec<Event>,
    pub live: Vec<Live>,
    pub playlists: Vec<Playlist>,
    pub moments: Vec<Moment>,
}

/// Runs these sessions from now on.
pub fn watch(sessions: &[SessionJob], transport: Transport) -> Rows {
    let sessions = sessions.to_vec();
    rows(&Job { epoch: monotonic_ns(), sessions, transport, folder: "".into(), log: None }, None)
}

/// Runs a job.
pub fn rows(job: &Job, senders: Option<Arc<dyn Senders>>) -> Rows {
    let mut text = Vec::new();
    run(job, &mut text, senders).unwrap();
    let mut rows = Rows::default();
    for record in read_lines(&text[..], 10_000_000).unwrap() {
        match record {
            Record::Session(row) => rows.sessions.push(row),
            Record::Segment(row) => rows.segments.push(row),
            Record::Stall(row) => rows.stalls.push(row),
            Record::Event(row) => rows.events.push(row),
            Record::Live(row) => rows.live.push(row),
            Record::Playlist(row) => rows.playlists.push(row),
            Record::Moment(row) => rows.moments.push(row),
            other => panic!("not a row of a player: {other:?}"),
        }
    }
    rows
}
