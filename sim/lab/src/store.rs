//! The folder of a run: written under a temporary name, and given its own when it is complete.
//! Every finished trial is a file there the moment it is finished.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use weir_records::TrialResult;

/// What a complete run's folder contains, and nothing else does.
const MARK: &str = "run.toml";
const TRIALS: &str = "trials";

/// A run's folder while the run is going on.
#[derive(Debug)]
pub struct Store {
    partial: PathBuf,
    complete: PathBuf,
}

impl Store {
    /// Makes the temporary folder beside `complete`. What an interrupted run left there goes.
    ///
    /// # Errors
    /// If `complete` exists and is not a run's folder: nothing of the user's is ever replaced.
    pub fn create(complete: &Path) -> Result<Self> {
        ensure!(
            !complete.exists() || complete.join(MARK).exists() || is_empty(complete)?,
            "{} exists and holds no results of weir; choose another folder with --out",
            complete.display()
        );
        let partial = with_suffix(complete, ".partial")?;
        if partial.exists() {
            remove(&partial)?;
        }
        let trials = partial.join(TRIALS);
        fs::create_dir_all(&trials).with_context(|| format!("make {}", trials.display()))?;
        let partial =
            partial.canonicalize().with_context(|| format!("find {}", partial.display()))?;
        Ok(Self { partial, complete: complete.to_owned() })
    }

    /// The folder to write to.
    pub fn folder(&self) -> &Path {
        &self.partial
    }

    /// Keeps a finished trial.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, result: &TrialResult) -> Result<()> {
        let path = self.partial.join(TRIALS).join(format!("{}.json", result.id));
        let text = serde_json::to_vec(result).context("write a trial's result")?;
        let temporary = path.with_extension("tmp");
        fs::write(&temporary, text).with_context(|| format!("write {}", temporary.display()))?;
        fs::rename(&temporary, &path).with_context(|| format!("write {}", path.display()))
    }

    /// Gives the folder its own name; an earlier run's folder of that name is replaced.
    ///
    /// # Errors
    /// If a folder cannot be renamed or removed.
    pub fn complete(self) -> Result<PathBuf> {
        ensure!(
            self.partial.join(MARK).exists(),
            "the run in {} has no tables yet",
            self.partial.display()
        );
        // The tables hold all that these files do.
        remove(&self.partial.join(TRIALS))?;
        let old = with_suffix(&self.complete, ".old")?;
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to)
                .with_context(|| format!("rename {} to {}", from.display(), to.display()))
        };
        if old.exists() {
            remove(&old)?;
        }
        if self.complete.exists() {
            rename(&self.complete, &old)?;
        }
        rename(&self.partial, &self.complete)?;
        if old.exists() {
            remove(&old)?;
        }
        Ok(self.complete)
    }
}

fn with_suffix(path: &Path, suffix: &str) -> Result<PathBuf> {
    let name = path.file_name().with_context(|| format!("{} is no folder name", path.display()))?;
    let mut name = name.to_owned();
    name.push(suffix);
    Ok(path.with_file_name(name))
}

fn is_empty(path: &Path) -> Result<bool> {
    Ok(path.is_dir()
        && fs::read_dir(path).with_context(|| format!("list {}", path.display()))?.next().is_none())
}

fn remove(folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))
}
