//! What this program does where it is not the user's command: as the first process of a guest, and
//! as a player process on a node.

use crate::trial::{self, Assignment, Folders};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// The file that says what a guest is to do, in its folder for output.
pub(crate) const ASSIGNMENT: &str = "assignment.json";
/// The file in which a guest says what it found out.
pub(crate) const FINDINGS: &str = "findings.json";
/// Folders that the host prepares for a guest.
pub(crate) const SITE: &str = "site";
pub(crate) const MEDIA: &str = "media";

/// A job of more than this is none of ours.
const JOB_LIMIT: u64 = 64 << 20;

/// Takes over if this process is the first of a guest or a player process, and does not return
/// then. To be called before anything else in `main`.
pub fn take_over() {
    if weir_uml::init::is_init() {
        weir_uml::init::run(&[SITE, MEDIA], trial_in_guest);
    }
    let arguments: Vec<_> = std::env::args_os().collect();
    if let [_, word, job, out] = arguments.as_slice()
        && word.as_os_str() == crate::PLAYER_ARGUMENT
    {
        let result = players(Path::new(job), Path::new(out));
        if let Err(error) = &result {
            // The log of the process, whose end the trial quotes.
            eprintln!("{error:#}");
        }
        std::process::exit(i32::from(result.is_err()));
    }
}

fn trial_in_guest() -> Result<()> {
    let out = Path::new(weir_uml::init::OUT);
    let path = out.join(ASSIGNMENT);
    let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let assignment: Assignment = serde_json::from_slice(&text).context("read the assignment")?;
    let folders = Folders {
        site: Path::new("/").join(SITE),
        media: Path::new("/").join(MEDIA),
        run: "/run/weir".into(),
        logs: out.join("logs"),
    };
    let program = Path::new(weir_uml::init::PROGRAM);
    let findings = trial::run(&assignment, &folders, program, &weir_uml::init::enter_phase)?;
    let path = out.join(FINDINGS);
    let file = File::create(&path).with_context(|| format!("make {}", path.display()))?;
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, &findings).context("write the findings")?;
    let file = writer.into_inner().context("write the findings")?;
    file.sync_all().context("write the findings")
}

fn players(job: &Path, out: &Path) -> Result<()> {
    let what = || format!("read {}", job.display());
    let length = fs::metadata(job).with_context(what)?.len();
    anyhow::ensure!(length <= JOB_LIMIT, "{}: {length} bytes are too many", job.display());
    let job: weir_http::Job =
        serde_json::from_slice(&fs::read(job).with_context(what)?).with_context(what)?;
    let file = File::create(out).with_context(|| format!("make {}", out.display()))?;
    let mut writer = BufWriter::new(file);
    weir_http::run(&job, &mut writer)?;
    writer.flush().with_context(|| format!("write {}", out.display()))
}
