//! An alarm: a timer of the kernel that rings at a moment of a clock.

use crate::{Clock, monotonic_ns};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use weir_units::Time;

/// Rings at moments of a clock.
///
/// A timer descriptor instead of tokio's wheel, whose ticks are whole milliseconds: it rings within
/// microseconds, and in virtual time on the nanosecond.
#[derive(Debug)]
pub struct Alarm {
    clock: Clock,
    timer: AsyncFd<Timer>,
    /// When the timer rings next, on CLOCK_MONOTONIC.
    armed: Option<u64>,
}

impl Alarm {
    /// An alarm on this clock. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// If the kernel has no timer left.
    pub fn new(clock: Clock) -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = Timer(TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?);
        // SAFETY: `Timer` owns its descriptor, which stays open and the same until it is dropped.
        let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
        Ok(Self { clock, timer, armed: None })
    }

    /// Waits until `at`. May be dropped before that and called again with another moment.
    ///
    /// The timer is set only if it would ring too late: a deadline that is put off again and again
    /// costs no system call until the first one would have come.
    ///
    /// # Errors
    /// If the kernel refuses the timer.
    pub async fn until(&mut self, at: Time) -> io::Result<()> {
        let at = self.clock.on_monotonic(at);
        loop {
            if self.armed.is_none_or(|armed| armed > at) {
                self.arm(at)?;
            }
            let mut ready = self.timer.readable().await?;
            let rang = ready.try_io(|timer| timer.get_ref().0.wait().map_err(io::Error::from));
            if let Ok(rang) = rang {
                rang?;
                self.armed = None;
                if monotonic_ns() >= at {
                    return Ok(());
                }
            }
        }
    }

    fn arm(&mut self, at: u64) -> io::Result<()> {
        // Zero would disarm the timer; and the kernel counts in signed nanoseconds.
        let moment = Duration::from_nanos(at.clamp(1, i64::MAX as u64));
        let expiration = Expiration::OneShot(TimeSpec::from_duration(moment));
        self.timer.get_ref().0.set(expiration, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
        self.armed = Some(at);
        Ok(())
    }
}

/// A timer descriptor in the form that tokio asks for.
#[derive(Debug)]
struct Timer(TimerFd);

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::block_on;
    use weir_units::Span;

    #[test]
    fn an_alarm_never_rings_early() {
        block_on(async {
            let clock = Clock::starting_now();
            let mut alarm = Alarm::new(clock).unwrap();
            for ms in [3, 5, 5, 1] {
                let at = Time::ZERO.after(Span::from_ms(ms));
                alarm.until(at).await.unwrap();
                assert!(clock.now() >= at);
            }
        });
    }

    #[test]
    fn an_alarm_that_is_put_off_rings_at_the_last_moment_asked_for() {
        block_on(async {
            let clock = Clock::starting_now();
            let mut alarm = Alarm::new(clock).unwrap();
            let at = |ms| Time::ZERO.after(Span::from_ms(ms));
            for ms in [10, 20, 5] {
                let dropped = alarm.until(at(ms));
                tokio::select! { biased; _ = dropped => {}, () = std::future::ready(()) => {} }
            }
            alarm.until(at(15)).await.unwrap();
            assert!(clock.now() >= at(15));
        });
    }
}
