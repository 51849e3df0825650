//! Drills of live streams: what each fault did to viewers, how the system reacted, and which
//! mechanism is best for which fault.
//!
//! | file | what lives there |
//! |---|---|
//! | `rows.rs` | the rows of trials, as far as drills need them |
//! | `faults.rs` | the faults of a trial, and when they were in force |
//! | `drill.rs` | what followed from a fault |
//! | `alarms.rs` | a switcher's changes without need, and the bound of their rate |
//! | `table.rs` | the tables `drills` and `alarms` |
//! | `read.rs` | the same tables, read again |
//! | `groups.rs` | drills by fault and mechanism |
//! | `verdict.rs` | which mechanism is best for which fault |
//! | `shown.rs` | as people see it |
//! | `timeline.rs` | a drill over time |

mod alarms;
mod drill;
mod faults;
mod groups;
mod read;
mod rows;
mod shown;
mod table;
mod timeline;
mod verdict;

pub(crate) use shown::{DrillSpread, DrillsShown};
pub(crate) use table::write;
pub(crate) use timeline::{DrawnDrill, DrillTimeline, MarkKind, Viewer};
#[cfg(test)]
pub(crate) use timeline::{FaultSpan, Mark};
