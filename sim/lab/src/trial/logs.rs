//! How much services and programs of a trial log.

use serde::{Deserialize, Serialize};

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Logs {
    /// What goes wrong.
    #[default]
    Usual,
    /// All that can be: for looking at one trial closely.
    Full,
}

impl Logs {
    /// Its table in the description of a kind.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Full => "full",
        }
    }
}
