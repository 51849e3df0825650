//! The rows of the results and their schema, declared once: the structs that programs fill in,
//! the columns that tables have, and the text of `results/SCHEMA.md` all come from [`tables`].
//!
//! Rows travel from where they arise (a guest, a player process) as JSON lines of [`Record`].

mod schema;
pub mod tables;

pub use schema::{Cell, Column, Kind, Row, Table};
pub use tables::{Event, Link, Node, Record, Rung, Segment, Session, Stall, Trial, Verdict};
