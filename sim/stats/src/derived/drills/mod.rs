//! Drills of live streams: what each fault did to viewers, how the system reacted, and what it did
//! without need.

pub mod alarms;
pub mod drill;
pub mod faults;
pub mod rows;
mod table;

pub(crate) use table::write;
