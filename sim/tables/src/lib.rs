//! The tables of a run: written row by row as finished trials come, and read again as the rows of
//! one's own choice. The only crate with polars: nothing of it is seen from outside.
//!
//! [`RunTables`] writes what trials recorded, [`TableWriter`] what follows from it. A reader says
//! which columns it wants as a struct ([`table_row!`]), and gets the rows trial by trial
//! ([`ByTrial`]) or all of them ([`TableReader`]).
//!
//! Equal input gives equal bytes in every file, on every machine: rows have a fixed order, and
//! nothing contains a time, a version or a hash map's order.
//!
//! 2026-11-20: polars is used without its lazy engine, which would pull in clients of cloud storage
//! and double the build.

mod axis;
mod read;
mod run;
mod store;
mod write;

pub use axis::{Axis, AxisKind};
pub use read::rerun::{Difference, first_difference};
pub use read::row::{Rows, TableReader, TableRow};
pub use read::trials::{ByTrial, TrialHead, Trials, for_each, for_each_with_axes};
pub use run::{RunInfo, read_info, write_info};
pub use store::files::has_rows;
pub use store::guard::is_reading;
pub use write::order::{InOrder, axes};
pub use write::run::RunTables;
pub use write::table::{TableWriter, check};

/// For [`table_row!`].
#[doc(hidden)]
pub mod macros {
    pub use anyhow::Result;
    pub use weir_records;
}
