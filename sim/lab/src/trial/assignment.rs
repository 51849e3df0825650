//! What a trial is to do, where it finds and leaves things, and what comes of it.

use crate::trial::logs::Logs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use weir_plan::{ServiceKind, Trial};
use weir_records::{Record, Rung};
use weir_units::Span;

/// A trial and what it needs to know of its content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Assignment {
    /// The trial.
    pub trial: Trial,
    /// Segments of the content before it loops.
    pub segments: u64,
    /// The duration of each.
    pub segment: Span,
    /// The ladder, as measured.
    pub rungs: Vec<Rung>,
    /// The kinds of its services, by their names.
    pub kinds: BTreeMap<String, ServiceKind>,
    /// How much is logged.
    pub logs: Logs,
}

/// Where a trial finds and leaves things.
pub struct Folders {
    /// Playlists.
    pub site: PathBuf,
    /// Segments.
    pub media: PathBuf,
    /// The experiment, if one of its programs decides.
    pub experiment: PathBuf,
    /// Run-time files, in memory.
    pub run: PathBuf,
    /// Logs.
    pub logs: PathBuf,
}

/// What a trial found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialOutput {
    /// Rows of the tables.
    pub records: Vec<Record>,
    /// Why the result must not be trusted; empty if it can be.
    pub doubts: Vec<String>,
    /// The time from the trial's start to its end.
    pub duration: Span,
}

/// How long after its last viewer has left a trial may go on.
pub(crate) const GRACE: Span = Span::from_s(120);

/// How long a live stream goes on before its first viewer comes: until playlists list as many
/// segments as they ever do.
pub(crate) fn filling(assignment: &Assignment) -> Span {
    /// The first key frame that a packager finds, and the segment after it, whose end shows.
    const MORE: u64 = 3;
    let window = assignment.trial.setup.live.as_ref().map(|live| live.window);
    let segments = window.map_or(0, |window| window.saturating_add(MORE));
    assignment.segment.checked_mul(segments).unwrap_or(Span::ZERO)
}
