//! What players do differently beyond their thresholds: how they find room in the buffer, when they
//! stop for want of media, when they look at a download in progress. Plain data; the values of
//! published players are in `preset.rs`.

use weir_units::{BitRate, Bytes, Span};

/// The rules by which a session goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlayerConfig {
    /// The rung of the first segment, which is then requested without asking the algorithm; the
    /// highest of the ladder if that has fewer. `None`: the algorithm is asked.
    pub first: Option<usize>,
    /// How much media is kept.
    pub limit: Limit,
    /// When there is room for the next segment.
    pub room: Room,
    /// Playback stops when the buffer has fallen to this while segments are still missing.
    pub stall_threshold: Span,
    /// When a download in progress is shown to the algorithm, which may abandon it; `None`: never.
    pub abandon_check: Option<AbandonCheck>,
    /// What follows when it does.
    pub abandoned: Abandoned,
}

/// How much media is kept, from the limit of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Exactly that.
    Fixed,
    /// More while the last segment requested is of the highest rung.
    AtTop {
        /// The limit then, if it is above the ordinary one.
        short: Span,
        /// The same for long content.
        long: Span,
        /// From which length on content is long.
        from: Span,
    },
    /// What fits into a number of bytes at the peak rate of the last rung requested, if that is
    /// more.
    Bytes {
        /// The bytes.
        bytes: Bytes,
        /// The most media, however little they are.
        most: Span,
    },
}

/// When there is room for the next segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Whether the coming segment counts: it must fit below the limit. Otherwise what is in the
    /// buffer must, and a segment may exceed the limit by its duration.
    pub with_segment: bool,
    /// Whether the limit itself is too much.
    pub below: bool,
    /// The player looks after each of these, counted from the end of the last download; zero: it
    /// knows the very moment.
    pub every: Span,
}

/// When a download in progress is looked at: when both have come since the request, or since the
/// last look. One that stands still is not: no other would be faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbandonCheck {
    /// So much time.
    pub every: Span,
    /// So many bytes of the body.
    pub bytes: Bytes,
}

/// What follows when a download is abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abandoned {
    /// The algorithm is asked again, as before any request.
    AskAgain,
    /// The segment is requested at the rung for which its download was abandoned.
    TakeTarget,
}

impl PlayerConfig {
    /// The moment is known, nothing is abandoned: the rules of Weir's own player.
    pub const WEIR: Self = Self {
        first: None,
        limit: Limit::Fixed,
        room: Room { with_segment: true, below: false, every: Span::ZERO },
        stall_threshold: Span::ZERO,
        abandon_check: None,
        abandoned: Abandoned::TakeTarget,
    };
}

impl Default for PlayerConfig {
    fn default() -> Self {
        Self::WEIR
    }
}

impl Limit {
    /// The most media that is kept now, where `most` is the limit of the configuration. `at_top`:
    /// whether the last segment requested is of the highest rung; `length`: how long the content
    /// plays; `peak`: the peak rate of the last rung requested, if it is known.
    pub(crate) fn now(self, most: Span, at_top: bool, length: Span, peak: Option<BitRate>) -> Span {
        match self {
            Self::Fixed => most,
            Self::AtTop { short, long, from } if at_top => {
                most.max(if length >= from { long } else { short })
            }
            Self::AtTop { .. } => most,
            Self::Bytes { bytes, most: longest } => {
                let holds = peak.and_then(|peak| peak.time_for(bytes).ok()).unwrap_or(longest);
                most.max(holds.min(longest))
            }
        }
    }
}

impl Room {
    /// How long a player waits for room if the buffer is above the level at which there is some by
    /// `above`, and falling. `None`: there is room now.
    pub(crate) fn wait(self, above: Option<Span>) -> Option<Span> {
        let above = above?;
        let every = self.every.ns();
        let wait = match (every, self.below) {
            (0, _) => above.ns(),
            (_, true) => (above.ns() / every + 1).saturating_mul(every),
            (_, false) => above.ns().div_ceil(every).saturating_mul(every),
        };
        (wait > 0).then(|| Span::from_ns(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(below: bool, every_ms: u64, above_ms: Option<u64>) -> Option<u64> {
        let room = Room { with_segment: true, below, every: Span::from_ms(every_ms) };
        room.wait(above_ms.map(Span::from_ms)).map(Span::ms)
    }

    #[test]
    fn a_player_that_polls_waits_for_whole_polls() {
        assert_eq!(
            [None, Some(0), Some(7)].map(|above| wait(false, 0, above)),
            [None, None, Some(7)]
        );
        let above = [None, Some(0), Some(1), Some(500), Some(501)];
        assert_eq!(
            above.map(|above| wait(false, 500, above)),
            [None, None, Some(500), Some(500), Some(1000)]
        );
        assert_eq!(
            above.map(|above| wait(true, 500, above)),
            [None, Some(500), Some(500), Some(1000), Some(1000)]
        );
    }
}
