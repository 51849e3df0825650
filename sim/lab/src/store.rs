//! The folder of a run: written under a temporary name, and given its own when it is complete.
//!
//! Every finished block of trials is a file there the moment it is finished, on the disk and whole,
//! so that nothing that happens later takes it away: a run that was interrupted goes on from these
//! files, and tables are made from them. Results are never all in memory.
//! Who writes to the folder holds a lock on it, which the kernel takes back when the process ends.

use crate::blocks::{blocks, trials_in};
use crate::kept::{Kept, Opened};
use crate::lock::{LOCK, lock};
use crate::refused::Refused;
use crate::sealed::write_durably;
use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::Flock;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use weir_experiment::Plan;
use weir_records::TrialResult;

/// What a complete run's folder contains, and nothing else does.
const MARK: &str = "run.toml";
const TRIALS: &str = "trials";
/// How the names of folders begin that hold what is not kept.
const STAGE: &str = "stage-";

/// What to do with the finished trials of a run that was interrupted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Existing {
    /// Nothing: refuse to run.
    #[default]
    Refuse,
    /// Go on from them.
    Resume,
    /// Throw them away.
    Discard,
}

/// A run's folder while the run is going on. Dropping it leaves finished trials, and nothing else.
#[derive(Debug)]
pub struct Store {
    partial: PathBuf,
    complete: PathBuf,
    stage: PathBuf,
    /// Held as long as the folder is written to.
    _lock: Flock<File>,
    /// Whether it was given its own name.
    is_complete: bool,
}

impl Store {
    /// Makes the temporary folder beside `complete`, or goes on with the one that is there.
    ///
    /// # Errors
    /// If `complete` or the temporary folder is somebody else's: nothing of the user's is ever
    /// replaced. If another process writes to it, and if it holds finished trials and `existing`
    /// does not say what becomes of them.
    pub fn open(complete: &Path, existing: Existing) -> Result<Self> {
        if complete.exists() && !is_run(complete) && !is_empty(complete)? {
            return Err(Refused::because(format!(
                "{} exists and holds no results of weir; choose another folder with --out",
                complete.display()
            )));
        }
        let partial = with_suffix(complete, ".partial")?;
        if partial.exists() && !partial.join(LOCK).exists() && !is_empty(&partial)? {
            return Err(Refused::because(format!(
                "{} exists and is no interrupted run of weir; choose another folder with --out",
                partial.display()
            )));
        }
        let lock = lock(&partial)?;
        let finished = finished_trials(&partial)?;
        match existing {
            Existing::Refuse if finished > 0 => {
                return Err(Refused::because(format!(
                    "an interrupted run is in {} (finished trials: {finished}): --resume goes on with \
                     it, --discard throws it away",
                    partial.display()
                )));
            }
            Existing::Resume if finished > 0 => {}
            _ => clear(&partial)?,
        }
        make(&partial.join(TRIALS))?;
        let partial =
            partial.canonicalize().with_context(|| format!("find {}", partial.display()))?;
        let stage = make_stage(&partial)?;
        let complete = complete.to_owned();
        Ok(Self { partial, complete, stage, _lock: lock, is_complete: false })
    }

    /// The folder to write to.
    pub fn folder(&self) -> &Path {
        &self.partial
    }

    /// A folder for what is not kept.
    pub fn stage(&self) -> &Path {
        &self.stage
    }

    /// Whether finished trials of an interrupted run are there.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) fn has_finished(&self) -> Result<bool> {
        Ok(finished_trials(&self.partial)? > 0)
    }

    /// Keeps a finished block, which was sealed to `text`, on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn keep(&self, file: &str, text: &str) -> Result<()> {
        write_durably(&self.partial.join(TRIALS).join(file), text.as_bytes())
    }

    /// Which of the plan's blocks [`Store::keep`] kept; `warn` hears of files that are damaged, whose
    /// trials have to run again.
    pub(crate) fn kept(&self, plan: &Plan, warn: &mut dyn FnMut(String)) -> Kept {
        let mut kept = Kept::default();
        for block in blocks(plan) {
            let path = self.partial.join(TRIALS).join(block.file());
            if !path.exists() {
                continue;
            }
            let opened = Opened::new(&path, plan, &block);
            match opened.and_then(|mut opened| opened.try_for_each(|result| result.map(drop))) {
                Ok(()) => kept.add(&block),
                Err(why) => {
                    let (name, s) = (block.file(), if block.len() == 1 { "s" } else { "" });
                    warn(format!("{block} run{s} again: {TRIALS}/{name} is damaged: {why:#}"));
                }
            }
        }
        kept
    }

    /// The results of all trials of a plan that was run, in its order, as they were kept.
    pub(crate) fn results<'a>(
        &'a self,
        plan: &'a Plan,
    ) -> impl Iterator<Item = Result<TrialResult>> + 'a {
        blocks(plan).flat_map(move |block| {
            let path = self.partial.join(TRIALS).join(block.file());
            let (opened, failed) = match Opened::new(&path, plan, &block) {
                Ok(opened) => (Some(opened), None),
                Err(error) => (None, Some(Err(error))),
            };
            let what = move || format!("read {}", path.display());
            let results = opened.into_iter().flatten().chain(failed);
            results.map(move |result| result.with_context(&what))
        })
    }

    /// Gives the folder its own name; an earlier run's folder of that name is replaced.
    ///
    /// # Errors
    /// If a folder cannot be renamed or removed.
    pub fn complete(mut self) -> Result<PathBuf> {
        ensure!(is_run(&self.partial), "the run in {} has no tables yet", self.partial.display());
        remove_stages(&self.partial)?;
        // Tables on the disk before the trials that they are made from go.
        let folder = File::open(&self.partial).context("open the run's folder")?;
        nix::unistd::syncfs(&folder).context("write the tables to the disk")?;
        let old = with_suffix(&self.complete, ".old")?;
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to)
                .with_context(|| format!("rename {} to {}", from.display(), to.display()))
        };
        if self.complete.exists() {
            remove(&old)?;
            rename(&self.complete, &old)?;
        }
        rename(&self.partial, &self.complete)?;
        self.is_complete = true;
        tidy(&self.complete)?;
        Ok(self.complete.clone())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.is_complete {
            return;
        }
        drop(remove_stages(&self.partial));
        // Nobody goes on with a run of which nothing is finished.
        if finished_trials(&self.partial).is_ok_and(|finished| finished == 0) {
            drop(remove(&self.partial));
        }
    }
}

/// Whether a complete run is in the folder, and no other is on its way to it.
pub(crate) fn is_complete(complete: &Path) -> Result<bool> {
    Ok(is_run(complete) && !with_suffix(complete, ".partial")?.exists())
}

/// Removes what the complete run in the folder does not need any more: its tables hold all that the
/// files of the trials do.
///
/// # Errors
/// If something cannot be removed.
pub(crate) fn tidy(complete: &Path) -> Result<()> {
    remove(&with_suffix(complete, ".old")?)?;
    remove(&complete.join(TRIALS))?;
    match fs::remove_file(complete.join(LOCK)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("tidy up {}", complete.display()))
        }
        _ => Ok(()),
    }
}

/// How many trials are finished.
fn finished_trials(partial: &Path) -> Result<u64> {
    let files = list(&partial.join(TRIALS))?;
    let trials = files.iter().filter_map(|path| trials_in(path.file_name()?.to_str()?));
    Ok(trials.fold(0, u64::saturating_add))
}

/// Makes a folder that was not there: what a run before this one has started may not be gone yet,
/// and must not get into the way.
fn make_stage(partial: &Path) -> Result<PathBuf> {
    // What is still in use is removed in the end.
    drop(remove_stages(partial));
    for number in 0..1_000 {
        let stage = partial.join(format!("{STAGE}{number}"));
        match fs::create_dir(&stage) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                made.with_context(|| format!("make {}", stage.display()))?;
                return Ok(stage);
            }
        }
    }
    bail!("{} is full of leftovers that cannot be removed", partial.display())
}

fn remove_stages(partial: &Path) -> Result<()> {
    for path in list(partial)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(STAGE) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Empties the folder of a run, except for its lock and its stages.
fn clear(partial: &Path) -> Result<()> {
    for path in list(partial)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == LOCK || name.starts_with(STAGE) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            remove(&path)?;
        } else {
            fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// What is in a folder; nothing if it is not there.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let what = || format!("list {}", folder.display());
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => {
            entries.with_context(what)?.map(|entry| Ok(entry.with_context(what)?.path())).collect()
        }
    }
}

/// Whether a folder contains a run whose tables are written.
fn is_run(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

fn is_empty(path: &Path) -> Result<bool> {
    Ok(path.is_dir() && list(path)?.is_empty())
}

fn with_suffix(path: &Path, suffix: &str) -> Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| Refused::because(format!("{} is no folder name", path.display())))?;
    let mut name = name.to_owned();
    name.push(suffix);
    Ok(path.with_file_name(name))
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::seal;
    use crate::sealed::tests::result;

    #[test]
    fn one_folder_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let first = Store::open(&out, Existing::Refuse).unwrap();
        let second = Store::open(&out, Existing::Discard).unwrap_err();
        assert!(second.is::<Refused>() && second.to_string().contains("another weir"), "{second}");
        drop(first);
        assert_eq!(list(folder.path()).unwrap(), Vec::<PathBuf>::new(), "nothing was finished");
        Store::open(&out, Existing::Resume).unwrap();
    }

    #[test]
    fn finished_trials_outlive_the_store_and_what_is_not_kept_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let store = Store::open(&out, Existing::Refuse).unwrap();
        fs::write(store.stage().join("scratch"), "").unwrap();
        store.keep("c0000-r0.json", &seal(&[result("c0000-r0")]).unwrap()).unwrap();
        let (kept, stage) = (store.folder().join("trials/c0000-r0.json"), store.stage().to_owned());
        drop(store);
        assert!(kept.exists() && !stage.exists());
        Store::open(&out, Existing::Refuse).unwrap_err();
        drop(Store::open(&out, Existing::Resume).unwrap());
        assert!(kept.exists());
        drop(Store::open(&out, Existing::Discard).unwrap());
        assert!(!kept.exists());
    }

    #[test]
    fn a_folder_of_somebody_elses_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        for name in ["out", "out.partial"] {
            let other = folder.path().join(name);
            fs::create_dir(&other).unwrap();
            fs::write(other.join("thesis"), "years of work").unwrap();
            let refusal = Store::open(&out, Existing::Discard).unwrap_err();
            assert!(refusal.is::<Refused>() && other.join("thesis").exists(), "{refusal}");
            fs::remove_dir_all(other).unwrap();
        }
    }
}
