//! A whole plan: content first, then every trial.

use crate::content;
use crate::facts::{self, HOST, ServiceFacts};
use crate::host::HostLab;
use crate::inputs::{Input, Inputs};
use crate::lab::Lab;
use crate::refused::Refused;
use crate::sealed::{read_text, write_durably};
use crate::services::Logs;
use crate::store::{self, Existing, Store};
use crate::trials::Trials;
use crate::uml::UmlLab;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;
use weir_experiment::{LabName, Plan};
use weir_process::Cancel;
use weir_records::TrialResult;
use weir_uml::Kernel;

/// The plan in a run's folder.
pub(crate) const PLAN: &str = "plan.toml";
/// A plan of more than this is none of ours.
pub(crate) const PLAN_LIMIT: u64 = 1 << 30;

/// How to run a plan.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the results.
    pub out: PathBuf,
    /// What becomes of an interrupted run's trials in it.
    pub existing: Existing,
    /// Trials at a time; `None` is one for each CPU in a guest, and one on the host.
    pub jobs: Option<usize>,
    /// Where guest kernels and content are kept between runs.
    pub cache: PathBuf,
    /// The folder of the experiment, from which the files that it names are found.
    pub experiment: PathBuf,
}

/// What is going on, for whoever watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Content is being prepared.
    Content(weir_media::Progress),
    /// Something that the user should know.
    Warning(String),
    /// Trials begin.
    Trials {
        /// How many there are.
        total: u64,
        /// How many of them an interrupted run has finished.
        finished: u64,
        /// How many at a time.
        jobs: usize,
    },
    /// A trial is finished, and kept.
    Finished {
        /// It.
        result: &'a TrialResult,
        /// How many are finished.
        done: u64,
        /// Of how many.
        total: u64,
        /// The time left, estimated from those that are done.
        left: Duration,
    },
}

/// A plan whose trials are all finished.
#[derive(Debug)]
pub enum Ran {
    /// They are; tables come next.
    Finished(Run),
    /// They were before: the run in this folder is complete.
    Complete(PathBuf),
}

/// A plan that has been run. Its folder still has a temporary name: tables come first.
#[derive(Debug)]
pub struct Run {
    /// The run's name: a hash of all that its results depend on.
    pub id: String,
    /// Its folder.
    pub store: Store,
    /// Every trial's result, in the order of the plan.
    pub trials: Vec<TrialResult>,
    /// What the content is, in a word, for titles.
    pub content: String,
}

/// Runs every trial of `plan` that is not finished yet.
///
/// # Errors
/// [`Refused`] if the run cannot begin: because of what is in its folder, and if the machine lacks
/// something. Otherwise if content cannot be made or results cannot be kept, and when it was
/// cancelled. A trial that fails is a result like any other.
pub fn run(
    plan: &Plan,
    options: &Options,
    cancel: &Cancel,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Ran> {
    // What may be missing comes before anything is written, and before what takes minutes.
    let machine = Machine::find(plan, &options.cache)?;
    if options.existing == Existing::Resume && store::is_complete(&options.out)? {
        let known = Inputs { input: vec![plan_input(plan)] };
        refuse_others(&known, &options.out, true, plan)?;
        store::tidy(&options.out)?;
        return Ok(Ran::Complete(options.out.clone()));
    }
    let store = Store::open(&options.out, options.existing)?;
    if store.has_finished()? && Inputs::read(store.folder()).map_err(Refused::because)?.is_none() {
        return Err(Refused::because(format!(
            "the interrupted run in {} does not say what it depends on: --discard throws it away",
            store.folder().display()
        )));
    }
    let lab = machine.lab(plan, options.jobs, store.stage())?;
    let mut inputs = machine.inputs(plan, lab.as_ref());
    // Before minutes of encoding.
    refuse_others(&inputs, store.folder(), false, plan)?;
    let contents = content::prepare(plan, &options.cache, store.stage(), watch)?;
    let hashes = contents.all().map(|content| content.served.as_str()).enumerate();
    inputs.input.extend(hashes.map(|(number, hash)| content_input(number, hash)));
    refuse_others(&inputs, store.folder(), false, plan)?;
    let kept = store.kept(plan, &mut |warning| watch(Progress::Warning(warning)));

    let host = facts::host(plan, lab.as_ref(), &machine.services, &contents, &options.experiment)?;
    write_durably(&store.folder().join(PLAN), plan.to_toml().as_bytes())?;
    write_durably(&store.folder().join(HOST), host.as_bytes())?;
    // Last: where it is, all that finished trials depend on is known.
    inputs.write(store.folder())?;

    let trials = Trials { plan, contents: &contents, lab: lab.as_ref(), logs: Logs::Usual, cancel };
    let trials = trials.run_all(kept, &store, watch)?;
    if cancel.is_cancelled() {
        bail!(
            "interrupted; {} of {} trials are finished{}",
            trials.len(),
            plan.len(),
            if trials.is_empty() { "" } else { ", and --resume goes on with the others" }
        );
    }
    let trials = trials.into_iter().map(|(_, result)| result).collect();
    let content = content::kind(plan).to_owned();
    Ok(Ran::Finished(Run { id: inputs.id(), store, trials, content }))
}

/// What a plan needs of this machine.
pub(crate) struct Machine {
    pub services: Vec<ServiceFacts>,
    /// For guests.
    kernel: Option<Kernel>,
}

impl Machine {
    /// Looks for it.
    ///
    /// # Errors
    /// If something is missing.
    pub fn find(plan: &Plan, cache: &Path) -> Result<Self> {
        let kernel = match plan.lab {
            LabName::Uml => Some(Kernel::find(cache).map_err(Refused::because)?),
            LabName::Host | LabName::Model => None,
        };
        Ok(Self { services: facts::services(plan).map_err(Refused::because)?, kernel })
    }

    /// The lab on it.
    ///
    /// # Errors
    /// If this program cannot be copied.
    pub fn lab(&self, plan: &Plan, jobs: Option<usize>, stage: &Path) -> Result<Box<dyn Lab>> {
        Ok(match &self.kernel {
            Some(kernel) => Box::new(UmlLab::new(kernel.clone(), plan, jobs, stage)?),
            None => Box::new(HostLab::new(jobs, stage)?),
        })
    }

    /// All that results depend on, but for the content.
    pub fn inputs(&self, plan: &Plan, lab: &dyn Lab) -> Inputs {
        let service =
            |facts: &ServiceFacts| Input::new(format!("the service {}", facts.name), &facts.sha256);
        let mut input = vec![plan_input(plan)];
        input.extend(lab.inputs());
        input.extend(self.services.iter().map(service));
        Inputs { input }
    }
}

fn plan_input(plan: &Plan) -> Input {
    Input::hashed("the plan", &plan.to_toml())
}

/// A content's hash, by its number among those of the plan.
pub(crate) fn content_input(number: usize, hash: &str) -> Input {
    Input::new(format!("the content {number}"), hash)
}

/// Refuses to go on with the run in `folder` if it has other inputs than these.
fn refuse_others(inputs: &Inputs, folder: &Path, complete: bool, plan: &Plan) -> Result<()> {
    let Some(earlier) = Inputs::read(folder).map_err(Refused::because)? else { return Ok(()) };
    let mut others = inputs.others_than(&earlier);
    if others.is_empty() {
        return Ok(());
    }
    if let Some(line) = first_other_line(&folder.join(PLAN), &plan.to_toml()) {
        // A line says more than two hashes.
        others.retain(|other| !other.starts_with("the plan "));
        others.insert(0, format!("the plan ({line})"));
    }
    let (what, way) = match complete {
        true => ("complete", "without --resume it is replaced"),
        false => ("interrupted", "--discard instead of --resume throws it away"),
    };
    Err(Refused::because(format!(
        "the {what} run in {} has other inputs: {}; {way}, and --out chooses another folder",
        folder.display(),
        others.join(", "),
    )))
}

/// Where the plan in a file begins to differ from this one.
fn first_other_line(path: &Path, plan: &str) -> Option<String> {
    let earlier = read_text(path, PLAN_LIMIT).ok()?;
    let (mut was, mut is) = (earlier.lines(), plan.lines());
    loop {
        match (was.next(), is.next()) {
            (None, None) => return None,
            (was, is) if was == is => {}
            (was, is) => {
                let quoted = |line: Option<&str>| {
                    line.map_or("nothing".to_owned(), |line| format!("\"{}\"", line.trim()))
                };
                return Some(format!("was {}, is {}", quoted(was), quoted(is)));
            }
        }
    }
}
