//! Exact integer quantities: the only numbers with a unit that cross a public function of Weir.
//!
//! | type | integer unit | text |
//! |---|---|---|
//! | [`Bytes`] | byte | `"64 kB"`, `"1 MiB"` |
//! | [`BitRate`] | bit per second | `"5 Mbit/s"` |
//! | [`Span`] | nanosecond (a length of time) | `"20 ms"` |
//! | [`Time`] | nanosecond since the start of a trial | `"1500 ms"` |
//! | [`Ratio`] | one part in 10^9 | `"0.1 %"` |
//! | [`Seed`] | 64 random bits | `"7"` |
//!
//! The laws, each of them a test:
//! - printing and then parsing is the identity;
//! - for `t = rate.time_for(b)`, at least `b` bytes fit into `t`, and fewer than `b` into
//!   `t - 1 ns`;
//! - what does not fit into the type is an error, never a wrap, and text that would have to be
//!   rounded is refused.

mod bytes;
mod rate;
mod ratio;
mod seed;
mod text;
mod time;

pub use bytes::Bytes;
pub use rate::BitRate;
pub use ratio::Ratio;
pub use seed::Seed;
pub use text::ParseError;
pub use time::{Span, Time};

/// The result of an operation does not fit into its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("out of range: {0}")]
pub struct OutOfRange(
    /// What was being computed.
    pub &'static str,
);
