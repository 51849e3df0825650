//! The lab in virtual time: one guest for each trial.

use crate::content::Content;
use crate::guest::{ASSIGNMENT, FINDINGS, MEDIA, SITE};
use crate::trial::{Assignment, Findings};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use weir_experiment::Trial;
use weir_uml::boot::out_folder;
use weir_uml::{Cancel, Guest, Kernel, Outcome, Root};
use weir_units::Bytes;

/// Memory of a guest without viewers, and for each of them; measured with room to spare. Results
/// depend on it (the kernel sizes its tables by it), so it follows from the plan alone.
const MEMORY: u64 = 320 << 20;
const MEMORY_PER_VIEWER: u64 = 4 << 20;

/// Wall-clock time that a guest gets: for its boot, and for each second that a viewer watches. Ten
/// times what a busy machine needs.
const LIMIT: Duration = Duration::from_secs(60);
const LIMIT_PER_VIEWER_SECOND: Duration = Duration::from_millis(100);

/// Results of more than this are none of ours.
const FINDINGS_LIMIT: u64 = 1 << 30;

/// The lab, ready to boot guests.
pub struct UmlLab {
    kernel: Kernel,
    root: Root,
    stage: PathBuf,
}

/// What came of a trial in a guest.
pub enum Trialled {
    /// Findings.
    Found(Findings),
    /// None; why.
    Failed(String),
    /// None, because it was asked to stop.
    Cancelled,
}

impl UmlLab {
    /// Prepares guests below `stage`, with the kernel in `cache`.
    ///
    /// # Errors
    /// If there is no kernel, or the root folder cannot be made.
    pub fn new(cache: &Path, stage: &Path) -> Result<Self> {
        let kernel = Kernel::find(cache)?;
        let root = Root::make(&stage.join("root"), &[SITE, MEDIA])?;
        Ok(Self { kernel, root, stage: stage.to_owned() })
    }

    /// The kernel that guests boot.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The SHA-256 of the program that runs in guests.
    pub fn program_sha256(&self) -> &str {
        &self.root.program_sha256
    }

    /// The memory of a trial's guest.
    pub fn memory(trial: &Trial) -> Bytes {
        Bytes::new(MEMORY + MEMORY_PER_VIEWER * viewers(trial))
    }

    /// Runs a trial in a guest of its own on `cpu`; its logs go to `logs`. Also tells the most memory
    /// that the guest occupied.
    ///
    /// # Errors
    /// If the guest cannot be started or its results cannot be read.
    pub fn run(
        &self,
        assignment: &Assignment,
        content: &Content,
        cpu: usize,
        logs: &Path,
        cancel: &Cancel,
    ) -> Result<(Trialled, Bytes)> {
        let trial = &assignment.trial;
        let stage = Stage::make(self.stage.join(&trial.id))?;
        let out = out_folder(&stage.0);
        fs::create_dir_all(&out).with_context(|| format!("make {}", out.display()))?;
        let text = serde_json::to_vec(assignment).context("write an assignment")?;
        fs::write(out.join(ASSIGNMENT), text).context("write an assignment")?;
        let guest = Guest {
            kernel: &self.kernel,
            root: &self.root,
            folder: &stage.0,
            mounts: &[(SITE, content.site.clone()), (MEDIA, content.media.clone())],
            seed: trial.seed.derive("guest"),
            memory: Self::memory(trial),
            cpu,
            limit: LIMIT + LIMIT_PER_VIEWER_SECOND * viewer_seconds(trial),
        };
        let ended = guest.run(cancel)?;
        keep_logs(&out.join("logs"), logs)?;
        let came = match ended.outcome {
            Outcome::Done => Trialled::Found(read_findings(&out.join(FINDINGS))?),
            Outcome::Failed(why) => Trialled::Failed(why),
            Outcome::Cancelled => Trialled::Cancelled,
        };
        Ok((came, ended.memory))
    }
}

/// A trial's folder while its guest runs; it goes when the trial is over.
struct Stage(PathBuf);

impl Stage {
    fn make(path: PathBuf) -> Result<Self> {
        fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed now goes with the run's folder.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Keeps the logs that say anything.
fn keep_logs(from: &Path, to: &Path) -> Result<()> {
    let Ok(logs) = fs::read_dir(from) else { return Ok(()) };
    for log in logs {
        let log = log.context("list a trial's logs")?;
        if log.metadata().is_ok_and(|about| about.len() > 0) {
            fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
            let target = to.join(log.file_name());
            fs::copy(log.path(), &target).with_context(|| format!("write {}", target.display()))?;
        }
    }
    Ok(())
}

fn read_findings(path: &Path) -> Result<Findings> {
    let what = || format!("read {}", path.display());
    let length = fs::metadata(path).with_context(what)?.len();
    if length > FINDINGS_LIMIT {
        bail!("{}: {length} bytes are too many", path.display());
    }
    serde_json::from_slice(&fs::read(path).with_context(what)?).with_context(what)
}

fn viewers(trial: &Trial) -> u64 {
    trial.setup.players.iter().map(|players| players.count).sum()
}

fn viewer_seconds(trial: &Trial) -> u32 {
    let seconds = trial
        .setup
        .players
        .iter()
        .map(|players| players.count.saturating_mul(players.watch.ms() / 1_000));
    u32::try_from(seconds.fold(0, u64::saturating_add)).unwrap_or(u32::MAX)
}
