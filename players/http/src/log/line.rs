//! The lines of a log.

use serde::{Deserialize, Serialize};
use weir_abr::{Decision, Observation};
use weir_units::BitRate;

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The session within the trial.
    pub session: u64,
    /// When, in microseconds since the start of the trial, like the moments of the tables. The
    /// lines of one session are in order of time, and at one moment in the order of their causes.
    pub at_us: u64,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What a line of a log reports. Moments and durations inside are since the session's own start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// A request was due: of a segment, or of what it needs first.
    Request {
        /// What for, in words.
        resource: String,
        /// The segment of the content; missing for playlists and tables.
        segment: Option<u64>,
        /// The rung; missing for the master playlist and the size table.
        rung: Option<u64>,
        /// What was asked for.
        uri: String,
    },
    /// The head of the response was there.
    Response {
        /// The HTTP status.
        status: u16,
    },
    /// The first byte of the body was there.
    FirstByte,
    /// The last byte of the body was there.
    Complete {
        /// All bytes of the body.
        bytes: u64,
        /// The buffer with the segment in it.
        buffer_us: u64,
    },
    /// The request failed.
    Failed {
        /// Why.
        reason: String,
        /// The bytes of the body that had arrived.
        bytes: u64,
    },
    /// The first frame was shown.
    Startup,
    /// The buffer was empty: playback stopped.
    Stall {
        /// Media played before.
        played_us: u64,
    },
    /// Playback went on after a stall.
    Resume,
    /// The algorithm was asked.
    Decision {
        /// All that it saw.
        observation: Box<Observation>,
        /// What it answered.
        decision: Decision,
        /// The throughput that it counted with.
        estimate: Option<BitRate>,
    },
    /// The session was over.
    End {
        /// Media played.
        played_us: u64,
    },
    /// The log holds all that it may; nothing follows.
    LogFull,
}

impl Happening {
    /// The order of causes at one moment.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Response { .. } => 0,
            Self::FirstByte => 1,
            Self::Complete { .. } | Self::Failed { .. } => 2,
            Self::Stall { .. } => 3,
            Self::Startup | Self::Resume => 4,
            Self::Decision { .. } => 5,
            Self::Request { .. } => 6,
            Self::End { .. } | Self::LogFull => 7,
        }
    }
}
