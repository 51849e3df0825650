//! Every case in `experiments/bad` is refused before anything starts: exit code 2, and the words at
//! its top.

use crate::program::{said, weir, workspace};
use std::fs;
use std::path::{Path, PathBuf};

/// The cases of all sections, by paths that count from `folder`.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sections = entries(folder).filter(|path| path.is_dir() && !path.ends_with("topologies"));
    let files = sections.flat_map(|section| entries(&section).collect::<Vec<_>>());
    let cases = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    cases.map(|path| path.strip_prefix(folder).unwrap().to_owned()).collect()
}

/// What a case is refused with: the comment lines at its top, or the file beside it.
fn expected(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<_> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
    if !lines.is_empty() {
        return lines.join("\n");
    }
    let words = fs::read_to_string(path.with_extension("expected"))
        .unwrap_or_else(|_| panic!("{} has no expected words", path.display()));
    words.trim_end().to_owned()
}

#[test]
fn every_bad_experiment_is_refused_with_the_expected_words() {
    let folder = workspace().join("experiments/bad");
    let cases = cases(&folder);
    assert!(cases.len() > 200, "only {} bad experiments", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let expected = expected(&folder.join(&case));
        let output = weir(&folder, &["check", case.to_str().unwrap()]);
        let words = said(&output);
        // These words are parts: what is said also names the folder of the machine.
        let right = match case.starts_with("trace-files") {
            true => expected.lines().all(|part| words.contains(part)),
            false => output.stderr == format!("weir: {expected}\n").as_bytes(),
        };
        if output.status.code() != Some(2) || !right {
            wrong.push(format!("{}: expected\n{expected}\ngot {words}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_experiment_that_ships_is_accepted() {
    for name in ["quickstart", "bandwidth-sweep"] {
        let output = weir(workspace(), &["check", &format!("experiments/{name}.toml")]);
        assert!(output.status.success(), "{name}: {}", said(&output));
    }
}
