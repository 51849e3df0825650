//! Who watches, and how: plain data that an experiment says, and that plans, jobs and
//! specifications carry as it is.

use crate::live::LiveRules;
use crate::player::SessionConfig;
use crate::player_config::{AbandonCheck, PlayerConfig};
use crate::preset::Preset;
use serde::{Deserialize, Serialize};
use weir_abr::{Abr, Choice, Replacing, Side, SizeHints};
use weir_units::{Bytes, Span, Time};

/// How a viewer watches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Viewing {
    /// The algorithm.
    pub abr: Choice,
    /// What the algorithm may know of coming segments.
    pub knows: SizeHints,
    /// How long the viewer stays, from pressing play, if the content does not end before.
    pub watch: Span,
    /// The most media that is kept.
    pub max_buffer: Span,
    /// The media that must be there before playback begins.
    pub startup: Span,
    /// The media that must be there before playback goes on after a stall.
    pub resume: Span,
    /// How the player goes about it.
    pub profile: PlayerProfile,
    /// How it follows a live stream; `None` for recorded content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveRules>,
}

impl Viewing {
    /// As a preset has it, of recorded content, for so long.
    pub fn of(preset: Preset, abr: Choice, watch: Span) -> Self {
        Self {
            abr,
            knows: SizeHints::Declared,
            watch,
            max_buffer: preset.max_buffer(),
            startup: preset.startup(),
            resume: preset.resume(),
            profile: PlayerProfile { preset, ..PlayerProfile::default() },
            live: None,
        }
    }

    /// How the player goes about it, in full.
    pub fn player(&self) -> PlayerConfig {
        self.profile.config(self.max_buffer)
    }

    /// A session that begins with this segment of the content.
    pub fn session(&self, first_segment: u64) -> SessionConfig {
        SessionConfig {
            first_segment: usize::try_from(first_segment).unwrap_or(usize::MAX),
            watch: self.watch,
            max_buffer: self.max_buffer,
            startup: self.startup,
            resume: self.resume,
            sizes: self.knows == SizeHints::Sizes,
            player: self.player(),
        }
    }
}

/// A viewer of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Viewer {
    /// The number of the session within the trial.
    pub session: u64,
    /// The node that it runs on.
    pub node: String,
    /// When the viewer presses play, since the start of the trial.
    pub start: Time,
    /// The segment of the content with which the session begins.
    pub first_segment: u64,
    /// How the viewer watches.
    pub viewing: Viewing,
}

impl Viewer {
    /// The session.
    pub fn config(&self) -> SessionConfig {
        self.viewing.session(self.first_segment)
    }
}

/// How downloads in progress are looked at where the preset does not say: every 100 ms, and not
/// more often than a packet arrives.
const ABANDON_CHECK: AbandonCheck =
    AbandonCheck { every: Span::from_ms(100), bytes: Bytes::new(1500) };

/// How a player goes about its sessions: a preset, and what is to differ from it. Plain data for
/// jobs and specifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlayerProfile {
    /// Whose rules it goes by.
    pub preset: Preset,
    /// Whether the algorithm may abandon downloads; `None`: as the preset has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abandonment: Option<bool>,
    /// From which end segments of the buffer are replaced by better ones, if at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Side>,
}

impl PlayerProfile {
    /// The rules, under this limit of the buffer.
    pub fn config(&self, max_buffer: Span) -> PlayerConfig {
        let config = self.preset.config(max_buffer);
        let abandon_check = match self.abandonment {
            None => config.abandon_check,
            Some(true) => config.abandon_check.or(Some(ABANDON_CHECK)),
            Some(false) => None,
        };
        PlayerConfig { abandon_check, ..config }
    }

    /// The algorithm as this player uses it: with replacement, if that is wanted.
    pub fn decorate(&self, abr: Box<dyn Abr>) -> Box<dyn Abr> {
        match self.replacement {
            Some(side) => Box::new(Replacing::new(abr, side)),
            None => abr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abandonment_is_switched_on_and_off() {
        let check = |preset, abandonment| {
            PlayerProfile { preset, abandonment, replacement: None }
                .config(Span::from_s(25))
                .abandon_check
        };
        assert_eq!(check(Preset::Weir, None), None);
        assert_eq!(check(Preset::Weir, Some(true)), Some(ABANDON_CHECK));
        assert_eq!(check(Preset::Sabre, Some(false)), None);
        assert!(check(Preset::Sabre, None).is_some());
    }
}
