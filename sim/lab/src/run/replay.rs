//! One trial of a run once more, with full logs.

use crate::content::contents as content;
use crate::content::contents::content_input;
use crate::environment::doctor::check_labs;
use crate::environment::host_file::HOST;
use crate::environment::{host_file as facts, started};
use crate::exec::programs as exec;
use crate::exec::programs::Shown;
use crate::labs::machine::Machine;
use crate::progress::Progress;
use crate::refused::Refused;
use crate::run::trials::Trials;
use crate::run::whole as run;
use crate::run::whole::{PLAN, PLAN_LIMIT};
use crate::store::checksummed::{read_text, write_durably};
use crate::store::folder::{Existing, Store};
use crate::store::inputs::{BESIDE, Inputs};
use crate::trial::logs::Logs;
use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use weir_media::Package;
use weir_plan::{LabName, Place, Plan, Trial};
use weir_process::Cancel;
use weir_records::TrialResult;
use weir_units::Span;

/// What to replay.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The run's folder.
    pub run: PathBuf,
    /// The trial's name.
    pub trial: String,
    /// The folder of the results.
    pub out: PathBuf,
    /// Whether a run in it is replaced, complete or interrupted.
    pub discard: bool,
    /// Whether its programs may see other files than they saw.
    pub changed: bool,
    /// How long the trial is let alone, instead of what is computed: see [`Plan::watchdog`].
    pub watchdog: Option<Span>,
    /// Where guest kernels and content are kept between runs.
    pub cache: PathBuf,
}

/// A trial that has been run again. Its folder still has a temporary name: tables come first.
#[derive(Debug)]
pub struct Replayed {
    /// The name that its run has now: the earlier one's where nothing that it depends on differs.
    pub id: String,
    /// The run's plan.
    pub plan: Plan,
    /// The folder of the replay.
    pub store: Store,
    /// What came of it.
    pub trial: TrialResult,
    /// What the content is, in a word, for titles.
    pub content: String,
}

/// What `host.toml` says that a replay needs.
#[derive(Deserialize)]
struct Host {
    experiment_folder: PathBuf,
    content: Vec<HostContent>,
}

#[derive(Deserialize)]
struct HostContent {
    hash: String,
}

/// Runs a trial again, in the lab that it ran in, with full logs. `watch` hears of everything that
/// is not what it was.
///
/// # Errors
/// [`Refused`] if the folder holds no run, the run has no such trial, or this machine cannot run
/// it; and if something cannot be made or was cancelled.
pub fn replay(
    what: &Replay,
    cancel: &Cancel,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Replayed> {
    let (mut plan, trial) = find(what).map_err(Refused::because)?;
    plan.watchdog = what.watchdog;
    let earlier = Inputs::read(&what.run).map_err(Refused::because)?.unwrap_or_default();
    // What the trial's lab needs: no other one of the plan. The memory of a guest follows from all
    // of its lab's trials.
    let mut own = plan.clone();
    own.retain(|cell| match trial.setup.lab {
        LabName::Model => cell.index == trial.cell,
        lab => cell.setup.lab == lab,
    });
    check_labs(&own)?;
    if let Some(warning) = started::warning(&own) {
        watch(Progress::Warning(warning));
    }
    let machine = Machine::find(&own, &what.cache)?;
    let existing = if what.discard { Existing::Discard } else { Existing::Refuse };
    let store = Store::open(&what.out, existing)?;
    if let Some(earlier) = store.earlier().filter(|_| !what.discard) {
        return Err(Refused::because(format!(
            "a complete run is in {}: --discard replaces it, and --out chooses another folder",
            earlier.display()
        )));
    }
    let host = facts_of(&what.run)?;
    let folder = &host.experiment_folder;
    let shown = exec::show(&own, folder, store.stage())?;
    refuse_other_files(&shown, &earlier, what)?;
    let labs = machine.labs(&own, shown, Some(1), store.stage())?;

    // Of the plan only what the trial needs; the whole of it is what the run's inputs are about.
    let mut part = plan.clone();
    part.retain(|cell| cell.index == trial.cell);
    let number = content::number(&plan, &trial);
    let hash = host.content.get(number).map(|content| content.hash.as_str());
    let served = earlier.value(&content_input(number, "").name);
    let as_it_was = |tell: &mut content::Tell<'_>| {
        let accept = |package: &Package| Some(content::served(package).as_str()) == served;
        weir_media::find(&what.cache, hash?, &accept, tell)
    };
    let contents =
        content::prepare_with(&plan, &part, store.stage(), watch, &mut |media, tell| {
            let request = content::request(&part, media);
            match request.file.filter(|file| !file.exists()) {
                None => {
                    weir_media::prepare(&request, &what.cache, tell).context("prepare the content")
                }
                Some(gone) => as_it_was(tell).with_context(|| {
                    format!("{} is gone, and the cache has nothing made of it", gone.display())
                }),
            }
        })?;
    labs.meet(&part, &contents)?;
    let mut inputs = run::inputs(&plan, &machine, &labs);
    inputs.input.push(content_input(number, &contents.get(&trial)?.served));
    for other in inputs.others_than(&earlier) {
        watch(Progress::Warning(format!("another input than the run's: {other}")));
    }
    let host = facts::host(&part, &labs, &machine.services, &contents, folder)?;
    write_durably(&store.folder().join(PLAN), plan.to_toml().as_bytes())?;
    write_durably(&store.folder().join(HOST), host.as_bytes())?;
    let inputs = inputs.over(earlier);
    inputs.write(store.folder())?;

    let lab = labs.get(trial.setup.lab)?;
    let slot = lab.slots()?.first().copied().context("the lab has no room for a trial")?;
    let logs = store.folder().join("logs").join(&trial.id);
    let trials = Trials { plan: &part, contents: &contents, labs: &labs, logs: Logs::Full, cancel };
    let trial = trials.run(&trial, lab, slot, &logs).context("interrupted")?;
    let content = content::kind(&part).to_owned();
    Ok(Replayed { id: inputs.id(), plan, store, trial, content })
}

/// Whoever gave the run away also says which folder its programs see, which may be any of this
/// user's: it has to be the one that they saw, or the user has to say that it is meant.
fn refuse_other_files(shown: &Shown, earlier: &Inputs, what: &Replay) -> Result<()> {
    let input = shown.inputs.iter().filter(|input| input.name == BESIDE).cloned().collect();
    let others = Inputs { input, listing: shown.listing.clone() };
    let others = others.others_than(earlier);
    if others.is_empty() || what.changed {
        return Ok(());
    }
    Err(Refused::because(format!(
        "programs of this run would see other files than they saw ({}): --changed replays with them",
        others.join(", ")
    )))
}

/// The plan and the trial, with the files that its content is made from.
fn find(what: &Replay) -> Result<(Plan, Trial)> {
    let path = what.run.join(PLAN);
    let mut plan = Plan::from_toml(&read(&path)?, &path)?;
    let trial = plan.trial(&what.trial).ok_or_else(|| {
        let mut trials = plan.trials();
        let ends = (trials.next(), trials.last());
        let known = match ends {
            (Some(first), Some(last)) => format!("{} to {}", first.id, last.id),
            (first, _) => first.map(|first| first.id).unwrap_or_default(),
        };
        anyhow!("the run has no trial \"{}\" (it has {known})", what.trial)
    })?;
    let folder = facts_of(&what.run)?.experiment_folder;
    weir_experiment::find_files(&mut plan, &folder, &Place { file: path.into(), line: None })?;
    Ok((plan, trial))
}

fn facts_of(run: &Path) -> Result<Host> {
    let path = run.join(HOST);
    toml::from_str(&read(&path)?).with_context(|| format!("read {}", path.display()))
}

fn read(path: &Path) -> Result<String> {
    let what = || format!("read {}, which every run's folder has", path.display());
    read_text(path, PLAN_LIMIT).with_context(what)
}
