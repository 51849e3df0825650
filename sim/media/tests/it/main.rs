//! Content made for real: with ffmpeg, which must be there, and from the reference data.

mod common;
mod film;
mod kill;
mod playlists;
mod refusals;
mod tables;
