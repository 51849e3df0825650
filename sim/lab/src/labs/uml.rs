//! The lab in virtual time: one guest for each trial.

use crate::exec::programs as exec;
use crate::exec::programs::EXPERIMENT;
use crate::labs::lab::{Lab, MEDIA, Ran, SITE, Stage, Task, TrialOutcome, viewers};
use crate::labs::patience::patience;
use crate::store::inputs::Input;
use crate::trial::assignment::Assignment;
use anyhow::Result;
use std::path::{Path, PathBuf};
use weir_plan::Plan;
use weir_process::Cancel;
use weir_uml::{Guest, Kernel, Outcome, Root};
use weir_units::{BitRate, Bytes, Span};

/// Memory of a guest without viewers, and for each of them; measured with room to spare. Results
/// depend on it (the kernel sizes its tables by it), so it follows from the plan and the content.
const MEMORY: u64 = 320 << 20;
const MEMORY_PER_VIEWER: u64 = 4 << 20;
/// For each viewer for whom a program decides: room for Python and a library like NumPy.
const MEMORY_PER_PROGRAM: u64 = 64 << 20;
/// For each service of a live stream, with its processes and its files.
const MEMORY_PER_SERVICE: u64 = 96 << 20;
/// More than this no guest gets.
const MOST_MEMORY: u64 = 6 << 30;
/// Of what is moved, so much is written to logs where they are full: a share, and something.
const LOGGED: u64 = 8;
const MEMORY_FOR_LOGS: u64 = 64 << 20;

/// The lab, ready to boot guests.
pub(crate) struct UmlLab {
    kernel: Kernel,
    root: Root,
    jobs: Option<usize>,
    stage: PathBuf,
    watchdog: Option<Span>,
}

impl UmlLab {
    /// Prepares guests of `plan` below `stage`, `jobs` at a time, or as many as there are CPUs,
    /// which have `root` as their root folder.
    pub fn new(kernel: Kernel, root: Root, plan: &Plan, jobs: Option<usize>, stage: &Path) -> Self {
        Self { kernel, root, jobs, stage: stage.to_owned(), watchdog: plan.watchdog }
    }
}

/// The memory of a trial's guest, of which the host gives what is used.
///
/// All that is read and written has room in it. A guest whose memory is full looks for some to
/// reuse, and servers then send in other pieces: a trial with fuller logs would become another
/// trial.
fn memory(assignment: &Assignment) -> Bytes {
    let setup = &assignment.trial.setup;
    let bytes =
        |bps: u64, time: Span| BitRate::from_bps(bps).bytes_in(time).map_or(u64::MAX, Bytes::get);
    let top = assignment.rungs.iter().map(|rung| rung.peak_bps).max().unwrap_or(0);
    let watched = setup.players.iter().map(|p| bytes(top, p.viewing.watch).saturating_mul(p.count));
    let moved = watched.fold(0, u64::saturating_add);
    let length = assignment.segment.checked_mul(assignment.segments).unwrap_or(Span::MAX);
    let rungs = assignment.rungs.iter().map(|rung| bytes(rung.mean_bps, length));
    let content = rungs.fold(0, u64::saturating_add);
    let needed = [
        MEMORY + MEMORY_FOR_LOGS,
        MEMORY_PER_VIEWER.saturating_mul(viewers(&assignment.trial)),
        MEMORY_PER_PROGRAM.saturating_mul(exec::programs(setup)),
        MEMORY_PER_SERVICE.saturating_mul(setup.services.len() as u64),
        // Some of it is loaded twice.
        content.min(moved.saturating_mul(2)),
        moved / LOGGED,
    ];
    // Whole pages, and some.
    let needed = needed.into_iter().fold(0, u64::saturating_add).min(MOST_MEMORY);
    Bytes::new(needed.next_multiple_of(1 << 20))
}

impl Lab for UmlLab {
    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::new("the guest kernel", &self.kernel.sha256),
            Input::new("the program", &self.root.program_sha256),
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
        let mut cpus = weir_base::cpus()?;
        cpus.truncate(self.jobs.unwrap_or(cpus.len()).max(1));
        Ok(cpus)
    }

    fn run(&self, task: &Task<'_>, cancel: &Cancel) -> Result<Ran> {
        let trial = &task.assignment.trial;
        let files = task.content.files()?;
        let stage = Stage::make(self.stage.join(&trial.id), task.assignment)?;
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
            memory: memory(task.assignment),
            cpu: task.slot,
            patience: patience(task.assignment, self.watchdog),
        };
        let ended = guest.run(cancel)?;
        stage.keep_logs(task.logs)?;
        let came = match ended.outcome {
            Outcome::Done => stage.findings(),
            Outcome::Failed(why) => TrialOutcome::Failed(why),
            Outcome::Cancelled => TrialOutcome::Cancelled,
        };
        Ok(Ran { came, memory: Some(ended.memory) })
    }
}
