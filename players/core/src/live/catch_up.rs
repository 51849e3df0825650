//! The laws by which players change the rate of playback.

use serde::{Deserialize, Serialize};
use strum::VariantNames as _;

/// Whose law.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[derive(
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "lowercase")]
#[strum(parse_err_ty = UnknownCatchUp, parse_err_fn = UnknownCatchUp::from)]
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
#[error("no catch-up law is called \"{name}\" (there are: {})", CatchUp::VARIANTS.join(", "))]
pub struct UnknownCatchUp {
    /// The name, or its beginning.
    pub name: String,
}

impl From<&str> for UnknownCatchUp {
    fn from(name: &str) -> Self {
        Self { name: name.chars().take(64).collect() }
    }
}
