//! What is common to the labs that run real programs: each trial has a folder of its own, in which
//! it finds what it is to do, and leaves what it found out.
//!
//! 2026-11-20: links in user space, for machines without netem, will not be a third lab: they are
//! another way to build a link inside [`crate::trial`], and both labs here will have them.

use crate::content::contents::{Content, Contents};
use crate::exec::programs::EXPERIMENT;
use crate::store::inputs::Input;
use crate::trial::assignment::{Assignment, Folders, TrialOutput};
use crate::trial::run as trial;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::BufWriter;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use weir_plan::{Plan, Trial};
use weir_process::{Cancel, Left};
use weir_uml::init::{OUT, PHASE, PROGRAM, enter_phase};
use weir_units::Bytes;

/// The file that says what a trial is to do, in its folder for output.
const ASSIGNMENT: &str = "assignment.json";
/// The file in which it says what it found out.
const FINDINGS: &str = "findings.json";
/// Folders that are prepared for a trial: playlists and segments.
pub(crate) const SITE: &str = "site";
pub(crate) const MEDIA: &str = "media";
/// The folder of its logs.
const LOGS: &str = "logs";

/// TrialOutput of more than this are none of ours.
const FINDINGS_LIMIT: u64 = 1 << 30;
/// As much is kept of a log, and of all logs of a trial.
const LOG_LIMIT: u64 = 256 << 20;
const LOGS_LIMIT: u64 = 1 << 30;

/// A place to run trials.
pub(crate) trait Lab: Sync {
    /// What its results depend on, besides the plan, the services and the content.
    fn inputs(&self) -> Vec<Input>;

    /// What there is to say of it in `host.toml`: a table's name, which no other lab has, and its
    /// keys.
    fn facts(&self) -> (&'static str, toml::Table);

    /// Looks at what only content tells, before the first trial.
    ///
    /// # Errors
    /// If a trial could not run.
    fn meet(&self, _plan: &Plan, _contents: &Contents) -> Result<()> {
        Ok(())
    }

    /// One for each trial at a time.
    ///
    /// # Errors
    /// If the kernel does not tell which CPUs there are.
    fn slots(&self) -> Result<Vec<usize>>;

    /// Runs a trial.
    ///
    /// # Errors
    /// If it cannot be started, or its results cannot be read.
    fn run(&self, task: &Task<'_>, cancel: &Cancel) -> Result<Ran>;
}

/// A trial to run.
pub(crate) struct Task<'a> {
    /// It.
    pub assignment: &'a Assignment,
    /// What it serves.
    pub content: &'a Content,
    /// One of the lab's slots, of which nobody else makes use meanwhile.
    pub slot: usize,
    /// Where its logs go.
    pub logs: &'a Path,
}

/// A trial that has been run.
pub(crate) struct Ran {
    /// What came of it.
    pub came: TrialOutcome,
    /// The most memory that it occupied, where somebody knows.
    pub memory: Option<Bytes>,
}

/// What came of a trial.
pub(crate) enum TrialOutcome {
    /// TrialOutput.
    Found(TrialOutput),
    /// None; why.
    Failed(String),
    /// None, because it was asked to stop.
    Cancelled,
}

/// A trial's folder while it runs; it goes when the trial is over.
pub(crate) struct Stage(PathBuf);

impl Stage {
    /// Makes the folder, with the assignment in it.
    pub fn make(path: PathBuf, assignment: &Assignment) -> Result<Self> {
        let stage = Self(path);
        let out = stage.out();
        fs::create_dir_all(&out).with_context(|| format!("make {}", out.display()))?;
        // Root may leave programs there that make root of whoever starts them.
        let own = fs::Permissions::from_mode(0o700);
        fs::set_permissions(stage.folder(), own).context("close a trial's folder to others")?;
        let text = serde_json::to_vec(assignment).context("write an assignment")?;
        fs::write(out.join(ASSIGNMENT), text).context("write an assignment")?;
        Ok(stage)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The folder that the trial writes to.
    pub fn out(&self) -> PathBuf {
        weir_uml::boot::out_folder(&self.0)
    }

    /// Keeps the logs that say anything in the folder `to`, and nothing else there.
    pub fn keep_logs(&self, to: &Path) -> Result<()> {
        // What an interrupted attempt may have left, or a stranger: a link goes, and not what it
        // leads to.
        drop(fs::remove_file(to));
        drop(fs::remove_dir_all(to));
        let Ok(logs) = self.left()?.folder(LOGS) else { return Ok(()) };
        let mut room = LOGS_LIMIT;
        for name in logs.files().context("list a trial's logs")? {
            fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
            let target = to.join(&name);
            let kept = logs.copy(&name, &target, room.min(LOG_LIMIT));
            room -= kept.with_context(|| format!("write {}", target.display()))?;
        }
        Ok(())
    }

    /// What it was about when it last said so; `None` before that.
    pub fn phase(&self) -> Result<Option<String>> {
        Ok(self.left()?.said(PHASE))
    }

    /// What the trial found out. Programs in it may have put something else there, which concerns
    /// no other trial.
    pub fn findings(&self) -> TrialOutcome {
        let found = || -> Result<TrialOutput> {
            let text = self.left()?.read(FINDINGS, FINDINGS_LIMIT)?;
            Ok(serde_json::from_slice(&text)?)
        };
        let failed = |error| TrialOutcome::Failed(format!("read its {FINDINGS}: {error:#}"));
        found().map_or_else(failed, TrialOutcome::Found)
    }

    /// What is in the folder that the trial wrote to.
    fn left(&self) -> Result<Left> {
        Left::open(&self.out()).context("look at what a trial left")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed now goes with the run's folder.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Inside of a trial, whose root folder is the same in all labs: runs what the folder for output
/// says, and leaves there what it found out. `tcp_mem` is what the kernel says of TCP's memory.
pub(crate) fn run_inside(tcp_mem: &str) -> Result<()> {
    let (root, out) = (Path::new("/"), Path::new(OUT));
    let path = out.join(ASSIGNMENT);
    let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let assignment: Assignment = serde_json::from_slice(&text).context("read the assignment")?;
    let folders = Folders {
        site: root.join(SITE),
        media: root.join(MEDIA),
        experiment: root.join(EXPERIMENT),
        run: "/run/weir".into(),
        logs: out.join(LOGS),
    };
    let findings = trial::run(&assignment, &folders, Path::new(PROGRAM), tcp_mem, &enter_phase)?;
    let path = out.join(FINDINGS);
    let file = File::create(&path).with_context(|| format!("make {}", path.display()))?;
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, &findings).context("write the findings")?;
    let file = writer.into_inner().context("write the findings")?;
    file.sync_all().context("write the findings")
}

/// How many viewers a trial has.
pub(crate) fn viewers(trial: &Trial) -> u64 {
    trial.setup.players.iter().map(|players| players.count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A trial's folder, as if it had run, and one that is somebody else's, with a secret.
    fn left() -> (tempfile::TempDir, Stage) {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir(scratch.path().join("other")).unwrap();
        fs::write(scratch.path().join("other/secret"), "a secret").unwrap();
        let stage = Stage(scratch.path().join("stage"));
        fs::create_dir_all(stage.out().join(LOGS)).unwrap();
        (scratch, stage)
    }

    #[test]
    fn findings_that_are_none_fail_their_trial_alone() {
        let findings = [
            ("read", r#"{"records":[],"doubts":[],"duration":"1 s"}"#),
            ("a link", "link"),
            ("a folder", "folder"),
            ("nonsense", "{"),
        ];
        for (what, how) in findings {
            let (scratch, stage) = left();
            let path = stage.out().join(FINDINGS);
            match how {
                "link" => symlink(scratch.path().join("other/secret"), &path).unwrap(),
                "folder" => fs::create_dir(&path).unwrap(),
                text => fs::write(&path, text).unwrap(),
            }
            match (what, stage.findings()) {
                ("read", TrialOutcome::Found(_)) => {}
                ("read", _) => panic!("nothing was found"),
                (_, TrialOutcome::Failed(why)) => {
                    assert!(why.contains(FINDINGS) && !why.contains("secret"), "{what}: {why}");
                }
                _ => panic!("{what} was believed"),
            }
        }
    }

    #[test]
    fn logs_lead_nowhere_and_fill_no_disk() {
        let (scratch, stage) = left();
        let logs = stage.out().join(LOGS);
        let kept = scratch.path().join("kept");
        symlink(scratch.path().join("other/secret"), logs.join("x.log")).unwrap();
        fs::write(logs.join("said.log"), "said").unwrap();
        File::create(logs.join("sparse.log")).unwrap().set_len(1 << 40).unwrap();
        stage.keep_logs(&kept).unwrap();
        assert_eq!(fs::read_dir(&kept).unwrap().count(), 2);
        assert_eq!(fs::read(kept.join("said.log")).unwrap(), b"said");
        let length = fs::metadata(kept.join("sparse.log")).unwrap().len();
        assert!((LOG_LIMIT..LOG_LIMIT + 100).contains(&length), "{length}");

        // What is there already is a link.
        fs::remove_dir_all(&kept).unwrap();
        symlink(scratch.path().join("other"), &kept).unwrap();
        stage.keep_logs(&kept).unwrap();
        assert!(!kept.is_symlink() && kept.join("said.log").exists());
        assert!(!scratch.path().join("other/said.log").exists());

        // The folder itself is a link.
        fs::remove_dir_all(&logs).unwrap();
        symlink(scratch.path().join("other"), &logs).unwrap();
        stage.keep_logs(&kept).unwrap();
        assert!(!kept.exists());
        drop(stage);
        assert!(scratch.path().join("other/secret").exists());
    }
}
