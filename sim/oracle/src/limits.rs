//! How large a problem may be.

use weir_units::Span;

/// The most segments of a session.
pub const MAX_SEGMENTS: usize = 100_000;

/// The most rungs of a ladder.
pub const MAX_RUNGS: usize = 64;

/// The longest segment, buffer and latency: a day.
pub const MAX_SPAN: Span = Span::from_s(86_400);

/// The most ways to begin that are looked at.
pub const MAX_STARTS: usize = 10_000;
