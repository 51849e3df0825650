//! Which files of a run's folder are Weir's. Everything else in it is somebody's, and is never
//! removed.
//!
//! A complete run has a list of its files. Where another run takes its place, the files of that
//! list go, and whatever else people have put there moves into the folder of the new run.

use crate::store::checksummed::{read_text, write_durably};
use crate::store::lock::LOCK;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fs, io};
use weir_records::tables::{ALL, DERIVED};

/// The list: a path in a line, below the folder.
pub(crate) const FILES: &str = "files.txt";
/// A list of more than this is none of ours.
const LIST_LIMIT: u64 = 1 << 28;
/// What marks the folder of a run whose place another has taken.
pub(crate) const REPLACED: &str = "replaced";
/// Deeper than this there is nothing of Weir's.
const DEEPEST: usize = 32;
/// Names at the top of the folder, and folders with all that is in them.
const NAMES: [&str; 9] = [
    "plan.toml",
    "host.toml",
    "inputs.toml",
    "run.toml",
    "experiment.sha256",
    "report.html",
    LOCK,
    FILES,
    REPLACED,
];
pub(crate) const FOLDERS: [&str; 3] = ["plots", "logs", "trials"];
/// How the names of folders begin that hold what is not kept.
pub(crate) const STAGE: &str = "stage-";
/// Where replays are, each a run of its own with a list of its own.
const REPLAYS: &str = "replays";
/// What is in the folder of a run, and nowhere else.
const MARK: &str = "run.toml";

/// Whether something at the top of the folder of a run that is not complete is Weir's.
pub(crate) fn is_ours(name: &str) -> bool {
    let whole = name.strip_prefix('.').and_then(|name| name.strip_suffix(".part")).unwrap_or(name);
    let table = whole.strip_suffix(".csv").or_else(|| whole.strip_suffix(".parquet"));
    let is_table = |name| ALL.iter().chain(&DERIVED).any(|table| table.name == name);
    NAMES.contains(&whole)
        || FOLDERS.contains(&name)
        || is_stage(name)
        || table.is_some_and(is_table)
}

/// Whether this is the name of a folder that holds what is not kept.
pub(crate) fn is_stage(name: &str) -> bool {
    let number = name.strip_prefix(STAGE).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes the list of what is Weir's in a folder.
pub(crate) fn list(folder: &Path) -> Result<()> {
    let mut paths = BTreeSet::new();
    for path in walk(folder)? {
        let top = path.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
        // A line is a path, so of what has a line break in its name nothing is Weir's.
        if is_ours(top) && !path.as_os_str().as_bytes().contains(&b'\n') {
            paths.insert(path);
        }
    }
    paths.insert(PathBuf::from(FILES));
    let text = paths.iter().fold(String::new(), |mut text, path| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", path.display());
        text
    });
    write_durably(&folder.join(FILES), text.as_bytes())
}

/// Ends the folder `old` of a run whose place `new` has taken. What is interrupted here can be done
/// again.
pub(crate) fn settle(old: &Path, new: &Path) -> Result<()> {
    let mut lists = Lists::default();
    let mut own = Vec::new();
    for path in walk(old)? {
        if lists.has(old, &path)? {
            own.push(path);
            continue;
        }
        let to = free_name(&new.join(&path));
        let what = || format!("move {} to {}", old.join(&path).display(), to.display());
        to.parent().map_or(Ok(()), fs::create_dir_all).with_context(what)?;
        fs::rename(old.join(&path), &to).with_context(what)?;
    }
    // The lists last, and then the mark: what is interrupted is known by them. The lock stays with
    // who holds it.
    let last = [REPLACED, LOCK].map(Path::new);
    own.retain(|path| !last.contains(&path.as_path()));
    own.sort_by_key(|path| {
        let rank = [FILES, MARK].map(|name| path.ends_with(name));
        (rank.contains(&true), path.parent() == Some(Path::new("")), rank)
    });
    own.iter().try_for_each(|path| remove(&old.join(path)))?;
    remove_empty_folders(old, 0);
    remove(&old.join(REPLACED))
}

/// The lists of a folder and of the runs in it, replays for one.
#[derive(Default)]
struct Lists {
    seen: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
}

impl Lists {
    /// Whether this file below `root` is Weir's.
    fn has(&mut self, root: &Path, path: &Path) -> Result<bool> {
        let replay: PathBuf = path.iter().take(2).collect();
        let replay = Some(replay).filter(|replay| {
            replay.parent() == Some(Path::new(REPLAYS)) && root.join(replay).join(MARK).is_file()
        });
        for folder in replay.into_iter().chain([PathBuf::new()]) {
            if self.seen.insert(folder.clone()) {
                let list = root.join(&folder).join(FILES);
                let text = match read_text(&list, LIST_LIMIT) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    text => text.with_context(|| format!("read {}", list.display()))?,
                };
                self.files.extend(text.lines().map(|line| folder.join(line)));
            }
        }
        let marks = [REPLACED, LOCK].map(Path::new);
        Ok(self.files.contains(path) || marks.contains(&path) || is_timeline(path))
    }
}

/// Whether this is a picture that is drawn when somebody asks for it:
/// `plots/timeline-c0012-r3-s0.svg`.
fn is_timeline(path: &Path) -> bool {
    let name = path.strip_prefix("plots").ok().and_then(Path::to_str);
    let stem = name.and_then(|name| name.strip_suffix(".svg").or(name.strip_suffix(".png")));
    let parts = stem.and_then(|stem| stem.strip_prefix("timeline-")).map(|stem| stem.split('-'));
    let number = |part: &str, kind: char| {
        let digits = part.strip_prefix(kind).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.len() == 3 && parts.iter().zip(['c', 'r', 's']).all(|(part, kind)| number(part, kind))
}

/// All files below a folder, links among them; no link is followed.
fn walk(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let what = || format!("list {}", root.join(&folder).display());
        for entry in fs::read_dir(root.join(&folder)).with_context(what)? {
            let entry = entry.with_context(what)?;
            let path = folder.join(entry.file_name());
            let is_folder = entry.file_type().with_context(what)?.is_dir();
            if is_folder && depth < DEEPEST {
                folders.push((path, depth + 1));
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A name that nothing has: of two files of one name both are kept.
fn free_name(path: &Path) -> PathBuf {
    let taken = |path: &Path| path.symlink_metadata().is_ok();
    let numbered = (1..).map(|number| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".before-{number}"));
        path.with_file_name(name)
    });
    let mut all = std::iter::once(path.to_owned()).chain(numbered);
    all.find(|path| !taken(path)).unwrap_or_else(|| path.to_owned())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Those that are not empty stay: nothing but empty folders can be removed in this way.
fn remove_empty_folders(folder: &Path, depth: usize) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if depth < DEEPEST && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty_folders(&entry.path(), depth + 1);
            drop(fs::remove_dir(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn of_a_run_that_is_replaced_its_files_go_and_what_people_put_there_stays() {
        let scratch = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| scratch.path().join(name));
        for name in ["run.toml", "sessions.csv", "plots/a.svg", "logs/c0000-r0/x.log"] {
            write(&old.join(name), "old");
            write(&new.join(name), "new");
        }
        write(&old.join("replays/c0000-r0/run.toml"), "old");
        list(&old.join("replays/c0000-r0")).unwrap();
        list(&old).unwrap();
        list(&new).unwrap();
        let mine = [
            "notes.md",
            "plots/mine.svg",
            "plots/timeline-of-my-thesis.svg",
            "logs/c0000-r0/mine",
            "replays/c0000-r0/why.md",
            // Whoever has a list of files there: only those of replays count.
            "thesis/chapter",
            "thesis/files.txt",
        ];
        fs::create_dir(old.join("thesis")).unwrap();
        mine.iter().for_each(|name| write(&old.join(name), "mine"));
        fs::write(old.join("thesis/files.txt"), "chapter\nfiles.txt\n").unwrap();
        write(&old.join("plots/timeline-c0000-r0-s3.svg"), "drawn later");
        write(&new.join("notes.md"), "there already");
        write(&old.join(REPLACED), "");

        settle(&old, &new).unwrap();
        assert_eq!(walk(&old).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(fs::read_to_string(new.join("notes.md")).unwrap(), "there already");
        assert_eq!(fs::read_to_string(new.join("notes.md.before-1")).unwrap(), "mine");
        for name in mine.iter().skip(1) {
            assert!(new.join(name).exists(), "{name}");
        }
        assert_eq!(fs::read_to_string(new.join("sessions.csv")).unwrap(), "new");
        assert!(!new.join("plots/timeline-c0000-r0-s3.svg").exists());
        assert!(!new.join("replays/c0000-r0/run.toml").exists());
        // And once more, as after an interruption.
        settle(&old, &new).unwrap();
    }

    #[test]
    fn links_are_moved_and_never_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let [old, new, other] = ["old", "new", "other"].map(|name| scratch.path().join(name));
        [&old, &new].iter().for_each(|folder| fs::create_dir(folder).unwrap());
        write(&other.join("thesis"), "years of work");
        list(&old).unwrap();
        std::os::unix::fs::symlink(&other, old.join("link")).unwrap();
        settle(&old, &new).unwrap();
        assert!(other.join("thesis").exists() && new.join("link/thesis").exists());
    }
}
