//! What the trials of a run come to: statistics, and the tables that follow from others. Neither
//! polars nor anything that draws is used here.
//!
//! [`write_run`] turns finished trials into the tables of the run's folder, row by row as they
//! come. A [`Sweep`] reads them again cell by cell.
//!
//! | folder | what lives there |
//! |---|---|
//! | `methods/` | statistics of numbers |
//! | `sweep/` | a run by cells, and what is measured of them |
//! | `derived/` | the tables that follow from others |
//!
//! The derived tables are written here, and not beside the reports that show them: they need what
//! tables say and what statistics make of it, and nothing of how it looks.
//!
//! Statistics are plain loops over rows, whose order of summation is known: equal tables give equal
//! bits, on every machine.

pub mod derived;
pub mod methods;
mod run;
pub mod sweep;

pub use run::write_run;
pub use sweep::Sweep;
