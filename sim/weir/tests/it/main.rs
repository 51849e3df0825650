//! The whole program, from its command line; and the shape of the house.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helper fails by panicking")]

mod algorithms;
mod architecture;
mod bad_input;
mod complete;
mod damaged;
mod decided;
mod failures;
mod host;
mod identity;
mod interrupt;
mod kill;
mod leftovers;
mod listeners;
mod live;
mod many_cells;
mod media;
mod modules;
mod play;
mod program;
mod replay;
mod resume;
mod same;
mod sample;
mod sources;
mod tidy;
mod traces;
mod walls;
