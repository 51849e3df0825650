//! The same experiment in two labs: where they disagree, and how much of it was to be expected.
//!
//! | file | what lives there |
//! |---|---|
//! | `download.rs` | how long a download over TCP takes, computed beforehand |
//! | `path.rs` | the path of a trial, if it is steady |
//! | `rows.rs` | the rows of trials, cell by cell |
//! | `pairs.rs` | which trials are compared |
//! | `table.rs` | the table `differences` |
//! | `found.rs` | what it comes to |
//! | `metrics.rs` | differences of sessions |
//! | `shown.rs` | as people see it |

mod download;
mod found;
mod metrics;
mod pairs;
mod path;
mod rows;
mod shown;
mod table;

pub(crate) use found::Found;
pub(crate) use metrics::Sessions;
pub(crate) use pairs::lab_axis;
pub(crate) use shown::LabsShown;
pub(crate) use table::write;
