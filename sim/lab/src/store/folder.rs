//! The folder of a run: written under a temporary name, and given its own when it is complete.
//!
//! Every finished block of trials is a file there the moment it is finished, on the disk and whole,
//! so that nothing that happens later takes it away: a run that was interrupted goes on from these
//! files, and tables are made from them. Results are never all in memory.
//! Who writes to the folder holds a lock on it, which the kernel takes back when the process ends.

use crate::refused::Refused;
use crate::store::checksummed::write_durably;
use crate::store::chunks::{blocks, trials_in};
use crate::store::completed::{Completed, Opened};
use crate::store::lock::{LOCK, lock};
use crate::store::own_files as own;
use crate::store::own_files::{FILES, FOLDERS, REPLACED, STAGE};
use anyhow::{Context, Error, Result, bail, ensure};
use nix::fcntl::{AT_FDCWD, Flock, RenameFlags, renameat2};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use weir_plan::Plan;
use weir_records::{TrialResult, Verdict};

/// What a complete run's folder contains, and nothing else does.
const MARK: &str = "run.toml";
const TRIALS: &str = "trials";

/// What to do with an earlier run in the same folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Existing {
    /// Leave one that was interrupted as it is, and refuse to run. A complete one stays: there is
    /// nothing to run where nothing differs, and a refusal otherwise.
    #[default]
    Refuse,
    /// Go on with one that was interrupted, and run what failed again.
    Resume,
    /// Throw it away: one that was interrupted at once, and a complete one when the new one is
    /// complete.
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
    /// Whether a trial has failed: then their files stay, so that the others need not run again.
    has_failed: AtomicBool,
}

impl Store {
    /// Makes the temporary folder beside `complete`, or goes on with the one that is there.
    ///
    /// # Errors
    /// If `complete` cannot become the name of a folder, or it or the temporary folder is somebody
    /// else's: nothing of the user's is ever replaced. If another process writes to it, and if it
    /// holds finished trials and `existing` does not say what becomes of them.
    pub fn open(complete: &Path, existing: Existing) -> Result<Self> {
        let complete = folder_name(complete)?;
        if complete.exists() && !is_run(&complete) && !is_empty(&complete)? {
            return Err(Refused::because(format!(
                "{} exists and holds no results of weir; choose another folder with --out",
                complete.display()
            )));
        }
        if existing == Existing::Discard && is_run(&complete) && !complete.join(FILES).exists() {
            return Err(Refused::because(format!(
                "the run in {} has no list of its files ({FILES}), so nobody knows what else is there: \
                 move it away, or choose another folder with --out",
                complete.display()
            )));
        }
        let partial = with_suffix(&complete, ".partial")?;
        let known = [LOCK, REPLACED].iter().any(|name| partial.join(name).exists());
        if partial.exists() && !known && !is_empty(&partial)? {
            return Err(Refused::because(format!(
                "{} exists and is no interrupted run of weir; choose another folder with --out",
                partial.display()
            )));
        }
        for name in FOLDERS {
            // What is written below would be written elsewhere.
            if partial.join(name).is_symlink() {
                let name = partial.join(name);
                return Err(Refused::because(format!("{} is a link", name.display())));
            }
        }
        let lock = lock(&partial).map_err(Refused::because)?;
        for name in [".partial", ".replaced"] {
            // What was interrupted when this run's folder had just taken the place of another.
            let old = with_suffix(&complete, name)?;
            if old.join(REPLACED).exists() && old.join(FILES).exists() && is_run(&complete) {
                own::settle(&old, &complete)?;
            }
        }
        drop(fs::remove_dir(with_suffix(&complete, ".replaced")?));
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
        let has_failed = AtomicBool::new(false);
        Ok(Self { partial, complete, stage, _lock: lock, is_complete: false, has_failed })
    }

    /// The complete run that has the folder's own name, if there is one.
    pub(crate) fn earlier(&self) -> Option<&Path> {
        is_run(&self.complete).then_some(self.complete.as_path())
    }

    /// Takes over the trials of a complete run of which some failed; whether there are any.
    ///
    /// # Errors
    /// If their files cannot be had.
    pub(crate) fn adopt(&self) -> Result<bool> {
        let files = blocks_in(&self.complete)?;
        for file in &files {
            let to = self.partial.join(TRIALS).join(file.file_name().unwrap_or_default());
            // The complete run keeps its own, until the other one is complete too.
            fs::hard_link(file, &to)
                .or_else(|_| fs::copy(file, &to).map(drop))
                .with_context(|| format!("take over {}", file.display()))?;
        }
        Ok(!files.is_empty())
    }

    /// Leaves the complete run as it is, without what it does not need any more.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub(crate) fn leave(self, all_is_well: bool) -> Result<PathBuf> {
        clear(&self.partial)?;
        tidy(&self.complete, all_is_well)?;
        Ok(self.complete.clone())
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
    pub(crate) fn keep(&self, file: &str, text: &str, failed: bool) -> Result<()> {
        self.has_failed.fetch_or(failed, Ordering::Relaxed);
        write_durably(&self.partial.join(TRIALS).join(file), text.as_bytes())
    }

    /// Which of the plan's blocks [`Store::keep`] kept; `warn` hears of those that have to run
    /// again: files that are damaged, and trials that failed.
    pub(crate) fn kept(&self, plan: &Plan, warn: &mut dyn FnMut(String)) -> Completed {
        let mut kept = Completed::default();
        for block in blocks(plan) {
            let path = self.partial.join(TRIALS).join(block.file());
            if !path.exists() {
                continue;
            }
            let opened = Opened::new(&path, plan, &block);
            let failed = opened.and_then(|mut opened| {
                opened.try_fold(false, |failed, result| {
                    Ok::<_, Error>(failed | (result?.row.verdict == Verdict::Failed))
                })
            });
            let s = if block.len() == 1 { "s" } else { "" };
            match failed {
                Ok(false) => kept.add(&block),
                Ok(true) => warn(format!("{block} failed before, and run{s} again")),
                Err(why) => {
                    let name = block.file();
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

    /// Gives the folder its own name. A complete run of that name makes room: its files are
    /// removed, and what else is in its folder moves into this one.
    ///
    /// # Errors
    /// If a folder cannot be renamed or removed.
    pub fn complete(mut self) -> Result<PathBuf> {
        ensure!(is_run(&self.partial), "the run in {} has no tables yet", self.partial.display());
        remove_stages(&self.partial)?;
        own::list(&self.partial)?;
        // Tables on the disk before the trials that they are made from go.
        let folder = File::open(&self.partial).context("open the run's folder")?;
        nix::unistd::syncfs(&folder).context("write the tables to the disk")?;
        if is_run(&self.complete) {
            // Of both: whoever has the temporary name is locked, before and after.
            let _lock = lock(&self.complete).map_err(Refused::because)?;
            let mark = self.complete.join(REPLACED);
            File::create(&mark).with_context(|| format!("write {}", mark.display()))?;
            exchange(&self.partial, &self.complete)?;
            self.is_complete = true;
            own::settle(&self.partial, &self.complete)?;
            drop(fs::remove_file(self.partial.join(LOCK)));
            // Folders that somebody has made there stay, as long as something is in them.
            drop(fs::remove_dir(&self.partial));
        } else {
            rename(&self.partial, &self.complete)?;
            self.is_complete = true;
        }
        tidy(&self.complete, !*self.has_failed.get_mut())?;
        Ok(self.complete.clone())
    }
}

/// Exchanges the names of two folders, in one step where the file system can.
fn exchange(a: &Path, b: &Path) -> Result<()> {
    if renameat2(AT_FDCWD, a, AT_FDCWD, b, RenameFlags::RENAME_EXCHANGE).is_ok() {
        return Ok(());
    }
    let spare = with_suffix(b, ".replaced")?;
    rename(b, &spare)?;
    rename(a, b)?;
    rename(&spare, a)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).with_context(|| format!("rename {} to {}", from.display(), to.display()))
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.is_complete {
            return;
        }
        drop(remove_stages(&self.partial));
        // Nobody goes on with a run of which nothing is finished.
        if finished_trials(&self.partial).is_ok_and(|finished| finished == 0) {
            drop(clear(&self.partial));
            drop(fs::remove_file(self.partial.join(LOCK)));
            // It stays where somebody has put something into it.
            drop(fs::remove_dir(&self.partial));
        }
    }
}

/// Removes what the complete run in the folder does not need any more: its tables hold all that the
/// files of the trials do, which only serve to run again those that failed.
fn tidy(complete: &Path, all_is_well: bool) -> Result<()> {
    if all_is_well {
        let files = blocks_in(complete)?;
        for file in &files {
            fs::remove_file(file).with_context(|| format!("remove {}", file.display()))?;
        }
        // It stays where somebody has put something into it.
        drop(fs::remove_dir(complete.join(TRIALS)));
    }
    match fs::remove_file(complete.join(LOCK)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("tidy up {}", complete.display()))
        }
        _ => Ok(()),
    }
}

/// The files of finished trials, and nothing else that may be there.
fn blocks_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = list(&folder.join(TRIALS))?;
    files.retain(|path| in_block(path).is_some() && path.is_file());
    Ok(files)
}

fn in_block(path: &Path) -> Option<u64> {
    trials_in(path.file_name()?.to_str()?)
}

/// How many trials are finished.
fn finished_trials(partial: &Path) -> Result<u64> {
    let trials = blocks_in(partial)?;
    Ok(trials.iter().filter_map(|path| in_block(path)).fold(0, u64::saturating_add))
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
        if own::is_stage(name) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Removes what is Weir's from the folder of a run that is not complete, except for its lock and
/// its stages.
fn clear(partial: &Path) -> Result<()> {
    for path in list(partial)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !own::is_ours(name) || name == LOCK || own::is_stage(name) {
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

/// The name that a folder of results is to have in the end, links followed.
///
/// # Errors
/// If no folder can have it: that is told before anything runs.
fn folder_name(out: &Path) -> Result<PathBuf> {
    let refused = |why: &str| Refused::because(format!("--out {}: {why}", out.display()));
    let about = out.symlink_metadata();
    if about.as_ref().is_ok_and(|about| about.is_symlink()) && !out.exists() {
        return Err(refused("it is a link that leads nowhere (expected a folder, or a new name)"));
    }
    if out.exists() {
        let whole = out.canonicalize().with_context(|| format!("find {}", out.display()))?;
        if !whole.is_dir() {
            return Err(refused("it is no folder"));
        }
        let device = |path: &Path| path.metadata().map(|about| about.dev());
        let parent = whole.parent().ok_or_else(|| refused("it is no folder below another"))?;
        if device(&whole).ok() != device(parent).ok() {
            return Err(refused("a file system is mounted there (expected a folder on one)"));
        }
        return Ok(whole);
    }
    let name = out.file_name().ok_or_else(|| refused("it ends with no name of a folder"))?;
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent)
        .and_then(|()| parent.canonicalize())
        .map(|parent| parent.join(name))
        .map_err(|error| refused(&format!("the folder around it cannot be made: {error}")))
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
    use crate::store::checksummed::seal;
    use crate::store::checksummed::tests::result;

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
        store.keep("c0000-r0.json", &seal(&[result("c0000-r0")]).unwrap(), true).unwrap();
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
