//! The machine's clock, for programs that run in real or in virtual time: players, cross traffic.
//! Nothing else of the project looks at the time of a trial.
//!
//! - [`Clock`] is CLOCK_MONOTONIC, counted from the start of a trial.
//! - [`Alarm`] rings at a moment of a clock, [`Watch`] waits for one and notes how late it was.
//! - [`since_1970`] is the world's clock, for dates in playlists.
//! - [`LATE`] says from when on lateness is told.

mod alarm;
mod watch;

pub use alarm::Alarm;
pub use watch::Watch;

use nix::time::ClockId;
use std::time::Duration;
use weir_units::{Span, Time};

/// From which lateness on a process says that it missed moments it waited for. It acts
/// within microseconds in a guest, and within a millisecond on a machine that is not
/// overloaded; what is later than this could be seen in results.
pub const LATE: Span = Span::from_ms(10);

/// CLOCK_MONOTONIC, counted from a moment of it. In a guest this clock is virtual.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// CLOCK_MONOTONIC in nanoseconds at this clock's zero.
    zero: u64,
}

impl Clock {
    /// CLOCK_MONOTONIC itself.
    pub const fn monotonic() -> Self {
        Self { zero: 0 }
    }

    /// A clock whose zero is this moment of CLOCK_MONOTONIC, in nanoseconds.
    pub fn with_zero(monotonic_ns: u64) -> Self {
        Self { zero: monotonic_ns }
    }

    /// A clock whose zero is now.
    pub fn starting_now() -> Self {
        Self { zero: monotonic_ns() }
    }

    /// A clock whose zero is at `start` of this one.
    pub fn starting_at(self, start: Time) -> Self {
        Self { zero: self.zero.saturating_add(start.ns()) }
    }

    /// Now; zero before the clock's zero.
    pub fn now(self) -> Time {
        Time::from_ns(monotonic_ns().saturating_sub(self.zero))
    }

    /// A moment of this clock on CLOCK_MONOTONIC, in nanoseconds.
    fn on_monotonic(self, at: Time) -> u64 {
        self.zero.saturating_add(at.ns())
    }
}

/// The time since 1970, of the world's clock: what dates in playlists are compared with, and
/// nothing else, for it may be set while a trial runs. In a guest this clock is virtual too.
pub fn since_1970() -> Span {
    Span::from_ns(ns(ClockId::CLOCK_REALTIME))
}

fn monotonic_ns() -> u64 {
    ns(ClockId::CLOCK_MONOTONIC)
}

#[expect(clippy::expect_used, reason = "fails only for a clock that does not exist")]
fn ns(clock: ClockId) -> u64 {
    let now = nix::time::clock_gettime(clock).expect("Linux has had both clocks since 2.6");
    Duration::from(now).as_nanos().try_into().unwrap_or(u64::MAX)
}

/// Lets every timer of this thread ring on the nanosecond instead of up to 50 us later.
///
/// # Errors
/// If the kernel refuses.
pub fn without_timer_slack() -> nix::Result<()> {
    nix::sys::prctl::set_timerslack(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_stands_still_before_its_zero() {
        let clock = Clock::starting_now();
        let start = Time::ZERO.after(Span::from_s(3600));
        assert_eq!(clock.starting_at(start).now(), Time::ZERO);
        assert!(clock.now() < start);
        assert!(Clock::with_zero(0).now() > clock.now());
    }

    pub fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap().block_on(future)
    }
}
