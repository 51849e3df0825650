//! Sessions that follow a live stream.

mod laws;
mod sessions;
mod world;
