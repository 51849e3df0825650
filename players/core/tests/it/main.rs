//! Whole sessions over a toy network in virtual time, and playlists from anywhere.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod laws;
mod live;
mod playlists;
mod presets;
mod sessions;
mod toy;
