//! What will run: typed, every default filled in, every reference followed, the sweep expanded and
//! seeds assigned. Written beside the results as `plan.toml`, and hashed into the run's name.

use crate::cells::Cells;
use crate::error::Place;
use crate::kind::ServiceKind;
use crate::media::Source;
use crate::setup::{Keep, LabName, Setup};
use crate::topology::Traced;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use weir_abr::Choice;
use weir_core::QoePreset;
use weir_units::{Seed, Span};

/// A whole experiment, resolved.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name, also that of its results.
    pub name: String,
    /// The origin of all randomness.
    pub seed: Seed,
    /// Replicates of each cell.
    pub repeats: u64,
    /// How much is kept of each session.
    pub record: Keep,
    /// What sessions are compared with what a clairvoyant player reaches in; `None` if they are
    /// not.
    pub oracle: Option<QoePreset>,
    /// What is swept.
    pub axes: Vec<Axis>,
    /// What of it was selected.
    pub only: Selection,
    /// The selected cells of the sweep, first axis slowest: see [`Plan::cells`].
    pub cells: Cells,
    /// The files of the media, which only the machine can check; not a part of the plan's text, so
    /// that a copy in another folder is the same plan.
    pub media_files: BTreeMap<Source, NamedFile>,
    /// The files of the traces, likewise, which [`Plan::trace`] reads; several uses of one file
    /// have one entry.
    pub trace_files: BTreeMap<Traced, NamedFile>,
    /// The recorded decisions that are replayed, likewise, by their paths as the experiment says
    /// them. In a path, [`weir_abr::TRACE`] stands for [`Traced::name`] of the trial's trace.
    pub log_files: BTreeMap<String, NamedFile>,
    /// The programs that decide on rungs, likewise: the path is the folder of the experiment, in
    /// which they run.
    pub programs: BTreeMap<Choice, NamedFile>,
    /// The kinds of services that its trials run, by their names.
    pub services: BTreeMap<String, ServiceKind>,
    /// The table of the values that are expected, which no result depends on.
    pub expect: Option<NamedFile>,
    /// How long a trial's guest is let alone, in wall-clock time, instead of what is computed;
    /// afterwards it is killed if its own clock does not advance. No result depends on it.
    pub watchdog: Option<Span>,
}

/// A file that a plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// Where it lies: as the experiment says, from the experiment's own folder.
    pub path: PathBuf,
    /// Where the experiment says so.
    pub place: Place,
    /// Its text, if it comes with the program; then there need not be such a file, and the path is
    /// only what it is called.
    pub text: Option<&'static str>,
}

/// One axis of the sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The path of the value that varies, such as `links.access.rate`; also its column's name.
    pub path: String,
    /// The name of the zipped axis that it is a part of: all axes of that name vary together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zip: Option<String>,
    /// Its values as text, in the order of the file.
    pub values: Vec<String>,
}

/// The cells that a part of a plan consists of: for axes by their paths, the values that they may
/// have. Empty for a whole plan.
pub type Selection = BTreeMap<String, BTreeSet<String>>;

/// One repeat of one cell: what a lab runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trial {
    /// Its name, unique in the run: `c0012-r3` for repeat 3 of cell 12.
    pub id: String,
    /// The number of its cell.
    pub cell: u64,
    /// The repeat, from 0.
    pub repeat: u64,
    /// The seed, which depends on the plan's seed and the repeat only: cells are compared in pairs.
    pub seed: Seed,
    /// Everything else.
    pub setup: Arc<Setup>,
}

/// Why a plan cannot be moved to another lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// Its cells run in several labs.
    #[error(
        "the lab is an axis of the sweep (expected no other choice of it; 'lab=uml' selects cells)"
    )]
    Swept,
    /// The lab has nothing of a kind that the plan needs.
    #[error("the lab model has no {0} (expected uml or host)")]
    Lacks(&'static str),
}

impl Plan {
    /// The labs that its cells run in.
    pub fn labs(&self) -> BTreeSet<LabName> {
        self.cells.rows.iter().map(|row| row.lab).collect()
    }

    /// Runs every cell in this lab, whatever the experiment says.
    ///
    /// # Errors
    /// If the lab is an axis of the sweep, or lacks what a cell needs.
    pub fn run_in(&mut self, lab: LabName) -> Result<(), MoveError> {
        if self.axes.iter().any(|axis| axis.path == "lab") {
            return Err(MoveError::Swept);
        }
        if let Some(what) = self.cells().find_map(|cell| cell.setup.lacks(lab)) {
            return Err(MoveError::Lacks(what));
        }
        self.cells.rows.iter_mut().for_each(|row| row.lab = lab);
        Ok(())
    }

    /// The number of trials.
    pub fn len(&self) -> u64 {
        (self.cells.rows.len() as u64).saturating_mul(self.repeats)
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
