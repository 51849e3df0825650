//! Programs of the user's that decide: what is refused, what results depend on, and the folder in
//! which they are started, that of the experiment.

use crate::inputs::Input;
use crate::refused::Refused;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use weir_abr::Choice;
use weir_abr::exec::Program;
use weir_experiment::{Plan, Setup};
use weir_uml::sha256_of_file;

/// Its name inside of a trial, and below the folder in which trials are staged.
pub(crate) const EXPERIMENT: &str = "experiment";

/// How many sessions have a program that decides.
pub(crate) fn programs(setup: &Setup) -> u64 {
    let players = setup.players.iter();
    let with = players.filter(|players| matches!(players.abr.program(), Ok(Some(_))));
    with.map(|players| players.count).sum()
}

/// Refuses programs that cannot be started in the folder `experiment`.
///
/// # Errors
/// If there is one: what is missing, and what may have been meant.
pub(crate) fn check(plan: &Plan, experiment: &Path) -> Result<()> {
    chosen(plan)
        .try_for_each(|program| weir_exec::check(&program, experiment).map_err(Refused::because))
}

/// The files of all programs, as far as their commands name them.
///
/// # Errors
/// If one cannot be read.
pub(crate) fn inputs(plan: &Plan, experiment: &Path) -> Result<Vec<Input>> {
    let mut inputs = BTreeMap::new();
    for program in chosen(plan) {
        for (word, path) in weir_exec::inputs(&program, experiment)? {
            inputs.insert(format!("the file {word} of a program"), sha256_of_file(&path)?);
        }
    }
    Ok(inputs.into_iter().map(|(name, hash)| Input::new(name, hash)).collect())
}

/// The programs of a plan, each once.
fn chosen(plan: &Plan) -> impl Iterator<Item = Program> {
    let mut chosen: BTreeSet<Choice> = BTreeSet::new();
    for cell in plan.cells() {
        for players in &cell.setup.players {
            if !chosen.contains(&players.abr) {
                chosen.insert(players.abr.clone());
            }
        }
    }
    // One that is none was refused when it was read.
    chosen.into_iter().filter_map(|abr| abr.program().ok().flatten())
}

/// Lets trials see the folder. Where no program decides they see an empty one: nothing of the
/// machine gets into a trial without need.
///
/// # Errors
/// If nothing can be made below `stage`.
pub(crate) fn show(plan: &Plan, experiment: &Path, stage: &Path) -> Result<()> {
    let shown = stage.join(EXPERIMENT);
    let what = || format!("make {}", shown.display());
    if plan.cells().any(|cell| programs(&cell.setup) > 0) {
        let experiment = experiment.canonicalize();
        let experiment = experiment.context("find the folder of the experiment")?;
        symlink(experiment, &shown).with_context(what)
    } else {
        fs::create_dir_all(&shown).with_context(what)
    }
}

/// The folder that trials see which are staged below `stage`. A guest follows one link, not two.
///
/// # Errors
/// If it was not shown, or is gone.
pub(crate) fn shown(stage: &Path) -> Result<PathBuf> {
    stage.join(EXPERIMENT).canonicalize().context("find the folder of the experiment")
}
