//! An HLS player as a state machine: no clock, no I/O, in the manner of quinn-proto and str0m.
//!
//! A driver owns time and the network. It asks the [`Player`] what to do next ([`Player::poll`]),
//! and tells it what happened ([`Player::handle`]); every call says when. The same machine runs on
//! real sockets and in virtual time.
//!
//! | file | what lives there |
//! |---|---|
//! | `player/` | the session: what to fetch next and when, retries, the end |
//! | `player_config.rs`, `preset.rs` | what players do differently, and published players as data |
//! | `viewing.rs` | who watches, and how, as plain data |
//! | `playback.rs` | the playhead and the buffer, as functions of time |
//! | `content.rs` | what the session has learnt of its content |
//! | `playlist/` | HLS playlists, URIs and size tables: bounded parsers of what a server sends |
//! | `live/` | the session that follows a live stream |
//! | `qoe/` | the quality of experience, as published work defines it |
//! | `metrics.rs`, `rows.rs` | what a session was like, and its rows in the tables |
//!
//! What is not modelled: alternative renditions (EXT-X-MEDIA) are not fetched, encryption
//! (EXT-X-KEY) is ignored because nothing is decoded. [`Player`] plays recorded content and refuses
//! media without ENDLIST; [`LivePlayer`] follows that.

mod content;
mod live;
mod metrics;
mod playback;
mod player;
mod player_config;
pub mod playlist;
mod preset;
mod qoe;
mod rows;
mod viewing;

pub use content::{Content, ContentError, DURATION_TOLERANCE};
pub use live::{
    CatchUp, Latency, LiveMetrics, LivePlayer, LiveRules, MomentMetrics, PlaylistMetrics, Stream,
    UnknownCatchUp,
};
pub use metrics::{SETTLING, SegmentMetrics, SessionMetrics, StallMetrics};
pub use playback::{Filled, Phase, Playback};
pub use player::{
    Event, NextLook, Output, Player, RETRIES, RETRY_DELAY, Request, Resource, SessionConfig, Status,
};
pub use player_config::{AbandonCheck, Abandoned, Limit, PlayerConfig, Room};
pub use preset::Preset;
pub use qoe::{PensieveMeans, Per, Qoe, QoeError, QoePreset, SabreAverages};
pub use viewing::{PlayerProfile, Viewer, Viewing};
