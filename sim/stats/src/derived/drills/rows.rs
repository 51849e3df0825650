//! The rows of trials, as far as drills need them; those of one trial at a time.

use crate::sweep::Sweep;
use anyhow::{Context, Result};
use std::sync::Arc;
use weir_records::{EventKind, Segment};
use weir_tables::{ByTrial, TrialHead, table_row};

table_row! {
    /// An event; see [`weir_records::Event`].
    pub struct EventRow of Event {
        /// When it happened.
        pub at_us: u64,
        /// On which node.
        pub node: String,
        /// In which service; empty where it is in none.
        pub service: String,
        /// What happened.
        pub event: String,
        /// More about it.
        pub detail: Option<String>,
    }
}

impl EventRow {
    /// What happened, as a word of this program; `None` for that of another.
    pub fn kind(&self) -> Option<EventKind> {
        self.event.parse().ok()
    }
}

table_row! {
    /// A request of a segment.
    struct SegmentRow of Segment {
        session: u64,
        request_us: u64,
        download_us: u64,
        origin: Option<Arc<str>>,
        err: Option<Arc<str>>,
    }
}

table_row! {
    /// A request of a playlist.
    struct PlaylistRow of Playlist {
        session: u64,
        request_us: u64,
        download_us: u64,
        origin: Option<Arc<str>>,
        err: Option<Arc<str>>,
        age_us: Option<u64>,
    }
}

/// A request of a segment or a playlist; see [`weir_records::Segment`] and
/// [`weir_records::Playlist`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Whose it is.
    pub session: u64,
    /// Whether it is one of a segment.
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

impl RequestRow {
    /// Whether it brought all that was asked for.
    pub fn is_whole(&self) -> bool {
        !self.failed && !self.cut_off
    }
}

impl From<PlaylistRow> for RequestRow {
    fn from(row: PlaylistRow) -> Self {
        let cut_off = row.err.as_deref() == Some(Segment::CUT_OFF);
        Self {
            session: row.session,
            is_segment: false,
            end_us: row.request_us.saturating_add(row.download_us),
            origin: row.origin,
            failed: row.err.is_some() && !cut_off,
            cut_off,
            age_us: row.age_us,
        }
    }
}

impl From<SegmentRow> for RequestRow {
    fn from(row: SegmentRow) -> Self {
        let SegmentRow { session, request_us, download_us, origin, err } = row;
        let row = PlaylistRow { session, request_us, download_us, origin, err, age_us: None };
        Self { is_segment: true, ..row.into() }
    }
}

table_row! {
    /// A stall; see [`weir_records::Stall`].
    pub struct StallRow of Stall {
        /// Whose it is.
        pub session: u64,
        /// When it began.
        pub start_us: u64,
        /// How long it took.
        pub duration_us: u64,
    }
}

impl StallRow {
    /// When it was over.
    pub fn end_us(&self) -> u64 {
        self.start_us.saturating_add(self.duration_us)
    }
}

table_row! {
    /// What a viewer saw at a moment; see [`weir_records::tables::Moment`].
    pub struct MomentRow of Moment {
        /// Whose it is.
        pub session: u64,
        /// When it was.
        pub at_us: u64,
        /// What playback did.
        pub phase: Arc<str>,
        /// Media in the buffer.
        pub buffer_us: u64,
        /// Behind the live edge.
        pub latency_us: Option<u64>,
    }
}

table_row! {
    /// A session; see [`weir_records::Session`].
    pub struct ViewingRow of Session {
        /// Its number.
        pub session: u64,
        /// Where it ran.
        pub node: String,
        /// When it began.
        pub start_us: u64,
        /// How long it took.
        pub session_us: u64,
        /// Why it ended before its time.
        pub err: Option<String>,
    }
}

impl ViewingRow {
    /// When it ended.
    pub fn end_us(&self) -> u64 {
        self.start_us.saturating_add(self.session_us)
    }

    /// Whether it ended with an error.
    pub fn is_lost(&self) -> bool {
        self.err.is_some()
    }
}

/// A trial with its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct DrillTrial {
    /// When it ended.
    pub end_us: u64,
    /// In the order of time and place.
    pub events: Vec<EventRow>,
    /// In the order in which they ended.
    pub requests: Vec<RequestRow>,
    /// By session.
    pub stalls: Vec<StallRow>,
    /// By session.
    pub moments: Vec<MomentRow>,
    /// In their order.
    pub sessions: Vec<ViewingRow>,
}

/// Visits the trials of the run in their order, each with its rows.
///
/// # Errors
/// Those of `visit`, and if a table cannot be read or is not what the schema says.
pub fn for_each(
    sweep: &Sweep,
    visit: &mut dyn FnMut(TrialHead, DrillTrial) -> Result<()>,
) -> Result<()> {
    let dir = sweep.dir();
    let mut ends = ByTrial::<EndRow>::open(dir)?;
    let mut segments = ByTrial::<SegmentRow>::open(dir)?;
    let mut playlists = ByTrial::<PlaylistRow>::open(dir)?;
    let mut stalls = ByTrial::open(dir)?;
    let mut moments = ByTrial::open(dir)?;
    let mut sessions = ByTrial::open(dir)?;
    weir_tables::for_each(dir, ByTrial::open(dir)?, &mut |head, events| {
        let ends = ends.of(&head.id)?;
        let end = ends.first().with_context(|| format!("trial {} has no row in `trials`", head.id));
        let segments = segments.of(&head.id)?.into_iter().map(RequestRow::from);
        let playlists = playlists.of(&head.id)?.into_iter().map(RequestRow::from);
        let mut requests: Vec<RequestRow> = segments.chain(playlists).collect();
        requests.sort_by_key(|request| (request.end_us, request.session, request.is_segment));
        let trial = DrillTrial {
            end_us: end?.virtual_us,
            events,
            requests,
            stalls: stalls.of(&head.id)?,
            moments: moments.of(&head.id)?,
            sessions: sessions.of(&head.id)?,
        };
        visit(head, trial)
    })
}

table_row! {
    /// When a trial ended.
    struct EndRow of Trial {
        virtual_us: u64,
    }
}
