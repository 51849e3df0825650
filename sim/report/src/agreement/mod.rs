//! Whether a run gives the values that others published, or that were found before.
//!
//! [`Expected`] is read before the run, so that a mistake in it costs nothing; [`Expected::agreement`]
//! compares it with the tables, and leaves what it found beside them as the table `agreement`.
//!
//! | file | what lives there |
//! |---|---|
//! | `wanted.rs` | one value: a number with its tolerance, or a bound |
//! | `file.rs` | the table of expectations |
//! | `found.rs` | the comparison |
//! | `print.rs` | as people read it |

mod file;
mod found;
mod print;
mod wanted;

pub use file::Expected;
pub use found::Agreement;
pub(crate) use found::read;
