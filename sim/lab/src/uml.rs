//! The lab in virtual time: one guest for each trial.

use crate::exec::{self, EXPERIMENT};
use crate::inputs::Input;
use crate::lab::{Lab, MEDIA, Ran, SITE, Stage, Task, Trialled, viewer_time, viewers};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;
use weir_experiment::{LabName, Plan, Trial};
use weir_process::Cancel;
use weir_uml::{Guest, Kernel, Outcome, Root};
use weir_units::{Bytes, Span};

/// Memory of a guest without viewers, and for each of them; measured with room to spare. Results
/// depend on it (the kernel sizes its tables by it), so it follows from the plan alone.
const MEMORY: u64 = 320 << 20;
const MEMORY_PER_VIEWER: u64 = 4 << 20;
/// For each viewer for whom a program decides: room for Python and a library like NumPy.
const MEMORY_PER_PROGRAM: u64 = 64 << 20;

/// For each service of a live stream, with its processes and its files.
const MEMORY_PER_SERVICE: u64 = 96 << 20;

/// Wall-clock time that a guest gets: for its boot, and for each second that a viewer watches. Ten
/// times what a busy machine needs.
const LIMIT: Duration = Duration::from_secs(60);
const LIMIT_PER_VIEWER_SECOND: Duration = Duration::from_millis(100);
/// The same for each second of a live stream, with all that makes it.
const LIMIT_PER_LIVE_SECOND: Duration = Duration::from_secs(3);

/// The lab, ready to boot guests.
pub(crate) struct UmlLab {
    kernel: Kernel,
    root: Root,
    jobs: Option<usize>,
    stage: PathBuf,
    /// The memory of the guest of the plan's first trial in this lab.
    first_memory: Bytes,
}

impl UmlLab {
    /// Prepares guests below `stage`, `jobs` at a time, or as many as there are CPUs.
    ///
    /// # Errors
    /// If the root folder cannot be made.
    pub fn new(kernel: Kernel, plan: &Plan, jobs: Option<usize>, stage: &Path) -> Result<Self> {
        let root = Root::make(&stage.join("root"), &[SITE, MEDIA, EXPERIMENT])?;
        let first = plan.trials().find(|trial| trial.setup.lab == LabName::Uml);
        let first_memory = first.map_or(Bytes::ZERO, |trial| memory(&trial));
        Ok(Self { kernel, root, jobs, stage: stage.to_owned(), first_memory })
    }
}

/// The memory of a trial's guest.
fn memory(trial: &Trial) -> Bytes {
    let programs = exec::programs(&trial.setup);
    let services = trial.setup.services.len() as u64;
    Bytes::new(
        MEMORY
            + MEMORY_PER_VIEWER * viewers(trial)
            + MEMORY_PER_PROGRAM * programs
            + MEMORY_PER_SERVICE * services,
    )
}

impl Lab for UmlLab {
    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::new("the guest kernel", &self.kernel.sha256),
            Input::new("the program", &self.root.program_sha256),
            // A function of the plan, but one that another version of this program may change.
            Input::new("the guest's memory", self.first_memory.to_string()),
        ]
    }

    fn facts(&self) -> (&'static str, toml::Table) {
        let mut facts = toml::Table::new();
        facts.insert("version".to_owned(), self.kernel.version.clone().into());
        facts.insert("sha256".to_owned(), self.kernel.sha256.clone().into());
        ("guest", facts)
    }

    /// A guest is pinned to one CPU, so there are never more than CPUs.
    fn slots(&self) -> Result<Vec<usize>> {
        let mut cpus = weir_uml::boot::cpus()?;
        cpus.truncate(self.jobs.unwrap_or(cpus.len()).max(1));
        Ok(cpus)
    }

    fn run(&self, task: &Task<'_>, cancel: &Cancel) -> Result<Ran> {
        let trial = &task.assignment.trial;
        let files = task.content.files()?;
        let stage = Stage::make(self.stage.join(&trial.id), task.assignment)?;
        let whole = |time: Span| u32::try_from(time.ms() / 1_000).unwrap_or(u32::MAX);
        let longest = trial.setup.players.iter().map(|players| players.watch).max();
        let live = longest.filter(|_| trial.setup.live.is_some()).unwrap_or(Span::ZERO);
        let limit = LIMIT
            .saturating_add(LIMIT_PER_VIEWER_SECOND.saturating_mul(whole(viewer_time(trial))))
            .saturating_add(LIMIT_PER_LIVE_SECOND.saturating_mul(whole(live)));
        let guest = Guest {
            kernel: &self.kernel,
            root: &self.root,
            folder: stage.folder(),
            mounts: &[
                (SITE, files.site.clone()),
                (MEDIA, files.media.clone()),
                (EXPERIMENT, exec::shown(&self.stage)?),
            ],
            seed: trial.seed.derive("guest"),
            memory: memory(trial),
            cpu: task.slot,
            limit,
        };
        let ended = guest.run(cancel)?;
        stage.keep_logs(task.logs)?;
        let came = match ended.outcome {
            Outcome::Done => Trialled::Found(stage.findings()?),
            Outcome::Failed(why) => Trialled::Failed(why),
            Outcome::Cancelled => Trialled::Cancelled,
        };
        Ok(Ran { came, memory: Some(ended.memory) })
    }
}
