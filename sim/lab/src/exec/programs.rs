//! Programs of the user's that decide: what is refused, what results depend on, the folder in which
//! they are started, which is a copy of the experiment's, and how they are started.

use crate::exec::snapshot;
use crate::refused::Refused;
use crate::store::inputs::{BESIDE, Input};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use weir_abr::Choice;
use weir_abr::exec::Program;
use weir_base::sha256_of_file;
use weir_exec::{Start, Walls};
use weir_plan::{Plan, Setup};

/// Its name inside of a trial, and below the folder in which trials are staged.
pub(crate) const EXPERIMENT: &str = "experiment";

/// Below the folder in which trials are staged: temporary files of programs.
const SCRATCH: &str = "scratch";

/// What programs see besides the copy in every lab.
const USR: &str = "/usr";
/// And behind a wall on this machine: what interpreters and their libraries read wherever they run.
/// What is a link into `/usr` here is a folder of its own elsewhere.
const READ: [&str; 12] = [
    USR,
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
];
const WRITTEN: &str = "/dev/null";
/// How the names begin of what they read in `/etc`: settings of an interpreter, and links to
/// programs.
const ETC: [&str; 2] = ["python", "alternatives"];

/// What trials see of the experiment's folder.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// What results depend on.
    pub inputs: Vec<Input>,
    /// The listing of the files that are in it; `None` where no program decides.
    pub listing: Option<String>,
}

/// How many sessions have a program that decides.
pub(crate) fn programs(setup: &Setup) -> u64 {
    let players = setup.players.iter();
    let with = players.filter(|players| matches!(players.viewing.abr.program(), Ok(Some(_))));
    with.map(|players| players.count).sum()
}

/// Refuses programs that cannot be started in the folder `experiment`, and a folder that cannot be
/// copied for them.
///
/// # Errors
/// If there is one: what is missing, and what may have been meant.
pub(crate) fn check(plan: &Plan, experiment: &Path) -> Result<()> {
    let programs = chosen(plan);
    if programs.is_empty() {
        return Ok(());
    }
    snapshot::check(experiment)?;
    programs.iter().try_for_each(|program| check_in(program, experiment))
}

fn check_in(program: &Program, folder: &Path) -> Result<()> {
    weir_exec::check_within(program, folder, &[Path::new(USR)]).map_err(Refused::because)
}

/// The programs of a plan that decide, each once.
pub(crate) fn chosen(plan: &Plan) -> Vec<Program> {
    let mut chosen: BTreeSet<Choice> = BTreeSet::new();
    for cell in plan.cells() {
        for players in &cell.setup.players {
            if !chosen.contains(&players.viewing.abr) {
                chosen.insert(players.viewing.abr.clone());
            }
        }
    }
    // One that is none was refused when it was read.
    chosen.into_iter().filter_map(|abr| abr.program().ok().flatten()).collect()
}

/// Lets trials see a copy of the folder. Where no program decides they see an empty one: nothing of
/// the machine gets into a trial without need.
///
/// # Errors
/// If nothing can be made below `stage`, the folder holds too much, or a program is not in the
/// copy.
pub(crate) fn show(plan: &Plan, experiment: &Path, stage: &Path) -> Result<Shown> {
    let copy = stage.join(EXPERIMENT);
    let programs = chosen(plan);
    if programs.is_empty() {
        fs::create_dir_all(&copy).with_context(|| format!("make {}", copy.display()))?;
        return Ok(Shown::default());
    }
    let experiment = experiment.canonicalize().context("find the folder of the experiment")?;
    let listing = snapshot::take(&experiment, &copy)?;
    let copy = shown(stage)?;
    let mut others = BTreeMap::new();
    for program in programs {
        for (word, path) in weir_exec::inputs(&program, &experiment)? {
            if path.starts_with(&experiment) && !copy.join(&word).is_file() {
                return Err(Refused::because(format!(
                    "programs do not see \"{word}\" of \"{}\": logs, results, links out of the \
                     folder and what git and Python keep there are left out (see \
                     players/abr/PROTOCOL.md)",
                    program.command
                )));
            }
        }
        // Once more: a link that leads into the folder by its whole path does not lead into the
        // copy.
        check_in(&program, &copy)?;
        for (word, path) in weir_exec::inputs(&program, &copy)? {
            if !path.canonicalize().is_ok_and(|real| real.starts_with(&copy)) {
                others.insert(format!("the file {word} of a program"), sha256_of_file(&path)?);
            }
        }
    }
    let mut inputs = vec![Input::hashed(BESIDE, &listing)];
    inputs.extend(others.into_iter().map(|(name, hash)| Input::new(name, hash)));
    Ok(Shown { inputs, listing: Some(listing) })
}

/// The folder that trials see which are staged below `stage`. A guest follows one link, not two.
///
/// # Errors
/// If it was not shown, or is gone.
pub(crate) fn shown(stage: &Path) -> Result<PathBuf> {
    stage.join(EXPERIMENT).canonicalize().context("find the folder of the experiment")
}

/// How programs are started on this machine itself: behind a guard, and a wall that lets them read
/// the copy and what belongs to the system, and write temporary files.
pub(crate) fn walled(stage: &Path, shown: &Path) -> Start {
    let of_programs = |name: &str| ETC.iter().any(|begin| name.starts_with(begin));
    let etc = fs::read_dir("/etc").into_iter().flatten().flatten();
    let etc = etc.filter(|entry| entry.file_name().to_str().is_some_and(of_programs));
    let reads = READ.iter().map(PathBuf::from).chain(etc.map(|entry| entry.path()));
    let reads = reads.chain([shown.to_owned()]);
    Start::Guarded(Some(Walls {
        reads: reads.collect(),
        writes: vec![WRITTEN.into()],
        scratch: stage.join(SCRATCH),
    }))
}
