//! The lab in which the network is a model: a fluid in virtual time. It needs no kernel, no server and
//! no processes, and runs thousands of sessions in a second.
//!
//! # The network
//! Content passes the links of the way that packets take from the origin to the viewer; each direction
//! of a link is one of the model. From a request to its first byte it takes the delays of the whole
//! round trip, and what a trace says. A constant rate, and a trace of the `capacity` of a link, count
//! Ethernet frames: TCP carries 1,448 of 1,514 bytes of them. A trace of the `goodput` of a flow is
//! used as it is.
//!
//! Viewers who share a limit get max-min fair shares of it (see [`weir_model`]). That is an assumption.
//!
//! # What is not modelled
//! Queues, losses, jitter, congestion control with its slow start, connections, the requests' own
//! size, the overhead of HTTP, and cross traffic. An experiment may ask for losses and jitter, so that
//! it runs in another lab too; what is left out is said once, and in the table `events`.
//!
//! | file | what lives there |
//! |---|---|
//! | `check.rs` | what is refused, and what is left out |
//! | `layout.rs`, `traces.rs` | which links limit whom, and by what |
//! | `movie.rs` | content without files |
//! | `trial.rs` | a trial |
//! | `links.rs` | what links carried |
//! | `bound.rs` | what a clairvoyant player would have reached |
//! | `recordings.rs` | logs whose decisions are taken once more |

mod bound;
mod check;
mod layout;
mod links;
mod movie;
mod recordings;
mod traces;
mod trial;

pub(crate) use check::{check, check_others, warnings};
pub(crate) use movie::{Movie, sized};

use crate::content::Contents;
use crate::exec;
use crate::inputs::Input;
use crate::lab::{Lab, Ran, Task, Trialled};
use anyhow::Result;
use bound::Bounds;
use layout::Layout;
use recordings::Recordings;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use traces::Traces;
use weir_exec::Start;
use weir_plan::{Keep, LabName, Plan, Setup};
use weir_process::Cancel;

/// The lab, ready to run trials.
pub(crate) struct ModelLab {
    program_sha256: String,
    jobs: usize,
    record: Keep,
    traces: Traces,
    recordings: Recordings,
    bounds: Option<Bounds>,
    /// What programs see of the folder of the experiment, in which they are started, and how.
    folder: PathBuf,
    start: Start,
    /// For each slot, the setup of its last trial and what was found out about it: the repeats of a
    /// cell follow each other.
    known: Vec<Mutex<Option<Known>>>,
}

/// A setup, and what was found out about it.
type Known = (Arc<Setup>, Arc<Layout>);

impl ModelLab {
    /// The lab for a plan, with as many trials at a time as `jobs` says or as there are CPUs. Programs
    /// see what is shown below `stage`.
    ///
    /// # Errors
    /// For a trace or a log that cannot be used; the error points to the line of the experiment.
    pub fn new(plan: &Plan, jobs: Option<usize>, stage: &Path) -> Result<Self> {
        let folder = exec::shown(stage)?;
        let jobs = match jobs {
            Some(jobs) => jobs.max(1),
            None => weir_uml::boot::cpus()?.len().max(1),
        };
        Ok(Self {
            program_sha256: weir_uml::sha256_of_file(Path::new("/proc/self/exe"))?,
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
    fn layout(&self, setup: &Arc<Setup>, slot: usize) -> Result<Arc<Layout>> {
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

impl Lab for ModelLab {
    fn inputs(&self) -> Vec<Input> {
        let mut inputs = vec![Input::new("the program", &self.program_sha256)];
        inputs.extend_from_slice(self.traces.inputs());
        inputs.extend_from_slice(self.recordings.inputs());
        inputs
    }

    fn facts(&self) -> (&'static str, toml::Table) {
        (
            "model",
            toml::Table::from_iter([(
                "program_sha256".to_owned(),
                self.program_sha256.clone().into(),
            )]),
        )
    }

    fn meet(&self, plan: &Plan, contents: &Contents) -> Result<()> {
        for cell in plan.cells().filter(|cell| cell.setup.lab == LabName::Model) {
            let content = contents.of(&cell.setup)?.movie()?.film.content();
            for players in &cell.setup.players {
                let Some(log) = players.viewing.abr.replay() else { continue };
                let first = players.viewing.player().first;
                let recording = self.recordings.get(&cell.setup, log)?;
                let script = recording.script(content.ladder(), content.segments(), first);
                script.map_err(|why| match plan.refuse_log(log, format!("{why:#}")) {
                    Some(refusal) => anyhow::Error::new(refusal),
                    None => why,
                })?;
            }
        }
        Ok(())
    }

    fn slots(&self) -> Result<Vec<usize>> {
        Ok((0..self.jobs).collect())
    }

    fn run(&self, task: &Task<'_>, _: &Cancel) -> Result<Ran> {
        let layout = self.layout(&task.assignment.trial.setup, task.slot)?;
        let findings = trial::run(self, &layout, task.content.movie()?, task.assignment)?;
        Ok(Ran { came: Trialled::Found(findings), memory: None })
    }
}
