//! The world's clock, for latencies from capture to display.

use weir_clock::Clock;
use weir_core::playlist::Date;
use weir_units::Time;

/// The moment of the world's clock at which `clock`, which must have begun, was at zero.
pub(crate) fn zero_of(clock: Clock) -> Date {
    Date::from_unix(weir_clock::since_1970().saturating_sub(clock.now().since(Time::ZERO)))
}
