//! Published players and simulators, as rules and thresholds.
//!
//! | preset | source |
//! |---|---|
//! | `weir` | this project's own choice |
//! | `sabre` | UMass-LIDS/sabre 09b03bb, `src/sabre.py` |
//! | `sabre-fixed` | the same with its typing error mended |
//! | `pensieve` | hongzimao/pensieve 1120bb1, `sim/env.py` |
//! | `dashjs` | Dash-Industry-Forum/dash.js ccf3b95 (5.1.1), `core/Settings.js`,
//! `ScheduleController.js` |
//! | `hlsjs` | video-dev/hls.js afe5b8b (1.7.1), `config.ts`, `stream-controller.ts`,
//! `abr-controller.ts` |
//!
//! What is not modelled: several media types that wait for each other, back buffers, media sources
//! whose own thresholds delay the first frame, and timers that run on while a download is in
//! progress (polls count from the end of the last one here).

use crate::player_config::{AbandonCheck, Abandoned, Limit, PlayerConfig, Room};
use serde::{Deserialize, Serialize};
use weir_units::{Bytes, Span};

/// Whose rules a player goes by.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[derive(strum::Display, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Preset {
    /// Weir's own player: it knows the moment at which a segment fits, and abandons nothing.
    #[default]
    Weir,
    /// The simulator Sabre, its errors included: after an abandonment, the algorithm is asked
    /// again.
    Sabre,
    /// Sabre as it was meant: after an abandonment, the segment is requested at the rung for which
    /// it was abandoned. (That abandoned downloads are no samples of throughput is a matter of its
    /// algorithms.)
    SabreFixed,
    /// The chunk model of Pensieve: pauses of half seconds above 60 s.
    Pensieve,
    /// The DASH reference player: looks for room twice a second, stops at 0.3 s of buffer.
    #[serde(rename = "dashjs")]
    #[strum(serialize = "dashjs")]
    DashJs,
    /// The HLS player hls.js: looks for room ten times a second, keeps up to 60 MB.
    #[serde(rename = "hlsjs")]
    #[strum(serialize = "hlsjs")]
    HlsJs,
}

impl Preset {
    /// The media that must be there before playback begins, unless something else is chosen. Sabre,
    /// Pensieve and hls.js begin with the first segment, dash.js above 0.3 s (its
    /// `initialBufferLevel` is not set, and `stallThreshold` holds).
    pub const fn startup(self) -> Span {
        match self {
            Self::Weir => Span::from_s(2),
            Self::DashJs => DASHJS_STALL_THRESHOLD,
            Self::Sabre | Self::SabreFixed | Self::Pensieve | Self::HlsJs => Span::ZERO,
        }
    }

    /// The media that must be there before playback goes on after a stall, unless something else is
    /// chosen.
    pub const fn resume(self) -> Span {
        self.startup()
    }

    /// The most media that is kept, unless something else is chosen: Sabre's `-b`, Pensieve's
    /// `BUFFER_THRESH`, dash.js's `bufferTimeDefault`, hls.js's `maxBufferLength`.
    pub const fn max_buffer(self) -> Span {
        match self {
            Self::Weir | Self::Sabre | Self::SabreFixed => Span::from_s(25),
            Self::Pensieve => Span::from_s(60),
            Self::DashJs => Span::from_s(18),
            Self::HlsJs => Span::from_s(30),
        }
    }

    /// Its rules, under this limit of the buffer. The ways in which dash.js and hls.js extend their
    /// limits belong to their own: any other is meant as it stands.
    pub fn config(self, max_buffer: Span) -> PlayerConfig {
        let config = match self {
            Self::Weir => PlayerConfig::WEIR,
            // `get_buffer_level() + segment_time - buffer_size` is slept off; `min_progress_size`
            // 12,000 bits, `min_progress_time` 50 ms; the first segment is of quality 0.
            Self::Sabre | Self::SabreFixed => PlayerConfig {
                first: Some(0),
                abandon_check: Some(AbandonCheck {
                    every: Span::from_ms(50),
                    bytes: Bytes::new(1500),
                }),
                abandoned: if let Self::Sabre = self {
                    Abandoned::AskAgain
                } else {
                    Abandoned::TakeTarget
                },
                ..PlayerConfig::WEIR
            },
            // `DRAIN_BUFFER_SLEEP_TIME` 500 ms; `DEFAULT_QUALITY` 1.
            Self::Pensieve => PlayerConfig {
                first: Some(1),
                room: Room { with_segment: false, below: false, every: Span::from_ms(500) },
                ..PlayerConfig::WEIR
            },
            // `scheduling.defaultTimeout` 500 ms; `bufferTimeAtTopQuality` 30 s, 60 s from
            // `longFormContentDurationThreshold` 600 s on; `stallThreshold` 0.3 s; progress events
            // of an XMLHttpRequest come every 50 ms (WHATWG XMLHttpRequest, "processBodyChunk").
            Self::DashJs => PlayerConfig {
                limit: Limit::AtTop {
                    short: Span::from_s(30),
                    long: Span::from_s(60),
                    from: Span::from_s(600),
                },
                room: Room { with_segment: true, below: true, every: Span::from_ms(500) },
                stall_threshold: DASHJS_STALL_THRESHOLD,
                abandon_check: Some(AbandonCheck {
                    every: Span::from_ms(50),
                    bytes: Bytes::new(1),
                }),
                ..PlayerConfig::WEIR
            },
            // `maxBufferSize` 60 MB, `maxMaxBufferLength` 600 s; ticks of 100 ms load while the
            // buffer is below the limit, and `_abandonRulesCheck` runs every 100 ms.
            Self::HlsJs => PlayerConfig {
                limit: Limit::Bytes { bytes: Bytes::new(60_000_000), most: Span::from_s(600) },
                room: Room { with_segment: false, below: true, every: Span::from_ms(100) },
                abandon_check: Some(AbandonCheck { every: Span::from_ms(100), bytes: Bytes::ZERO }),
                ..PlayerConfig::WEIR
            },
        };
        let own = max_buffer == self.max_buffer();
        PlayerConfig { limit: if own { config.limit } else { Limit::Fixed }, ..config }
    }
}

/// dash.js's `stallThreshold`.
const DASHJS_STALL_THRESHOLD: Span = Span::from_ms(300);

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray as _;

    #[test]
    fn every_preset_has_one_name() {
        for preset in Preset::VARIANTS {
            let json = serde_json::to_string(preset).unwrap();
            assert_eq!(json, format!("{:?}", preset.to_string()));
        }
    }

    #[test]
    fn a_limit_that_was_chosen_is_not_extended() {
        for preset in Preset::VARIANTS {
            let other = preset.max_buffer().saturating_add(Span::from_s(1));
            assert_eq!(preset.config(other).limit, Limit::Fixed, "{preset}");
        }
        assert_ne!(Preset::DashJs.config(Span::from_s(18)).limit, Limit::Fixed);
    }
}
