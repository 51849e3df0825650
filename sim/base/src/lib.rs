//! What every crate may need, and what is about nothing in particular.

mod cpus;
mod hash;
mod replacement;

pub use cpus::cpus;
pub use hash::{hex, sha256_of_file};
pub use replacement::{Replacement, replace};
