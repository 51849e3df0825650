//! Files from the outside.

mod replacement;
