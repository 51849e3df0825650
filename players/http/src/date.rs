//! The world's clock, for latencies from capture to display.

use std::time::{SystemTime, UNIX_EPOCH};
use weir_clock::Clock;
use weir_core::playlist::Date;
use weir_units::{Span, Time};

/// The moment of the world's clock at which `clock`, which must have begun, was at zero.
#[expect(clippy::disallowed_methods, reason = "pictures are captured by the world's clock")]
pub(crate) fn zero_of(clock: Clock) -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Span::from_ns(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    Date::from_unix(now.saturating_sub(clock.now().since(Time::ZERO)))
}
