//! A whole plan: content first, then every trial.

use crate::content::contents as content;
use crate::content::contents::content_input;
use crate::environment::host_file as facts;
use crate::environment::host_file::HOST;
use crate::exec::programs as exec;
use crate::labs::machine::{Labs, Machine};
use crate::labs::model;
use crate::progress::Progress;
use crate::refused::Refused;
use crate::run::trials::Trials;
use crate::store::checksummed::{read_text, write_durably};
use crate::store::folder::{Existing, Store};
use crate::store::inputs::{Input, Inputs};
use crate::trial::logs::Logs;
use crate::trial::services::installed::InstalledService;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use weir_plan::Plan;
use weir_process::Cancel;
use weir_records::TrialResult;

/// The plan in a run's folder.
pub(crate) const PLAN: &str = "plan.toml";
/// A plan of more than this is none of ours.
pub(crate) const PLAN_LIMIT: u64 = 1 << 30;

/// So many characters of a line are quoted.
const SHOWN: usize = 200;

/// How to run a plan.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the results.
    pub out: PathBuf,
    /// What becomes of an interrupted run's trials in it.
    pub existing: Existing,
    /// Trials at a time; `None` is one for each CPU, and one on the host.
    pub jobs: Option<usize>,
    /// Where guest kernels and content are kept between runs.
    pub cache: PathBuf,
    /// The folder of the experiment, from which the files that it names are found.
    pub experiment: PathBuf,
}

/// A plan whose trials are all finished.
#[derive(Debug)]
pub enum Ran<'p> {
    /// They are; tables come next.
    Finished(Run<'p>),
    /// They were before.
    Complete {
        /// The run's folder.
        folder: PathBuf,
        /// What its results depend on, in words: it is what they depend on now.
        inputs: String,
    },
}

/// A plan that has been run. Its folder still has a temporary name: tables come first.
#[derive(Debug)]
pub struct Run<'p> {
    /// The run's name: a hash of all that its results depend on.
    pub id: String,
    /// Its folder.
    pub store: Store,
    /// What the content is, in a word, for titles.
    pub content: String,
    plan: &'p Plan,
}

impl Run<'_> {
    /// Every trial's result, in the order of the plan, read from its file when its turn comes:
    /// there may be more of them than fit into memory. An error is of a file that was damaged
    /// since.
    pub fn results(&self) -> impl Iterator<Item = Result<TrialResult>> + '_ {
        self.store.results(self.plan)
    }
}

/// Runs every trial of `plan` that is not finished yet.
///
/// # Errors
/// [`Refused`] if the run cannot begin: because of what is in its folder, and if the machine lacks
/// something. Otherwise if content cannot be made or results cannot be kept, and when it was
/// cancelled. A trial that fails is a result like any other.
pub fn run<'p>(
    plan: &'p Plan,
    options: &Options,
    cancel: &Cancel,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Ran<'p>> {
    // What may be missing comes before anything is written, and before what takes minutes.
    let machine = Machine::find(plan, &options.cache)?;
    let store = Store::open(&options.out, options.existing)?;
    let earlier = earlier(&store, options.existing)?;
    let shown = exec::show(plan, &options.experiment, store.stage())?;
    let labs = machine.labs(plan, shown, options.jobs, store.stage())?;
    let mut inputs = inputs(plan, &machine, &labs);
    // Before minutes of encoding.
    earlier.iter().try_for_each(|earlier| earlier.refuse_others(&inputs, plan))?;
    let contents = content::prepare(plan, &options.cache, store.stage(), watch)?;
    let hashes = contents.all().map(|content| content.served.as_str()).enumerate();
    inputs.input.extend(hashes.map(|(number, hash)| content_input(number, hash)));
    earlier.iter().try_for_each(|earlier| earlier.refuse_others(&inputs, plan))?;
    labs.meet(plan, &contents)?;
    let is_complete = earlier.is_some_and(|earlier| earlier.is_complete);
    let mut warnings = model::warnings(plan);
    let go_on = !is_complete || options.existing == Existing::Resume && store.adopt()?;
    let kept = store.kept(plan, &mut |warning| warnings.push(warning));
    let all_is_well = kept.trials.values().sum::<u64>() == plan.len();
    if is_complete && (!go_on || all_is_well) {
        let inputs = inputs.in_words();
        return Ok(Ran::Complete { folder: store.leave(go_on)?, inputs });
    }
    warnings.into_iter().for_each(|warning| watch(Progress::Warning(warning)));

    let host = facts::host(plan, &labs, &machine.services, &contents, &options.experiment)?;
    write_durably(&store.folder().join(PLAN), plan.to_toml().as_bytes())?;
    write_durably(&store.folder().join(HOST), host.as_bytes())?;
    // Last: where it is, all that finished trials depend on is known.
    inputs.write(store.folder())?;

    let trials = Trials { plan, contents: &contents, labs: &labs, logs: Logs::Usual, cancel };
    let finished = trials.run_all(&kept, &store, watch)?;
    if cancel.is_cancelled() {
        bail!(
            "interrupted; {finished} of {} trials are finished{}",
            plan.len(),
            if finished == 0 { "" } else { ", and --resume goes on with the others" }
        );
    }
    let content = content::kind(plan).to_owned();
    Ok(Ran::Finished(Run { id: inputs.id(), store, content, plan }))
}

/// What the results of a run depend on, but for the content.
pub(crate) fn inputs(plan: &Plan, machine: &Machine, labs: &Labs) -> Inputs {
    let service =
        |facts: &InstalledService| Input::new(format!("the service {}", facts.name), &facts.sha256);
    let mut input = vec![plan_input(plan)];
    input.extend(labs.inputs());
    input.extend(machine.services.iter().map(service));
    Inputs { input, listing: labs.listing() }
}

fn plan_input(plan: &Plan) -> Input {
    Input::hashed("the plan", &plan.to_toml())
}

/// A run that is in the folder already, and stays.
struct Earlier {
    folder: PathBuf,
    inputs: Inputs,
    is_complete: bool,
}

/// The one that a run goes on with, or that is complete; `None` if there is none, or it is to be
/// replaced.
///
/// # Errors
/// If it does not say what it depends on.
fn earlier(store: &Store, existing: Existing) -> Result<Option<Earlier>> {
    let interrupted = store.has_finished()?;
    let complete = store.earlier().filter(|_| existing != Existing::Discard && !interrupted);
    let folder = if interrupted { Some(store.folder()) } else { complete };
    let Some(folder) = folder.map(Path::to_owned) else { return Ok(None) };
    let Some(inputs) = Inputs::read(&folder).map_err(Refused::because)? else {
        return Err(Refused::because(format!(
            "the run in {} does not say what it depends on: --discard replaces it, and --out chooses \
             another folder",
            folder.display()
        )));
    };
    Ok(Some(Earlier { folder, inputs, is_complete: !interrupted }))
}

impl Earlier {
    /// Refuses other inputs than it has.
    fn refuse_others(&self, inputs: &Inputs, plan: &Plan) -> Result<()> {
        let mut others = inputs.others_than(&self.inputs);
        if others.is_empty() {
            return Ok(());
        }
        if let Some(line) = first_other_line(&self.folder.join(PLAN), &plan.to_toml()) {
            // A line says more than two hashes.
            others.retain(|other| !other.starts_with("the plan "));
            others.insert(0, format!("the plan ({line})"));
        }
        let (what, way) = match self.is_complete {
            true => ("complete", "--discard replaces it"),
            false => ("interrupted", "--discard instead of --resume throws it away"),
        };
        Err(Refused::because(format!(
            "the {what} run in {} has other inputs: {}; {way}, and --out chooses another folder",
            self.folder.display(),
            others.join(", "),
        )))
    }
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
                    let plain = |c: char| if c.is_control() { '?' } else { c };
                    line.map_or("nothing".to_owned(), |line| {
                        let shown: String = line.trim().chars().map(plain).take(SHOWN).collect();
                        format!("\"{shown}\"")
                    })
                };
                return Some(format!("was {}, is {}", quoted(was), quoted(is)));
            }
        }
    }
}
