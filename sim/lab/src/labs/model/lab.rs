//! The lab, ready to run trials.

use crate::exec::programs as exec;
use crate::labs::model::bound::Bounds;
use crate::labs::model::layout::Layout;
use crate::labs::model::recordings::Recordings;
use crate::labs::model::traces::Traces;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use weir_exec::Start;
use weir_plan::{Keep, Plan, Setup};

/// The lab, ready to run trials.
pub(crate) struct ModelLab {
    pub program_sha256: String,
    pub jobs: usize,
    pub record: Keep,
    pub traces: Traces,
    pub recordings: Recordings,
    pub bounds: Option<Bounds>,
    /// What programs see of the folder of the experiment, in which they are started, and how.
    pub folder: PathBuf,
    pub start: Start,
    /// For each slot, the setup of its last trial and what was found out about it: the repeats of a
    /// cell follow each other.
    known: Vec<Mutex<Option<Known>>>,
}

/// A setup, and what was found out about it.
type Known = (Arc<Setup>, Arc<Layout>);

impl ModelLab {
    /// The lab for a plan, with as many trials at a time as `jobs` says or as there are CPUs.
    /// Programs see what is shown below `stage`.
    ///
    /// # Errors
    /// For a trace or a log that cannot be used; the error points to the line of the experiment.
    pub fn new(plan: &Plan, jobs: Option<usize>, stage: &Path) -> Result<Self> {
        let folder = exec::shown(stage)?;
        let jobs = match jobs {
            Some(jobs) => jobs.max(1),
            None => weir_base::cpus()?.len().max(1),
        };
        Ok(Self {
            program_sha256: weir_base::sha256_of_file(Path::new("/proc/self/exe"))?,
            jobs,
            record: plan.record,
            traces: Traces::load(plan)?,
            recordings: Recordings::load(plan)?,
            bounds: plan.oracle.map(Bounds::new),
            start: exec::walled(stage, &folder),
            folder,
            known: (0..jobs).map(|_| Mutex::default()).collect(),
        })
    }

    /// What is known of a setup.
    pub fn layout(&self, setup: &Arc<Setup>, slot: usize) -> Result<Arc<Layout>> {
        let last = self.known.get(slot).and_then(|last| last.lock().ok());
        let Some(mut last) = last else { return Layout::new(setup).map(Arc::new) };
        if let Some((known, layout)) = &*last
            && Arc::ptr_eq(known, setup)
        {
            return Ok(Arc::clone(layout));
        }
        let layout = Arc::new(Layout::new(setup)?);
        *last = Some((Arc::clone(setup), Arc::clone(&layout)));
        Ok(layout)
    }
}
