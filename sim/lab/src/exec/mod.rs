//! Programs of the user's that decide: what is refused, what they see, and how they are started.

pub(crate) mod programs;
pub(crate) mod snapshot;
