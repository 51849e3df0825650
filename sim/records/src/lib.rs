//! The rows of the results and their schema, declared once: the structs that programs fill in,
//! the columns that tables have, and the text of `results/SCHEMA.md` all come from [`tables`].
//!
//! Rows travel from where they arise (a guest, a player process) as JSON lines of [`Record`].

mod checks;
mod drills;
mod lines;
mod markdown;
mod result;
mod schema;
mod summary;
pub mod tables;
mod words;

pub use checks::{Agreement, LabDifference};
pub use drills::{Alarm, Drill};
pub use lines::{LinesError, read_lines, write_lines};
pub use markdown::schema_markdown;
pub use result::TrialResult;
pub use schema::{Cell, Column, Kind, Row, Table};
pub use summary::{Comparison, Summary};
pub use tables::{
    Event, Flow, Link, Live, Moment, Node, Playlist, Record, Rung, Segment, Session, Stall, Trial,
    Verdict,
};
pub use words::{EventKind, FaultKind, FaultTarget};
