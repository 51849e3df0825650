//! Waits until moments of a clock, and how late they end.

use crate::{Alarm, Clock};
use std::io;
use std::pin::pin;
use weir_units::{Span, Time};

/// Waits that end at a moment of a clock, and how late they were.
#[derive(Debug)]
pub struct Watch {
    clock: Clock,
    alarm: Alarm,
    latest: Span,
}

impl Watch {
    /// Needs a tokio runtime around it.
    ///
    /// # Errors
    /// If the kernel has no timer left.
    pub fn new(clock: Clock) -> io::Result<Self> {
        Ok(Self { clock, alarm: Alarm::new(clock)?, latest: Span::ZERO })
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
    ///
    /// # Errors
    /// If the kernel refuses the timer.
    pub async fn until(&mut self, at: Time) -> io::Result<Time> {
        if self.now() < at {
            self.alarm.until(at).await?;
        }
        let now = self.now();
        self.latest = self.latest.max(now.since(at));
        Ok(now)
    }

    /// The result of `future` if it comes before `deadline`.
    ///
    /// # Errors
    /// If the kernel refuses the timer.
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::block_on;

    #[test]
    fn a_wait_never_ends_early_and_its_lateness_is_noted() {
        block_on(async {
            let mut watch = Watch::new(Clock::starting_now()).unwrap();
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
            let mut watch = Watch::new(Clock::starting_now()).unwrap();
            let deadline = Time::ZERO.after(Span::from_ms(20));
            let came = watch.before(deadline, std::future::ready(7)).await.unwrap();
            assert_eq!(came, Some(7));
            let came = watch.before(deadline, std::future::pending::<()>()).await.unwrap();
            assert_eq!(came, None);
            assert!(watch.now() >= deadline);
        });
    }
}
