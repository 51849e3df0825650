//! Runs of the lab `model` in a folder of their own.

use anyhow::{Result, bail, ensure};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use weir_lab::{Cancel, Existing, Options, Progress, Ran};
use weir_plan::Plan;
use weir_records::{Record, Session, TrialResult, Verdict};

/// What all experiments here begin with. A film of thirty segments of 2 s, each of 250, 500 and
/// 1000 kbit/s, that does not loop.
pub const HEAD: &str = r#"
name = "model"
lab = "model"
topology = "one-origin"
media = { source = "table.json", loops = false }
"#;

/// A folder with content and traces.
pub struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut segments = String::new();
        for segment in 0..30 {
            let comma = if segment > 0 { "," } else { "" };
            write!(segments, "{comma}[500000,1000001,2000000]")?;
        }
        let table = format!(
            r#"{{"segment_duration_ms":2000,"bitrates_kbps":[250,500,1000],"segment_sizes_bits":[{segments}]}}"#
        );
        fs::write(folder.path().join("table.json"), table)?;
        // Seconds, and Mbit/s.
        fs::write(folder.path().join("steps.txt"), "0 0.4\n5 2.0\n11 0.9\n20 1.3\n")?;
        Ok(Self { folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The plan of an experiment, refused if it cannot run.
    pub fn plan(&self, experiment: &str) -> Result<Plan> {
        let path = self.path().join("experiment.toml");
        fs::write(&path, experiment)?;
        let plan = weir_experiment::load(&path)?;
        weir_lab::check(&plan, self.path())?;
        Ok(plan)
    }

    /// Where a run's results go, while it is going on.
    pub fn partial(&self) -> PathBuf {
        self.path().join("out.partial")
    }

    pub fn options(&self, existing: Existing, jobs: usize) -> Options {
        Options {
            out: self.path().join("out"),
            existing,
            jobs: Some(jobs),
            cache: self.path().join("cache"),
            experiment: self.path().to_owned(),
        }
    }

    /// The results of an experiment, without the time that they took.
    pub fn run(&self, experiment: &str) -> Result<Vec<TrialResult>> {
        self.run_with(experiment, &self.options(Existing::Discard, 2), &mut |_| {})
    }

    pub fn run_with(
        &self,
        experiment: &str,
        options: &Options,
        watch: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<Vec<TrialResult>> {
        let plan = self.plan(experiment)?;
        let cancel = Cancel::default();
        let ran = weir_lab::run(&plan, options, &cancel, &mut |progress| watch(&progress))?;
        let Ran::Finished(run) = ran else { bail!("the run was complete before") };
        let mut results = run.results().collect::<Result<Vec<_>>>()?;
        ensure!(results.len() as u64 == plan.len(), "{} results", results.len());
        for (result, trial) in results.iter_mut().zip(plan.trials()) {
            ensure!(result.id == trial.id, "{} is not {}", result.id, trial.id);
            ensure!(result.row.verdict == Verdict::Valid, "{:?}", result.row);
            result.row.wall_us = 0;
        }
        Ok(results)
    }

    /// The words with which an experiment is refused.
    pub fn refusal(&self, experiment: &str) -> Result<String> {
        match self.plan(experiment) {
            Ok(_) => bail!("it was not refused: {experiment}"),
            Err(error) => Ok(format!("{error:#}")),
        }
    }
}

/// Rows of one table.
pub fn rows<'a, R>(
    trial: &'a TrialResult,
    pick: impl FnMut(&'a Record) -> Option<R>,
) -> impl Iterator<Item = R> {
    trial.records.iter().filter_map(pick)
}

pub fn sessions(trial: &TrialResult) -> impl Iterator<Item = &Session> {
    rows(trial, |record| if let Record::Session(row) = record { Some(row) } else { None })
}
