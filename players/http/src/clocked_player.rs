//! The state machine with its clock: what happens is reported with the time at which it did, and
//! every wait has an end.

use crate::log::SessionLog;
use crate::machine::Machine;
use std::io;
use std::pin::pin;
use weir_clock::{Alarm, Clock};
use weir_core::{Event, Output, SessionMetrics, Status};
use weir_units::{Span, Time};

/// A player, its clock, and somebody who looks on.
pub(crate) struct ClockedPlayer<W> {
    player: Machine,
    clock: Clock,
    alarm: Alarm,
    /// Shown the session every so often.
    observer: W,
    every: Span,
    next_look: Time,
    latest: Span,
    log: Option<SessionLog>,
}

impl<W: FnMut(Status)> ClockedPlayer<W> {
    /// The player of a viewer who pressed play when `clock` was at zero. `observer` is shown the
    /// session every so often, and at its end.
    pub fn new(player: Machine, clock: Clock, observer: W, every: Span) -> io::Result<Self> {
        let (alarm, next_look) = (Alarm::new(clock)?, Time::ZERO.after(every));
        let latest = clock.now().since(Time::ZERO);
        Ok(Self { player, clock, alarm, observer, every, next_look, latest, log: None })
    }

    /// The same, with a log of what happens.
    pub fn with_log(self, log: Option<SessionLog>) -> Self {
        Self { log, ..self }
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// When something is due in the session.
    pub fn deadline(&self) -> Time {
        self.player.deadline()
    }

    /// Whether the download in progress was abandoned.
    pub fn is_cancelled(&self) -> bool {
        self.player.is_cancelled()
    }

    /// Whether the session is over.
    pub fn is_over(&self) -> bool {
        self.player.is_over()
    }

    /// What to do next.
    pub fn poll(&mut self) -> Output {
        let output = self.player.poll();
        if let Some(log) = &mut self.log {
            log.asked(&output, self.player.playback());
        }
        output
    }

    /// Reports what happened at `now`.
    pub fn handle(&mut self, now: Time, event: Event<'_>) {
        self.player.handle(now, event);
        if let Some(log) = &mut self.log {
            log.handled(now, &event, self.player.playback());
        }
        self.look(now);
    }

    /// Waits until `at`, and reports that it has come.
    pub async fn wait(&mut self, at: Time) -> io::Result<()> {
        self.before(at, std::future::pending::<()>()).await?;
        let now = self.clock.now();
        self.latest = self.latest.max(now.since(at));
        self.handle(now, Event::Timeout);
        Ok(())
    }

    /// The result of `future` if it comes before `deadline`.
    pub async fn before<T>(
        &mut self,
        deadline: Time,
        future: impl Future<Output = T>,
    ) -> io::Result<Option<T>> {
        let mut future = pin!(future);
        loop {
            let wake = deadline.min(self.next_look);
            tokio::select! {
                biased;
                result = &mut future => return Ok(Some(result)),
                rang = self.alarm.until(wake) => rang?,
            }
            if wake == deadline {
                return Ok(None);
            }
            self.look(wake);
        }
    }

    /// The most that a moment was missed by, of those that were waited for and of pressing play.
    pub fn latest(&self) -> Span {
        self.latest
    }

    /// Ends the session: what it was like.
    pub fn into_metrics(mut self) -> SessionMetrics {
        (self.observer)(self.player.status(self.clock.now()));
        self.player.into_metrics()
    }

    fn look(&mut self, now: Time) {
        if now >= self.next_look {
            self.next_look = now.after(self.every);
            (self.observer)(self.player.status(now));
        }
    }
}
