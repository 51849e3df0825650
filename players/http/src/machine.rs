//! The state machine of a session: of recorded content, or of a live stream.

use weir_core::{Event, LivePlayer, Output, Playback, Player, SessionMetrics, Status};
use weir_units::Time;

/// One of the two.
pub(crate) enum Machine {
    /// Plays recorded content.
    Recorded(Box<Player>),
    /// Follows a live stream.
    Live(Box<LivePlayer>),
}

impl From<Player> for Machine {
    fn from(player: Player) -> Self {
        Self::Recorded(Box::new(player))
    }
}

impl From<LivePlayer> for Machine {
    fn from(player: LivePlayer) -> Self {
        Self::Live(Box::new(player))
    }
}

/// The same of either.
macro_rules! either {
    ($machine:expr, $player:ident => $value:expr) => {
        match $machine {
            Machine::Recorded($player) => $value,
            Machine::Live($player) => $value,
        }
    };
}

impl Machine {
    /// What to do now.
    pub fn poll(&mut self) -> Output {
        either!(self, player => player.poll())
    }

    /// When something is due.
    pub fn deadline(&self) -> Time {
        either!(self, player => player.deadline())
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Time, event: Event<'_>) {
        either!(self, player => player.handle(now, event))
    }

    /// Whether the fetch in progress is to be dropped.
    pub fn is_cancelled(&self) -> bool {
        either!(self, player => player.is_cancelled())
    }

    /// Whether the session is over.
    pub fn is_over(&self) -> bool {
        either!(self, player => player.is_over())
    }

    /// The session at `now`.
    pub fn status(&self, now: Time) -> Status {
        either!(self, player => player.status(now))
    }

    /// The playhead and the buffer at the last moment handled.
    pub fn playback(&self) -> &Playback {
        either!(self, player => player.playback())
    }

    /// What the session was like.
    pub fn into_metrics(self) -> SessionMetrics {
        either!(self, player => player.into_metrics())
    }
}
