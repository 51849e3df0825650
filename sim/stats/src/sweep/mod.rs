//! A run as a sweep: its axes and dimensions, its cells and their trials, and what is measured of
//! them.

pub mod cells;
pub mod dimension;
pub mod metric;
pub mod pairs;
pub mod path;
mod read;
pub mod session;
mod whole;

pub use whole::{Level, Sweep, SweepAxis, SweepCell};
