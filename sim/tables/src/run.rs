//! What a run is as a whole, and how that is kept beside its tables.

use crate::axis::Axis;
use crate::store::files;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// What a report says of a run as a whole. Stored as `run.toml` beside the tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunInfo {
    /// The run's id, a hash of its inputs.
    pub run: String,
    /// The experiment's name: the title of plots and page.
    pub name: String,
    /// The lab: `model`, `uml` or `host`.
    pub lab: String,
    /// The content in a few words, such as `synthetic film`.
    pub media: String,
    /// The command that repeats the run, such as `weir run experiments/sweep.toml`.
    pub command: String,
    /// The paths of the sweep's axes, in the order of the plan.
    pub axes: Vec<String>,
    /// Replicates of each cell.
    pub repeats: u64,
    /// The zipped axes by name: the paths that vary together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub zips: BTreeMap<String, Vec<String>>,
}

/// The file beside the tables; the tables alone do not say what kind of values an axis has.
const FILE: &str = "run.toml";

/// A run has a handful of axes; a file of this size is none of ours.
const FILE_LIMIT: u64 = 1 << 20;

/// What `run.toml` holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunFile {
    run: RunInfo,
    axes: Vec<Axis>,
}

/// Writes `run.toml` into the folder `dir`. To be done last: it says that the tables are complete.
///
/// # Errors
/// If the file cannot be written.
pub fn write_info(dir: &Path, run: &RunInfo, axes: &[Axis]) -> Result<()> {
    let path = dir.join(FILE);
    let file = RunFile { run: run.clone(), axes: axes.to_vec() };
    let text = toml::to_string(&file).with_context(|| format!("write {}", path.display()))?;
    weir_base::replace(&path, text.as_bytes()).with_context(|| format!("write {}", path.display()))
}

/// What `run.toml` in the folder `dir` says of the run, and its axes.
///
/// # Errors
/// If it is missing, is not what it should be, or contradicts itself.
pub fn read_info(dir: &Path) -> Result<(RunInfo, Vec<Axis>)> {
    let path = dir.join(FILE);
    let attempt = || format!("read {}, which every run's folder has", path.display());
    let mut text = String::new();
    let read = files::open(&path)
        .and_then(|file| Ok(file.take(FILE_LIMIT + 1).read_to_string(&mut text)?));
    let bytes = read.with_context(attempt)? as u64;
    ensure!(bytes <= FILE_LIMIT, "{} is larger than {FILE_LIMIT} bytes", path.display());
    let RunFile { run, axes } = toml::from_str(&text).with_context(attempt)?;
    let paths: Vec<&str> = axes.iter().map(|axis| axis.path.as_str()).collect();
    ensure!(paths == run.axes, "{}: `run.axes` and `axes` differ", path.display());
    Ok((run, axes))
}
