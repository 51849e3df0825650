//! How a player follows a live stream: where it plays, how it gets back there, and when it looks
//! for another stream.
//!
//! | file | what lives there |
//! |---|---|
//! | `player/` | the session as a state machine: what to fetch next and when, failovers, jumps |
//! | `timeline.rs` | segments of several origins and rungs on one line of time |
//! | `catch_up.rs`, `rate_controller.rs` | the laws by which players change the rate of playback |
//! | `queue.rs` | the segments in the buffer, and the playhead among them |
//! | `boxes.rs`, `capture.rs` | when a picture was captured, from the timestamps of the media |
//! | `measure.rs`, `metrics.rs` | latency over time, and what a session was like |

mod boxes;
mod capture;
mod catch_up;
mod measure;
mod metrics;
mod player;
mod queue;
mod rate_controller;
mod timeline;

pub use catch_up::{CatchUp, UnknownCatchUp};
pub use metrics::{Latency, LiveMetrics, MomentMetrics, PlaylistMetrics};
pub use player::{LivePlayer, Stream};
use serde::{Deserialize, Serialize};
use weir_units::Span;

/// The rules by which a player follows a live stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiveRules {
    /// How it changes the rate of playback to get back to its target.
    pub catch_up: CatchUp,
    /// The latency that it aims at, from the live edge to the playhead; `None`: three target
    /// durations (HOLD-BACK where absent, RFC 8216bis, section 4.4.3.8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Span>,
    /// It jumps to the target when the latency exceeds this; `None`: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_latency: Option<Span>,
    /// A playlist that has had no new segment for so long counts as a failure, after which another
    /// stream is tried; `None`: three target durations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<Span>,
}
