//! The only clock of this crate: how long a program or another preparation may take.

use std::time::{Duration, Instant};
use weir_units::Span;

/// How often something that cannot be waited for with a limit (the end of a process, a file lock)
/// is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A moment by which something must have happened.
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// This long from now; never, past the range of the clock.
    #[expect(clippy::disallowed_methods, reason = "a driver: programs run in real time")]
    pub fn after(limit: Span) -> Self {
        Self(Instant::now().checked_add(Duration::from_nanos(limit.ns())))
    }

    /// Whether it has passed.
    #[expect(clippy::disallowed_methods, reason = "a driver: programs run in real time")]
    pub fn passed(&self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

/// Waits until it is worth looking again.
#[expect(clippy::disallowed_methods, reason = "between two looks at what has no timed wait")]
pub(crate) fn look_again_soon() {
    std::thread::sleep(LOOK);
}
