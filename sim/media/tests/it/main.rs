//! Content made for real: with ffmpeg, which must be there, and from the reference data.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod common;
mod film;
mod inspection;
mod kill;
mod playlists;
mod refusals;
mod tables;
