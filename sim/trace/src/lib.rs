//! Traces: how fast a link, or one flow over it, was over time.
//!
//! A [`Trace`] is a rate that is constant piece by piece, over whole nanoseconds, with what makes
//! it usable as evidence: where it comes from, under which licence, how it was converted, and
//! whether it is the *capacity* of a link or the *goodput* of one flow. The two are never mixed
//! silently.
//!
//! - [`Trace::carried`] and [`Trace::delivered`] answer the questions of a network engine exactly,
//!   in logarithmic time, also after a million repetitions of the trace; a [`Cursor`] gives the
//!   same answers in constant time where each question is a little later than the one before.
//! - [`read`] and [`write()`] know Weir's own form (`topologies/traces/FORMAT.md`), [`import`] and
//!   [`export`] also those of Sabre, Pensieve, Mahimahi and LLL-CAdViSE, and tables in CSV.
//! - [`generate()`] makes traces by named models, the same bits from the same seed everywhere.
//! - [`Stats`], [`chart()`] and [`described`] say what is in a trace.
//!
//! The laws, each of them a test: what is carried in two neighbouring intervals adds up; delivery
//! is the inverse of carrying, to the nanosecond; a trace that repeats carries as much in every
//! round; writing and then reading is the identity where the form can express the trace.

mod build;
mod chart;
mod cursor;
mod decimal;
mod describe;
mod error;
mod format;
mod generate;
mod limits;
mod near;
mod query;
mod rate;
mod stats;
mod trace;
mod volume;

pub use build::Builder;
pub use chart::chart;
pub use cursor::{Cursor, Delivery};
pub use describe::{described, heading, look, name_of};
pub use error::{Fault, Position, Refusal};
pub use format::{
    Clock, Csv, Exported, Format, Origin, Reader, UnknownFormat, export, import, load, read, write,
};
pub use generate::{Model, Param, generate, models, models_listed};
pub use limits::MAX_FILE;
pub use query::Now;
pub use rate::{Rate, RateError};
pub use stats::Stats;
pub use trace::{About, Kind, Step, Trace, UnknownKind};
pub use volume::Volume;
