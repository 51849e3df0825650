//! An algorithm by its name and parameters, as an experiment file says it.

use crate::Abr;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The choice of an algorithm: plain data, checked when it was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Choice {
    /// The registered name.
    pub name: String,
    /// Parameters that differ from their defaults, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

impl Choice {
    /// A fresh algorithm for one session.
    ///
    /// # Errors
    /// For an unknown name or parameter, and for a value that is not of the parameter's kind.
    pub fn build(&self) -> Result<Box<dyn Abr>, String> {
        Err(format!("no algorithm is registered as \"{}\"", self.name))
    }
}
