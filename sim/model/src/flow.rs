//! What tells flows apart.

/// A flow. Flows are numbered in the order in which they are started, and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId(pub(crate) u64);
