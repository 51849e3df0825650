//! An HLS player as a state machine: no clock, no I/O, in the manner of quinn-proto and str0m.
//!
//! A driver owns time and the network. It asks the [`Player`] what to do next ([`Player::poll`]),
//! and tells it what happened ([`Player::handle`]); every call says when. The same machine runs on
//! real sockets and in virtual time.
//!
//! | file | what lives there |
//! |---|---|
//! | `player/` | the session: what to fetch next and when, retries, the end |
//! | `rules.rs`, `preset.rs` | what players do differently, and published players as data |
//! | `playback.rs` | the playhead and the buffer, as functions of time |
//! | `content.rs` | what the session has learnt of its content |
//! | `playlist/` | HLS playlists, URIs and size tables: bounded parsers of what a server sends |
//! | `live/` | the session that follows a live stream |
//! | `qoe/` | the quality of experience, as published work defines it |
//! | `facts.rs`, `rows.rs` | what a session was like, and its rows in the tables |
//!
//! What is not modelled: alternative renditions (EXT-X-MEDIA) are not fetched, encryption
//! (EXT-X-KEY) is ignored because nothing is decoded. [`Player`] plays recorded content and refuses media
//! without ENDLIST; [`LivePlayer`] follows that.

mod content;
mod facts;
mod live;
mod playback;
mod player;
pub mod playlist;
mod preset;
mod qoe;
mod rows;
mod rules;

pub use content::{Content, ContentError, DURATION_TOLERANCE};
pub use facts::{SETTLING, SegmentFacts, SessionFacts, StallFacts};
pub use live::{
    CatchUp, Latency, LiveFacts, LivePlayer, LiveRules, MomentFacts, PlaylistFacts, Stream,
    UnknownCatchUp,
};
pub use playback::{Filled, Phase, Playback};
pub use player::{
    Config, Event, NextLook, Output, Player, RETRIES, RETRY_DELAY, Request, Resource, Status,
};
pub use preset::{Conduct, Preset, UnknownPreset};
pub use qoe::{PensieveMeans, Per, Qoe, QoeError, QoePreset, SabreAverages};
pub use rows::Keys;
pub use rules::{Abandoned, Limit, Look, Room, Rules};
