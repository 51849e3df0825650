//! `experiments/bad`: every case there is refused with the words at its top, and every file there
//! is a case or used by one.

use crate::root;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};
use weir_experiment::Files;
use weir_plan::Plan;

/// What only the machine can refuse is checked where the machine is looked at.
const BY_THE_MACHINE: &str = "media-files";

/// The same, but this crate reads the files. The lines at the top are parts of what is said, which
/// also names the folder of the machine.
const TRACES: &str = "trace-files";

/// The files beside the bad experiments, and which of them were used.
struct Beside<'a> {
    folder: &'a Path,
    used: RefCell<BTreeSet<PathBuf>>,
}

impl Beside<'_> {
    /// Notes a path that counts from the folder.
    fn note(&self, path: &Path) {
        let mut plain = PathBuf::new();
        for component in path.components() {
            match component {
                Component::ParentDir if !plain.pop() => return,
                Component::ParentDir | Component::CurDir => {}
                other => plain.push(other),
            }
        }
        self.used.borrow_mut().insert(plain);
    }
}

impl Files for Beside<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.note(path);
        std::fs::read_to_string(self.folder.join(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(self.folder.join(folder))?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }
}

/// All files below a folder, by paths that count from `root`.
fn files(root: &Path, folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true => files(root, &path),
        false => BTreeSet::from([path.strip_prefix(root).unwrap().to_owned()]),
    };
    entries.flat_map(below).collect()
}

/// The folder of the section of a case; `None` if the file is none.
fn section(path: &Path) -> Option<&str> {
    let section = path.parent()?.to_str()?;
    let depth = path.components().count();
    let is_case = path.extension()? == "toml" && depth == 2 && section != "topologies";
    is_case.then_some(section)
}

/// What a case is refused with: the comment lines at its top. What is about its first bytes, such
/// as that there are none, has its words in a file beside it instead.
fn expected(path: &Path, beside: &Beside<'_>) -> String {
    let text = std::fs::read_to_string(beside.folder.join(path)).unwrap();
    let lines: Vec<_> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
    if !lines.is_empty() {
        return lines.join("\n");
    }
    let words = beside.read(&path.with_extension("expected")).unwrap_or_default();
    words.trim_end().to_owned()
}

/// What is said of a plan that only its files make bad; `expected` if that is right.
fn said_of_files(plan: &Plan, section: &str, expected: &str, beside: &Beside<'_>) -> String {
    let named = plan.media_files.values().chain(plan.trace_files.values());
    named.for_each(|file| beside.note(&file.path));
    let (said, right) = match section {
        BY_THE_MACHINE => {
            let source = &plan.cell(0).unwrap().setup.media.source;
            let said = plan.refuse_media(source, "it is bad").unwrap().to_string();
            let right = expected.starts_with(said.strip_suffix("it is bad").unwrap());
            (said, right)
        }
        TRACES => {
            let said = trace_of(plan, beside.folder);
            let right = expected.lines().all(|part| said.contains(part));
            (said, right)
        }
        _ => ("(accepted)".to_owned(), false),
    };
    if right { expected.to_owned() } else { said }
}

/// What is said of the trace of a plan, whose files lie in `folder`.
fn trace_of(plan: &Plan, folder: &Path) -> String {
    let mut plan = plan.clone();
    for file in plan.trace_files.values_mut() {
        file.path = folder.join(&file.path);
    }
    let traced = plan.trace_files.keys().next().unwrap();
    plan.trace(traced).unwrap_err().to_string()
}

#[test]
fn every_bad_experiment_is_refused_with_its_words_and_every_file_is_used() {
    let folder = root().join("experiments/bad");
    let beside = Beside { folder: &folder, used: RefCell::default() };
    let files = files(&folder, &folder);
    let cases: Vec<_> =
        files.iter().filter_map(|path| section(path).map(|section| (path, section))).collect();
    assert!(cases.len() > 200, "{cases:?}");
    let mut wrong = String::new();
    for (path, section) in cases {
        let expected = expected(path, &beside);
        // Paths in messages count from the folder, wherever the test runs.
        let said = match weir_experiment::resolve(path, &beside) {
            Ok(plan) => said_of_files(&plan, section, &expected, &beside),
            Err(error) => error.to_string(),
        };
        if expected.is_empty() || said != expected {
            wrong += &format!("{}\n  said     {said}\n  expected {expected}\n", path.display());
        }
    }
    beside.note(Path::new("README.md"));
    for unused in files.difference(&beside.used.borrow()) {
        wrong += &format!("{}: no case uses it\n", unused.display());
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
