//! The machine's clock, and waits that end on it. The only file of this crate that looks at the
//! time.

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::pin::pin;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use weir_units::{Span, Time};

/// CLOCK_MONOTONIC, counted from the start of the trial. In a guest this clock is virtual.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// CLOCK_MONOTONIC in nanoseconds at this clock's zero.
    zero: u64,
}

impl Clock {
    /// A clock whose zero is this moment of CLOCK_MONOTONIC, in nanoseconds.
    pub fn with_zero(monotonic_ns: u64) -> Self {
        Self { zero: monotonic_ns }
    }

    /// Now; zero before the clock's zero.
    pub fn now(self) -> Time {
        Time::from_ns(monotonic_ns().saturating_sub(self.zero))
    }
}

#[expect(clippy::expect_used, reason = "fails only for a clock that does not exist")]
fn monotonic_ns() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC)
        .expect("CLOCK_MONOTONIC exists since Linux 2.6");
    Duration::from(now).as_nanos().try_into().unwrap_or(u64::MAX)
}

/// Waits that end at a moment of a clock, and how late they were.
///
/// A timer descriptor instead of tokio's wheel, whose ticks are whole milliseconds: it rings within
/// microseconds, and in virtual time on the nanosecond.
#[derive(Debug)]
pub(crate) struct Watch {
    clock: Clock,
    timer: AsyncFd<Timer>,
    /// When the timer rings next, on CLOCK_MONOTONIC.
    armed: Option<u64>,
    latest: Span,
}

impl Watch {
    /// Needs a tokio runtime around it.
    pub fn new(clock: Clock) -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = Timer(TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?);
        // SAFETY: `Timer` owns its descriptor, which stays open and the same until it is dropped.
        let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
        Ok(Self { clock, timer, armed: None, latest: Span::ZERO })
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The most by which a moment was missed that was waited for.
    pub fn latest(&self) -> Span {
        self.latest
    }

    /// Waits until `at`, and not at all if that is past. Returns when that was.
    pub async fn until(&mut self, at: Time) -> io::Result<Time> {
        if self.now() < at {
            self.ring(at).await?;
        }
        let now = self.now();
        self.latest = self.latest.max(now.since(at));
        Ok(now)
    }

    /// The result of `future` if it comes before `deadline`.
    pub async fn before<T>(
        &mut self,
        deadline: Time,
        future: impl Future<Output = T>,
    ) -> io::Result<Option<T>> {
        let mut future = pin!(future);
        tokio::select! {
            biased;
            result = &mut future => Ok(Some(result)),
            rang = self.until(deadline) => rang.map(|_| None),
        }
    }

    /// May be dropped and called again with another moment. The timer is set only if it would ring
    /// too late: waits that mostly end before their deadline cost no system call.
    async fn ring(&mut self, at: Time) -> io::Result<()> {
        let at = self.clock.zero.saturating_add(at.ns());
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

/// Lets every timer of this thread ring on the nanosecond instead of up to 50 us later.
pub(crate) fn without_timer_slack() -> nix::Result<()> {
    nix::sys::prctl::set_timerslack(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap().block_on(future)
    }

    #[test]
    fn a_wait_never_ends_early_and_its_lateness_is_noted() {
        block_on(async {
            let clock = Clock::with_zero(monotonic_ns());
            let mut watch = Watch::new(clock).unwrap();
            let at = |ms| Time::ZERO.after(Span::from_ms(ms));
            for ms in [3, 5, 5] {
                watch.until(at(ms)).await.unwrap();
                assert!(watch.now() >= at(ms));
            }
            watch.until(at(1)).await.unwrap();
            assert!(watch.latest() >= Span::from_ms(4), "5 ms are 4 ms after 1 ms");
        });
    }

    #[test]
    fn what_does_not_come_is_waited_for_until_the_deadline() {
        block_on(async {
            let mut watch = Watch::new(Clock::with_zero(monotonic_ns())).unwrap();
            let deadline = Time::ZERO.after(Span::from_ms(20));
            let came = watch.before(deadline, std::future::ready(7)).await.unwrap();
            assert_eq!(came, Some(7));
            let came = watch.before(deadline, std::future::pending::<()>()).await.unwrap();
            assert_eq!(came, None);
            assert!(watch.now() >= deadline);
        });
    }
}
