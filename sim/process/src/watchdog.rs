//! How long a child may take: so long in any case, and longer while it is seen to advance.

use std::fmt;
use std::time::{Duration, Instant};

/// How long a child may take, in wall-clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// It is let alone for so long. A machine that is slower, or busier, than anybody thought takes
    /// longer, so afterwards it is killed only if it does not advance.
    pub limit: Duration,
    /// For how long it may be seen not to advance then.
    pub still: Duration,
    /// And after so long it is killed in any case.
    pub most: Duration,
}

impl Patience {
    /// How many times the limit a child may take that advances, and how long in any case.
    const MOST: u32 = 20;
    const MOST_AT_LEAST: Duration = Duration::from_secs(4 * 3_600);
    /// For how long it may stand still by default.
    const STILL: Duration = Duration::from_secs(60);

    /// The usual one with this limit.
    pub const fn of(limit: Duration) -> Self {
        let most = limit.saturating_mul(Self::MOST);
        let most =
            if most.as_secs() > Self::MOST_AT_LEAST.as_secs() { most } else { Self::MOST_AT_LEAST };
        Self { limit, still: Self::STILL, most }
    }
}

/// Why a child was killed; prints as the rest of a sentence about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    after: Duration,
    advanced: bool,
}

impl fmt::Display for Overdue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.advanced { ", although it advanced" } else { "" };
        write!(f, "after {} s of wall-clock time{how}", self.after.as_secs())
    }
}

/// Watches one child.
pub(crate) struct Watchdog {
    patience: Patience,
    started: Instant,
    /// How far it was when it was last seen to advance, and when that was.
    seen: Option<u64>,
    advanced: Instant,
}

impl Watchdog {
    pub fn new(patience: Patience) -> Self {
        let now = now();
        Self { patience, started: now, seen: None, advanced: now }
    }

    /// Looks at the child: whether it is to be killed, and why.
    pub fn look(&mut self, progress: &dyn Fn() -> Option<u64>) -> Option<Overdue> {
        self.judge(now(), progress())
    }

    fn judge(&mut self, now: Instant, progress: Option<u64>) -> Option<Overdue> {
        if progress > self.seen {
            (self.seen, self.advanced) = (progress, now);
        }
        let Patience { limit, still, most } = self.patience;
        let after = now - self.started;
        let advances = self.seen.is_some() && now - self.advanced <= still;
        let over = after > limit && (!advances || after > most);
        over.then_some(Overdue { after, advanced: advances })
    }
}

#[expect(clippy::disallowed_methods, reason = "a watchdog is a driver: it guards wall time")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a child is killed whose progress after each second is this.
    fn killed_after(progress: impl Fn(u64) -> Option<u64>) -> (u64, String) {
        let limit = Duration::from_secs(10);
        let (still, most) = (Duration::from_secs(5), Duration::from_secs(200));
        let patience = Patience { limit, still, most };
        let mut watchdog = Watchdog::new(patience);
        let start = watchdog.started;
        let judge = |second| {
            let overdue = watchdog.judge(start + Duration::from_secs(second), progress(second))?;
            Some((second, overdue.to_string()))
        };
        (0..1_000).find_map(judge).unwrap()
    }

    #[test]
    fn a_child_of_which_nothing_is_known_is_killed_when_the_limit_is_over() {
        assert_eq!(killed_after(|_| None).0, 11);
    }

    #[test]
    fn a_child_that_advances_is_alive_until_it_stands_still() {
        assert_eq!(killed_after(|second| Some(second.min(3))).0, 11);
        assert_eq!(killed_after(|second| Some(second.min(47))).0, 47 + 6);
        // Rarely is enough.
        assert_eq!(killed_after(|second| Some(second.min(47) / 4)).0, 44 + 6);
    }

    #[test]
    fn a_short_limit_is_no_short_life() {
        assert_eq!(Patience::of(Duration::from_secs(1)).most, Patience::MOST_AT_LEAST);
        assert_eq!(Patience::of(Duration::from_secs(3_600)).most, Duration::from_secs(72_000));
    }

    #[test]
    fn no_child_goes_on_for_ever() {
        let (after, why) = killed_after(Some);
        assert_eq!(after, 201);
        assert_eq!(why, "after 201 s of wall-clock time, although it advanced");
    }
}
