//! Runs of thousands of sessions: interrupted, damaged, gone on with.

use crate::runs::{Folder, HEAD};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;
use weir_lab::{Cancel, Existing, Progress};

type Test = fn() -> Result<()>;

pub const ALL: [(&str, Test); 3] = [
    ("an_interrupted_run_goes_on_from_its_blocks_and_ends_the_same", resumed),
    ("a_damaged_block_runs_again_and_no_other", damaged),
    ("a_run_does_not_go_on_after_another_trace", other_trace),
];

/// 3,000 sessions, which are several blocks.
fn experiment() -> String {
    format!(
        "{HEAD}record = \"sessions\"\nrepeats = 1000\n[[players]]\nabr = \"bola\"\nwatch = \"20 s\"\n[sweep]\n\
         \"links.access.rate\" = [\"1 Mbit/s\", \"2 Mbit/s\", {{ trace = \"steps.txt\", format = \
         \"pensieve\", kind = \"goodput\" }}]\n"
    )
}

/// Runs until the first block is kept. Returns the files of the blocks.
fn interrupt(folder: &Folder) -> Result<Vec<PathBuf>> {
    let plan = folder.plan(&experiment())?;
    let cancel = Cancel::default();
    let options = folder.options(Existing::Discard, 1);
    let ran = weir_lab::run(&plan, &options, &cancel, &mut |progress| {
        if let Progress::Finished { .. } = progress {
            cancel.cancel();
        }
    });
    let error = ran.err().context("it was not interrupted")?.to_string();
    ensure!(error.contains("--resume") && error.contains("of 3000 trials"), "{error}");
    blocks(folder)
}

fn blocks(folder: &Folder) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder.partial().join("trials"))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

/// Goes on: the results, how many trials were kept, and what was said.
fn go_on(folder: &Folder) -> Result<(Vec<weir_records::TrialResult>, u64, Vec<String>)> {
    let (mut kept, mut said) = (0, Vec::new());
    let options = folder.options(Existing::Resume, 2);
    let results = folder.run_with(&experiment(), &options, &mut |progress| match progress {
        Progress::Trials { finished, .. } => kept = *finished,
        Progress::Warning(text) => said.push(text.clone()),
        _ => {}
    })?;
    Ok((results, kept, said))
}

fn resumed() -> Result<()> {
    let folder = Folder::new()?;
    let whole = folder.run(&experiment())?;
    let files = interrupt(&folder)?;
    ensure!((1..3).contains(&files.len()), "{files:?}");
    ensure!(files[0].ends_with("c0000-r0+1024.json"), "{files:?}");
    let (results, kept, said) = go_on(&folder)?;
    ensure!(kept == 1024 * files.len() as u64 && said.is_empty(), "{kept} kept; {said:?}");
    ensure!(results == whole, "other results than those of a run that nobody interrupted");
    Ok(())
}

fn damaged() -> Result<()> {
    let folder = Folder::new()?;
    let whole = folder.run(&experiment())?;
    let files = interrupt(&folder)?;
    // A digit of a number: still a block by its looks.
    let mut bytes = fs::read(&files[0])?;
    let at = bytes.len() / 2;
    let at = at + bytes[at..].iter().position(u8::is_ascii_digit).context("no digit")?;
    bytes[at] = if bytes[at] == b'9' { b'8' } else { bytes[at] + 1 };
    fs::write(&files[0], bytes)?;
    let (results, kept, said) = go_on(&folder)?;
    ensure!(kept == 1024 * (files.len() as u64 - 1), "{kept} kept");
    ensure!(
        said.len() == 1 && said[0].starts_with("trials c0000-r0 to c0001-r23 run again: "),
        "{said:?}"
    );
    ensure!(results == whole, "other results than those of a run that nobody damaged");
    Ok(())
}

fn other_trace() -> Result<()> {
    let folder = Folder::new()?;
    interrupt(&folder)?;
    fs::write(folder.path().join("steps.txt"), "0 0.4\n5 2.0\n11 0.9\n20 1.4\n")?;
    let error = go_on(&folder).err().context("it went on")?.to_string();
    ensure!(error.contains("other inputs: the trace steps.txt (was "), "{error}");
    Ok(())
}
