//! The laws by which players change the rate of playback.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Whose law.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum CatchUp {
    /// None: a stall adds to the latency for good.
    #[default]
    None,
    /// dash.js.
    DashJs,
    /// hls.js, with a most rate of 1.5 (its default, 1, switches the law off).
    HlsJs,
    /// media3 (ExoPlayer).
    Media3,
}

/// There is no law of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no catch-up law is called \"{name}\" (there are: {})", CatchUp::ALL.map(CatchUp::name).join(", "))]
pub struct UnknownCatchUp {
    /// The name, or its beginning.
    pub name: String,
}

impl CatchUp {
    /// All laws.
    pub const ALL: [Self; 4] = [Self::None, Self::DashJs, Self::HlsJs, Self::Media3];

    /// Its name in experiments.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::DashJs => "dashjs",
            Self::HlsJs => "hlsjs",
            Self::Media3 => "media3",
        }
    }
}

impl fmt::Display for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CatchUp {
    type Err = UnknownCatchUp;

    fn from_str(name: &str) -> Result<Self, UnknownCatchUp> {
        Self::ALL
            .into_iter()
            .find(|law| law.name() == name)
            .ok_or_else(|| UnknownCatchUp { name: name.chars().take(64).collect() })
    }
}
