//! What every crate may need, and what is about nothing in particular.

mod replacement;

pub use replacement::{Replacement, replace};
