//! A finished trial, as it is kept until tables are made.

use crate::{Record, Trial};
use serde::{Deserialize, Serialize};

/// A finished trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialResult {
    /// Its name, unique in the run, such as `c0012-r3`.
    pub id: String,
    /// One value for each axis of the run, as the plan writes it, such as `5 Mbit/s`.
    pub params: Vec<String>,
    /// Its row in the table `trials`.
    pub row: Trial,
    /// The rows of the other tables, in any order.
    pub records: Vec<Record>,
}
