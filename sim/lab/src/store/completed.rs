//! What is finished of a plan, and its results, read block by block.

use crate::store::checksummed::Checksummed;
use crate::store::chunks::Chunk;
use anyhow::{Result, anyhow, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use weir_plan::{LabName, Plan, Trial};
use weir_records::TrialResult;

/// What is finished of a plan.
#[derive(Debug, Default)]
pub(crate) struct Completed {
    /// The places of the blocks.
    pub places: BTreeSet<u64>,
    /// How many trials are in them, by lab.
    pub trials: BTreeMap<LabName, u64>,
}

impl Completed {
    /// Takes note of a block.
    pub fn add(&mut self, block: &Chunk) {
        if let Some(lab) = block.lab() {
            *self.trials.entry(lab).or_default() += block.len();
            self.places.insert(block.place);
        }
    }
}

/// The file of a block: the results of exactly these trials.
pub(crate) struct Opened<'p> {
    plan: &'p Plan,
    sealed: Checksummed,
    trials: std::vec::IntoIter<Trial>,
}

impl<'p> Opened<'p> {
    /// Opens it.
    ///
    /// # Errors
    /// If it is damaged, or none of ours.
    pub fn new(path: &Path, plan: &'p Plan, block: &Chunk) -> Result<Self> {
        let sealed = Checksummed::open(path)?;
        Ok(Self { plan, sealed, trials: block.trials.clone().into_iter() })
    }
}

impl Iterator for Opened<'_> {
    type Item = Result<TrialResult>;
    fn next(&mut self) -> Option<Self::Item> {
        match (self.trials.next(), self.sealed.next()) {
            (None, None) => None,
            (Some(trial), Some(result)) => Some(result.and_then(|result| {
                let row = &result.row;
                let own = (trial.id.as_str(), trial.cell, trial.repeat, trial.seed.get());
                let fits = own == (result.id.as_str(), row.cell, row.repeat, row.seed)
                    && result.params == params(self.plan, &trial);
                ensure!(fits, "it is another trial's");
                Ok(result)
            })),
            _ => Some(Err(anyhow!("it holds another number of trials"))),
        }
    }
}

/// The values of the axes for a trial.
pub(crate) fn params(plan: &Plan, trial: &Trial) -> Vec<String> {
    plan.params(trial.cell).into_iter().map(str::to_owned).collect()
}
